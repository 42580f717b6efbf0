# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which chunks a pool has, and where. There may be millions of them, so each takes some 50 bytes, not 200 as in a dict."""

from __future__ import annotations

import typing as t
from array import array

from ._chunk_pool import PackIndex, Run

_DIGEST: t.Final = 32
_FEWEST: t.Final = 1 << 12


class KnownChunks:
    """A hash table of digests, whose bits are random enough to be their own hash."""

    def __init__(self) -> None:
        self._owners: list[str] = []
        self._numbers: dict[str, int] = {}
        self._digests = bytearray()
        #: Of each chunk one number: owner, pack and chunk.
        self._places = array("Q")
        #: From a digest's own slot on, the next free one behind it ends the search: position plus 1, or 0.
        self._slots = array("I", bytes(4 * _FEWEST))

    def add(self, index: PackIndex) -> None:
        """All chunks of a save, but for packs that are about to be removed."""
        for pack in index.packs.values():
            if pack.condemned:
                continue
            first = self._number(index.owner, pack.number, 0)
            for chunk in range(len(pack.lengths)):
                self._put(pack.digest(chunk), first + chunk)

    def note(self, digest: bytes, place: Run) -> None:
        """Where a chunk is; what was known before stays."""
        self._put(digest, self._number(place.owner, place.pack, place.first))

    def find(self, digest: bytes) -> Run | None:
        position = self._slots[self._slot(digest)]
        if not position:
            return None
        owner, rest = divmod(self._places[position - 1], 1 << 48)
        return Run(self._owners[owner], rest >> 20, rest & 0xFFFFF, 1)

    def _put(self, digest: bytes, place: int) -> None:
        slot = self._slot(digest)
        if self._slots[slot]:
            return
        self._digests += digest
        self._places.append(place)
        self._slots[slot] = len(self._places)
        if 2 * len(self._places) > len(self._slots):
            self._grow()

    def _slot(self, digest: bytes) -> int:
        """Where it is, or would be."""
        slots, digests = self._slots, self._digests
        mask = len(slots) - 1
        slot = int.from_bytes(digest[:8], "big") & mask
        while position := slots[slot]:
            end = position * _DIGEST
            if digests[end - _DIGEST : end] == digest:
                break
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        slots = array("I", bytes(8 * len(self._slots)))
        mask = len(slots) - 1
        for position in range(len(self._places)):
            begin = position * _DIGEST
            slot = int.from_bytes(self._digests[begin : begin + 8], "big") & mask
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = position + 1
        self._slots = slots

    def _number(self, owner: str, pack: int, chunk: int) -> int:
        if owner not in self._numbers:
            self._numbers[owner] = len(self._owners)
            self._owners.append(owner)
        return self._numbers[owner] << 48 | pack << 20 | chunk
