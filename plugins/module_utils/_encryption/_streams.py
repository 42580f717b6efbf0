# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Whole envelopes, and ranges of them, on several threads and in constant memory.

Chunks are worked on in batches of ``BATCH_SIZE`` bytes (of one chunk, where that is larger). With
``n`` workers no more than ``n + 3`` batches are held at once, each at most three times: sealed, in the
clear, and on the way between.

Plaintext comes out only after its chunk was verified; that it is *all* of the plaintext is known
when the iteration has ended without an error, and not before. So write it aside, and rename then.
"""

from __future__ import annotations

import functools
import typing as t

from .._drivers._base import Buffer
from .._errors import SourceError
from .._workers import Workers
from ._envelope import Opener, Sealer
from ._failures import DamagedError
from ._layout import HEADER_SIZE
from ._pieces import Pieces, Source, read_full
from ._pipeline import in_order
from ._secret import SharedSecret

BATCH_SIZE: t.Final = 1024 * 1024

#: Takes offset and length of a range of the sealed bytes, returns them in pieces.
Fetch = t.Callable[[int, int], t.Iterable[Buffer]]


class _Chunk(t.NamedTuple):
    number: int
    data: memoryview
    last: bool


def seal_stream(
    source: Source, sealer: Sealer, workers: Workers, *, first: int = 0
) -> t.Iterator[memoryview]:
    """The envelope of all that ``source`` gives, in pieces that end where chunks do.

    Every piece but the last is of ``BATCH_SIZE`` bytes, or of one chunk where that is larger. To go on
    with an upload that was cut off, give the sealer its header, ``first`` as the first chunk that is
    missing, and a source that stands at the layout's ``plain_offset(first)``. (The first piece is shorter
    then, if ``first`` is not where a batch begins.)

    What the source raises passes through. Raises ``SourceError`` when it has nothing for ``first``.
    """
    layout = sealer.layout
    nonce_size = layout.algorithm.nonce_size
    jobs = (
        functools.partial(_seal, sealer, batch, sealer.random(len(batch) * nonce_size))
        for batch in _batches(source, first, layout.plain_offset, layout.chunk_size)
    )
    yield from in_order(workers, jobs)


def open_stream(
    sealed: t.Iterable[Buffer],
    secret: SharedSecret,
    context: str,
    workers: Workers,
    *,
    label: str = "the encrypted object",
) -> t.Iterator[memoryview]:
    """The plaintext of an envelope, verified, in pieces of about ``BATCH_SIZE`` bytes.

    Raises what ``Opener`` raises, and ``DamagedError``, at the end at the latest, when it is not whole.
    """
    pieces = Pieces(sealed)
    header = bytes(pieces.read(HEADER_SIZE))
    opener = Opener(secret, context, header, label=label)
    yield from _open_chunks(pieces, opener, 0, workers)


def open_range(
    fetch: Fetch,
    opener: Opener,
    sealed_size: int,
    start: int,
    length: int,
    workers: Workers,
) -> t.Iterator[memoryview]:
    """``length`` bytes of the plaintext from ``start``, fewer where it ends; only their chunks are fetched.

    ``sealed_size`` is the stored object's, in bytes. What comes out is what was sealed in that place;
    that an envelope was cut between two chunks is noticed only by a range that reaches its last one.
    Raises ``DamagedError``.
    """
    layout = opener.layout
    count = layout.chunk_count(sealed_size)
    first = layout.chunk_at(start)
    stop = min(layout.chunk_at(start + length - 1) + 1, count)
    if length <= 0 or first >= stop:
        return
    begin = layout.sealed_offset(first)
    end = min(layout.sealed_offset(stop), sealed_size)
    position = layout.plain_offset(first)
    pieces = Pieces(fetch(begin, end - begin))
    for piece in _open_chunks(pieces, opener, first, workers, ends=stop == count):
        inside = piece[max(start - position, 0) : max(start + length - position, 0)]
        position += len(piece)
        if inside:
            yield inside
    if stop < count and position != layout.plain_offset(stop):
        raise DamagedError(
            opener.label, f"ended early when bytes {begin} to {end - 1} were fetched"
        )


def _seal(sealer: Sealer, batch: t.Sequence[_Chunk], nonces: bytes) -> memoryview:
    size = len(nonces) // len(batch)
    out = memoryview(bytearray(sealer.room([chunk.data for chunk in batch])))
    end = 0
    for number, (index, data, last) in enumerate(batch):
        if index and not data:
            raise SourceError(
                "What is to be encrypted is shorter than it was: it ends before byte "
                f"{sealer.layout.plain_offset(index) + 1}.",
                hint="It changed since its upload began: begin again.",
            )
        nonce = nonces[number * size : (number + 1) * size]
        end += sealer.seal_into(index, data, nonce, out[end:], last=last)
    return out[:end]


def _open(opener: Opener, batch: t.Sequence[_Chunk]) -> memoryview:
    out = memoryview(bytearray(sum(len(chunk.data) for chunk in batch)))
    end = 0
    for index, data, last in batch:
        end += opener.open_into(index, data, out[end:], last=last)
    return out[:end]


def _open_chunks(
    sealed: Source, opener: Opener, first: int, workers: Workers, *, ends: bool = True
) -> t.Iterator[memoryview]:
    """``ends``: what ``sealed`` gives reaches to the end of the envelope."""
    layout = opener.layout
    jobs = (
        functools.partial(_open, opener, batch)
        for batch in _batches(
            sealed, first, layout.sealed_offset, layout.chunk_size, ends=ends
        )
    )
    yield from in_order(workers, jobs)


def _batches(
    source: Source,
    first: int,
    offset: t.Callable[[int], int],
    chunk_size: int,
    *,
    ends: bool = True,
) -> t.Iterator[list[_Chunk]]:
    """All that the source gives from chunk ``first`` on, cut where ``offset`` says that chunks begin.

    There is one chunk at least. Which one is the last takes reading one batch ahead.
    """
    per_batch = max(1, BATCH_SIZE // chunk_size)
    stop = (first // per_batch + 1) * per_batch
    data = read_full(source, offset(stop) - offset(first))
    while True:
        full = len(data) == offset(stop) - offset(first)
        ahead = (
            read_full(source, offset(stop + per_batch) - offset(stop)) if full else b""
        )
        view = memoryview(data)
        base = offset(first)
        batch = [
            _Chunk(index, view[offset(index) - base : offset(index + 1) - base], False)
            for index in range(first, stop)
            if index == first or offset(index) - base < len(view)
        ]
        if ends and not ahead:
            batch[-1] = batch[-1]._replace(last=True)
        yield batch
        if not ahead:
            return
        first, stop, data = stop, stop + per_batch, ahead
