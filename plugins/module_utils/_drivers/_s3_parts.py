# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A body in parts, in memory that is used again."""

from __future__ import annotations

import contextlib
import threading
import typing as t

#: S3's limits: parts of an upload, bytes of a part.
MOST_PARTS: t.Final = 10_000
_LARGEST_PART: t.Final = 5 * 1024**3
_MIB: t.Final = 1024 * 1024


class UploadError(ValueError):
    """The body does not fit into parts, or the server did not say that it is whole."""


def part_size(number: int, base: int, size: int | None) -> int:
    """Bytes of part ``number`` (from 1) of a body of ``size`` bytes, as far as that is known.

    Parts have ``base`` bytes, or as many whole MiB as it takes to bring ``size`` into 10,000
    parts. A body that turns out longer than announced gets parts of twice the size after every
    1,000 further ones, so that any object S3 can hold fits.
    """
    fixed, expected = base, 0
    if size:
        if size > base * MOST_PARTS:
            fixed = -(-size // (MOST_PARTS * _MIB)) * _MIB
        expected = -(-size // fixed)
    doublings = max(0, number - 1 - expected) // 1000
    return min(fixed << doublings, _LARGEST_PART)


class Buffers:
    """Memory for parts on their way, at most ``count`` at a time: to be had when another is given back."""

    def __init__(self, count: int) -> None:
        self._room = threading.BoundedSemaphore(count)
        self._free: list[bytearray] = []

    def take(self, size: int) -> Buffer:
        """Waits until there is one."""
        self._room.acquire()
        try:
            with contextlib.suppress(IndexError):
                free = self._free.pop()
                if len(free) == size:
                    return Buffer(self, free)
            return Buffer(self, bytearray(size))
        except BaseException:
            self._room.release()
            raise

    def give_back(self, memory: bytearray) -> None:
        self._free.append(memory)
        self._room.release()


class Buffer:
    """Memory that one part may use until it is released; a second release does nothing."""

    def __init__(self, owner: Buffers, memory: bytearray) -> None:
        self._owner = owner
        self._memory: bytearray | None = memory
        self.view = memoryview(memory)

    def release(self) -> None:
        memory, self._memory = self._memory, None
        if memory is not None:
            self._owner.give_back(memory)


class Part(t.NamedTuple):
    """A piece of a body, in a buffer to be released, and whether the body ends with it."""

    data: memoryview
    is_last: bool
    buffer: Buffer


def cut(
    chunks: t.Iterable[bytes | bytearray | memoryview],
    size_of_part: t.Callable[[int], int],
    buffers: Buffers,
) -> t.Generator[Part, None, None]:
    """The chunks in parts: all but the last of their full size, one empty part for an empty body."""
    number, length = 1, 0
    buffer, ours = buffers.take(size_of_part(number)), True
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            # Not before there is more than fits: a part that is just full may be the last.
            while length + len(rest) > len(buffer.view):
                room = len(buffer.view) - length
                buffer.view[length:] = rest[:room]
                rest = rest[room:]
                yield Part(buffer.view, False, buffer)
                number, length, ours = number + 1, 0, False
                buffer, ours = buffers.take(size_of_part(number)), True
            buffer.view[length : length + len(rest)] = rest
            length += len(rest)
        yield Part(buffer.view[:length], True, buffer)
        ours = False
    finally:
        if ours:
            buffer.release()
