# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Learns of news: one thread for each channel asks, one for the queue listens where there is one."""

from __future__ import annotations

import random
import threading
import time
import typing as t

from ..._errors import LongshoreError
from ..._event_log import Log
from .._configuration import Configuration
from .._failures import ReleaseMissingError
from .._results import Seen
from ._backlog import Backlog
from ._board import Board
from ._folder import Folder
from ._sqs import Queue

if t.TYPE_CHECKING:
    from .._opening import Fetching

#: Seconds after which a feed is read even if it did not change: it may have expired, a file may be damaged.
_LOOK: t.Final = 3600.0
#: Seconds between two questions where a queue brings the news.
_WITH_QUEUE: t.Final = 300.0
#: With each failure in a row the pauses get longer, up to so many seconds, or what is configured.
_LONGEST: t.Final = 60.0


class Bell:
    """Wakes those who wait for news, or for the end."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0
        self.is_over = False

    def ring(self) -> None:
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def end(self) -> None:
        with self._condition:
            self.is_over = True
            self._condition.notify_all()

    @property
    def rings(self) -> int:
        return self._rings

    def wait(self, seconds: float, heard: int) -> int:
        """Until it has rung more often than ``heard``, or so long; how often by now."""
        deadline = time.monotonic() + seconds
        with self._condition:
            while self._rings == heard and not self.is_over:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._condition.wait(left)
            return self._rings


class Watcher:
    """Looks at one channel's feed, and puts what is new into the backlog."""

    def __init__(
        self,
        channel: str,
        fetcher: Fetching,
        configuration: Configuration,
        folder: Folder,
        board: Board,
        backlog: Backlog,
        bell: Bell,
        log: Log,
        *,
        verify: bool,
    ) -> None:
        self._channel = channel
        self._fetcher = fetcher
        self._interval = configuration.poll_interval
        self._options = configuration.daemon
        self._folder = folder
        self._board = board
        self._backlog = backlog
        self._bell = bell
        self._log = log
        self._verify = verify
        self._etag: str | None = None
        self._look_at = 0.0
        self._verify_at = 0.0
        #: Set while the queue can be listened to.
        self.is_told = threading.Event()

    def run(self) -> None:
        """At once, then again and again until the bell is over."""
        failures = 0
        heard = self._bell.rings
        while not self._bell.is_over:
            failures = 0 if self._ask() else failures + 1
            heard = self._bell.wait(self._pause(failures), heard)

    def _pause(self, failures: int) -> float:
        if self.is_told.is_set() and not failures:
            return _WITH_QUEUE
        pause = random.uniform(self._interval, 2 * self._interval)
        return min(pause * 2.0 ** min(failures, 8), max(pause, _LONGEST))

    def _ask(self) -> bool:
        """Whether it could be asked."""
        due = time.monotonic() >= self._look_at
        try:
            self._folder.check()
            fetcher = self._fetcher
            seen = fetcher.look() if due else fetcher.poll(self._etag)
        except ReleaseMissingError as error:
            self._tell(error, "nothing_published")
            return True
        except LongshoreError as error:
            self._tell(error, "look_failed")
            return False
        # a daemon does not end for what nobody foresaw: it says so, and tries again
        except Exception as error:  # noqa: BLE001
            self._log.error("bug", where="look", error=repr(error))
            self._tell(
                LongshoreError("An unexpected error: see the log."), "look_failed"
            )
            return False
        self._board.count("polls")
        if seen is None:
            if self._board.looked(self._channel):
                self._log.info("look_succeeds_again", channel=self._channel)
            return True
        self._take(seen)
        return True

    def _tell(self, error: LongshoreError, event: str) -> None:
        """Once for each thing that is wrong."""
        self._board.count("poll_failures")
        # what is wrong now was perhaps not wrong of what is remembered
        self._look_at = 0.0
        if self._board.channel(self._channel, error=str(error)):
            self._log.warning(event, channel=self._channel, error=error)

    def _take(self, seen: Seen) -> None:
        now = time.monotonic()
        verify = self._verify and now >= self._verify_at
        if verify:
            self._verify_at = now + _LOOK
        names = {one.name for one in seen.releases if self._options.takes(one.name)}
        self._board.forget_others(self._channel, names)
        for one in seen.releases:
            if one.latest and one.name in names:
                self._backlog.add((self._channel, one.name), one, verify)
        # only now: what stops before is news again
        self._etag = seen.etag
        self._look_at = now + _LOOK
        self._board.looked(self._channel, sequence=seen.sequence, expires=seen.expires)
        self._log.info(
            "feed",
            channel=self._channel,
            sequence=seen.sequence,
            artifacts=len(names),
        )
        for text in seen.warnings:
            self._log.warning("feed", channel=self._channel, text=text)


class Listener:
    """Rings when the queue has something."""

    def __init__(
        self, queue: Queue, watchers: t.Sequence[Watcher], bell: Bell, log: Log
    ) -> None:
        self._queue = queue
        self._watchers = watchers
        self._bell = bell
        self._log = log

    def run(self) -> None:
        failures = 0
        while not self._bell.is_over:
            try:
                came = self._queue.wait()
            except LongshoreError as error:
                if not failures:
                    self._log.warning("queue_failed", error=error)
                    self._told(False)
                failures += 1
                pause = min(2.0**failures, _LONGEST) * random.uniform(0.5, 1.0)
                self._bell.wait(pause, self._bell.rings)
                continue
            if failures:
                self._log.info("queue_succeeds_again")
            failures = 0
            self._told(True)
            if came:
                self._bell.ring()

    def _told(self, is_told: bool) -> None:
        """The channels are asked as if there was no queue while there is none."""
        for watcher in self._watchers:
            if is_told != watcher.is_told.is_set():
                (watcher.is_told.set if is_told else watcher.is_told.clear)()
                if not is_told:
                    self._bell.ring()
