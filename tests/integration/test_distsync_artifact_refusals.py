# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``distsync_artifact`` with bad input: a sentence that names the thing, and a bucket that is as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
import typing as t
import uuid
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identities import (
    open_identities,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from tests.conformance.faults import closed_port
from tests.integration import artifact_program
from tests.integration.artifacts import Distribution, endpoint_of
from tests.integration.networks import Tripwire, by_way
from tests.integration.places import LocalPlace, Places, S3Place
from tests.unit.machine import Child, become_ordinary_user

MIB = 1024 * 1024
BIG = random.Random(6).randbytes(3 * MIB)


@pytest.fixture()
def fleet(places: Places, tmp_path: Path) -> Distribution:
    """With one release."""
    place = places("seaweedfs")
    place.make()
    made = Distribution(place, tmp_path)
    made.publish(b"one", "1")
    return made


def each(fleet: Distribution) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """A task of each state."""
    yield "published", {"src": fleet.file(b"two"), "version": "2"}
    yield "present", {"name": "app", "dest": str(fleet.dest)}
    yield "absent", {"name": "app"}
    yield "rolled_back", {"name": "app", "version": "1"}


# -- the configuration


def test_no_configuration(fleet: Distribution) -> None:
    for state, options in each(fleet):
        for config in ("/no/such/file", str(fleet.folder), "nul\0l"):
            msg = fleet.refused(state, **options, config=config)
            assert config.replace("\0", "\\x00") in msg, msg
        # by default, those of the user's home, where there are none
        default = ".distsyncd" if state == "present" else ".distsync"
        msg = fleet.refused(state, **options, config=None)
        assert os.path.join(os.environ["HOME"], default) in msg


def test_a_configuration_that_may_not_be_read() -> None:
    def work() -> str:
        with tempfile.TemporaryDirectory() as folder:
            fleet = Distribution(LocalPlace(Path(folder)), Path(folder))
            os.chmod(fleet.paths["daemon"], 0)
            return fleet.attempt("present", name="app", dest=folder).msg

    msg = Child(work, become_ordinary_user).result()
    assert "/daemon may not be read by the user" in msg and "chown" in msg


def test_an_open_configuration_is_warned_of(fleet: Distribution) -> None:
    os.chmod(fleet.paths["uploader"], 0o644)
    [warning] = fleet.publish(b"one", "1").warnings
    assert "chmod 600" in warning


def wrong_configurations(fleet: Distribution) -> dict[str, tuple[str, str]]:
    """What is replaced by what in the file, and a word of the message."""
    secret = fleet.secret.encode()
    other = "B" if secret[7] == "A" else "A"
    return {
        "[AwsCreds]": ('[Aws]\n Region = "eu-west-1"\n[AwsCreds]', "[AwsCreds]"),
        secret: (secret[:-4], "SharedSecret"),
        secret[:8]: (secret[:7] + other, "SharedSecret"),
        fleet.key.encode()[-9:]: ("", "SigningKey"),
        "StorageBucket =": ("StorageBukket =", "StorageBucket"),
        'Storage = "S3"': ('Storage = "S4"', "Storage"),
        'Format = "longshore"': ('Format = "distsync01"', "SigningKey"),
        "SharedSecret =": ("SharedSecret", "TOML"),
    }


def test_a_wrong_configuration(fleet: Distribution) -> None:
    path = Path(fleet.paths["uploader"])
    right = path.read_text()
    for old, (new, word) in wrong_configurations(fleet).items():
        assert old in right
        path.write_text(right.replace(old, new, 1))
        path.chmod(0o600)
        msg = fleet.refused("published", src=fleet.file(b"two"))
        assert word in msg and str(path) in msg, msg


def test_a_daemon_cannot_publish(fleet: Distribution) -> None:
    for state, options in each(fleet):
        if state != "present":
            msg = fleet.refused(state, **options, config=fleet.paths["daemon"])
            assert "SigningKey" in msg


def test_what_a_task_says_of_the_configuration(fleet: Distribution) -> None:
    src = {"src": fleet.file(b"two")}
    key = {"signing_key": fleet.key.encode()}
    inline: t.Mapping[str, t.Any] = {**fleet.inline, **key, **src}
    place = fleet.place.endpoint()
    for options, words in (
        ({**src, "secret": "x"}, ["secret goes with provider"]),
        ({**src, **key, "format": "longshore"}, ["signing_key and format go with"]),
        ({**inline, "config": "/x"}, ["config and provider"]),
        ({**inline, "secret": None}, ["secret is missing"]),
        ({**inline, "secret": "short"}, ["secret"]),
        ({**inline, "signing_key": None}, ["SigningKey is missing"]),
        ({**inline, "signing_key": "short"}, ["SigningKey"]),
        ({**inline, "format": "distsync01"}, ["SigningKey", "distsync01"]),
        ({**inline, "channel": "a b"}, ["Channel"]),
        ({**src, "channel": "a/b"}, ["Channel"]),
        ({**inline, "provider": "nowhere"}, ["provider", "nowhere"]),
        ({**inline, "provider": {**place, "container": None}}, ["container"]),
    ):
        msg = fleet.refused("published", **t.cast("dict[str, t.Any]", options))
        assert all(word in msg for word in words), msg
    # never unsigned by mistake
    here = {"name": "app", "dest": str(fleet.dest)}
    assert "PublicKey" in fleet.refused("present", **fleet.inline, **here)


# -- the task


def test_what_a_task_needs_and_what_it_cannot_have(fleet: Distribution) -> None:
    src, dest = fleet.file(b"two"), str(fleet.dest)
    cases: list[tuple[str, dict[str, t.Any], str]] = [
        ("published", {}, "src"),
        ("present", {"name": "app"}, "dest"),
        ("present", {"dest": dest}, "name"),
        ("absent", {}, "name"),
        ("rolled_back", {}, "name"),
        ("present", {"name": "app", "dest": dest, "src": src}, "src is for"),
        ("present", {"name": "app", "dest": dest, "mode": "0644"}, "mode is for"),
        ("absent", {"name": "app", "force": True}, "force is for"),
        ("published", {"src": src, "dest": dest}, "dest is for"),
        ("published", {"src": src, "mode": 0o644}, "quotes"),
        ("published", {"src": src, "mode": "u=rw"}, "'u=rw'"),
        ("published", {"src": src, "mode": "4755"}, "'4755'"),
        ("published", {"src": src, "owner": "a:b"}, "'a:b'"),
        ("published", {"src": src, "expires": "soon"}, "'soon'"),
        ("published", {"src": src, "expires": "0"}, "expire"),
        ("published", {"src": f"{src}x"}, f"{src}x"),
        ("published", {"src": str(fleet.folder)}, str(fleet.folder)),
        ("published", {"src": "/dev/null"}, "/dev/null"),
        ("published", {"src": "nul\0l"}, "src"),
        ("present", {"name": "app", "dest": "nul\0l"}, "dest"),
        ("present", {"name": "app", "dest": "/no/such/folder"}, "/no/such/folder"),
        ("present", {"name": "ap", "dest": dest}, "mean app?"),
        ("present", {"name": "app", "dest": dest, "version": "2"}, "There are: 1"),
        ("rolled_back", {"name": "app"}, "before '1'"),
        ("rolled_back", {"name": "app", "version": "2"}, "There are: 1"),
        ("rolled_back", {"name": "ap"}, "mean app?"),
    ]
    for number, (state, options, words) in enumerate(cases):
        # of a folder, check mode supposes that an earlier task makes it
        check = number % 2 == 1 and words != "/no/such/folder"
        msg = fleet.refused(state, **options, check=check)
        assert words in msg, msg
    assert fleet.versions() == ("1", ["1"])


def test_names_that_no_file_has(fleet: Distribution) -> None:
    names = ("a/b", "..", ".", "nul\0l", "line\n", "x" * 300, "é" * 128, "")
    for number, name in enumerate(names):
        for state, options in list(each(fleet))[number % 2 :: 2]:
            msg = fleet.refused(state, **{**options, "name": name})
            assert "refused" in msg or not name, msg
            assert "\n" not in msg and "\0" not in msg
    assert not fleet.dest.exists()


def test_versions_that_are_none(fleet: Distribution) -> None:
    versions = ("1/2", "..", "nul\0l", "-x", "é", "x" * 129, "")
    for number, version in enumerate(versions):
        for state, options in list(each(fleet))[number % 2 :: 2]:
            msg = fleet.refused(state, **{**options, "version": version})
            assert "is refused" in msg
    msg = fleet.refused("absent", name="app", version="latest")
    assert "'latest' is refused" in msg


# -- the bucket


def test_a_bucket_that_is_gone(places: Places, tmp_path: Path) -> None:
    fleet = Distribution(places("seaweedfs"), tmp_path)
    for state, options in each(fleet):
        for check in (True, False):
            msg = fleet.attempt(state, **options, check=check).msg
            assert fleet.place.name in msg and "distsync_setup" in msg, msg
    assert fleet.place.keys() == set()


def test_a_server_that_is_away(fleet: Distribution) -> None:
    with closed_port() as port:
        away = {"endpoint": f"http://127.0.0.1:{port}", "retries": 0}
        endpoint = {**fleet.place.endpoint(), **away}
        fleet.reach(uploader=endpoint, daemon=endpoint)
        for state, options in each(fleet):
            assert str(port) in fleet.refused(state, **options)


def test_wrong_credentials(fleet: Distribution) -> None:
    wrong = {**fleet.place.endpoint(), "secret": "d3Jvbmctc2VjcmV0"}
    fleet.reach(uploader=wrong, daemon=wrong)
    for state, options in each(fleet):
        msg = fleet.refused(state, **options)
        assert fleet.place.name in msg and wrong["secret"] not in msg


@pytest.mark.parametrize("kind", ["moto", "seaweedfs"])
def test_credentials_that_are_revoked_meanwhile(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    """With the two minimal identities, which suffice for everything."""
    place = S3Place(request.getfixturevalue(kind))
    place.make()
    fleet = Distribution(place, tmp_path)
    uploader, reader = open_identities(endpoint_of(place.endpoint()))
    data = random.Random(7).randbytes(17 * MIB)
    try:
        for role, identity in (("uploader", uploader), ("daemon", reader)):
            made = identity.apply(identity.plan())
            assert made is not None
            own = {"key": made.id, "secret": made.secret}
            fleet.reach(**{role: {**place.endpoint(), **own}})
        one: dict[str, t.Any] = {"src": fleet.file(data), "version": "1"}
        with Tripwire(place.server.port, 9 * MIB, uploader.remove) as way:
            direct = fleet.uploader
            fleet.uploader = dataclasses.replace(
                direct, store=dataclasses.replace(direct.store, port=way.port)
            )
            fleet.write()
            failed = fleet.attempt("published", **one)
            assert way.tripped.is_set() and failed.failed
            assert place.name in failed.msg and "allowed" in failed.msg
        assert not any(key.startswith("feed/") for key in place.keys())
        made = uploader.apply(uploader.plan())
        assert made is not None
        renewed = {"key": made.id, "secret": made.secret}
        fleet.reach(uploader={**place.endpoint(), **renewed})
        assert fleet.good("published", **one).changed
        assert fleet.good("published", **{**one, "mode": "0600"}).changed
        assert fleet.info(hosts=True)["sequence"] == 2
        assert fleet.fetch().changed and fleet.dest.read_bytes() == data

        fleet.dest.unlink()
        here: dict[str, t.Any] = {"name": "app", "dest": str(fleet.dest)}
        with Tripwire(place.server.port, 9 * MIB, reader.remove, "down") as way:
            direct = fleet.daemon
            fleet.daemon = dataclasses.replace(
                direct, store=dataclasses.replace(direct.store, port=way.port)
            )
            fleet.write()
            result = fleet.attempt("present", **here)
            assert way.tripped.is_set()
        # what was asked for before it may have been answered to the end
        assert result.failed is not fleet.dest.exists()
        assert fleet.good("absent", name="app").changed
    finally:
        for identity in (uploader, reader):
            identity.remove()
        place.discard()


def test_objects_that_are_not_ours(fleet: Distribution) -> None:
    """They are left alone, more of them than a listing has on a page."""
    foreign = {"README", "artifacts/notes.txt", "feed/zzz", "status/x", "releases/a/b"}
    for key in foreign:
        fleet.place.write(key, b"not ours")
    with crowd(fleet, [f"artifacts/{number:040x}" for number in range(1050)]):
        live(fleet)
        assert foreign <= fleet.place.keys()
        assert len(fleet.place.keys()) == 1050 + len(foreign) + 1


def live(fleet: Distribution) -> None:
    """All that can be done."""
    assert fleet.publish(b"two", "2").changed
    assert fleet.fetch().values["version"] == "2"
    assert fleet.good("rolled_back", name="app").changed
    assert fleet.good("absent", name="app").changed
    info = fleet.info(hosts=True)
    assert info["artifacts"] == [] and "1 object(s)" in info["warned"][0]


def test_many_objects_of_the_original_format(places: Places, tmp_path: Path) -> None:
    place = places("seaweedfs")
    place.make()
    fleet = Distribution(place, tmp_path, Format.DISTSYNC01)
    place.write("folder/x", b"not ours")
    there = str(fleet.dest)
    with crowd(fleet, [f"{number:04}" for number in range(1050)]):
        assert fleet.good("published", src=fleet.file(b"one", "zzz")).changed
        artifacts = fleet.info()["artifacts"]
        assert len(artifacts) == 1051 and artifacts[-1]["name"] == "zzz"
        # what is no artifact is known when it is fetched
        msg = fleet.attempt("present", name="0007", dest=there).msg
        assert "'0007'" in msg and not fleet.dest.exists()
        assert fleet.good("present", name="zzz", dest=there).changed
        assert fleet.dest.read_bytes() == b"one"
        assert fleet.good("absent", name="zzz").changed


@contextlib.contextmanager
def crowd(fleet: Distribution, keys: list[str]) -> t.Iterator[None]:
    """Many objects, for as long as it takes."""
    with open_store(endpoint_of(fleet.place.endpoint())) as store:
        for key in keys:
            store.write(key, b"x")
        yield
        store.delete(keys)


# -- the file


def test_a_file_that_changes_while_it_is_published(fleet: Distribution) -> None:
    large = Path(fleet.file(b"", "large"))
    # more than is read ahead of what is sent
    os.truncate(large, 160 * MIB)
    port = fleet.place.server.port
    before = fleet.place.everything()
    with Tripwire(port, 9 * MIB, lambda: os.truncate(large, 170 * MIB)) as way:
        fleet.reach(uploader=by_way(way, fleet.place))
        result = fleet.attempt("published", src=str(large), version="1")
    assert way.tripped.is_set() and result.failed
    assert str(large) in result.msg and "changed while" in result.msg
    left = fleet.place.everything()
    assert {key: left[key] for key in before} == before
    assert not any(key.startswith("artifacts/") for key in left.keys() - before.keys())
    fleet.reach(uploader=fleet.place.endpoint())
    assert [one["name"] for one in fleet.info()["artifacts"]] == ["app"]


@pytest.mark.parametrize("store_format", Format)
def test_a_full_disk(places: Places, tmp_path: Path, store_format: Format) -> None:
    place = places("seaweedfs")
    place.make()
    fleet = Distribution(place, tmp_path, store_format)
    fleet.publish(BIG)
    small = tmp_path / f"disk-{uuid.uuid4().hex}"
    small.mkdir()
    task = {
        "state": "present",
        "name": "app",
        "dest": str(small),
        "config": fleet.paths["daemon"],
    }
    script = (
        'mount -t tmpfs -o size=2m none "$1" && echo old > "$1/app" && '
        'out=$("$2" "$3" "$4"); cat "$1/app"; ls -A "$1"; printf %s "$out"'
    )
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        ["unshare", *user, "--mount", "sh", "-c", script, "sh", str(small)]
        + [sys.executable, artifact_program.__file__, json.dumps(task)],
        capture_output=True,
        text=True,
        check=True,
    )
    contents, listing, output = done.stdout.split("\n", 2)
    assert (contents, listing) == ("old", "app")
    result = json.loads(output)
    assert result["failed"] and str(small / "app") in result["msg"]
    assert "Make room" in result["msg"]
    fleet.hush(done.stdout + done.stderr)
