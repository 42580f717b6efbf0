# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Since when nothing was heard of somebody, by this process's own clock."""

from __future__ import annotations

import time
import typing as t

Clock = t.Callable[[], float]


class Watch:
    """Watches marks that change as long as somebody is alive."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._marks: dict[int, object] = {}
        self._since: dict[int, float] = {}
        self._changed: set[int] = set()

    def see(self, marks: t.Mapping[int, object]) -> None:
        """The marks as they are now, by index."""
        now = self._clock()
        for index, mark in marks.items():
            if index not in self._marks:
                self._since[index] = now
            elif self._marks[index] != mark:
                self._since[index] = now
                self._changed.add(index)
        self._marks = dict(marks)

    def silence(self, index: int) -> float:
        """For how many seconds nothing has changed."""
        return self._clock() - self._since.get(index, self._began)

    def has_changed(self, index: int) -> bool:
        """Whether anything has changed since the watch began, so that somebody is alive there."""
        return index in self._changed
