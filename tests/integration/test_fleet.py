# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports in real stores: who may write which is enforced, and a thousand of them are read."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._fleet import (
    view_fleet,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identities import (
    open_host_identity,
    open_identities,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identity import (
    AccessKey,
    Identity,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._layout import (
    ARTIFACTS,
    FEED,
    RELEASES,
    STATUS,
    status_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    Statuses,
    read_statuses,
    write_status,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.integration.places import S3Place
from tests.servers.moto import Moto
from tests.servers.seaweedfs import SeaweedFS
from tests.unit.module_utils.distsync.fleet_helpers import (
    NOW,
    artifact,
    feed,
    host,
)

Who = t.Literal["web1", "web2", "reader", "uploader"]


@dataclass
class Scene:
    """A bucket; two hosts with identities of their own, the shared one that reports, and who publishes."""

    place: S3Place
    secret: SharedSecret
    stores: dict[Who, Store]

    def key(self, name: str) -> str:
        return STATUS + status_id(self.secret, name)

    def report(self, who: Who, name: str) -> None:
        write_status(self.stores[who], self.secret, name, host(name, artifact()))

    def read(self, who: Who) -> Statuses:
        return read_statuses(self.stores[who], self.secret, lambda: NOW)

    def fill(self) -> None:
        for key in self.place.keys():
            self.place.remove(key)
        for prefix in (ARTIFACTS, RELEASES, FEED):
            self.place.write(prefix + "x", b"old")
        for name in ("web1", "web2"):
            self.place.write(self.key(name), b"old")


@pytest.fixture(params=["moto", "seaweedfs"], scope="module")
def scene(request: pytest.FixtureRequest) -> t.Iterator[Scene]:
    server: Moto | SeaweedFS = request.getfixturevalue(request.param)
    place = S3Place(server)
    place.make()
    endpoint = server.endpoint(container=place.name)
    secret = SharedSecret.generate()
    shared = open_identities(endpoint, reports=True)
    identities: dict[Who, Identity] = {
        "web1": open_host_identity(endpoint, secret, "web1"),
        "web2": open_host_identity(endpoint, secret, "web2"),
        "reader": shared.reader,
        "uploader": shared.uploader,
    }
    stores: dict[Who, Store] = {}
    for who, identity in identities.items():
        key = identity.apply(identity.plan())
        assert isinstance(key, AccessKey)
        own = server.endpoint(container=place.name, key=key.id, secret=key.secret)
        stores[who] = open_store(own)
    yield Scene(place, secret, stores)
    for store in stores.values():
        store.close()
    for identity in identities.values():
        identity.remove()
    place.discard()


@pytest.fixture(autouse=True)
def _filled(request: pytest.FixtureRequest) -> None:
    if "scene" in request.fixturenames:
        request.getfixturevalue("scene").fill()


def test_a_host_writes_its_own_status(scene: Scene) -> None:
    scene.report("web1", "web1")
    scene.report("web2", "web2")
    found = scene.read("uploader")
    assert [one.host for one in found.hosts] == ["web1", "web2"]
    assert found.left_out == 0


def test_a_host_cannot_write_anothers(scene: Scene) -> None:
    with pytest.raises(AccessDeniedError):
        scene.report("web1", "web2")
    assert scene.place.read(scene.key("web2")) == b"old"


@pytest.mark.parametrize("end", ["0", "/x", ""])
def test_a_host_cannot_write_what_only_begins_like_its_own(
    scene: Scene, end: str
) -> None:
    key = scene.key("web1")
    other = key + end if end else key[:-1]
    with pytest.raises(AccessDeniedError):
        scene.stores["web1"].write(other, b"new")
    assert other not in scene.place.keys()


@pytest.mark.parametrize("prefix", [ARTIFACTS, RELEASES, FEED, "elsewhere/"])
def test_a_host_can_write_nothing_else(scene: Scene, prefix: str) -> None:
    before = scene.place.everything()
    for name in ("x", "y"):
        with pytest.raises(AccessDeniedError):
            scene.stores["web1"].write(prefix + name, b"new")
    assert scene.place.everything() == before


@pytest.mark.parametrize("name", ["web1", "web2"])
def test_a_host_can_neither_read_nor_delete_a_status(scene: Scene, name: str) -> None:
    store = scene.stores["web1"]
    with pytest.raises(AccessDeniedError):
        b"".join(store.read(scene.key(name)).chunks)
    assert scene.key(name) in store.delete([scene.key(name)])
    assert scene.place.read(scene.key(name)) == b"old"


def test_a_host_reads_what_all_read(scene: Scene) -> None:
    for prefix in (ARTIFACTS, RELEASES, FEED):
        found = scene.stores["web1"].read(prefix + "x")
        assert b"".join(found.chunks) == b"old"


def test_with_the_shared_identity_each_could_write_all(scene: Scene) -> None:
    scene.report("reader", "web1")
    scene.report("reader", "web2")
    assert len(scene.read("uploader").hosts) == 2


@pytest.mark.parametrize("who", ["web1", "reader"])
def test_only_who_publishes_reads_them(scene: Scene, who: Who) -> None:
    scene.report("web1", "web1")
    with pytest.raises(AccessDeniedError):
        scene.read(who)


def test_a_new_secret_takes_a_corrected_policy(scene: Scene) -> None:
    server = scene.place.server
    endpoint = server.endpoint(container=scene.place.name)
    identity = open_host_identity(endpoint, SharedSecret.generate(), "web1")
    (change,) = identity.plan(scene.stores["web1"].endpoint.key).changes
    assert change == f"correct the policy of user {identity.user!r}"


def test_more_than_a_thousand_are_read(seaweedfs: SeaweedFS) -> None:
    place = S3Place(seaweedfs)
    place.make()
    secret = SharedSecret.generate()
    names = [f"web{number:04}.example.com" for number in range(1050)]

    def report(name: str) -> None:
        write_status(store, secret, name, host(name, artifact()))

    try:
        endpoint = seaweedfs.endpoint(container=place.name)
        with open_store(endpoint) as store, Workers(16) as workers:
            for _name, _nothing in workers.run(report, names):
                pass
            place.write(STATUS + "0" * 40, b"somebody else's")
            found = read_statuses(store, secret, lambda: NOW)
        assert [one.host for one in found.hosts] == names
        assert found.left_out == 1
        assert view_fleet(found, [feed("2.0")]).counts["current"] == len(names)
    finally:
        place.discard()
