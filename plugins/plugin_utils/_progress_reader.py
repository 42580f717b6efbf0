# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is shown of a task's progress: reads snapshots from time to time, and makes a line of each."""

from __future__ import annotations

import threading
import time
import typing as t
from collections import deque

from ..module_utils._progress import Amount, Snapshot, start
from ..module_utils._quantities import size_text

#: Seconds until the first look, so that a short task pays nothing, and from one to the next. Where there is nothing
#: to be seen yet, the next look is soon.
FIRST: t.Final = 2.0
PAUSE: t.Final = 4.0
SOON: t.Final = 1.0

#: Seconds that a task which has ended waits for a look that is under way.
_PATIENCE: t.Final = 1.0
#: Seconds whose average the rate is.
_WINDOW: t.Final = 20.0


class Reader:
    """Looks in a thread of its own, while it is used as a context.

    ``read`` gives a snapshot as text, or None; what it raises ends the looking, and nothing else. ``show`` is
    never called when the context has ended, whatever ``read`` is waiting for then.
    """

    def __init__(
        self,
        read: t.Callable[[], str | None],
        show: t.Callable[[str], object],
        *,
        first: float = FIRST,
        pause: float = PAUSE,
    ) -> None:
        self._read = read
        self._show = show
        self._first = first
        self._pause = pause
        self._lines = Lines()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        # a daemon: no connection that hangs keeps the task's process alive
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> t.Self:
        start(self._thread)
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._lock:
            self._ended.set()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        due = time.monotonic() + self._first
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due = time.monotonic() + self._pause
            try:
                if not self._look():
                    due = time.monotonic() + min(SOON, self._pause)
            # of any plugin, for any reason: the task itself will tell what matters of it
            except Exception:  # noqa: BLE001
                return

    def _look(self) -> bool:
        text = self._read()
        snapshot = Snapshot.decode(text) if text else None
        if snapshot is None:
            return False
        line = self._lines.line(snapshot, time.monotonic())
        with self._lock:
            if not self._ended.is_set():
                self._show(line)
        return True


class Lines:
    """Says what snapshots mean, each seen at a time in seconds, with the rate since those before it."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Snapshot]] = deque()
        self._since = 0.0

    def line(self, snapshot: Snapshot, now: float) -> str:
        seen = self._seen
        if seen and seen[-1][1].phase != snapshot.phase:
            seen.clear()
        if not seen or seen[-1][1] != snapshot:
            self._since = now
        seen.append((now, snapshot))
        while len(seen) > 2 and now - seen[0][0] > _WINDOW:
            seen.popleft()
        # what does not advance is not told anew, and takes longer all the same
        seconds = snapshot.seconds + now - self._since
        return said(snapshot._replace(seconds=seconds), self._rate())

    def _rate(self) -> float:
        """Of what leads, each second."""
        (then, before), (now, snapshot) = self._seen[0], self._seen[-1]
        done, seconds = _leading(snapshot).done, snapshot.seconds
        if now > then:
            done, seconds = done - _leading(before).done, now - then
        return max(0, done) / seconds if seconds > 0 else 0.0


def _leading(snapshot: Snapshot) -> Amount:
    """What tells how much is done: bytes, where there are any."""
    return snapshot.size if any(snapshot.size) else snapshot.items


def said(snapshot: Snapshot, rate: float) -> str:
    """Such as ``writing, 12 of 40 objects, 1.5 GiB of 6.0 GiB, 25 %, 100.0 MiB/s, 0:00:46 left``."""
    parts = [snapshot.phase]
    if any(snapshot.items):
        parts.append(f"{_of(snapshot.items, '{:,}'.format)} {snapshot.unit}")
    if any(snapshot.size):
        parts.append(_of(snapshot.size, size_text))
    done, total = _leading(snapshot)
    if total:
        parts.append(f"{min(100, done * 100 // total)} %")
    if done:
        sized = any(snapshot.size)
        parts.append(f"{size_text(int(rate)) if sized else f'{rate:,.0f}'}/s")
    if total and rate > 0:
        parts.append(f"{_duration(max(0, total - done) / rate)} left")
    else:
        parts.append(f"for {_duration(snapshot.seconds)}")
    return ", ".join(parts)


def _of(amount: Amount, text: t.Callable[[int], str]) -> str:
    done, total = amount
    if total is None:
        return text(done)
    # a total that was only about right is no reason to have done more than all
    return f"{text(done)} of {text(max(done, total))}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
