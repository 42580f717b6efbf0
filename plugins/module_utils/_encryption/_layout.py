# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Where what is in an envelope: arithmetic only, offsets and sizes in bytes.

Chunk ``i`` lies in the bytes from ``i * chunk_size`` on, the first one after the header. Every chunk
but the last fills its place, so the boundaries of chunks are those of a multipart upload's parts.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ._algorithms import TAG_SIZE, Algorithm

HEADER_SIZE: t.Final = 80

#: What chunk sizes may be: powers of two between these.
MIN_CHUNK_SIZE: t.Final = 4 * 1024
MAX_CHUNK_SIZE: t.Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Layout:
    """The geometry of all envelopes of one algorithm and chunk size.

    *plain* offsets and sizes are of the plaintext, *sealed* ones of the envelope.
    """

    algorithm: Algorithm
    chunk_size: int

    def sealed_offset(self, index: int) -> int:
        """Where a chunk begins in the envelope."""
        return index * self.chunk_size if index else HEADER_SIZE

    def plain_offset(self, index: int) -> int:
        """Where a chunk's plaintext begins."""
        return index * self._capacity - HEADER_SIZE if index else 0

    def capacity(self, index: int) -> int:
        """The size of the plaintext of a chunk that is not the last."""
        return self.plain_offset(index + 1) - self.plain_offset(index)

    def chunk_at(self, plain_offset: int) -> int:
        """The chunk that has (or would have, beyond the end) the byte at an offset of the plaintext."""
        return (plain_offset + HEADER_SIZE) // self._capacity

    def chunk_count(self, sealed_size: int) -> int:
        """How many chunks an envelope of that size has."""
        return max(1, -(-sealed_size // self.chunk_size))

    def sealed_size(self, plain_size: int) -> int:
        """The size of the envelope of so many bytes."""
        last = self.chunk_at(max(plain_size - 1, 0))
        rest = plain_size - self.plain_offset(last)
        if self.algorithm.block_size:
            rest += self.algorithm.block_size - rest % self.algorithm.block_size
        return self.sealed_offset(last) + self.algorithm.nonce_size + rest + TAG_SIZE

    def resume_at(self, plain_size: int, sealed_size: int) -> int:
        """The chunk to go on from, by one who has the first ``plain_size`` bytes of the plaintext.

        At most the last one: it tells that the envelope is whole.
        """
        return min(self.chunk_at(plain_size), self.chunk_count(sealed_size) - 1)

    @property
    def _capacity(self) -> int:
        padding = 1 if self.algorithm.block_size else 0
        return self.chunk_size - self.algorithm.nonce_size - TAG_SIZE - padding
