# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``distsync_setup`` with ``host``: each host an identity of its own, beside the shared one.

That servers of other kinds enforce the same policies is in ``test_fleet.py``.
"""

from __future__ import annotations

import dataclasses
import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    read_configuration,
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    read_statuses,
    write_status,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
)
from tests.integration.module import Result
from tests.integration.test_distsync_setup import Scene
from tests.servers.seaweedfs import SeaweedFS
from tests.unit.module_utils.distsync.fleet_helpers import NOW, artifact, host

HOSTS = ("web1", "web2")


class Fleet:
    """A distribution that is set up, and a file for each host."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.paths = {name: folder / f"{name}.toml" for name in HOSTS}

    def __call__(self, name: str, *rotate: str, **options: t.Any) -> Result:
        daemon = {"path": str(self.paths[name])}
        return self.scene(*rotate, host=name, daemon=daemon, **options)

    def refused(self, name: str, *rotate: str, **options: t.Any) -> str:
        given = {"daemon": {"path": str(self.paths[name])}, **options}
        return self.scene.refused(*rotate, host=name, **given)

    def read(self, name: str) -> Configuration:
        return read_configuration(str(self.paths[name])).configuration

    def report(self, by: str, name: str) -> None:
        configuration = self.read(by)
        with open_store(configuration.store) as store:
            write_status(store, configuration.secret, name, host(name, artifact()))

    def reported(self) -> list[str]:
        uploader = self.scene.read("uploader")
        with open_store(uploader.store) as store:
            found = read_statuses(store, uploader.secret, lambda: NOW)
        return [one.host for one in found.hosts]

    def users(self) -> set[str]:
        return {one["UserName"] for one in self.scene.iam.list_users()["Users"]}


@pytest.fixture()
def fleet(seaweedfs: SeaweedFS, tmp_path: Path) -> t.Iterator[Fleet]:
    scene = Scene(seaweedfs, tmp_path)
    made = Fleet(scene, tmp_path)
    scene()
    yield made
    for name, path in made.paths.items():
        if path.exists():
            made(name, state="absent")
    for path in scene.paths.values():
        path.unlink(missing_ok=True)
    scene(state="absent", delete_bucket=True, force=True)


def test_each_reports_as_itself_alone(fleet: Fleet) -> None:
    shared = fleet.scene.paths["daemon"].read_text()
    for name in HOSTS:
        made = fleet(name)
        assert made.changed and made.values["daemon"]["key_made"]
        assert not made.values["uploader"]["written"]
        assert stat.S_IMODE(fleet.paths[name].stat().st_mode) == 0o600
    for name in HOSTS:
        fleet.report(name, name)
    assert fleet.reported() == [*HOSTS]
    with pytest.raises(AccessDeniedError):
        fleet.report("web1", "web2")
    with pytest.raises(AccessDeniedError):
        fleet.report("web2", "web3")
    assert fleet.scene.paths["daemon"].read_text() == shared


def test_the_file_is_a_daemons(fleet: Fleet) -> None:
    fleet("web1")
    made, shared = fleet.read("web1"), fleet.scene.read("daemon")
    assert made.daemon.host == "web1" and made.daemon.status
    assert made.signing_key is None
    assert (made.secret, made.public_key) == (shared.secret, shared.public_key)
    assert made.store.key != shared.store.key


def test_a_second_run_changes_nothing(fleet: Fleet) -> None:
    checked = fleet("web1", check=True)
    assert not fleet.paths["web1"].exists()
    made = fleet("web1")
    assert checked.values["changes"] == made.values["changes"]
    assert checked.values["diff"] == made.values["diff"]
    before = fleet.paths["web1"].read_text()
    again = fleet("web1")
    assert not again.changed, again.values["changes"]
    assert fleet.paths["web1"].read_text() == before
    # nor does one of the distribution itself
    assert not fleet.scene().changed


def test_what_is_in_the_file_stays(fleet: Fleet) -> None:
    fleet("web1")
    found = fleet.read("web1")
    daemon = dataclasses.replace(found.daemon, hook=("/bin/true",), keep=7)
    edited = dataclasses.replace(found, daemon=daemon, poll_interval=30.0)
    write_configuration(str(fleet.paths["web1"]), edited)
    assert not fleet("web1").changed
    fleet("web1", "keys")
    kept = fleet.read("web1")
    assert kept.daemon == daemon and kept.poll_interval == 30.0
    assert kept.store.key != found.store.key


def test_a_new_secret_follows(fleet: Fleet) -> None:
    fleet("web1")
    fleet.scene("secret")
    result = fleet("web1")
    user = result.values["daemon"]["user"]
    assert f"correct the policy of user {user!r}" in result.values["changes"]
    fleet.report("web1", "web1")
    assert fleet.reported() == ["web1"]


def test_one_host_goes(fleet: Fleet) -> None:
    users = {name: fleet(name).values["daemon"]["user"] for name in HOSTS}
    assert set(users.values()) <= fleet.users()
    gone = fleet("web1", state="absent")
    assert gone.changed and not fleet.paths["web1"].exists()
    assert users["web1"] not in fleet.users() and users["web2"] in fleet.users()
    assert not fleet("web1", state="absent").changed
    assert fleet.scene.works("daemon") and fleet.scene.works("uploader")
    fleet.report("web2", "web2")


def test_what_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    assert "nothing can be rotated but keys" in fleet.refused("web1", "secret")
    assert "identities: managed" in fleet.refused("web1", identities="given")
    assert "no bucket be deleted" in fleet.refused(
        "web1", state="absent", delete_bucket=True
    )
    for name in ("", " web1", "web\n1", "x" * 256):
        options = {"daemon": {"path": str(fleet.paths["web1"])}}
        assert "1 to 255 characters" in fleet.scene.refused(host=name, **options)
    nowhere = {"path": str(tmp_path / "nowhere.toml")}
    message = fleet.refused("web1", uploader=nowhere)
    assert "no configuration of who publishes" in message
    assert "without host" in message
    both = {"path": str(fleet.scene.paths["uploader"])}
    assert "named for both" in fleet.refused("web1", daemon=both)
    assert not fleet.paths["web1"].exists()
