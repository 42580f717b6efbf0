# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two threads make the files of one tree, and it is what one would have made."""

from __future__ import annotations

import os
import stat
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist._archive_failures import (
    ArchiveError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._helper import (
    Helper,
)
from tests.unit.module_utils.persist.archive_helpers import (
    DIRECTORY,
    FILE,
    put,
    tar_of,
)


@pytest.fixture
def folder(tmp_path: Path) -> t.Iterator[int]:
    """Open, and in the end it is the only file more that is."""
    before = len(os.listdir("/proc/self/fd"))
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)
    assert len(os.listdir("/proc/self/fd")) == before


class Busy:
    """A helper whose thread waits in its first work until ``go`` is set."""

    def __init__(self, helper: Helper, folder: int) -> None:
        self.go = threading.Event()
        begun = threading.Event()

        def wait(_folder: int) -> None:
            begun.set()
            self.go.wait()

        helper.share(wait, folder)
        begun.wait()


def test_what_the_other_thread_cannot_take_is_done_here(folder: int) -> None:
    threads: list[str] = []

    def note(_folder: int) -> None:
        threads.append(threading.current_thread().name)

    with Helper() as helper:
        busy = Busy(helper, folder)
        for _unused in range(5):
            helper.share(note, folder)
        here = list(threads)
        busy.go.set()
        helper.wait()
    assert set(here) == {threading.current_thread().name}
    assert 0 < len(here) < len(threads) == 5
    assert set(threads[len(here) :]) == {"longshore-helper"}


def test_what_comes_after_waits_for_all_before(folder: int) -> None:
    done: list[int] = []
    with Helper() as helper:
        busy = Busy(helper, folder)
        helper.share(lambda _folder: done.append(1), folder)
        helper.after(lambda _folder: done.append(2), folder)
        assert not done
        busy.go.set()
        helper.wait()
        assert done == [1, 2]
        helper.after(lambda _folder: done.append(3), folder)
        assert done == [1, 2, 3]


def test_a_failure_is_told_and_ends_the_work(folder: int) -> None:
    done: list[None] = []

    def fail(_folder: int) -> None:
        raise ValueError("broken")

    with Helper() as helper:
        busy = Busy(helper, folder)
        helper.share(fail, folder)
        helper.share(lambda _folder: done.append(None), folder)
        busy.go.set()
        with pytest.raises(ValueError, match="broken"):
            helper.wait()
        for call in (helper.share, helper.after):
            with pytest.raises(ValueError, match="broken"):
                call(lambda _folder: done.append(None), folder)
    assert not done


def test_what_is_not_begun_when_it_ends_is_left_undone(folder: int) -> None:
    done: list[None] = []
    begun = threading.Event()

    def until_it_ends(_folder: int) -> None:
        begun.set()
        # the work that is behind it, and the end: nobody tells of them, so it is asked again and again
        while helper._works.qsize() < 2:
            time.sleep(0.001)

    with pytest.raises(KeyboardInterrupt):
        with Helper() as helper:
            helper.share(until_it_ends, folder)
            begun.wait()
            helper.share(lambda _folder: done.append(None), folder)
            raise KeyboardInterrupt
    assert not done


def test_folders_that_are_entered_again_keep_what_the_archive_says(
    tmp_path: Path,
) -> None:
    numbers = range(30)
    file = FILE | {"data": b"contents"}
    entries: list[tuple[str, dict[str, t.Any]]] = [("./", DIRECTORY)]
    for number in numbers:
        head = DIRECTORY | {"mode": 0o555, "mtime": 1_000_000 + number}
        entries += [(f"./{number}/", head)]
        entries += [(f"./{number}/{one}", file) for one in range(number)]
    entries += [(f"./{number}/late", file) for number in numbers]
    put(tar_of(*entries), tmp_path / "new")
    for number in numbers:
        there = tmp_path / "new" / str(number)
        status = there.stat()
        assert status.st_mtime == 1_000_000 + number
        assert stat.S_IMODE(status.st_mode) == 0o555
        files = sorted(path.name for path in there.iterdir())
        assert files == sorted([*map(str, range(number)), "late"])
        assert {path.read_bytes() for path in there.iterdir()} == {file["data"]}


@pytest.mark.parametrize("place", [0, 7, 39])
def test_a_name_that_is_there_twice(tmp_path: Path, place: int) -> None:
    names = [f"./folder/{number}" for number in (*range(40), place)]
    entries = [(name, FILE) for name in names]
    with pytest.raises(ArchiveError, match=rf"'folder/{place}' is there twice"):
        put(tar_of(("./", DIRECTORY), *entries), tmp_path / "new")
