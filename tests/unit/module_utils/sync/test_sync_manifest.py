# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync believes of a destination, and what it has to write down to know it."""

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest import (
    _tree_cache,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    ManifestError,
    decode_root,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync import _contents
from ansible_collections.longshore.storage.plugins.module_utils._sync._apply import (
    SyncStoppedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._transfer import (
    read_digests,
)
from tests.unit.module_utils.sync.helpers import (
    Container,
    Folder,
    Place,
    Sync,
    Tree,
    counts,
    remote,
)

TREE: Tree = {"a": b"1", "b": b"22", "c/d.html": b"333"}
ROOT = ".longshore/manifest/root"


@pytest.fixture()
def source(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "site", TREE)


def pending(place: Place) -> str | None:
    return decode_root(place.everything()[ROOT]).pending


# -- when there is one


@pytest.mark.parametrize(
    ("manifest", "md5", "kept"),
    [
        ("auto", "true", False),
        ("auto", "none", True),
        ("auto", "false", True),
        ("always", "true", True),
        ("never", "none", False),
        ("never", "false", False),
    ],
)
def test_a_manifest_is_kept_when_hashes_cannot_be_compared(
    source: Folder, sync: Sync, manifest: str, md5: str, kept: bool
) -> None:
    destination = remote(md5=md5)
    assert counts(sync(source, destination, manifest=manifest)) == {"created": 3}
    assert destination.has_manifest() is kept
    again = sync(source, destination, manifest=manifest)
    if kept or md5 == "true":
        assert not again.changed
    else:
        assert counts(again) == {"updated": 3}, "nobody knows what is there"
    source.put({"b": b"23"})
    sync(source, destination, manifest=manifest)
    assert destination.tree() == source.tree()


@pytest.mark.parametrize("there", ["folder", "memory"])
def test_places_that_can_be_hashed_need_none(
    tmp_path: Path, source: Folder, sync: Sync, there: str
) -> None:
    destination = Folder(tmp_path / "www") if there == "folder" else Container()
    sync(source, destination)
    assert not destination.has_manifest()
    assert not sync(source, destination).changed


def test_remote_to_remote_by_etags(sync: Sync) -> None:
    source, destination = remote(TREE, md5="none"), remote(md5="none")
    sync(source, destination)
    assert destination.has_manifest()
    source.traits.calls.clear()
    assert not sync(source, destination).changed
    assert not source.traits.calls["read"]
    source.put({"a": b"9"})
    assert counts(sync(source, destination)) == {"updated": 1, "unchanged": 2}


def test_a_manifest_once_made_is_kept_up(source: Folder, sync: Sync) -> None:
    destination = remote()
    sync(source, destination, manifest="always")
    source.put({"new": b"4"})
    sync(source, destination, manifest="auto")
    assert not sync(source, destination, verify="manifest").changed
    assert counts(sync(source, destination, verify="manifest")) == {"unchanged": 4}


def test_writing_only_a_manifest_is_a_change_that_a_check_foretells(
    source: Folder, sync: Sync
) -> None:
    destination = remote()
    sync(source, destination)
    for check_mode in (True, False):
        report = sync(source, destination, manifest="always", check_mode=check_mode)
        assert report.changed and counts(report) == {"unchanged": 3}
    assert not sync(source, destination, manifest="always").changed
    # somebody writes the same bytes again: the entry is stale, the object is right
    destination.put({"a": TREE["a"]})
    for check_mode in (True, False):
        report = sync(source, destination, check_mode=check_mode)
        assert report.changed and counts(report) == {"unchanged": 3}
    assert not sync(source, destination).changed


def test_names_of_ours_are_not_in_results(source: Folder, sync: Sync) -> None:
    destination = remote({"old": b""}, md5="none")
    report = sync(source, destination)
    assert destination.has_manifest()
    assert ".longshore" not in repr(report)
    assert counts(report) == {"created": 3, "deleted": 1}


def test_entries_of_excluded_names_survive(source: Folder, sync: Sync) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    source.put({"a": b"9"})
    sync(source, destination, exclude=("b",))
    destination.traits.calls.clear()
    assert not sync(source, destination).changed
    assert not destination.traits.calls["write"]


# -- what is believed


def test_listing_finds_what_somebody_changed_or_removed(
    source: Folder, sync: Sync
) -> None:
    for md5 in ("true", "none", "false"):
        destination = remote(md5=md5)
        sync(source, destination)
        destination.put({"a": b"X", "foreign": b"Y"})
        destination.remove("b")
        report = sync(source, destination)
        assert counts(report) == {
            "created": 1,
            "updated": 1,
            "deleted": 1,
            "unchanged": 1,
        }
        assert destination.tree() == TREE


@pytest.mark.parametrize("md5", ["true", "none", "false"])
def test_manifest_does_not_list_nor_look(source: Folder, sync: Sync, md5: str) -> None:
    destination = remote(md5=md5)
    sync(source, destination, manifest="always")
    destination.traits.calls.clear()
    assert not sync(source, destination, verify="manifest").changed
    assert destination.traits.calls == {"read": 2}
    source.put({"a": b"9"})
    source.remove("b")
    report = sync(source, destination, verify="manifest")
    assert counts(report) == {"updated": 1, "deleted": 1, "unchanged": 1}
    assert destination.traits.calls["list"] == 0
    assert destination.tree() == source.tree()


def test_a_manifest_is_enough_where_nothing_was_ever_read(sync: Sync) -> None:
    source, destination = Container(TREE), Container(TREE)
    sync(source, destination, manifest="always")
    assert not sync(source, destination, verify="manifest").changed


def test_what_was_let_stay_is_not_forgotten(source: Folder, sync: Sync) -> None:
    destination = remote(md5="none")
    destination.put({"extraneous": b"here before"})
    sync(source, destination)
    source.remove("b")
    for _unused in range(2):
        sync(source, destination, delete=False, verify="manifest")
        sync(source, destination, delete=False)
    assert "b" in destination.tree()
    report = sync(source, destination, verify="manifest")
    assert report.tallies["deleted"].sample == ["b"]
    assert destination.tree() == source.tree()


def test_a_manifest_is_believed_of_folders_too(
    tmp_path: Path, source: Folder, sync: Sync
) -> None:
    www = Folder(tmp_path / "www")
    sync(source, www, manifest="always")
    www.remove("a")
    assert not sync(source, www, verify="manifest").changed
    assert counts(sync(source, www)) == {"created": 1, "unchanged": 2}


@pytest.mark.parametrize("manifest", ["auto", "never"])
def test_without_a_manifest_it_lists_all_the_same(
    source: Folder, sync: Sync, manifest: str
) -> None:
    destination = remote({"old": b""})
    report = sync(source, destination, verify="manifest", manifest=manifest)
    assert counts(report) == {"created": 3, "deleted": 1}
    assert destination.traits.calls["list"] == 1


def test_what_was_done_without_the_manifest_is_not_hidden_by_it(
    source: Folder, sync: Sync
) -> None:
    destination = remote()
    sync(source, destination, manifest="always")
    other = {**TREE, "b": b"other"}
    source.put(other)
    sync(source, destination, manifest="never")
    assert pending(destination) is not None
    source.put(TREE)
    assert counts(sync(source, destination, verify="manifest")) == {
        "updated": 1,
        "unchanged": 2,
    }
    assert destination.tree() == TREE


def test_content_finds_what_size_and_etag_do_not_show(
    source: Folder, sync: Sync
) -> None:
    for manifest in ("auto", "always"):
        destination = remote()
        sync(source, destination, manifest=manifest)
        destination.traits.corrupt.add("b")
        assert not sync(source, destination).changed
        check = sync(source, destination, verify="content", check_mode=True)
        assert check.tallies["updated"].sample == ["b"]
        report = sync(source, destination, verify="content")
        assert counts(report) == {"updated": 1, "unchanged": 2}
        assert not sync(source, destination, verify="content").changed


def test_content_reads_even_what_is_remembered(
    tmp_path: Path,
    source: Folder,
    sync: Sync,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_tree_cache, "GRAIN", -(10**12))
    www = Folder(tmp_path / "www")
    sync(source, www)
    sync(source, www)
    read: list[str] = []

    def noting(store: t.Any, info: t.Any) -> t.Any:
        read.append(info.key)
        return read_digests(store, info)

    monkeypatch.setattr(_contents, "read_digests", noting)
    assert not sync(source, www).changed
    assert read == []
    assert not sync(source, www, verify="content").changed
    assert sorted(read) == sorted([*TREE, *TREE])


# -- runs that are cut off, and runs at the same time


class Killed(BaseException):
    """As if the process ended here."""


def test_a_killed_run_is_followed_by_a_listing(source: Folder, sync: Sync) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    source.put({"a": b"9", "new": b"4"})
    destination.traits.failures["write", "new"] = Killed()
    with pytest.raises(Killed):
        sync(source, destination, transfers=1)
    assert pending(destination) is not None
    assert destination.everything()["a"] == b"9"

    destination.traits.failures.clear()
    destination.traits.log.clear()
    report = sync(source, destination, verify="manifest")
    assert ("list", "") in destination.traits.log
    assert destination.tree() == source.tree()
    assert report.tallies["created"].sample == ["new"]
    assert pending(destination) is None
    assert not sync(source, destination, verify="manifest").changed


def test_what_a_killed_run_wrote_is_not_written_again(
    source: Folder, sync: Sync
) -> None:
    destination = remote(md5="none")
    names = sorted(source.tree())
    destination.traits.failures["write", names[-1]] = Killed()
    with pytest.raises(Killed):
        sync(source, destination, transfers=1, order=[])
    assert destination.tree().keys() == {*names[:-1]}

    destination.traits.failures.clear()
    report = sync(source, destination)
    assert report.tallies["created"].sample == names[-1:]
    assert counts(report) == {"created": 1, "unchanged": len(names) - 1}
    assert not list(sync.cache.glob("*.journal"))


def test_what_a_killed_run_wrote_is_not_believed_once_it_is_another(
    source: Folder, sync: Sync
) -> None:
    destination = remote(md5="none")
    names = sorted(source.tree())
    destination.traits.failures["write", names[-1]] = Killed()
    with pytest.raises(Killed):
        sync(source, destination, transfers=1, order=[])
    destination.traits.failures.clear()
    destination.put({names[0]: source.tree()[names[0]][::-1] + b"x"})
    sync(source, destination)
    assert destination.tree() == source.tree()


def test_shards_that_a_killed_run_left_are_removed(source: Folder, sync: Sync) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    source.put({"new": b"4"})
    destination.traits.before = dying_at("write", ".longshore/manifest/root", 2)
    with pytest.raises(Killed):
        sync(source, destination)
    destination.traits.before = lambda operation, key: None
    for number in range(3):
        source.put({"newer": str(number).encode()})
        sync(source, destination)
    # the one in use, and the one before it
    assert len([n for n in destination.everything() if "/shards/" in n]) == 2


def dying_at(operation: str, key: str, time: int) -> t.Callable[[str, str], None]:
    """Kills the run at the ``time``-th such operation."""
    left = itertools.count(time - 1, -1)

    def before(now: str, at: str) -> None:
        if (now, at) == (operation, key) and next(left) == 0:
            raise Killed

    return before


def test_a_run_killed_while_deleting_is_found_out(source: Folder, sync: Sync) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    source.remove("b")
    destination.traits.failures["delete", "b"] = Killed()
    with pytest.raises(Killed):
        sync(source, destination)
    assert pending(destination) is not None
    destination.traits.failures.clear()
    report = sync(source, destination, verify="manifest")
    assert counts(report) == {"deleted": 1, "unchanged": 2}
    assert destination.tree() == source.tree()


def test_settling_alone_is_a_change_that_a_check_foretells(
    source: Folder, sync: Sync
) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    source.put({"a": b"9"})
    destination.traits.failures["write", "a"] = Killed()
    with pytest.raises(Killed):
        sync(source, destination)
    destination.traits.failures.clear()
    source.put({"a": TREE["a"]})
    for check_mode in (True, False):
        assert sync(source, destination, check_mode=check_mode).changed
    assert not sync(source, destination).changed


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("earlier", [True, False])
def test_of_two_runs_the_later_commit_loses(
    tmp_path: Path, source: Folder, sync: Sync, conditional: bool, earlier: bool
) -> None:
    destination = remote(md5="none", conditional=conditional)
    if earlier:
        sync(source, destination)
    other = Folder(tmp_path / "other", {**TREE, "a": b"7", "theirs": b"8"})
    source.put({"a": b"9"})

    def meanwhile(operation: str, key: str) -> None:
        if (operation, key) == ("write", "a"):
            destination.traits.before = lambda operation, key: None
            Sync(tmp_path / "cache2")(other, destination)

    destination.traits.before = meanwhile
    with pytest.raises(SyncStoppedError, match="another run has published") as caught:
        sync(source, destination, transfers=1)
    assert isinstance(caught.value.__cause__, ConditionFailedError)
    assert pending(destination) is not None, "what the loser did is nowhere else told"
    trusting = Sync(tmp_path / "cache3")(other, destination, verify="manifest")
    assert destination.tree() == other.tree()
    assert trusting.unchanged == (3 if earlier else 1)
    sync(source, destination)
    assert destination.tree() == source.tree()
    assert not sync(source, destination).changed


# -- a manifest that cannot be read


@pytest.mark.parametrize("data", [b"", b"no json", b'{"version": 2}', b"[]"])
def test_a_damaged_root_stops_the_run_and_says_what_helps(
    source: Folder, sync: Sync, data: bytes
) -> None:
    destination = remote({"old": b""})
    destination.put({ROOT: data})
    before = destination.snapshot()
    with pytest.raises(ManifestError):
        sync(source, destination)
    assert destination.snapshot() == before
    sync(source, destination, manifest="never")
    assert destination.tree() == TREE


@pytest.mark.parametrize("data", [None, b"", b"rubbish"])
def test_a_damaged_shard_stops_the_run(
    source: Folder, sync: Sync, data: bytes | None
) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    (shard,) = (n for n in destination.everything() if "/shards/" in n)
    destination.remove(shard)
    if data is not None:
        destination.put({shard: data})
    before = destination.snapshot()
    with pytest.raises(ManifestError, match="manifest=rebuild"):
        sync(source, destination)
    assert destination.snapshot() == before
    destination.remove(*(n for n in destination.everything() if n not in TREE))
    assert counts(sync(source, destination)) == {"updated": 3}
    assert not sync(source, destination).changed


@pytest.mark.parametrize("data", [b"", b"no json", b'{"version": 2}', b"[]"])
def test_rebuild_replaces_what_cannot_be_read(
    source: Folder, sync: Sync, data: bytes
) -> None:
    destination = remote({"old": b""}, md5="none")
    sync(source, destination)
    shards = {n for n in destination.everything() if "/shards/" in n}
    destination.put({ROOT: data, ".longshore/manifest/shards/rubbish": b"?"})
    source.put({"b": b"changed"})
    sync(source, destination, manifest="rebuild")
    assert destination.tree() == {**TREE, "b": b"changed"}
    after = {n for n in destination.everything() if "/shards/" in n}
    assert len(after) == 1 and after != shards
    for verify in ("listing", "manifest"):
        assert not sync(source, destination, verify=verify).changed


def test_a_rebuild_that_is_cut_off_leaves_nothing_that_is_believed(
    source: Folder, sync: Sync
) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    source.put({"b": b"changed"})
    destination.traits.failures["write", "b"] = StoreError("write", "there", "no")
    with pytest.raises(SyncStoppedError):
        sync(source, destination, manifest="rebuild")
    assert pending(destination) is not None
    destination.traits.failures.clear()
    sync(source, destination, verify="manifest")
    assert destination.tree() == {**TREE, "b": b"changed"}


def test_an_md5_that_was_of_no_use_is_made_up_for_when_it_is(
    source: Folder, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tree_cache, "GRAIN", -(10**12))
    sync(source, remote(md5="none"))
    cache = _tree_cache.TreeCache(str(sync.cache), str(source.path))
    infos = {info.key: info for info in LocalStore(source.endpoint).list()}
    known = [cache.get(info) for info in infos.values()]
    assert all(digests is not None and digests.md5 is None for digests in known)

    published = remote(source.tree(), md5="true")
    assert not sync(source, published).changed
    cache = _tree_cache.TreeCache(str(sync.cache), str(source.path))
    known = [cache.get(info) for info in infos.values()]
    assert all(digests is not None and digests.md5 is not None for digests in known)
