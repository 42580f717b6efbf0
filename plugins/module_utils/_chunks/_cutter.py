# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Cuts a stream where its contents say so: FastCDC (2020), keyed. See ``Cutter``.

An insertion moves the bytes behind it, and the cuts with them, so that a file and its next version have most
chunks in common. Where cuts fall is part of the format: whatever changes it (another size, another library
that cuts elsewhere) needs another ``VERSION``. The sizes suit trees of many small files: a change of one byte
makes about 30 KiB new, and an index takes 0.2 % of its file.
"""

from __future__ import annotations

import hashlib
import types
import typing as t

from .._encryption._pieces import Source
from .._errors import MissingLibraryError

if t.TYPE_CHECKING:
    from pyfastcdc import FastCDC

#: Of the place of cuts and of what is in a digest. In each index.
VERSION: t.Final = 1

#: Sizes of chunks in bytes; the last one may be smaller. Random bytes make chunks of 18.5 KiB on average.
CENTER: t.Final = 16 * 1024
MIN_SIZE: t.Final = CENTER // 4
MAX_SIZE: t.Final = CENTER * 4

#: How closely sizes keep to the center, in the words of the algorithm's paper.
_NORMALIZATION: t.Final = 2

KEY_SIZE: t.Final = 8

#: The library overflows at larger seeds.
_SEEDS: t.Final = 2**63


class Chunk(t.NamedTuple):
    """A part of a file: offset and length in bytes, and the SHA-256 of it (32 bytes)."""

    offset: int
    length: int
    digest: bytes


class Cutter:
    """Cuts streams into chunks. May be used from any thread.

    ``key``, 8 bytes derived from a secret, decides where cuts fall: sizes of chunks then do not tell which
    file it is. It is no cipher (who knows much of a file and its cuts can compute it), so sizes should
    stay hidden all the same. Only chunks that were cut with one key are found again.
    ``center``: about how many bytes a chunk has; at least a quarter of that, at most four times as many.

    Raises ``MissingLibraryError``, also when the library has no compiled part, without which
    it would be some hundred times slower.
    """

    def __init__(self, key: bytes, center: int = CENTER) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"a key has {KEY_SIZE} bytes")
        self._make = _library()
        self._seed = int.from_bytes(key, "big") % _SEEDS
        self._center = center

    def cut(self, stream: Source) -> t.Iterator[Chunk]:
        """The chunks of a stream, in their order. It is read as far as they go, and held nowhere."""
        return (chunk for chunk, _data in self.pieces(stream))

    def pieces(self, stream: Source) -> t.Iterator[tuple[Chunk, memoryview]]:
        """Each chunk and its bytes, which are there until the next one is asked for."""
        fastcdc = self._make(
            self._center,
            min_size=self._center // 4,
            max_size=self._center * 4,
            normalized_chunking=_NORMALIZATION,
            seed=self._seed,
        )
        # The annotation of its argument knows no memoryview, which is as good.
        for piece in fastcdc.cut_stream(t.cast(t.BinaryIO, stream)):
            digest = hashlib.sha256(piece.data).digest()
            yield Chunk(piece.offset, piece.length, digest), piece.data


def _library() -> type[FastCDC]:
    missing = MissingLibraryError(["pyfastcdc"], "to send only what changed in a file")
    try:
        from pyfastcdc import FastCDC
    except ImportError:
        raise missing from None
    if isinstance(FastCDC.cut_stream, types.FunctionType):
        missing.hint = (
            "What is there lacks its compiled part. With a C compiler at hand: "
            "PYFASTCDC_REQUIRE_CYTHON=1 pip install --force-reinstall --no-cache-dir pyfastcdc"
        )
        raise missing
    return FastCDC
