# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Bytes that come in pieces of any size, and go out in the sizes that are asked for."""

from __future__ import annotations

import typing as t

from .._drivers._base import Buffer


class Source(t.Protocol):
    """What is read from: an open file, a pipe, ``Pieces``."""

    def read(self, size: int, /) -> Buffer:
        """At most ``size`` bytes, none at the end only."""


class Pieces:
    """A source out of an iterable of bytes, such as a store's ``read`` gives.

    Of the iterable a piece is used only until the next one is asked for. What is read may be a view of it.
    """

    def __init__(self, pieces: t.Iterable[Buffer]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> Buffer:
        """Exactly ``size`` bytes, fewer at the end only."""
        if self._ready() and len(self._rest) >= size:
            return self._take(size)
        joined = bytearray()
        while len(joined) < size and self._ready():
            joined += self._take(size - len(joined))
        return joined

    def _ready(self) -> bool:
        """Whether there is more: the next piece that is not empty, where this one is used up."""
        if not self._rest:
            piece = next((piece for piece in self._pieces if piece), b"")
            self._rest = memoryview(piece)
        return bool(self._rest)

    def _take(self, size: int) -> memoryview:
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def read_full(source: Source, size: int) -> Buffer:
    """Exactly ``size`` bytes, fewer at the end only, however little the source gives at a time."""
    data = source.read(size)
    if len(data) == size or not data:
        return data
    parts = [data]
    missing = size - len(data)
    while missing:
        data = source.read(missing)
        if not data:
            break
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)
