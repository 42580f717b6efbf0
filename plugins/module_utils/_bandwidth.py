# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Holds transfers back to a rate, all of them together."""

from __future__ import annotations

import threading
import time
import typing as t


class Bandwidth:
    """At most ``rate`` bytes a second on average, from any number of threads; None: no limit.

    What is taken at once may be more than a second's worth: the next taker waits for it.
    """

    def __init__(
        self,
        rate: int | None,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, size: int) -> None:
        """Wait until so many bytes may be sent."""
        if self._rate is None:
            return
        with self._lock:
            now = self._clock()
            begin = max(now, self._free_at)
            self._free_at = begin + size / self._rate
        if begin > now:
            self._sleep(begin - now)

    def spare(self, size: int) -> None:
        """So many bytes need not be sent."""


class Metered(Bandwidth):
    """Another one's rate; ``tell`` hears of the bytes that go by."""

    def __init__(self, bandwidth: Bandwidth, tell: t.Callable[[int], object]) -> None:
        super().__init__(None)
        self._bandwidth = bandwidth
        self._tell = tell

    def take(self, size: int) -> None:
        self._bandwidth.take(size)
        self._tell(size)

    def spare(self, size: int) -> None:
        self._tell(size)
