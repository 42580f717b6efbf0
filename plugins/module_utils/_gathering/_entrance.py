# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""How a member gets into a gathering: it joins the one that is there, or begins another."""

from __future__ import annotations

import secrets
import time
import typing as t

from .._errors import ConditionFailedError, ObjectMissingError
from ._board import LONGEST_BEAT, Board, Head, Seen
from ._failures import GatheringError, counts_differ
from ._member import Slot
from ._watch import Clock, Watch

#: Who was silent for so many beats is dead.
_SILENCE: t.Final = 3
_BEATS_IN_LIMIT: t.Final = 6
_PAUSE: t.Final = 0.5


class Place(t.NamedTuple):
    """A member's place in a gathering: which, and the etag of its slot."""

    head: Head
    etag: str


class Entrance:
    """Finds the member ``index`` of ``count`` its place. Raises ``GatheringError``."""

    def __init__(
        self,
        board: Board,
        index: int,
        count: int,
        limit: float,
        clock: Clock = time.monotonic,
        sleep: t.Callable[[float], object] = time.sleep,
    ) -> None:
        """``limit``: for how many seconds a member may be silent before the others give up."""
        self._board = board
        self._index = index
        self._count = count
        self._beat = min(LONGEST_BEAT, limit / _BEATS_IN_LIMIT)
        self._clock = clock
        self._sleep = sleep
        self._watches: dict[str, Watch] = {}

    def enter(self, slot: Slot) -> Place:
        """Show the slot in the gathering that there is, or, when that one is over, in another.

        Over is one that somebody has left, once nobody is heard of there any more.
        """
        while True:
            try:
                if (place := self._try(slot)) is not None:
                    return place
            except (ConditionFailedError, ObjectMissingError):
                continue  # another one was quicker
            self._sleep(_PAUSE)

    def _try(self, slot: Slot) -> Place | None:
        """The place; None: it has to be seen first who is alive."""
        head = self._board.head()
        if head is None:
            return self._begin(slot, None)
        seen = self._board.look(head.id)
        watch = self._watches.setdefault(head.id, Watch(self._clock))
        watch.see(seen.marks)
        others = head.count != self._count
        if not (others or any(found.ended for found in seen.slots.values())):
            return self._join(slot, head, seen, watch)
        alive = [
            i
            for i, found in seen.slots.items()
            if not found.ended and watch.silence(i) <= _SILENCE * head.beat
        ]
        if others and any(watch.has_changed(i) for i in alive):
            self._board.refuse(head.id, self._count)
            raise counts_differ(self._count, head.count)
        return None if alive else self._begin(slot, head)

    def _begin(self, slot: Slot, old: Head | None) -> Place:
        """Begin another gathering; this member is in it before anybody sees it."""
        new = Head(secrets.token_hex(8), self._count, self._beat)
        etag = self._board.show(new.id, self._index, slot, None)
        try:
            self._board.replace_head(new, old)
        except ConditionFailedError:
            self._board.discard(new.id, self._index)
            raise
        self._board.clear(new.id)
        return Place(new, etag)

    def _join(self, slot: Slot, head: Head, seen: Seen, watch: Watch) -> Place | None:
        former: str | None = None
        if self._index in seen.slots:
            if watch.has_changed(self._index):
                raise GatheringError(
                    f"two hosts have index {self._index}, or a run before this one goes on",
                    self._count,
                )
            if watch.silence(self._index) <= _SILENCE * head.beat:
                return None
            # whoever had this place was killed
            found, former = self._board.slot(head.id, self._index)
            if found.run != seen.slots[self._index].run:
                return None
        etag = self._board.show(head.id, self._index, slot, former)
        now = self._board.head()
        if now is None or now.id != head.id:
            # it was over already, and cleared away while it was looked at
            self._board.discard(head.id, self._index)
            return None
        return Place(head, etag)
