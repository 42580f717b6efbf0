# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is not saved, restored or removed, and what is said of it; in check mode just so."""

from __future__ import annotations

import random
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist._staging import (
    Staging,
    places_of,
)
from tests.integration.identities import appender_of
from tests.integration.places import Places
from tests.integration.volumes import Volume, filled, tree
from tests.servers.seaweedfs import SeaweedFS

KEEP_NOTHING: t.Mapping[str, int] = {"keep_last": 0}


@pytest.fixture()
def volume(places: Places, tmp_path: Path) -> Volume:
    return filled(places("local"), tmp_path)


@pytest.fixture()
def refused(volume: Volume) -> t.Callable[..., str]:
    """A task that must fail, in check mode too, with the same words, and change nothing."""

    def run(state: str = "saved", **options: t.Any) -> str:
        before = volume.place.everything(), tree(volume.path)
        foretold = volume.badly(state, check=True, **options)
        assert volume.badly(state, **options) == foretold
        assert (volume.place.everything(), tree(volume.path)) == before
        return foretold

    return run


@pytest.mark.parametrize("path", ["/", "//", "/..", "/proc", "/proc/self", "/sys/fs"])
def test_what_is_no_volume(refused: t.Callable[..., str], path: str) -> None:
    for state in ({"state": "saved"}, {"state": "restored", "mode": "replace"}):
        message = refused(path=path, **state)
        assert "is no volume" in message or "the kernel's" in message


@pytest.mark.parametrize("path", ["/etc", "/usr/../etc/", "/usr", "/var/lib"])
def test_the_running_system_is_not_replaced(
    refused: t.Callable[..., str], volume: Volume, path: str
) -> None:
    for mode in ("replace", "merge"):
        message = refused("restored", path=path, mode=mode)
        assert "part of the running system" in message and "to" in message
    message = refused("restored", to=path, mode="merge")
    assert "part of the running system" in message


def test_a_link_to_the_system(
    refused: t.Callable[..., str], volume: Volume, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("/etc")
    assert "system" in refused("restored", path=str(tmp_path / "link"), mode="merge")
    (tmp_path / "root").symlink_to("/")
    assert "/" in refused(path=str(tmp_path / "root"))
    (tmp_path / "ours").symlink_to(volume.path)
    assert "symbolic link" in refused(path=str(tmp_path / "ours"))


def test_the_store_itself(refused: t.Callable[..., str], volume: Volume) -> None:
    store = volume.place.path
    for path in (store, store.parent, store / "snapshots"):
        assert "one in the other" in refused(path=str(path))
        assert "one in the other" in refused("restored", path=str(path), mode="merge")
    assert "one in the other" in refused(
        "restored", to=str(store / "snapshots"), mode="replace"
    )


def test_no_such_path(refused: t.Callable[..., str], tmp_path: Path) -> None:
    assert "No such file" in refused(path=str(tmp_path / "nothing"))
    assert "absolute path" in refused(path="relative/path")
    assert "absolute path" in refused("restored", mode="merge", to="relative")


def test_no_such_snapshot(refused: t.Callable[..., str], volume: Volume) -> None:
    restored: dict[str, t.Any] = {"state": "restored", "mode": "replace"}
    assert "no whole snapshot" in refused(**restored)
    assert "no whole snapshot" in refused("verified")
    assert "There is no object" in refused(layout="single", **restored)
    one = volume.well().values["snapshot"]
    unknown = "20200101T000000.000000Z-00000000"
    assert f"no snapshot {unknown}" in refused(snapshot=unknown, **restored)
    assert one in refused(snapshot=unknown, **restored)
    early = "2001-01-01T00:00:00"
    assert "from 2001-01-01" in refused(snapshot=early, **restored)
    assert "neither 'latest'" in refused(snapshot="yesterday", **restored)
    assert "wiki2" in refused(host="wiki2", **restored)
    assert not volume.well("absent", snapshot=unknown).changed

    # half-written
    (record,) = volume.place.path.rglob("snapshot.json")
    text = record.read_bytes()
    record.unlink()
    assert "incomplete" in refused(snapshot=one, **restored)
    assert "no whole snapshot" in refused(**restored)
    record.write_bytes(text)
    (data,) = volume.place.path.rglob("data.tar.zst.0001")
    whole = data.read_bytes()
    data.write_bytes(whole[:-1])
    assert "cannot be used" in refused(snapshot=one, **restored)
    # of its size, and yet another
    data.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    (volume.path / "extra").write_text("mine")
    before = tree(volume.path)
    assert "damaged" in volume.badly(snapshot=one, **restored)
    assert tree(volume.path) == before
    assert "damaged" in volume.badly("verified", compare=False)


@pytest.mark.parametrize(
    "saved",
    [
        {"compression": "none"},
        {"format": "chunks"},
        {"encrypted": True},
        {"layout": "single"},
    ],
    ids=lambda saved: next(iter(saved)),
)
def test_damage_anywhere_is_found_before_anything_is_touched(
    volume: Volume, saved: dict[str, t.Any]
) -> None:
    """Flips of one bit, and cuts, at random offsets of whatever is stored but the record and the head."""
    how: dict[str, t.Any] = dict(saved)
    if how.pop("encrypted", False):
        how["encryption"] = {"secret": volume.secret}
    volume.well(**how)
    for name in ("format", "compression"):
        how.pop(name, None)
    (volume.path / "index.html").write_text("<h1>Ebb</h1>")
    before = tree(volume.path)
    dice = random.Random(str(saved))
    keys = sorted(key for key in volume.place.keys() if not key.endswith(".json"))
    for number in range(8):
        key = dice.choice(keys)
        data = volume.place.read(key)
        at = dice.randrange(len(data))
        altered = data[:at]
        if number % 2 and "layout" not in saved:
            altered += bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]
        volume.place.write(key, altered)
        for mode in ("replace", "merge"):
            volume.badly("restored", mode=mode, **how)
            assert tree(volume.path) == before
        volume.place.write(key, data)
    assert volume.well("restored", mode="replace", **how).changed


def test_a_target_that_is_something_else(
    refused: t.Callable[..., str], volume: Volume, tmp_path: Path
) -> None:
    """What the run would stumble over, check mode says in the same words."""
    volume.well()
    file = volume.path / "index.html"
    volume.well(path=str(file))
    for mode in ("replace", "merge"):
        how: dict[str, t.Any] = {"state": "restored", "mode": mode}
        assert "snapshot is of one" in refused(to=str(file), **how)
        assert "is to be in it" in refused(to=f"{file}/deep/er", **how)
        there = str(volume.path / "deep")
        assert "snapshot is of a file" in refused(path=str(file), to=there, **how)
        link = str(volume.path / "link")
        assert "symbolic link" in refused(to=link, **how)
        busy = Staging(places_of(there)[0])
        assert "Another process restores" in refused(to=there, **how)
        busy.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"retention": KEEP_NOTHING}, "keeps no snapshot"),
        ({"retention": {}}, "keeps no snapshot"),
        ({"retention": {"keep_within": "soon"}}, "keep_within"),
        ({"retention": {"keep_daily": -2}}, "keep_daily"),
        ({"state": "absent", "retention": KEEP_NOTHING}, "keeps no snapshot"),
        ({"state": "absent"}, "what goes"),
        ({"state": "absent", "snapshot": "latest"}, "another run"),
        ({"state": "absent", "snapshot": "2026-11-21"}, "another run"),
        ({"state": "absent", "snapshot": "all", "pre": [{"argv": ["x"]}]}, "pre"),
        ({"state": "restored"}, "mode is missing"),
        ({"state": "restored", "mode": "replace", "include": ["a"]}, "include"),
        ({"to": "/tmp/x"}, "to has no meaning with state saved"),
        ({"mode": "merge"}, "mode has no meaning"),
        ({"compare": False}, "compare has no meaning"),
        ({"volume": "data", "path": "/x"}, "Either path or volume"),
        ({"format": "chunks", "compression": "gzip"}, "gzip"),
        ({"compression": "zstd", "compression_level": 40}, "level 40"),
        ({"layout": "single", "compression": "zstd"}, "gzip"),
        ({"layout": "single", "retention": {"keep_last": 1}}, "retention"),
        ({"layout": "single", "volume": "x", "path": None}, "layout single goes by"),
        ({"bandwidth_limit": "fast"}, "bandwidth_limit"),
        ({"exclude": ["[z-a]"]}, "exclude"),
        ({"containers": {}}, "which ones"),
        ({"containers": {"names": ["a"], "timeout": 0}}, "timeout"),
        ({"pre": [{"argv": []}]}, "argv is empty"),
        ({"post": [{"argv": ["true"], "timeout": -1}]}, "timeout"),
        ({"encryption": {"identities": ["AGE-SECRET-KEY-1"]}}, "identities"),
        ({"encryption": {"recipients": ["age1nobody"]}}, "age1nobody"),
        ({"encryption": {"secret": "short"}}, "SharedSecret"),
        ({"encryption": {}}, "neither secret nor recipients"),
        ({"encryption": {"recipients": []}}, "neither secret nor recipients"),
        ({"state": "verified", "encryption": {}}, "neither secret nor identities"),
        ({"state": "restored", "mode": "merge", "exclude": ["x"]}, "exclude has no"),
        (
            {"state": "verified", "encryption": {"recipients": ["age1x"]}},
            "recipients has no meaning",
        ),
        ({"host": "a", "store": {"id": "LOCAL"}}, "container"),
    ],
)
def test_what_makes_no_sense(
    refused: t.Callable[..., str], options: dict[str, t.Any], said: str
) -> None:
    assert said in refused(**options)


def test_a_wrong_option_tells_no_secret(volume: Volume, tmp_path: Path) -> None:
    secret = volume.secret
    for options in (
        {"encryption": {"secret": secret, "recipients": ["age1x"]}},
        {"encryption": {"secert": secret}},
        {"secret": secret},
        {"encryption": {"secret": secret[:-1]}},
        {"store": {"id": "S3", "container": "x", "secret": secret, "colour": 1}},
        {"encryption": {"identities": [secret]}, "state": "restored", "mode": "merge"},
    ):
        text = volume.run(**options).text
        assert secret[:-1] not in text


def test_two_saves_of_one_path_at_once(volume: Volume, places: Places) -> None:
    """The second one is told so, and the first one is not disturbed."""
    place = places("seaweedfs")
    place.make()
    volume.place = place
    volume.secrets.append(place.server.secret)
    told: list[str] = []
    from ansible_collections.longshore.storage.plugins.module_utils._persist import (
        _saving,
    )

    original = _saving._Saving.run

    def run(self: t.Any, *arguments: t.Any) -> t.Any:
        if not told:
            told.append("")
            # from another thread's point of view this process saves already
            told[0] = volume.badly()
        return original(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_saving._Saving, "run", run)
        assert volume.well().changed
    assert "is being saved by another process" in told[0]
    assert not volume.well().changed
    assert len(volume.info()["volumes"][0]["snapshots"]) == 1


def test_unreadable_files(volume: Volume) -> None:
    """What cannot be read fails the save, unless it is allowed; then it is told."""
    bad = volume.path / "bad"
    bad.write_text("x")
    from ansible_collections.longshore.storage.plugins.module_utils._persist import (
        _archive,
    )

    original = _archive.Archive._open

    def deny(self: t.Any, found: t.Any) -> int:
        if found.name == "bad":
            raise PermissionError(13, "Permission denied")
        return original(self, found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_archive.Archive, "_open", deny)
        assert "'bad'" in volume.badly()
        assert volume.info()["volumes"] == []
        result = volume.well(allow_unreadable=True)
    assert result.values["problems"] == 1
    assert "'bad': unreadable" in result.values["samples"]["problems"][0]
    assert "could not be read" in result.warnings[0]
    assert volume.info()["volumes"][0]["snapshots"][0]["problems"] == 1


def test_keys_that_may_not_delete(
    volume: Volume, places: Places, seaweedfs: SeaweedFS
) -> None:
    """A host that cannot destroy its backups saves; what retention would remove is told."""
    place = places("seaweedfs")
    place.make()
    volume.place = place
    key, secret = appender_of(seaweedfs, place.name)
    volume.secrets += [seaweedfs.secret, secret]
    store = {**place.endpoint(), "key": key, "secret": secret}
    one = volume.well(store=store).values["snapshot"]
    (volume.path / "n").write_text("2")
    result = volume.well(store=store, retention={"keep_last": 1})
    assert result.changed and result.values["pruned"] == 0
    (warning,) = result.warnings
    assert "could not be removed" in warning and one in warning
    assert not volume.well(store=store).changed
    message = volume.badly("absent", store=store, snapshot=one)
    assert "allowed to delete" in message
    volume.well("restored", store=store, snapshot=one, mode="replace")
    assert not (volume.path / "n").exists()
    assert len(volume.info()["volumes"][0]["snapshots"]) == 2
