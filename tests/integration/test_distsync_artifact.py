# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``distsync_artifact`` and ``distsync_artifact_info`` as users run them."""

from __future__ import annotations

import json
import os
import pwd
import random
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    ArtifactStatus,
    HostStatus,
    write_status,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from tests.integration import artifact_program
from tests.integration.artifacts import Distribution, endpoint_of
from tests.integration.places import Places

MIB = 1024 * 1024
BIG = random.Random(5).randbytes(2 * MIB + 1)
ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture()
def fleet(places: Places, tmp_path: Path) -> Distribution:
    place = places("seaweedfs")
    place.make()
    return Distribution(place, tmp_path)


@pytest.fixture()
def old_fleet(places: Places, tmp_path: Path) -> Distribution:
    """One of the original's format."""
    place = places("seaweedfs")
    place.make()
    return Distribution(place, tmp_path, Format.DISTSYNC01)


def test_the_life_of_an_artifact(fleet: Distribution) -> None:
    one = {"src": fleet.file(BIG), "version": "1"}
    made = fleet.same("published", **one)
    assert made.changed and made.values["sent"] and made.values["latest"] == "1"
    assert not fleet.same("published", **one).changed
    here = {"name": "app", "dest": str(fleet.dest)}
    fetched = fleet.same("present", **here)
    assert fetched.changed and fetched.values["received"] == len(BIG)
    assert fleet.dest.read_bytes() == BIG
    assert fleet.dest.stat().st_mode & 0o7777 == 0o640
    again = fleet.same("present", **here)
    assert not again.changed and again.values["received"] == 0
    for name in ("version", "digest", "size"):
        assert again.values[name] == made.values[name]

    two = fleet.same("published", src=fleet.file(b"two"), version="2")
    assert two.values["sequence"] == made.values["sequence"] + 1
    assert fleet.versions() == ("2", ["1", "2"])
    assert fleet.same("present", **here).values["version"] == "2"
    assert fleet.dest.read_bytes() == b"two"
    assert fleet.same("present", **here, version="1").changed
    assert fleet.dest.read_bytes() == BIG
    assert fleet.same("present", **here, version="latest").changed

    back = fleet.same("rolled_back", name="app")
    assert back.values["version"] == back.values["latest"] == "1"
    assert fleet.versions() == ("1", ["1", "2"])
    assert fleet.same("present", **here).values["version"] == "1"
    assert fleet.same("rolled_back", name="app", version="2").changed
    assert not fleet.same("rolled_back", name="app", version="2").changed
    assert fleet.same("present", **here).values["version"] == "2"

    # what was published first is the latest again, and nothing is sent
    again = fleet.same("published", src=fleet.file(BIG), version="1")
    assert again.changed and not again.values["sent"]
    assert fleet.same("absent", name="app", version="1").values["withdrawn"] == ["1"]
    assert fleet.versions() == ("2", ["2"])
    assert not fleet.same("absent", name="app", version="1").changed
    gone = fleet.same("absent", name="app")
    assert (gone.values["withdrawn"], gone.values["latest"]) == (["2"], None)
    assert not fleet.same("absent", name="app").changed
    assert fleet.versions() == (None, [])
    # hosts keep what they have, and the bucket keeps the feed
    assert fleet.dest.read_bytes() == b"two"
    assert len(fleet.place.keys()) == 1


def test_other_contents_under_the_same_version(fleet: Distribution) -> None:
    fleet.publish(b"one", "1")
    fleet.publish(b"two", "2")
    other = {"src": fleet.file(b"other"), "version": "1"}
    for check in (True, False):
        msg = fleet.refused("published", **other, check=check)
        assert "'app' '1'" in msg and "other contents" in msg and "force" in msg
    forced = fleet.same("published", **other, force=True)
    assert forced.changed and forced.values["sent"]
    assert not fleet.same("published", **other, force=True).changed
    assert fleet.versions() == ("1", ["2", "1"])
    fleet.fetch()
    assert fleet.dest.read_bytes() == b"other"


def test_a_version_of_the_digest(fleet: Distribution) -> None:
    made = fleet.same("published", src=fleet.file(b"one"))
    assert made.values["version"] == made.values["digest"][:16]
    assert not fleet.same("published", src=fleet.file(b"one")).changed
    assert fleet.same("published", src=fleet.file(b"two")).changed
    # that of before is the latest again
    again = fleet.same("published", src=fleet.file(b"one"))
    assert again.changed and not again.values["sent"]
    assert fleet.versions()[0] == made.values["version"]


def drift_contents(path: Path) -> None:
    path.write_bytes(BIG[:-1] + b"x")


def drift_size(path: Path) -> None:
    path.write_bytes(b"")


def drift_mode(path: Path) -> None:
    path.chmod(0o777)


def drift_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def drift_gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    "drift",
    [drift_contents, drift_size, drift_mode, drift_link, drift_gone],
    ids=lambda drift: drift.__name__,
)
def test_a_file_that_was_tampered_with_is_put_right(
    fleet: Distribution, drift: t.Callable[[Path], None]
) -> None:
    fleet.publish(BIG, "1")
    fleet.fetch()
    drift(fleet.dest)
    again = fleet.same("present", name="app", dest=str(fleet.dest))
    assert again.changed
    assert again.values["received"] == (0 if drift is drift_mode else len(BIG))
    assert not fleet.dest.is_symlink() and fleet.dest.read_bytes() == BIG
    assert fleet.dest.stat().st_mode & 0o7777 == 0o640
    assert not fleet.same("present", name="app", dest=str(fleet.dest)).changed


def test_mode_owner_and_expiry_are_the_releases(fleet: Distribution) -> None:
    one = {"src": fleet.file(b"one"), "version": "1", "mode": "0444", "owner": ME}
    assert fleet.same("published", **one).changed
    fleet.fetch()
    assert fleet.dest.stat().st_mode & 0o7777 == 0o444
    changed = fleet.same("published", **{**one, "mode": "600"})
    assert changed.changed and not changed.values["sent"]
    assert not fleet.same("published", **{**one, "mode": "600"}).changed
    # what is not said stays
    assert not fleet.same("published", src=one["src"], version="1").changed
    assert fleet.same("present", name="app", dest=str(fleet.dest)).changed
    assert fleet.dest.stat().st_mode & 0o7777 == 0o600

    assert fleet.same("published", **one, expires="30d").changed
    assert not fleet.same("published", **one, expires="30d").changed
    assert fleet.same("published", **one, expires="7d").changed

    nobody = fleet.publish(b"two", "2", owner="no-such-user")
    assert nobody.changed
    for check in (True, False):
        msg = fleet.refused("present", name="app", dest=str(fleet.dest), check=check)
        assert "'no-such-user'" in msg and fleet.dest.read_bytes() == b"one"


def test_a_folder_to_put_it_in(fleet: Distribution) -> None:
    fleet.publish(b"one", "1")
    result = fleet.same("present", name="app", dest=str(fleet.dest.parent))
    assert result.values["file"] == str(fleet.dest)


def test_channels_are_apart(fleet: Distribution) -> None:
    fleet.publish(b"one", "1")
    fleet.publish(b"canary", "2", channel="canary")
    assert fleet.versions() == ("1", ["1"])
    assert fleet.versions(channel="canary") == ("2", ["2"])
    assert fleet.fetch(channel="canary").values["channel"] == "canary"
    assert fleet.dest.read_bytes() == b"canary"
    assert fleet.fetch().values["channel"] == "stable"
    assert fleet.dest.read_bytes() == b"one"
    info = fleet.info(channel="nothing-yet")
    assert info["artifacts"] == []


def test_only_what_changed_is_fetched(fleet: Distribution) -> None:
    data = BIG + random.Random(8).randbytes(7 * MIB)
    fleet.publish(data, "1", delta=True)
    fleet.fetch(delta=True)
    changed = data[: 4 * MIB] + b"inserted" + data[4 * MIB :]
    assert fleet.publish(changed, "2", delta=True).values["sent"]
    result = fleet.fetch(delta=True)
    assert fleet.dest.read_bytes() == changed
    assert 0 < result.values["received"] < len(data) / 4


def test_a_task_without_a_file(fleet: Distribution) -> None:
    signing = {**fleet.inline, "signing_key": fleet.key.encode()}
    public = {**fleet.inline, "public_key": fleet.key.public.encode()}
    src = fleet.file(BIG)
    here = {"name": "app", "dest": str(fleet.dest)}
    gcm = {"encrypt": "AES_256_GCM"}
    assert fleet.same("published", **signing, src=src, version="1", **gcm).changed
    assert fleet.same("present", **public, **here).changed
    assert not fleet.same("present", **public, **here).changed
    # by the name of an entry, too
    named = {"provider": "depot", "providers": {"depot": fleet.place.endpoint()}}
    assert not fleet.same("present", **{**public, **named}, **here).changed
    # and it is the same as what the files say
    assert not fleet.same("published", src=src, version="1").changed
    assert fleet.same("absent", **signing, name="app").changed
    assert fleet.versions() == (None, [])


def test_the_original_format(old_fleet: Distribution) -> None:
    fleet = old_fleet
    for data in (BIG, b"two"):
        made = fleet.same("published", src=fleet.file(data))
        assert made.changed and made.values["version"] is None
        assert not fleet.same("published", src=fleet.file(data)).changed
        # without versions, it takes fetching to know what it is
        assert fleet.good("present", name="app", dest=str(fleet.dest)).changed
        assert fleet.dest.read_bytes() == data
        assert fleet.dest.stat().st_mode & 0o7777 == 0o600
        fetched = fleet.same("present", name="app", dest=str(fleet.dest))
        assert not fetched.changed
        assert fetched.values["digest"] == made.values["digest"]
    info = fleet.info()
    assert (info["format"], info["channel"], info["sequence"]) == (
        "distsync01",
        None,
        None,
    )
    [artifact] = info["artifacts"]
    assert artifact["name"] == "app" and len(artifact["releases"]) == 1
    for state, options, word in (
        ("published", {"src": fleet.file(b"x"), "version": "1"}, "version"),
        ("published", {"src": fleet.file(b"x"), "mode": "0600"}, "mode"),
        ("rolled_back", {"name": "app"}, "rolled back"),
        ("absent", {"name": "app", "version": "1"}, "version"),
        ("present", {"name": "app", "dest": "/srv", "version": "1"}, "version"),
        ("present", {"name": "app", "dest": "/srv", "channel": "x"}, "Channel"),
    ):
        assert word in fleet.refused(state, **options)
    gone = fleet.same("absent", name="app")
    assert gone.changed and gone.values["withdrawn"] == [None]
    assert not fleet.same("absent", name="app").changed


# -- several at once


def test_two_publishers_at_once(fleet: Distribution) -> None:
    """Everybody's own is there, and one of several contents has the version that all of them want."""
    sources = [fleet.file(b"%d" % number, f"app{number}") for number in range(3)]
    tasks: list[dict[str, t.Any]] = []
    for src in sources:
        tasks.append({"src": src, "version": "1"})
        tasks.append({"src": src, "version": "1", "name": "same"})
    common = {"config": fleet.paths["uploader"], "state": "published"}
    runs = [
        subprocess.Popen(
            [sys.executable, artifact_program.__file__, json.dumps(common | task)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": str(fleet.folder / f"home{number}")},
        )
        for number, task in enumerate(tasks)
    ]
    results = [json.loads(run.communicate()[0]) for run in runs]
    failed = [result for result in results if result.get("failed")]
    assert len(failed) == 2
    assert all("'same' '1'" in result["msg"] for result in failed)
    named = [artifact["name"] for artifact in fleet.info()["artifacts"]]
    assert named == ["app0", "app1", "app2", "same"]
    fleet.good("present", name="same", dest=str(fleet.dest))
    assert fleet.dest.read_bytes() in (b"0", b"1", b"2")
    # what lost is not left in the bucket
    assert len(fleet.place.keys()) == 1 + 2 * 4


# -- info


def test_who_has_what(fleet: Distribution) -> None:
    empty = fleet.info(hosts=True)
    assert (empty["artifacts"], empty["hosts"]) == ([], [])
    made = fleet.publish(b"one", "1").values
    fleet.publish(b"two", "2")
    fleet.good("published", src=fleet.file(b"x", "other"), version="7")
    now = int(time.time())
    has = ArtifactStatus(
        "app", "stable", "1", made["digest"], now - 9, "current", "2", 3
    )
    with open_store(endpoint_of(fleet.place.endpoint())) as store:
        for host, artifacts in (("web1", (has,)), ("web2", ())):
            status = HostStatus(host, "1.0.0", now - 60, ("stable",), artifacts, 5)
            write_status(store, fleet.secret, host, status)
        store.write("status/README", b"not ours")
    info = fleet.info(hosts=True)
    assert [one["name"] for one in info["artifacts"]] == ["app", "other"]
    [first, second] = info["artifacts"][0]["releases"]
    assert (first["hosts"], second["hosts"]) == (["web1"], [])
    assert (first["latest"], second["latest"]) == (False, True)
    assert first["size"] == 3 < first["sealed_size"]
    assert (first["digest"], first["version"]) == (made["digest"], "1")
    assert 0 <= first["age"] and first["created"] <= time.time()
    assert info["sequence"] == 3 and info["expires"] > time.time()
    [web1, web2] = info["hosts"]
    assert (web1["host"], web2["host"]) == ("web1", "web2")
    assert 60 <= web1["age"] and web1["artifacts"][0]["late"] == 3
    [warning] = info["warned"]
    assert "1 object(s) below status/" in warning
    alone = fleet.info(name="other", config=fleet.paths["daemon"])
    assert [one["name"] for one in alone["artifacts"]] == ["other"]
    assert "hosts" not in alone and alone["sequence"] == 3


# -- secrets


def test_the_system_log_shows_no_secret(fleet: Distribution, logged: list[str]) -> None:
    """Nor do results, whatever is written wrong; ``attempt`` looks at each."""
    secret, key = fleet.secret.encode(), fleet.key.encode()
    signing = {**fleet.inline, "signing_key": key, "src": fleet.file(b"one")}
    fleet.good("published", **signing)
    fleet.publish(b"two")
    for wrong in (
        {**signing, "secret": secret[:-1]},
        {**signing, "secret": key},
        {**signing, "signing_key": secret},
        {**signing, "public_key": key},
        {**signing, "secrte": secret},
        {**signing, "provider": {**fleet.place.endpoint(), "secrte": secret}},
        {**signing, "config": fleet.paths["uploader"]},
        {**signing, "name": f"{secret}/{key}"},
        {**signing, "version": key},
    ):
        assert fleet.attempt("published", **wrong).failed
    assert len(logged) >= 10
    fleet.hush("\n".join(logged))
