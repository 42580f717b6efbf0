# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import socket
import tempfile
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Digests,
    IfAbsent,
    IfMatch,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
    ConfigurationError,
    ContainerMissingError,
    KeyRefusedError,
    LocalWriteError,
    LongshoreError,
    ObjectMissingError,
    SourceError,
)
from tests.unit.machine import (
    Child,
    become_ordinary_user,
    give_to_ordinary_user,
    small_disk_at,
)

INCOMING = ".longshore-incoming-"


def local(root: Path, **options: bool) -> LocalStore:
    return LocalStore(Endpoint("LOCAL", str(root)), **options)


@pytest.fixture()
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture()
def store(root: Path) -> LocalStore:
    return local(root)


@pytest.fixture()
def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_bytes(b"outside")
    return tmp_path / "outside"


def keys(store: LocalStore, prefix: str = "") -> list[str]:
    return sorted(info.key for info in store.list(prefix))


def everything(root: Path) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(folder, name), root)
        for folder, folders, files in os.walk(root)
        for name in (*folders, *files)
    )


def data(store: LocalStore, key: str) -> bytes:
    return b"".join(store.read(key).chunks)


# -- writing whole or not at all


class Stop(BaseException):
    pass


@pytest.mark.parametrize("error", [OSError("theirs"), Stop(), KeyboardInterrupt()])
def test_a_body_that_raises_leaves_the_old_file(
    store: LocalStore, root: Path, error: BaseException
) -> None:
    store.write("d/a", b"old")

    def body() -> t.Iterator[bytes]:
        yield b"new"
        assert data(store, "d/a") == b"old"
        raise error

    with pytest.raises(type(error)) as caught:
        store.write("d/a", body())
    assert caught.value is error
    assert data(store, "d/a") == b"old"
    assert everything(root) == ["d", "d/a"]


def test_readers_see_the_old_file_until_the_new_one_is_whole(store: LocalStore) -> None:
    store.write("a", b"old")
    opened = store.read("a")
    before = store.stat("a").info

    def body() -> t.Iterator[bytes]:
        yield b"n"
        assert store.stat("a").info == before
        assert keys(store) == ["a"]
        yield b"ew"

    info = store.write("a", body())
    assert (info.size, info) == (3, store.stat("a").info)
    assert info.etag != before.etag
    with pytest.raises(SourceError, match="changed while it was read"):
        list(opened.chunks)


def write_and_hang(root: Path, ready: int) -> None:
    def body() -> t.Iterator[bytes]:
        yield b"half"
        os.write(ready, b".")
        threading.Event().wait()

    local(root).write("d/a", body())


def test_a_killed_writers_rest_is_swept_and_a_living_ones_is_not(
    store: LocalStore, root: Path
) -> None:
    reading, writing = os.pipe()
    child = Child(lambda: write_and_hang(root, writing))
    try:
        assert os.read(reading, 1) == b"."
        assert keys(store) == []
        store.write("b", b"1")
        (rest,) = (root / "d").iterdir()
        assert rest.name.startswith(INCOMING), "its writer lives"
    finally:
        child.kill()
        os.close(reading)
        os.close(writing)
    store.write("b", b"1")
    assert rest.exists(), "not before a listing has met it"
    assert keys(store) == ["b"]
    assert rest.exists(), "a listing changes nothing"
    store.write("b", b"2")
    assert not rest.exists()
    assert keys(store) == ["b"]


def test_a_new_file_that_was_swept_before_it_was_locked_is_made_again(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock
    swept: list[Path] = []

    def sweep_first(descriptor: int, operation: int) -> None:
        if not swept:
            swept.extend(root.iterdir())
            swept[0].unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", sweep_first)
    store.write("a", b"1")
    assert swept and everything(root) == ["a"]


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> tuple[str, bytes, list[str]]:
        store = local(disk)
        store.write("d/a", b"old")
        for body in (bytes(10**6), iter([bytes(10**6)])):
            with pytest.raises(LocalWriteError) as caught:
                store.write("d/a", body)
        return str(caught.value), data(store, "d/a"), everything(disk)

    message, kept, left = Child(work, small_disk_at(disk, 128 * 1024)).result()
    assert f"{disk}/d/a" in message and "No space left" in message
    assert kept == b"old" and left == ["d", "d/a"]


def test_a_folder_that_may_not_be_written_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "locked")
        folder.mkdir()
        (folder / "a").write_bytes(b"1")
        give_to_ordinary_user(Path(name))
        folder.chmod(0o555)

        def work() -> tuple[str, dict[str, str], bytes]:
            become_ordinary_user()
            with pytest.raises(LocalWriteError) as caught:
                local(folder).write("a", b"2")
            failures = local(folder).delete(["a", "missing"])
            return str(caught.value), failures, data(local(folder), "a")

        message, failures, kept = Child(work).result()
        assert f"{folder}/a" in message and "Permission denied" in message
        assert failures == {"a": "Permission denied"}
        assert kept == b"1"


def test_a_folder_in_the_way_is_named_and_an_empty_one_gives_way(
    store: LocalStore, root: Path
) -> None:
    (root / "empty").mkdir()
    store.write("empty", b"1")
    store.write("full/x", b"1")
    with pytest.raises(KeyRefusedError, match="'full'.*not empty"):
        store.write("full", b"1")
    with pytest.raises(KeyRefusedError, match="root/empty' is a file"):
        store.write("empty/x", b"1")
    assert everything(root) == ["empty", "full", "full/x"]


# -- conditions


def test_conditions(store: LocalStore, root: Path) -> None:
    first = store.write("a", b"1", condition=IfAbsent())
    second = store.write("a", b"2", condition=IfMatch(first.etag or ""))
    for condition in (IfAbsent(), IfMatch(first.etag or ""), IfMatch("")):
        with pytest.raises(ConditionFailedError, match="'a'"):
            store.write("a", b"3", condition=condition)
    with pytest.raises(ConditionFailedError):
        store.write("b", b"3", condition=IfMatch(second.etag or ""))
    assert data(store, "a") == b"2" and everything(root) == ["a"]


@pytest.mark.parametrize("there", [True, False])
def test_of_processes_that_race_one_wins(
    store: LocalStore, root: Path, there: bool
) -> None:
    for turn in range(5):
        key = f"k{turn}"
        condition: IfAbsent | IfMatch = IfAbsent()
        if there:
            condition = IfMatch(store.write(key, b"old").etag or "")

        def race(who: int, key: str = key, condition: t.Any = condition) -> int | None:
            try:
                local(root).write(key, b"%d" % who, condition=condition)
            except ConditionFailedError:
                return None
            return who

        children = [Child(functools.partial(race, who)) for who in range(4)]
        won = [who for child in children if (who := child.result()) is not None]
        assert len(won) == 1
        assert data(store, key) == b"%d" % won[0]
    assert all(not name.startswith(INCOMING) for name in everything(root))


# -- no way out


HOSTILE = ["", "/", "/x", "../x", "..", ".", "a/../b", "a/./b", "a//b", "a/", "//"]
HOSTILE += [
    "a\0b",
    "l" * 256,
    "d/" + "ü" * 128,
    f"{INCOMING}1",
    f"{INCOMING}d/a",
    "\udcff",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_refused_by_name(
    store: LocalStore, root: Path, key: str
) -> None:
    assert store.fault_of_key(key)
    operations: list[t.Callable[[], object]] = [
        lambda: store.write(key, b"1"),
        lambda: store.read(key),
        lambda: store.stat(key),
    ]
    for operation in operations:
        with pytest.raises(KeyRefusedError) as caught:
            operation()
        assert repr(key) in str(caught.value)
    assert store.delete([key]) == {}, "there can be no such file"
    assert everything(root.parent) == ["root"]


@pytest.mark.parametrize(
    "key", ["a", " a ", "..a", "a..", "...", "l" * 255, "ü/%2e%2e/\n"]
)
def test_odd_keys_are_kept_exactly(store: LocalStore, key: str) -> None:
    assert store.fault_of_key(key) is None
    store.write(key, b"1")
    assert keys(store) == [key] and data(store, key) == b"1"
    assert store.delete([key]) == {}


def test_nothing_goes_through_a_link(
    store: LocalStore, root: Path, outside: Path
) -> None:
    (root / "in").mkdir()
    (root / "in" / "link").symlink_to(outside)
    for key in ("in/link/x", "in/link/new", "in/link/deep/new"):
        with pytest.raises(LocalWriteError, match="root/in/link'.*symbolic link"):
            store.write(key, b"2")
        assert "symbolic link" in store.delete([key])[key]
        for operation in (store.read, store.stat):
            with pytest.raises(SourceError, match="root/in/link'.*symbolic link"):
                operation(key)
    assert keys(store) == [] and store.skipped == {"in/link": "is a symbolic link"}
    assert everything(outside) == ["x"]
    assert (outside / "x").read_bytes() == b"outside"


def test_a_final_link_is_replaced_deleted_and_not_read(
    store: LocalStore, root: Path, outside: Path
) -> None:
    link = root / "x"
    link.symlink_to(outside / "x")
    for operation in (store.read, store.stat):
        with pytest.raises(SourceError, match="root/x"):
            operation("x")
    with pytest.raises(ConditionFailedError):
        store.write("x", b"1", condition=IfAbsent())
    store.write("x", b"inside")
    assert not link.is_symlink()
    link.unlink()
    link.symlink_to(outside / "x")
    assert store.delete(["x"]) == {} and not link.is_symlink()
    assert (outside / "x").read_bytes() == b"outside"


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path: Path, root: Path) -> None:
    (tmp_path / "current").symlink_to(root)
    store = local(tmp_path / "current")
    store.write("a/b", b"1")
    assert keys(store) == ["a/b"] and (root / "a" / "b").read_bytes() == b"1"


# -- listing


def test_prefixes(store: LocalStore) -> None:
    for key in ("a", "ab", "a-b/c", "b/a", "b/ab/c", "b/b"):
        store.write(key, b"")
    assert keys(store, "a") == ["a", "a-b/c", "ab"]
    assert keys(store, "b/") == ["b/a", "b/ab/c", "b/b"]
    assert keys(store, "b/a") == ["b/a", "b/ab/c"]
    for prefix in ("c", "c/", "a/", "a/b/", "b/ab/c/"):
        assert keys(store, prefix) == []


def test_what_is_no_object_is_told(store: LocalStore, root: Path) -> None:
    (root / "d").mkdir()
    os.mkfifo(root / "d" / "pipe")
    (root / "broken").symlink_to("nothing")
    (root / "link").symlink_to(root.parent)
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(root / "sock"))
    (root / "device").symlink_to("/dev/null")
    assert keys(store) == []
    assert store.skipped == {
        "d/pipe": "is a named pipe",
        "broken": "is a symbolic link",
        "link": "is a symbolic link",
        "sock": "is a socket",
        "device": "is a symbolic link",
    }
    following = local(root, follow_links=True)
    assert all(key.startswith("link/") for key in keys(following, ""))
    assert following.skipped["device"] == "is a device"
    assert following.skipped["broken"] == "is a broken symbolic link"


def test_links_are_followed_and_loops_end(root: Path, outside: Path) -> None:
    (root / "a").mkdir()
    (root / "b").mkdir()
    (root / "a" / "file").write_bytes(b"1")
    (root / "a" / "to-b").symlink_to("../b")
    (root / "b" / "to-a").symlink_to("../a")
    (root / "self").symlink_to("self")
    (root / "up").symlink_to("..")
    (root / "here").symlink_to(".")
    (root / "all").symlink_to("/")
    (root / "far").symlink_to(outside)
    (root / "far2").symlink_to("far")
    (root / "one").symlink_to("a/file")
    store = local(root, follow_links=True)
    found = keys(store)
    assert {"a/file", "one", "far/x", "far2/x", "b/to-a/file"} <= set(found)
    assert len(found) == len(set(found)) < 20
    assert data(store, "far2/x") == b"outside" and data(store, "one") == b"1"
    assert store.skipped["self"] == "is a looping symbolic link"
    for key in ("up", "here", "all"):
        assert store.skipped[key] == "is a symbolic link to a folder that contains it"
    # each run starts anew
    (root / "self").unlink()
    keys(store)
    assert "self" not in store.skipped


def test_a_name_that_is_no_utf8_is_an_error_that_shows_it(
    store: LocalStore, root: Path
) -> None:
    with open(os.fsencode(root) + b"/caf\xe9", "wb"):
        pass
    with pytest.raises(SourceError, match=r"caf\\xe9.*not valid UTF-8"):
        keys(store)


def test_no_such_folder(tmp_path: Path) -> None:
    store = local(tmp_path / "none")
    operations: list[t.Callable[[], object]] = [
        store.list,
        lambda: store.read("a"),
        lambda: store.stat("a"),
        lambda: store.write("a", b""),
        lambda: store.delete(["a"]),
    ]
    for operation in operations:
        with pytest.raises(ContainerMissingError, match="none"):
            operation()
    assert not store.container_exists()
    assert store.create_container() is True
    assert store.create_container() is False


@pytest.mark.parametrize("kind", ["file", "broken link", "pipe"])
def test_what_is_no_folder_is_not_taken_for_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thing"
    if kind == "file":
        path.write_bytes(b"")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("nothing")
    for operation in (local(path).list, local(path).create_container):
        with pytest.raises(ConfigurationError, match="thing' is not a folder"):
            operation()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LocalWriteError, match="file/www"):
        local(tmp_path / "file" / "www").create_container()


def test_two_that_make_the_folder_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = local(tmp_path / "www")

    def just_before(self: LocalStore) -> bool:
        (tmp_path / "www").mkdir()
        return False

    monkeypatch.setattr(LocalStore, "container_exists", just_before)
    store.create_container()


# -- reading


def test_ranges(store: LocalStore) -> None:
    store.write("a", b"0123456789")

    def read(start: int, length: int | None) -> bytes:
        opened = store.read("a", start, length)
        assert opened.info.size == 10
        return b"".join(opened.chunks)

    assert read(0, None) == b"0123456789"
    assert read(3, 4) == b"3456"
    assert read(8, 100) == b"89"
    assert read(0, 0) == read(10, None) == read(99, 5) == b""


@pytest.mark.parametrize("thing", ["nothing", "folder", "pipe", "folder/x", "file/x"])
def test_what_is_no_file_is_missing(store: LocalStore, root: Path, thing: str) -> None:
    (root / "folder").mkdir()
    (root / "file").write_bytes(b"")
    os.mkfifo(root / "pipe")
    for operation in (store.read, store.stat):
        with pytest.raises(LongshoreError) as caught:
            operation(thing)
        if thing != "file/x":
            assert isinstance(caught.value, ObjectMissingError)
        assert "file" in str(caught.value)


def test_digests_are_of_the_bytes_as_listed(store: LocalStore) -> None:
    info = store.write("a", b"abc")
    assert store.digests(info) == Digests(
        "900150983cd24fb0d6963f7d28e17f72",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    )
    store.write("a", b"xyz")
    with pytest.raises(SourceError, match="changed"):
        store.digests(info)


# -- deleting


def test_deleting_the_last_file_deletes_its_folders(
    store: LocalStore, root: Path
) -> None:
    for key in ("a/b/c/x", "a/b/y", "z"):
        store.write(key, b"")
    assert store.delete(["a/b/c/x"]) == {}
    assert everything(root) == ["a", "a/b", "a/b/y", "z"]
    assert store.delete(["a/b/y", "z", "z", "no/such"]) == {}
    assert everything(root) == [] and root.exists()


def test_a_folder_is_not_deleted_as_a_file(store: LocalStore, root: Path) -> None:
    store.write("a/b", b"")
    assert set(store.delete(["a"])) == {"a"}
    assert everything(root) == ["a", "a/b"]
