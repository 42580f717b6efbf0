# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A body on its way to obstore in parts, which another thread sends."""

from __future__ import annotations

import queue
import threading
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor

from ._base import Buffer
from ._body import PART_SIZE

_R = t.TypeVar("_R")

#: Parts of a body of unknown length: 10,000 of them, the most that GCS takes, hold 156 GiB.
_UNKNOWN_PART_SIZE: t.Final = 16 * 1024 * 1024
_MOST_PARTS: t.Final = 10_000


def part_size(size: int | None) -> int:
    """How long each part of a body of ``size`` bytes is, so that there are not too many."""
    if size is None:
        return _UNKNOWN_PART_SIZE
    return max(PART_SIZE, -(-size // _MOST_PARTS))


class _BodyFailed(Exception):
    """Ends an upload whose body raised."""


class Handover:
    """Chunks on their way from the thread that makes them to the one that obstore reads them in.

    obstore reads a body from within its own runtime, where nothing may call obstore again; and a
    body may well be read from such a store. So the body stays in its caller's thread.
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[bytes | _BodyFailed | None] = queue.Queue(2)
        self._ended = False
        self._left = threading.Event()

    def send(self, chunk: bytes) -> bool:
        """False when nobody reads any more."""
        self._queue.put(chunk)
        return not self._left.is_set()

    def end(self) -> None:
        self._queue.put(None)

    def fail(self) -> None:
        self._queue.put(_BodyFailed())

    def receive(self) -> t.Iterator[bytes]:
        while isinstance(item := self._next(), bytes):
            yield item
        if item is not None:
            raise item

    def leave(self) -> None:
        """Nothing more is read: who sends is told, and never waits."""
        self._left.set()
        while not self._ended:
            self._next()

    def _next(self) -> bytes | _BodyFailed | None:
        item = self._queue.get()
        self._ended = not isinstance(item, bytes)
        return item


def hand_over(
    chunks: t.Iterable[Buffer], consume: t.Callable[[t.Iterator[bytes]], _R]
) -> Future[_R]:
    """Let ``consume`` read the chunks in a thread of its own, and what came of it, once it has ended.

    What the chunks raise passes through unchanged.
    """
    handover = Handover()

    def read() -> _R:
        try:
            return consume(handover.receive())
        finally:
            handover.leave()

    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(read)
        try:
            for chunk in chunks:
                if not handover.send(bytes(chunk)):
                    break
        except BaseException:
            handover.fail()
            raise
        handover.end()
    return reading
