# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A body that is written: whole where it is short, in parts where it is long."""

from __future__ import annotations

import itertools
import typing as t

from ._base import Body, Buffer

#: The largest body that is written in one request, and the usual size of a part, bytes.
PART_SIZE = 8 * 1024 * 1024
#: After so many parts they double: 10,000 parts, the most that S3 takes, hold more than any
#: object may.
_PARTS_OF_ONE_SIZE = 1000


def first_part(body: Body) -> tuple[bytes, t.Iterable[Buffer] | None]:
    """All of a short body and None; else the beginning of a long one and the chunks that follow."""
    if isinstance(body, bytes):
        return body, None if len(body) <= PART_SIZE else ()
    chunks = iter(body)
    first = bytearray()
    for chunk in chunks:
        first += chunk
        if len(first) > PART_SIZE:
            return bytes(first), chunks
    return bytes(first), None


def parts_of(head: bytes, chunks: t.Iterable[Buffer]) -> t.Iterator[bytes]:
    """Parts of ``PART_SIZE`` and, after very many, larger ones; the last is what is left."""
    buffer = bytearray()
    size, number = PART_SIZE, 0
    for chunk in itertools.chain((head,), chunks):
        buffer += chunk
        while len(buffer) > size:
            yield bytes(buffer[:size])
            del buffer[:size]
            number += 1
            size = PART_SIZE << (number // _PARTS_OF_ONE_SIZE)
    yield bytes(buffer)
