# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Reads a big object in ranges, several on their way at once."""

from __future__ import annotations

import threading
import typing as t
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from .._drivers._base import ObjectInfo, Store
from .._errors import StoreError, TruncatedError
from ._bandwidth import Bandwidth

#: Objects from this size on (bytes) are read in ranges.
BIG: t.Final = 16 * 1024 * 1024
#: Bytes of a range.
STEP: t.Final = 4 * 1024 * 1024
#: Ranges ahead of the one that is in use, of all objects together: the memory is one process's.
_AHEAD: t.Final = 8
_room = threading.BoundedSemaphore(_AHEAD)


#: Memory of ranges to be used again: given back to the system and taken anew, it would pile up there.
_free: deque[bytearray] = deque()


class _Fetched(t.NamedTuple):
    future: Future[memoryview]
    memory: bytearray
    is_ahead: bool


def read_ranges(
    store: Store,
    info: ObjectInfo,
    start: int,
    bandwidth: Bandwidth,
    ahead: int = _AHEAD,
) -> t.Generator[memoryview, None, None]:
    """The object's bytes from ``start`` on, in pieces of ``STEP`` bytes, the last one shorter.

    Each piece is there until the next one is asked for. They are those of the object as ``info`` has
    it: raises ``StoreError`` when it is another now. The memory of all calls together is ``STEP`` bytes
    for each, and 8 times as much for all of them; ``ahead`` is this one's share, if it is to be less.
    """
    pool = ThreadPoolExecutor(ahead + 1, "longshore-range")
    fetched: deque[_Fetched] = deque()
    positions = iter(range(start, info.size, STEP))
    position = next(positions, None)
    try:
        while True:
            while position is not None:
                is_ahead = bool(fetched)
                if len(fetched) > ahead:
                    break
                if is_ahead and not _room.acquire(blocking=False):
                    break
                memory = _take()
                future = pool.submit(_fetch, store, info, position, memory, bandwidth)
                fetched.append(_Fetched(future, memory, is_ahead))
                position = next(positions, None)
            if not fetched:
                return
            yield fetched[0].future.result()
            _let_go(fetched.popleft())
    finally:
        pool.shutdown(cancel_futures=True)
        for one in fetched:
            _let_go(one)


def forget_buffers() -> None:
    """For a process that stays: the memory that is to be used again is not."""
    _free.clear()


def _take() -> bytearray:
    try:
        return _free.pop()
    except IndexError:
        return bytearray(STEP)


def _let_go(fetched: _Fetched) -> None:
    _free.append(fetched.memory)
    if fetched.is_ahead:
        _room.release()


def _fetch(
    store: Store,
    info: ObjectInfo,
    position: int,
    memory: bytearray,
    bandwidth: Bandwidth,
) -> memoryview:
    """Fill the memory; what breaks off is asked for once more."""
    piece = memoryview(memory)[: info.size - position]
    bandwidth.take(len(piece))
    try:
        _read(store, info, position, piece)
    except TruncatedError:
        bandwidth.take(len(piece))
        _read(store, info, position, piece)
    return piece


def _read(store: Store, info: ObjectInfo, position: int, piece: memoryview) -> None:
    opened = store.read(info.key, position, len(piece))
    if (opened.info.etag, opened.info.size) != (info.etag, info.size):
        raise _changed(store, info)
    length = 0
    for chunk in opened.chunks:
        data = memoryview(chunk)
        if length + len(data) > len(piece):
            raise _changed(store, info)
        piece[length : length + len(data)] = data
        length += len(data)
    if length != len(piece):
        raise _changed(store, info)


def _changed(store: Store, info: ObjectInfo) -> StoreError:
    return StoreError(
        f"read object {info.key!r}",
        store.endpoint.place,
        "it changed while it was read",
        hint="Run again when nothing writes to it.",
    )
