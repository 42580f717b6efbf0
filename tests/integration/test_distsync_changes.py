# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distributions whose keys, secrets and files change, from ``distsync_setup`` to the host, on real servers."""

from __future__ import annotations

import dataclasses
import random
import typing as t
import uuid
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    read_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    ReleaseMissingError,
    UnreadableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._opening import (
    fetching,
    publishing,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._release import (
    LATEST,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01 import (
    seal_distsync01,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01_names import (
    encrypt_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import (
    Workers,
)
from ansible_collections.longshore.storage.plugins.modules import distsync_setup
from tests.benchmarks.delta import change, first_version, write
from tests.integration.module import call
from tests.integration.networks import Way, by_way
from tests.integration.places import Places
from tests.servers.seaweedfs import SeaweedFS

MIB = 1024 * 1024


class Fleet:
    """A distribution that ``distsync_setup`` made, and a host that was set up at the beginning."""

    def __init__(self, server: SeaweedFS, folder: Path) -> None:
        self._folder = folder
        self._paths = {role: folder / f"{role}.toml" for role in ("uploader", "daemon")}
        self._options: dict[str, t.Any] = {
            "provider": {
                "id": "S3",
                "endpoint": f"http://127.0.0.1:{server.port}",
                "region": server.region,
                "key": server.key,
                "secret": server.secret,
            },
            "bucket": f"longshore-{uuid.uuid4().hex[:16]}",
            **{role: {"path": str(path)} for role, path in self._paths.items()},
        }
        self.setup()
        self.host = self.configuration("daemon")

    def setup(self, **options: t.Any) -> None:
        result = call(distsync_setup, **self._options, **options)
        assert not result.failed, result.msg

    def configuration(self, role: str) -> Configuration:
        return read_configuration(str(self._paths[role])).configuration

    def administrator(self) -> Configuration:
        """Of who publishes, with the credentials that everything was set up with."""
        uploader = self.configuration("uploader")
        given = self._options["provider"]
        store = dataclasses.replace(
            uploader.store, key=given["key"], secret=given["secret"]
        )
        return dataclasses.replace(uploader, store=store)

    def publish(self, version: str, data: bytes) -> None:
        path = self._folder / "app"
        path.write_bytes(data)
        with publishing(
            self.configuration("uploader"), folder=str(self._folder / "publisher")
        ) as publisher:
            publisher.publish([Publication(str(path), version=version)])

    def fetch(
        self, configuration: Configuration | None = None, version: str = LATEST
    ) -> bytes:
        """As the host that was set up at the beginning, or another one that remembers nothing."""
        state = "host" if configuration is None else uuid.uuid4().hex
        dest = self._folder / "placed"
        with fetching(
            configuration or self.host, folder=str(self._folder / state)
        ) as fetcher:
            fetcher.fetch("app", version, str(dest))
        return dest.read_bytes()


@pytest.fixture()
def fleet(seaweedfs: SeaweedFS, tmp_path: Path) -> t.Iterator[Fleet]:
    made = Fleet(seaweedfs, tmp_path)
    yield made
    made.setup(state="absent", delete_bucket=True, force=True)


def test_rotate_signing_then_publish(fleet: Fleet) -> None:
    """A host that has pinned the first key follows two changes of it."""
    fleet.publish("1", b"one")
    assert fleet.fetch() == b"one"
    fleet.setup(rotate=["signing"])
    assert fleet.configuration("daemon").public_key != fleet.host.public_key
    # nothing was published with it yet: who is set up now waits
    assert fleet.fetch() == b"one"
    fleet.publish("2", b"two")
    assert fleet.fetch() == b"two"
    assert fleet.fetch(fleet.configuration("daemon")) == b"two"
    fleet.setup(rotate=["signing"])
    fleet.publish("3", b"three")
    assert fleet.fetch() == b"three" and fleet.fetch(version="1") == b"one"
    assert fleet.fetch(fleet.host) == fleet.fetch(fleet.configuration("daemon"))


def test_rotate_secret_then_publish_and_prune(fleet: Fleet) -> None:
    fleet.publish("1", b"one")
    fleet.setup(rotate=["secret"])
    daemon = fleet.configuration("daemon")
    with pytest.raises(ReleaseMissingError):
        fleet.fetch(daemon)
    assert fleet.fetch() == b"one"
    fleet.publish("2", b"two")
    assert fleet.fetch(daemon) == b"two" and fleet.fetch() == b"one"
    with publishing(fleet.configuration("uploader")) as publisher:
        with pytest.raises(UnreadableError):
            publisher.prune()
        # nothing is half done
        with pytest.raises(StoreError, match="administrator"):
            publisher.prune(unreadable=True)
    assert fleet.fetch() == b"one"
    with publishing(fleet.administrator()) as publisher:
        assert publisher.prune(unreadable=True).objects == 3
        assert publisher.prune() == (0, 0)
    assert fleet.fetch(daemon) == b"two"


# -- what changed in a file


def test_a_delta_takes_a_tenth_of_the_bytes_at_most(
    places: Places, tmp_path: Path
) -> None:
    """One of a hundred files in a tar has changed."""
    place = places("seaweedfs")
    place.make()
    rng = random.Random(1)
    members = first_version(rng, 32 * MIB, 1000)
    old = write(tmp_path / "old.tar", members)
    new = write(tmp_path / "new.tar", change(rng, members, rng.sample(range(1000), 10)))
    with Way(place.server.port) as way:
        configuration = Configuration(
            SharedSecret.generate(),
            endpoint_of(by_way(way, place)),
            format=Format.LONGSHORE,
            algorithm=AES_256_GCM,
            signing_key=SigningKey.generate(),
            delta=True,
        )
        with publishing(configuration, folder=str(tmp_path / "publisher")) as publisher:
            for version, path in (("1", old), ("2", new)):
                publisher.publish([Publication(str(path), "app", version)])
        dest = tmp_path / "placed"
        with fetching(configuration, folder=str(tmp_path / "host")) as fetcher:
            fetcher.fetch("app", "1", str(dest))
            before = way.passed["down"] + way.passed["up"]
            fetched = fetcher.fetch("app", "2", str(dest))
        crossed = way.passed["down"] + way.passed["up"] - before
    assert dest.read_bytes() == new.read_bytes()
    assert 0 < fetched.received < crossed <= new.stat().st_size / 10


def endpoint_of(written: t.Any) -> Endpoint:
    return parse_endpoint(
        written, option="store", providers=None, default_provider=None
    )


# -- what the original left


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "swift"])
def test_the_newest_of_several_objects_of_one_name(
    places: Places, tmp_path: Path, kind: str
) -> None:
    place = places(kind)
    place.make()
    endpoint = endpoint_of(place.endpoint())
    secret = SharedSecret.generate()
    configuration = Configuration(secret, endpoint, format=Format.DISTSYNC01)
    dest = tmp_path / "placed"
    source = tmp_path / "source"
    keys = sorted(encrypt_name(secret, "app") for _unused in range(3))
    # neither the first nor the last of a listing
    order = [keys[0], keys[2], keys[1]]
    with (
        open_store(endpoint) as store,
        Workers(1) as workers,
        fetching(configuration, folder=str(tmp_path / "host")) as fetcher,
    ):

        def upload(key: str) -> float:
            source.write_bytes(key.encode())
            with source.open("rb") as file:
                store.write(key, b"".join(seal_distsync01(file, secret, workers)))
            modified = store.stat(key).modified
            assert modified is not None
            return modified

        upload(order[0])
        before = upload(order[1])
        # servers count whole seconds
        while upload(order[2]) <= before:
            pass
        fetcher.fetch("app", LATEST, str(dest))
    assert dest.read_bytes() == order[2].encode()
