# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""The list of a file's chunks, in memory and as bytes.

As bytes, integers big-endian::

    0        8   "lschunks"
    8        1   version of the cuts, 1
    9        32  SHA-256 of the file
    41       2n  of each chunk: its length minus 1
    41 + 2n  32n of each chunk: its SHA-256
    the end  32  SHA-256 of all that comes before

The last one is against damage; that nobody made up another list is for its reader to see to.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
import typing as t
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from .._encryption._pieces import Source
from ._cutter import MIN_SIZE, VERSION, Chunk, Cutter
from ._failures import IndexFormatError

MAGIC: t.Final = b"lschunks"
DIGEST_SIZE: t.Final = 32

_HEADER: t.Final = struct.Struct(f">{len(MAGIC)}sB{DIGEST_SIZE}s")
_CHUNK_SIZE: t.Final = 2 + DIGEST_SIZE
_DAMAGED: t.Final = "Fetch it again; if that fails too, publish it again."


@dataclass(frozen=True, slots=True)
class Index:
    """A file by its chunks, 40 bytes of memory for each.

    ``digest`` is the SHA-256 of the file, ``boundaries`` (offsets in bytes) begin with 0 and end with the
    file's size, ``digests`` are those of the chunks one after the other, 32 bytes each.
    """

    digest: bytes
    boundaries: array[int]
    digests: bytes

    @classmethod
    def of(cls, stream: Source, cutter: Cutter) -> t.Self:
        """Of a stream, which is read once, to its end."""
        whole = hashlib.sha256()
        boundaries = array("Q", [0])
        digests = bytearray()
        for chunk, data in cutter.pieces(stream):
            whole.update(data)
            boundaries.append(chunk.offset + chunk.length)
            digests += chunk.digest
        return cls(whole.digest(), boundaries, bytes(digests))

    @property
    def size(self) -> int:
        """Of the file, in bytes."""
        return self.boundaries[-1]

    def __len__(self) -> int:
        return len(self.boundaries) - 1

    def __getitem__(self, number: int) -> Chunk:
        offset, end = self.boundaries[number], self.boundaries[number + 1]
        return Chunk(offset, end - offset, self.digest_of(number))

    def __iter__(self) -> t.Iterator[Chunk]:
        return (self[number] for number in range(len(self)))

    def digest_of(self, number: int) -> bytes:
        """The SHA-256 of a chunk."""
        return self.digests[number * DIGEST_SIZE : (number + 1) * DIGEST_SIZE]

    def within(self, offset: int, length: int) -> range:
        """The numbers of the chunks that lie in a part of the file as a whole."""
        first = bisect_left(self.boundaries, offset)
        return range(first, bisect_right(self.boundaries, offset + length) - 1)

    def encode(self) -> bytes:
        """The bytes; about 0.2 % of the file's size."""
        ends = self.boundaries
        lengths = (end - begin - 1 for begin, end in itertools.pairwise(ends))
        body = b"".join(
            (
                _HEADER.pack(MAGIC, VERSION, self.digest),
                struct.pack(f">{len(self)}H", *lengths),
                self.digests,
            )
        )
        return body + hashlib.sha256(body).digest()

    @classmethod
    def decode(cls, data: bytes) -> t.Self:
        """From the bytes, all of them. Raises ``IndexFormatError``."""
        if data[: len(MAGIC)] != MAGIC:
            raise IndexFormatError("This is not a list of chunks.", hint=_DAMAGED)
        if len(data) > len(MAGIC) and data[len(MAGIC)] != VERSION:
            raise IndexFormatError(
                f"The list of chunks is in version {data[len(MAGIC)]}, and this program knows only "
                f"version {VERSION}.",
                hint="It was written by a newer release of longshore.storage, or it is damaged: update here.",
            )
        body, checksum = data[:-DIGEST_SIZE], data[-DIGEST_SIZE:]
        count, rest = divmod(len(body) - _HEADER.size, _CHUNK_SIZE)
        if count < 0 or rest or hashlib.sha256(body).digest() != checksum:
            raise IndexFormatError(
                "The list of chunks is cut or altered.", hint=_DAMAGED
            )
        _magic, _version, digest = _HEADER.unpack_from(body)
        lengths = [
            one + 1 for one in struct.unpack_from(f">{count}H", body, _HEADER.size)
        ]
        if any(length < MIN_SIZE for length in lengths[:-1]):
            raise IndexFormatError(
                "The list of chunks has sizes that no release of longshore.storage writes.",
                hint=_DAMAGED,
            )
        boundaries = array("Q", itertools.accumulate(lengths, initial=0))
        return cls(digest, boundaries, body[_HEADER.size + 2 * count :])
