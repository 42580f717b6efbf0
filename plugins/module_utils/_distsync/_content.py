# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The plaintext of a release: any range of it, out of its one encrypted object."""

from __future__ import annotations

import contextlib
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import Buffer, ObjectInfo, Store
from .._encryption._envelope import Opener
from .._encryption._layout import HEADER_SIZE, Layout
from .._encryption._secret import SharedSecret
from .._encryption._streams import open_range
from .._errors import ObjectMissingError
from .._ranges import BIG, STEP, read_ranges
from .._workers import Workers
from ._failures import MismatchError
from ._layout import artifact_context
from ._release import Release

#: Ranges of a big object ahead of the one in use, each sealed and in the clear: no process is to take more than
#: 150 MB.
_AHEAD: t.Final = 3


class Content:
    """The verified contents of a release. One small request is made at once.

    Raises ``MismatchError`` for an object of another size than the record says, ``ObjectMissingError``, and
    what ``Opener`` raises.
    """

    def __init__(
        self,
        store: Store,
        key: str,
        secret: SharedSecret,
        release: Release,
        workers: Workers,
        bandwidth: Bandwidth,
    ) -> None:
        self._store = store
        self._workers = workers
        self._bandwidth = bandwidth
        self._label = f"the object of {release.name!r} {release.version!r}"
        try:
            opened = store.read(key, 0, HEADER_SIZE)
        except ObjectMissingError as error:
            raise ObjectMissingError(
                error.operation,
                error.place,
                error.detail,
                hint="If the release was withdrawn just now, run again; else publish it again.",
            ) from None
        self._info = opened.info
        if self._info.size != release.sealed_size:
            raise MismatchError(
                self._label,
                f"has {self._info.size:,} bytes, and its record says {release.sealed_size:,}",
            )
        header = b""
        for chunk in opened.chunks:
            header = (header + chunk)[:HEADER_SIZE]
        context = artifact_context(release.artifact)
        self._size = release.size
        self._opener = Opener(secret, context, header, label=self._label)
        if self._opener.layout.sealed_size(release.size) != release.sealed_size:
            raise MismatchError(self._label, "cannot hold as many bytes as it should")

    @property
    def layout(self) -> Layout:
        """Which ranges of the plaintext take which of the object."""
        return self._opener.layout

    def rest(self, start: int) -> t.Iterator[Buffer]:
        """All bytes from ``start`` on, each of them verified; many by several requests at once.

        Each piece is there until the next one is asked for. Raises as ``range`` does.
        """
        layout, size = self._opener.layout, self._info.size
        first = layout.resume_at(start, size)
        # where the first chunk's header is
        begin = first * layout.chunk_size
        if size - begin < BIG or STEP % layout.chunk_size:
            yield from self.range(start, self._size - start)
            return
        known = start - layout.plain_offset(first)
        ranges = read_ranges(
            self._store, self._info, begin, self._bandwidth, _AHEAD, self._opened
        )
        with contextlib.closing(ranges):
            for piece in ranges:
                yield piece[known:]
                known = 0

    def range(self, start: int, length: int) -> t.Iterator[Buffer]:
        """``length`` bytes from ``start``, each of them verified, by one request.

        Not to be used up in threads of the fetcher's own workers. Raises ``DamagedError``, and what the store
        raises.
        """
        return open_range(
            self._fetch,
            self._opener,
            self._info.size,
            start,
            length,
            self._workers,
        )

    def _fetch(self, begin: int, length: int) -> t.Iterator[bytes]:
        opened = self._store.read(self._info.key, begin, length)
        if not _same(opened.info, self._info):
            raise MismatchError(self._label, "was replaced while it was read")
        for chunk in opened.chunks:
            self._bandwidth.take(len(chunk))
            yield chunk

    def _opened(self, begin: int, sealed: memoryview, out: memoryview) -> int:
        """A range that begins and ends where chunks do."""
        opener, chunk_size = self._opener, self.layout.chunk_size
        count = self.layout.chunk_count(self._info.size)
        end = 0
        for at in range(0, len(sealed), chunk_size):
            index = (begin + at) // chunk_size
            chunk = sealed[at or (HEADER_SIZE if not begin else 0) : at + chunk_size]
            end += opener.open_into(index, chunk, out[end:], last=index == count - 1)
        return end


def _same(one: ObjectInfo, other: ObjectInfo) -> bool:
    return (one.size, one.etag) == (other.size, other.etag)
