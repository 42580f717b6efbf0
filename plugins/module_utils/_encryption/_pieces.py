# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Bytes that come in pieces of any size, and go out in the sizes that are asked for."""

from __future__ import annotations

import typing as t

from ._primitives import Buffer


class Source(t.Protocol):
    """What is read from: an open file, a pipe, ``Pieces``."""

    def read(self, size: int, /) -> Buffer:
        """At most ``size`` bytes, none at the end only."""


class Pieces:
    """A source out of an iterable of bytes, such as a store's ``read`` gives."""

    def __init__(self, pieces: t.Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> Buffer:
        """Exactly ``size`` bytes, fewer at the end only."""
        parts: list[Buffer] = []
        missing = size
        while missing:
            while not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    return b"".join(parts)
                self._rest = memoryview(piece)
            part = self._rest[:missing]
            self._rest = self._rest[len(part) :]
            missing -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


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
