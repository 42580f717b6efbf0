# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sync that cannot go on: what it stops, what it leaves, and what the next one has to do."""

from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import tempfile
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    LocalWriteError,
    SourceError,
    StoreError,
    UnreachableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync import _transfer
from ansible_collections.longshore.storage.plugins.module_utils._sync._apply import (
    SyncStoppedError,
)
from tests.unit.machine import (
    Child,
    become_ordinary_user,
    give_to_ordinary_user,
    small_disk_at,
)
from tests.unit.module_utils.sync.helpers import (
    Folder,
    Sync,
    Tree,
    counts,
    remote,
)

TREE: Tree = {
    "a.css": b"1",
    "b.css": b"22",
    "index.html": b"333",
}


@pytest.fixture()
def source(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "site", TREE)


def fault(key: str) -> StoreError:
    return UnreachableError(f"write object {key!r}", "container 'c'", "it is off")


@pytest.mark.parametrize("md5", ["true", "none"])
def test_a_failed_phase_stops_the_rest_and_nothing_is_deleted(
    source: Folder, sync: Sync, md5: str
) -> None:
    destination = remote({"old": b"0", "index.html": b"old"}, md5=md5)
    destination.traits.failures["write", "b.css"] = fault("b.css")
    with pytest.raises(SyncStoppedError) as caught:
        sync(source, destination, transfers=1)
    tree = {"a.css": b"1", "old": b"0", "index.html": b"old"}
    assert destination.tree() == tree
    error = caught.value
    assert isinstance(error.__cause__, UnreachableError)
    for part in ("'b.css'", "it is off", "1 of 4 planned", "Check host"):
        assert part in str(error)
    assert counts(error.report) == {"created": 1}
    assert error.report.changed

    destination.traits.failures.clear()
    report = sync(source, destination)
    assert counts(report) == {
        "created": 1,
        "updated": 1,
        "deleted": 1,
        "unchanged": 1,
    }, "what was finished is not done again"
    assert destination.tree() == TREE
    assert not sync(source, destination).changed


def test_others_under_way_are_finished_and_counted(source: Folder, sync: Sync) -> None:
    destination = remote()
    together = threading.Barrier(2)

    def meet(operation: str, key: str) -> None:
        if operation == "write" and key.endswith(".css"):
            together.wait(30)

    destination.traits.before = meet
    destination.traits.failures["write", "a.css"] = fault("a.css")
    with pytest.raises(SyncStoppedError) as caught:
        sync(source, destination, transfers=2)
    assert counts(caught.value.report) == {"created": 1}
    assert destination.tree() == {"b.css": b"22"}


def test_a_deletion_that_fails_is_named_and_tried_again(
    source: Folder, sync: Sync
) -> None:
    destination = remote({"old": b"", "older": b""}, undeletable={"old"}, md5="none")
    with pytest.raises(
        SyncStoppedError, match="delete object 'old'.*it is locked"
    ) as e:
        sync(source, destination)
    assert counts(e.value.report) == {"created": 3, "deleted": 1}
    assert destination.tree() == {**TREE, "old": b""}
    destination.traits.undeletable.clear()
    assert counts(sync(source, destination, verify="manifest")) == {
        "deleted": 1,
        "unchanged": 3,
    }
    assert destination.tree() == TREE


def test_many_failed_deletions_are_counted(source: Folder, sync: Sync) -> None:
    old = {f"old{number}" for number in range(5)}
    destination = remote(dict.fromkeys(old, b""), undeletable=old)
    with pytest.raises(SyncStoppedError, match=r"'old0' \(and 4 more\)"):
        sync(source, destination)


def test_what_made_way_is_deleted_only_after_all_else_was_written(
    tmp_path: Path, sync: Sync
) -> None:
    www = Folder(tmp_path / "www", {"a": b"old", "gone": b"old"})
    source = remote({"a/b": b"1", "other": b"2"})
    source.traits.failures["read", "other"] = fault("other")
    with pytest.raises(SyncStoppedError):
        sync(source, www, transfers=1)
    assert www.tree() == {"a": b"old", "gone": b"old"}


def test_errors_before_the_first_change_are_told_as_they_are(
    source: Folder, sync: Sync
) -> None:
    destination = remote({"old": b""})
    refused = AccessDeniedError("list objects", "container 'c'", "not you")
    destination.traits.failures["list", ""] = refused
    with pytest.raises(AccessDeniedError) as caught:
        sync(source, destination)
    assert caught.value is refused
    assert destination.tree() == {"old": b""}


def test_a_manifest_that_cannot_be_written_is_an_error_with_what_was_done(
    source: Folder, sync: Sync
) -> None:
    destination = remote({"old": b""}, md5="none")
    root = ".longshore/manifest/root"
    destination.traits.failures["write", root] = fault(root)
    with pytest.raises(SyncStoppedError, match="manifest/root") as caught:
        sync(source, destination)
    assert counts(caught.value.report) == {"created": 3}
    assert "old" in destination.tree()


def test_superseded_shards_that_cannot_be_deleted_are_only_litter(
    source: Folder, sync: Sync
) -> None:
    destination = remote(md5="none")
    sync(source, destination)
    (shard,) = (n for n in destination.everything() if "/shards/" in n)
    denied = AccessDeniedError("delete objects", "container 'c'", "not you")
    destination.traits.failures["delete", shard] = denied
    source.put({"a.css": b"9"})
    assert counts(sync(source, destination)) == {"updated": 1, "unchanged": 2}
    assert not sync(source, destination).changed


# -- files that do not hold still


Meddling = t.Callable[[Path], object]


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def replace(path: Path) -> None:
    (path.parent / "new").write_bytes(path.read_bytes())
    (path.parent / "new").rename(path)


@pytest.mark.parametrize("size", [10, 20_000_000])
@pytest.mark.parametrize(
    "meddle",
    [
        grow,
        replace,
        lambda path: os.truncate(path, 3),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
    ],
    ids=["grown", "replaced", "cut", "gone", "overwritten"],
)
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path,
    sync: Sync,
    monkeypatch: pytest.MonkeyPatch,
    meddle: Meddling,
    size: int,
) -> None:
    source = Folder(tmp_path / "site", {"a": b"x" * size})
    destination = remote({"a": b"before"})
    read = LocalStore.read

    def read_and_meddle(self: LocalStore, key: str, *rest: t.Any) -> t.Any:
        opened = read(self, key, *rest)
        if self.root == str(source.path):
            first = next(opened.chunks)
            meddle(source.path / key)
            chunks = itertools.chain([first], opened.chunks)
            return dataclasses.replace(opened, chunks=chunks)
        return opened

    monkeypatch.setattr(LocalStore, "read", read_and_meddle)
    with pytest.raises(SyncStoppedError, match="'.*/site/a' changed") as caught:
        sync(source, destination)
    assert isinstance(caught.value.__cause__, SourceError)
    assert destination.tree() == {"a": b"before"}
    assert not caught.value.report.changed


@pytest.mark.parametrize("put_there", ["nothing", "a link", "a folder", "a pipe"])
def test_a_file_that_is_another_thing_when_its_turn_comes(
    tmp_path: Path, source: Folder, sync: Sync, put_there: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"22")
    destination = remote({"b.css": b"before"})
    path = source.path / "b.css"

    def meddle(operation: str, key: str) -> None:
        if (operation, key) == ("write", "a.css"):
            path.unlink()
            if put_there == "a link":
                path.symlink_to(secret)
            elif put_there == "a folder":
                path.mkdir()
            elif put_there == "a pipe":
                os.mkfifo(path)

    destination.traits.before = meddle
    with pytest.raises(SyncStoppedError, match=r"b\.css"):
        sync(source, destination, transfers=1)
    assert destination.tree() == {"a.css": b"1", "b.css": b"before"}


def test_a_folder_that_becomes_a_link_is_not_followed(
    tmp_path: Path, sync: Sync
) -> None:
    outside = Folder(tmp_path / "outside", {"x": b"secret"})
    source = Folder(tmp_path / "site", {"a": b"1", "b/x": b"public"})
    destination = remote()

    def meddle(operation: str, key: str) -> None:
        if (operation, key) == ("write", "a"):
            (source.path / "b").rename(tmp_path / "away")
            (source.path / "b").symlink_to(outside.path)

    destination.traits.before = meddle
    with pytest.raises(SyncStoppedError, match="site/b.*symbolic link"):
        sync(source, destination, transfers=1)
    assert destination.tree() == {"a": b"1"}


def test_a_copy_that_is_not_whole_is_noticed(
    source: Folder, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = remote({"old": b""})
    write = type(destination.store).write

    def short(self: t.Any, key: str, body: bytes, *a: t.Any, **k: t.Any) -> t.Any:
        return write(self, key, body[:-1], *a, **k)

    monkeypatch.setattr(type(destination.store), "write", short)
    with pytest.raises(SyncStoppedError, match="1 bytes were sent and 0 are stored"):
        sync(source, destination, transfers=1)
    assert "old" in destination.tree()


# -- disks that are full, folders that may not be written


def test_no_room_for_the_cache_leaves_the_destination_untouched(
    tmp_path: Path, source: Folder
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    source.put({f"more/{number:05}": b"" for number in range(600)})
    www = Folder(tmp_path / "www", {"old": b"0"})

    def work() -> tuple[str, list[str], Tree]:
        cache = disk / "cache"
        with pytest.raises(LocalWriteError) as caught:
            Sync(cache)(source, www)
        return str(caught.value), os.listdir(cache), www.tree()

    mount = small_disk_at(disk, 64 * 1024)
    message, left, tree = Child(work, mount).result()
    assert str(disk / "cache") in message and "No space left" in message
    assert "cache_path" in message
    assert left == [] and tree == {"old": b"0"}


@pytest.mark.parametrize("whole", [1024, 10**9], ids=["streamed", "whole"])
def test_a_full_disk_keeps_the_old_file_and_no_rest(
    tmp_path: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr(_transfer, "WHOLE", whole)
    source = Folder(tmp_path / "site", {"a": b"1", "big": bytes(10**6)})
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> tuple[str, Tree, list[str]]:
        www = Folder(disk / "www", {"big": b"before", "old": b"0"})
        with pytest.raises(SyncStoppedError) as caught:
            sync(source, www, transfers=1)
        assert isinstance(caught.value.__cause__, LocalWriteError)
        return str(caught.value), www.tree(), sorted(os.listdir(www.path))

    mount = small_disk_at(disk, 256 * 1024)
    message, tree, left = Child(work, mount).result()
    assert "/www/big" in message and "No space left" in message
    assert "Free space" in message
    assert tree == {"a": b"1", "big": b"before", "old": b"0"}
    assert left == ["a", "big", "old"]


def test_without_a_folder_for_the_cache_by_default_it_works_with_a_warning() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Folder(folder / "site", TREE)
        Folder(folder / "www")
        (folder / "home").mkdir()
        give_to_ordinary_user(folder)
        (folder / "home").chmod(0o555)

        def work() -> tuple[list[str], Tree]:
            become_ordinary_user()
            os.environ["XDG_CACHE_HOME"] = str(folder / "home" / "cache")
            site, www = Folder(folder / "site"), Folder(folder / "www")
            report = Sync(folder)(site, www, cache_path=None)
            assert not Sync(folder)(site, www, cache_path=None).changed
            return report.warnings, www.tree()

        warnings, tree = Child(work).result()
        assert tree == TREE
        (warning,) = warnings
        assert str(folder / "home" / "cache" / "longshore") in warning


def test_a_cache_folder_that_was_asked_for_and_cannot_be_used_is_an_error(
    tmp_path: Path, source: Folder
) -> None:
    (tmp_path / "file").write_text("")
    www = Folder(tmp_path / "www", {"old": b"0"})
    with pytest.raises(LocalWriteError, match="file/cache"):
        Sync(tmp_path / "file" / "cache")(source, www)
    assert www.tree() == {"old": b"0"}


# -- interrupted


def test_control_c_ends_the_workers(tmp_path: Path) -> None:
    source = Folder(tmp_path / "site", {f"{n:04}": b"1" for n in range(1000)})

    def work() -> tuple[int, int, int]:
        destination = remote({"old": b""})
        begun: list[str] = []

        def interrupt(operation: str, key: str) -> None:
            begun.append(key)
            if operation == "write" and key == "0005":
                os.kill(os.getpid(), signal.SIGINT)
            if operation == "write" and key >= "0005":
                signalled.wait(30)
                # so that not everything is written before anybody can be told to stop
                threading.Event().wait(0.01)

        signalled = threading.Event()
        signal.signal(signal.SIGINT, lambda *_: _raise(signalled))
        destination.traits.before = interrupt
        with pytest.raises(KeyboardInterrupt):
            Sync(tmp_path / "cache")(source, destination, transfers=2)
        alive = [x for x in threading.enumerate() if x.name.startswith("longshore")]
        return len(alive), len(destination.tree()), begun.count("old")

    def _raise(signalled: threading.Event) -> t.NoReturn:
        signalled.set()
        raise KeyboardInterrupt

    alive, written, deleted = Child(work).result()
    assert alive == 0 and deleted == 0
    assert written < 1000
