# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Processes that wait for each other, by way of a store and nothing else."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
import typing as t

from .._drivers._base import Store
from .._errors import (
    ConditionFailedError,
    LongshoreError,
    ObjectMissingError,
    StoreError,
)
from .._progress import start
from ._board import Board, Seen
from ._entrance import Entrance
from ._failures import GatheringError, counts_differ, missing
from ._member import DONE, Member
from ._watch import Clock, Watch

_FIRST_PAUSE: t.Final = 0.2
_LONGEST_PAUSE: t.Final = 1.0
_LONGER: t.Final = 1.3


class Meeting:
    """The member ``index`` of ``count``, from when it has joined; use it as a context.

    All members go through the same stages, numbers that grow. Whoever leaves the context by an exception
    makes the others give up, too. ``limit``: for how many seconds a member may be silent. Raises
    ``GatheringError``.
    """

    def __init__(
        self,
        store: Store,
        folder: str,
        index: int,
        count: int,
        limit: float,
        clock: Clock = time.monotonic,
    ) -> None:
        """``folder``: a key that ends with a slash, below which nobody else writes."""
        self._board = Board(store, folder)
        self._member = Member(index, count, secrets.token_hex(8))
        self._limit = limit
        self._lock = threading.RLock()
        entrance = Entrance(self._board, index, count, limit, clock)
        head, self._etag = entrance.enter(self._member.slot)
        self.id = head.id
        self._beat = head.beat
        self._watch = Watch(clock)
        self._heads: set[str | None] = set()
        self._error: LongshoreError | None = None
        self._over = threading.Event()
        self._beating = threading.Thread(
            target=self._keep_beating, name="longshore-beat", daemon=True
        )

    def __enter__(self) -> t.Self:
        start(self._beating)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        *_more: object,
    ) -> None:
        self._over.set()
        self._beating.join()
        if error is None:
            return
        why = f"index {self._member.index} has failed, for a reason of its own"
        # what it was told is no reason of its own, whatever has become of that
        for found in (error, error.__cause__):
            if isinstance(found, GatheringError):
                why = found.cause
        with contextlib.suppress(LongshoreError), self._lock:
            self._member.stop(why)
            self._show()

    def tell(self, said: t.Mapping[str, t.Any]) -> None:
        """To be known to all who see that this member has arrived at its next stage."""
        with self._lock:
            self._member.tell(said)

    def check(self) -> None:
        """Raises what has been found to be wrong; to be called while there is work to do."""
        if self._error is not None:
            raise self._error

    def wait(
        self, stage: int, among: t.Iterable[int] | None = None
    ) -> dict[int, t.Mapping[str, t.Any]]:
        """Arrive at the stage, and go on when these members (None: all) have arrived, too.

        Returns what each had told by then, by index.
        """
        chosen = None if among is None else list(among)
        with self._lock:
            self._member.arrive(stage)
            self._show()
        pause = _FIRST_PAUSE
        while True:
            self.check()
            with self._lock:
                self._look()
                awaited = self._member.awaited(stage, chosen)
                if not awaited:
                    return self._member.said
            silent = [i for i in awaited if self._watch.silence(i) > self._limit]
            if silent:
                raise missing(silent, self._limit, self._member.count)
            self._over.wait(pause)
            pause = min(_LONGEST_PAUSE, pause * _LONGER)

    def leave(self) -> None:
        """All is done."""
        with self._lock:
            self._member.arrive(DONE)
            self._show()

    def _keep_beating(self) -> None:
        serial = 0
        while not self._over.wait(self._beat):
            serial += 1
            try:
                self._board.beat(self.id, self._member.index, serial)
                with self._lock:
                    self._look()
            except StoreError:
                continue  # of a store that is away for long, the work itself tells
            except LongshoreError as exc:
                self._error = exc
                return

    # -- with the lock

    def _look(self) -> None:
        seen = self._board.look(self.id)
        self._watch.see(seen.marks)
        self._refuse(seen)
        if self._member.observe(seen.slots):
            self._show()
        if (why := self._member.stopped) is not None:
            raise GatheringError(why, self._member.count)

    def _refuse(self, seen: Seen) -> None:
        count = self._member.count
        if seen.refused is not None:
            raise counts_differ(count, seen.refused)
        if seen.head in self._heads:
            return
        head = self._board.head()
        if head is None or head.id != self.id:
            raise self._left_behind()
        self._heads.add(seen.head)

    def _show(self) -> None:
        index, slot = self._member.index, self._member.slot
        try:
            self._etag = self._board.show(self.id, index, slot, self._etag)
        except ConditionFailedError:
            # of a write that was sent twice the first one may have been ours
            try:
                found, self._etag = self._board.slot(self.id, index)
            except ObjectMissingError:
                raise self._left_behind() from None
            if found != slot:
                raise GatheringError(
                    f"two hosts have index {index}", self._member.count
                ) from None

    def _left_behind(self) -> GatheringError:
        return GatheringError(
            "they have gathered anew without this host", self._member.count
        )
