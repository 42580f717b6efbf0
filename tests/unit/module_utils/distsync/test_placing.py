# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders that others can write, too: what they can put there does not get at anything."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    MismatchError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._placing import (
    place,
    place_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._private_files import (
    read_private,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._targets import (
    Target,
    keep,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._local_resumable import (
    RESUMABLE,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LocalWriteError,
    SourceError,
)
from tests.unit.module_utils.distsync.release_helpers import Scene

DATA = b"published"
NOBODY = 65534


def aside_of(scene: Scene) -> Path:
    """Where the next fetch writes, which is known once one was interrupted."""

    def stop(_size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scene.fetcher().fetch("app", "latest", str(scene.dest), progress=stop)
    (aside,) = scene.folder.glob(".longshore-*")
    aside.unlink()
    return aside


@pytest.mark.parametrize("what", ["link", "dangling", "hard link", "other's", "open"])
def test_what_lies_where_a_file_is_written_aside(scene: Scene, what: str) -> None:
    """Neither is anything written through it, nor does its owner keep a hand on what is placed."""
    scene.publish("app", "1", DATA)
    aside, precious = aside_of(scene), scene.folder / "precious"
    precious.write_bytes(b"precious")
    match what:
        case "link":
            aside.symlink_to(precious)
        case "dangling":
            aside.symlink_to(scene.folder / "missing")
        case "hard link":
            os.link(precious, aside)
        case "other's":
            aside.touch(mode=0o666)
            os.chown(aside, NOBODY, NOBODY)
        case "open":
            aside.touch()
            aside.chmod(0o666)
    hand = os.open(aside, os.O_RDWR) if what in ("other's", "open") else None
    assert scene.fetch() == DATA
    assert precious.read_bytes() == b"precious" and not aside.exists()
    assert not (scene.folder / "missing").exists()
    status = scene.dest.stat()
    assert (status.st_uid, status.st_nlink) == (os.geteuid(), 1)
    if hand is not None:
        os.pwrite(hand, b"P", 0)
        os.close(hand)
        assert scene.dest.read_bytes() == DATA


def test_a_file_on_its_way_is_for_nobody_else(scene: Scene, tmp_path: Path) -> None:
    """Not even for a moment, whatever the umask is."""
    seen: list[int] = []
    before = os.umask(0)
    opened = os.open

    def watch(path: t.Any, *args: t.Any, **options: t.Any) -> int:
        descriptor = opened(path, *args, **options)
        if str(path).startswith(RESUMABLE):
            seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", watch)
            place_stream(str(tmp_path / "app"), [DATA], 0o644, lambda size: None)
    finally:
        os.umask(before)
    assert seen == [0o600]


def test_somebody_who_is_always_faster(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.publish("app", "1", DATA)
    aside = aside_of(scene)
    aside.symlink_to("elsewhere")
    unlink = os.unlink

    def put_back(path: t.Any, **options: t.Any) -> None:
        unlink(path, **options)
        aside.symlink_to("elsewhere")

    monkeypatch.setattr(os, "unlink", put_back)
    with pytest.raises(LocalWriteError, match="somebody else"):
        scene.fetch()
    assert not scene.dest.exists()


def test_a_pipe_among_what_killed_runs_left(scene: Scene) -> None:
    """Nobody holds up who cleans."""
    scene.publish("app", "1", DATA)
    aside = aside_of(scene)
    os.mkfifo(f"{aside}-other")
    assert scene.fetch() == DATA


def target(path: Path, **options: t.Any) -> Target:
    digest = hashlib.sha256(DATA).hexdigest()
    given = {"mode": 0o644, "owner": None, "group": None, **options}
    return Target(str(path), len(DATA), digest, **given)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o775])
def test_a_right_file_of_another_owner_in_a_shared_folder(
    tmp_path: Path, mode: int
) -> None:
    """Who put it there could change it later."""
    path = tmp_path / "shared" / "app"
    path.parent.mkdir()
    path.write_bytes(DATA)
    os.chown(path, NOBODY, NOBODY)
    assert keep(target(path)) is not None
    path.parent.chmod(mode)
    assert keep(target(path)) is None
    assert keep(target(path, owner="nobody")) is not None


def test_a_file_that_is_swapped_while_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Owner and mode are those of the file that was verified, and of no other."""
    path, precious = tmp_path / "app", tmp_path / "precious"
    path.write_bytes(DATA)
    path.chmod(0o600)
    precious.write_bytes(b"precious!")
    precious.chmod(0o600)
    fstat = os.fstat

    def swap(descriptor: int) -> os.stat_result:
        if not path.is_symlink():
            path.unlink()
            path.symlink_to(precious)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", swap)
    kept = keep(target(path))
    assert kept is not None and kept.changed
    assert stat.S_IMODE(precious.stat().st_mode) == 0o600


def test_links_in_the_place_of_a_file_are_replaced(scene: Scene) -> None:
    scene.publish("app", "1", DATA)
    elsewhere = scene.folder / "elsewhere"
    elsewhere.mkdir()
    (scene.folder / "out").mkdir()
    (scene.folder / "out" / "app").symlink_to(elsewhere)
    fetched = scene.fetcher().fetch("app", "latest", str(scene.folder / "out"))
    placed = scene.folder / "out" / "app"
    assert fetched.path == str(placed) and not placed.is_symlink()
    assert placed.read_bytes() == DATA and not list(elsewhere.iterdir())


@pytest.mark.parametrize("what", ["named pipe", "socket", "device", "folder"])
def test_what_is_no_file_is_left_where_it_is(scene: Scene, what: str) -> None:
    scene.publish("app", "1", DATA)
    place = scene.folder / "out" / "app"
    place.parent.mkdir()
    listener = socket.socket(socket.AF_UNIX)
    with listener:
        match what:
            case "named pipe":
                os.mkfifo(place)
            case "socket":
                listener.bind(str(place))
            case "device":
                os.mknod(place, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
            case "folder":
                place.mkdir()
        dest = place.parent
        before = place.lstat()
        with pytest.raises(LocalWriteError, match=f"{place}': it is a {what}"):
            scene.fetcher().fetch("app", "latest", str(dest))
        with pytest.raises(LocalWriteError, match=f"{place}': it is a {what}"):
            place_stream(str(place), [DATA], 0o644, lambda size: None)
        after = place.lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert list(dest.iterdir()) == [place]


def test_contents_made_in_another_way_are_verified(scene: Scene) -> None:
    scene.publish("app", "1", DATA)
    fetcher = scene.fetcher()
    release = fetcher.release("app")
    content = fetcher.content(release)

    def made(assemble: t.Callable[[t.BinaryIO], int | None]) -> None:
        wanted = target(scene.dest)
        place(wanted, release.artifact, content, lambda size: None, assemble)

    def lie(out: t.BinaryIO) -> int | None:
        return out.write(b"rubbish!!")

    def give_up(out: t.BinaryIO) -> int | None:
        out.write(b"rubbish")
        return None

    with pytest.raises(MismatchError):
        made(lie)
    assert not scene.dest.exists() and not list(scene.folder.glob(".longshore-*"))
    made(give_up)
    assert scene.dest.read_bytes() == DATA


def test_a_disk_that_fills_up_meanwhile(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.publish("app", "1", DATA)

    def full(*_args: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(LocalWriteError, match="No space left") as caught:
        scene.fetch()
    assert "Make room" in str(caught.value)
    assert not scene.dest.exists() and not list(scene.folder.glob(".longshore-*"))


# -- what a host remembers


@pytest.mark.parametrize("what", ["owner", "mode", "link", "folder", "folder's owner"])
def test_memory_that_others_could_have_written(scene: Scene, what: str) -> None:
    """They could have put a key of their own, or an old number, into it."""
    scene.publish("app", "1", DATA)
    scene.fetch()
    folder = scene.folder / "host"
    (memory,) = folder.glob("*.feed")
    match what:
        case "owner":
            os.chown(memory, NOBODY, NOBODY)
        case "mode":
            memory.chmod(0o666)
        case "link":
            moved = memory.rename(folder / "moved")
            memory.symlink_to(moved)
        case "folder":
            folder.chmod(0o777)
        case "folder's owner":
            os.chown(folder, NOBODY, NOBODY)
    with pytest.raises(SourceError):
        scene.fetch()


def test_memory_without_end(tmp_path: Path) -> None:
    path = tmp_path / "memory"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    path.chmod(0o600)
    assert len(read_private(str(path))) == 65536


def test_memory_that_is_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "memory"
    os.mkfifo(path, 0o600)
    done = threading.Thread(target=read_private, args=[str(path)], daemon=True)
    done.start()
    done.join(30)
    assert not done.is_alive()
