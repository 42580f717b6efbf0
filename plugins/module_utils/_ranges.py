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

from ._bandwidth import Bandwidth
from ._drivers._base import ObjectInfo, Store
from ._errors import StoreError, TruncatedError

#: Objects from this size on (bytes) are read in ranges.
BIG: t.Final = 16 * 1024 * 1024
#: Bytes of a range.
STEP: t.Final = 4 * 1024 * 1024
#: Ranges ahead of the one that is in use, of all objects together: the memory is one process's.
_AHEAD: t.Final = 8
_room = threading.BoundedSemaphore(_AHEAD)


#: Memory of ranges to be used again: given back to the system and taken anew, it would pile up there.
_free: deque[bytearray] = deque()

#: Makes of a range, whose offset is given, what is to come out instead: into the beginning of a memory of ``STEP``
#: bytes, and returns how many bytes that are. Called in the thread that fetched it.
Convert: t.TypeAlias = t.Callable[[int, memoryview, memoryview], int]


class _Filled(t.NamedTuple):
    memory: bytearray
    size: int


class _Fetched(t.NamedTuple):
    future: Future[_Filled]
    is_ahead: bool


def read_ranges(
    store: Store,
    info: ObjectInfo,
    start: int,
    bandwidth: Bandwidth,
    ahead: int = _AHEAD,
    convert: Convert | None = None,
) -> t.Generator[memoryview, None, None]:
    """The object's bytes from ``start`` on, in pieces of ``STEP`` bytes, the last one shorter.

    Each piece is there until the next one is asked for. They are those of the object as ``info`` has
    it: raises ``StoreError`` when it is another now. The memory of all calls together is ``STEP`` bytes
    for each, and 8 times as much for all of them; ``ahead`` is this one's share, if it is to be less. With
    ``convert``, whose errors pass through, it is up to twice as much.
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
                future = pool.submit(_fetch, store, info, position, bandwidth, convert)
                fetched.append(_Fetched(future, is_ahead))
                position = next(positions, None)
            if not fetched:
                return
            memory, size = fetched[0].future.result()
            yield memoryview(memory)[:size]
            _free.append(memory)
            _let_go(fetched.popleft())
    finally:
        pool.shutdown(cancel_futures=True)
        for one in fetched:
            _let_go(one)


def keep_ahead(count: int) -> None:
    """For a process with little memory: no more than so many ranges ahead. To be called before any is read."""
    global _room
    _room = threading.BoundedSemaphore(count)


def forget_buffers() -> None:
    """For a process that stays: the memory that is to be used again is not."""
    _free.clear()


def _take() -> bytearray:
    try:
        return _free.pop()
    except IndexError:
        return bytearray(STEP)


def _let_go(fetched: _Fetched) -> None:
    if fetched.is_ahead:
        _room.release()


def _fetch(
    store: Store,
    info: ObjectInfo,
    position: int,
    bandwidth: Bandwidth,
    convert: Convert | None,
) -> _Filled:
    """A range in memory of its own; what breaks off is asked for once more."""
    memory = _take()
    piece = memoryview(memory)[: info.size - position]
    bandwidth.take(len(piece))
    try:
        _read(store, info, position, piece)
    except TruncatedError:
        bandwidth.take(len(piece))
        _read(store, info, position, piece)
    if convert is None:
        return _Filled(memory, len(piece))
    converted = _take()
    size = convert(position, piece, memoryview(converted))
    _free.append(memory)
    return _Filled(converted, size)


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
