# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What is to be delivered, and when it is tried next: a queue for a few threads."""

from __future__ import annotations

import random
import threading
import time
import typing as t
from dataclasses import dataclass

from .._results import Listed
from ._board import Key

#: Seconds before the second try, and at most between two.
_FIRST: t.Final = 1.0
_LONGEST: t.Final = 300.0


@dataclass(slots=True)
class Task:
    """A release to deliver. ``due``: by ``time.monotonic``. ``verify``: look at the contents of what is there."""

    key: Key
    wanted: Listed
    verify: bool
    due: float
    failures: int = 0


class Backlog:
    """At most one task for an artifact, and each with one thread at a time."""

    def __init__(self, jitter: t.Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._condition = threading.Condition()
        self._tasks: dict[Key, Task] = {}
        self._running: set[Key] = set()
        self._is_closed = False

    def add(self, key: Key, wanted: Listed, verify: bool = False) -> None:
        """Deliver it as soon as possible; one that is waiting for its next try goes on waiting."""
        with self._condition:
            there = self._tasks.get(key)
            if there is not None and _same(there.wanted, wanted):
                there.verify |= verify
                return
            self._tasks[key] = Task(key, wanted, verify, time.monotonic())
            self._condition.notify_all()

    def take(self) -> Task | None:
        """The next one that is due, waiting for it; None when closed."""
        with self._condition:
            while not self._is_closed:
                idle = [
                    one for one in self._tasks.values() if one.key not in self._running
                ]
                first = min(idle, key=lambda one: one.due, default=None)
                wait = None if first is None else first.due - time.monotonic()
                if first is not None and wait is not None and wait <= 0:
                    del self._tasks[first.key]
                    self._running.add(first.key)
                    return first
                self._condition.wait(wait)
            return None

    def done(self, task: Task) -> None:
        with self._condition:
            self._running.discard(task.key)
            self._condition.notify_all()

    def failed(self, task: Task) -> float:
        """Try it again, unless there is something newer; in how many seconds."""
        longest = min(_LONGEST, _FIRST * 2.0 ** min(task.failures, 20))
        pause = longest * (0.5 + 0.5 * self._jitter())
        with self._condition:
            self._running.discard(task.key)
            if task.key not in self._tasks:
                task.failures += 1
                task.due = time.monotonic() + pause
                self._tasks[task.key] = task
            self._condition.notify_all()
        return pause

    def close(self) -> None:
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()


def _same(one: Listed, other: Listed) -> bool:
    """With distsync01 nothing is known of what is there, so it is looked at."""
    known = one.digest is not None
    return known and (one.version, one.digest) == (other.version, other.digest)
