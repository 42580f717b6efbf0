# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of a task while it runs, and that nothing comes of it."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    Amount,
    Snapshot,
)
from ansible_collections.longshore.storage.plugins.plugin_utils._progress_reader import (
    Lines,
    Reader,
    said,
)

MIB = 1024 * 1024
NOTHING = Amount()


@pytest.mark.parametrize(
    ("snapshot", "rate", "line"),
    [
        (
            Snapshot(
                "writing", 15.0, Amount(1536 * MIB, 6144 * MIB), Amount(12, 40), "files"
            ),
            100.0 * MIB,
            "writing, 12 of 40 files, 1.5 GiB of 6.0 GiB, 25 %, 100.0 MiB/s, 0:00:46 left",
        ),
        (
            Snapshot("deleting", 3.0, NOTHING, Amount(3000, 2_000_000), "objects"),
            1000.4,
            "deleting, 3,000 of 2,000,000 objects, 0 %, 1,000/s, 0:33:16 left",
        ),
        (
            Snapshot("listing", 8.0, NOTHING, Amount(120_000), "names"),
            15_000.0,
            "listing, 120,000 names, 15,000/s, for 0:00:08",
        ),
        (
            Snapshot("saving", 4000.0, Amount(7 * MIB), NOTHING, "objects"),
            0.0,
            "saving, 7.0 MiB, 0 B/s, for 1:06:40",
        ),
        (
            Snapshot("writing", 2.4, Amount(0, 5 * MIB), Amount(0, 5), "objects"),
            0.0,
            "writing, 0 of 5 objects, 0 B of 5.0 MiB, 0 %, for 0:00:02",
        ),
        # a total that was only about right
        (
            Snapshot("saving", 9.0, Amount(6 * MIB, 5 * MIB), NOTHING, "objects"),
            1.0 * MIB,
            "saving, 6.0 MiB of 6.0 MiB, 100 %, 1.0 MiB/s, 0:00:00 left",
        ),
        # copies within a store have no bytes
        (
            Snapshot("writing", 2.0, Amount(0, 0), Amount(5, 10), "objects"),
            2.5,
            "writing, 5 of 10 objects, 50 %, 2/s, 0:00:02 left",
        ),
        (
            Snapshot("starting", 2.0, NOTHING, NOTHING, "objects"),
            0.0,
            "starting, for 0:00:02",
        ),
    ],
)
def test_a_line(snapshot: Snapshot, rate: float, line: str) -> None:
    assert said(snapshot, rate) == line


def writing(done: int, seconds: float, phase: str = "writing") -> Snapshot:
    return Snapshot(phase, seconds, Amount(done * MIB, 100 * MIB), NOTHING, "objects")


def rates(*seen: tuple[float, Snapshot]) -> list[str]:
    lines = Lines()
    shown = [lines.line(snapshot, now) for now, snapshot in seen]
    return [line.split(" %, ")[1] for line in shown]


def test_the_rate_is_that_of_the_last_seconds() -> None:
    assert rates(
        # of the first look, what the module itself knows of its phase
        (100.0, writing(10, 5.0)),
        (104.0, writing(50, 9.0)),
        # it hangs, and the file is not written any more
        (108.0, writing(50, 9.0)),
        (128.0, writing(50, 9.0)),
        (132.0, writing(50, 9.0)),
        # it goes on
        (136.0, writing(90, 30.0)),
    ) == [
        "2.0 MiB/s, 0:00:45 left",
        "10.0 MiB/s, 0:00:05 left",
        "5.0 MiB/s, 0:00:10 left",
        "0 B/s, for 0:00:33",
        "0 B/s, for 0:00:37",
        "5.0 MiB/s, 0:00:02 left",
    ]


def test_a_phase_has_its_own_rate() -> None:
    assert rates(
        (100.0, writing(90, 5.0)),
        (104.0, writing(4, 2.0, "deleting")),
        (108.0, writing(8, 6.0, "deleting")),
    ) == [
        "18.0 MiB/s, 0:00:01 left",
        "2.0 MiB/s, 0:00:48 left",
        "1.0 MiB/s, 0:01:32 left",
    ]


# -- the thread


class Watched:
    """What a reader was shown; ``came`` is released with each line."""

    def __init__(self, *texts: str | None) -> None:
        self._texts = iter(texts)
        self.shown: list[str] = []
        self.came = threading.Semaphore(0)

    def read(self) -> str | None:
        return next(self._texts, None)

    def show(self, line: str) -> None:
        self.shown.append(line)
        self.came.release()

    def reader(self, read: t.Callable[[], str | None] | None = None) -> Reader:
        return Reader(read or self.read, self.show, first=0.0, pause=0.0)


def test_snapshots_are_shown_and_all_else_is_not() -> None:
    texts = [writing(done, 1.0).encode() for done in (1, 2)]
    watched = Watched(None, "", "no snapshot", texts[0], None, texts[1])
    with watched.reader():
        for _line in texts:
            assert watched.came.acquire(timeout=60)
    assert [line.split(", ")[1] for line in watched.shown] == [
        "1.0 MiB of 100.0 MiB",
        "2.0 MiB of 100.0 MiB",
    ]


def test_a_short_task_is_not_looked_at() -> None:
    watched = Watched(writing(1, 1.0).encode())
    with Reader(watched.read, watched.show):
        pass
    assert not watched.shown
    assert watched.read() is not None


def test_what_cannot_be_read_is_nobody_s_affair() -> None:
    asked = threading.Event()

    def read() -> str:
        asked.set()
        raise RuntimeError("of some plugin")

    watched = Watched()
    with watched.reader(read):
        assert asked.wait(60)
    assert not watched.shown


def test_a_reading_that_hangs_is_not_waited_for_and_never_shown() -> None:
    asked, let_go, gone = threading.Event(), threading.Event(), threading.Event()

    def read() -> str:
        asked.set()
        let_go.wait(60)
        gone.set()
        return writing(1, 1.0).encode()

    watched = Watched()
    with watched.reader(read) as reader:
        assert asked.wait(60)
    assert not gone.is_set()
    let_go.set()
    reader._thread.join(60)
    assert gone.is_set() and not watched.shown
