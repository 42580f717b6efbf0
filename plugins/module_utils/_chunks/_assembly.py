# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Makes the new file out of the old one and what is fetched. Every chunk is verified, then the whole."""

from __future__ import annotations

import hashlib
import os
import typing as t
from dataclasses import dataclass, field

from .._drivers._base import Buffer
from .._encryption._pieces import Pieces
from .._workers import Workers
from ._delta import Copy, DeltaPlan, Range, plan_fetches
from ._failures import AssemblyError
from ._index import Index

#: Takes offset and length, in bytes of the new file's plaintext; returns exactly that part, in pieces.
ReadRange = t.Callable[[int, int], t.Iterable[Buffer]]

#: How much is read at once of what only passes through, in bytes.
_PIECE: t.Final = 1024 * 1024


class Assembled(t.NamedTuple):
    """Bytes that came from the old file, bytes that were fetched, and how many of the old file's chunks were
    not what they should have been, and therefore fetched too."""

    copied: int
    fetched: int
    altered: int


def assemble(
    plan: DeltaPlan,
    old_file: t.BinaryIO,
    read_range: ReadRange,
    out: t.BinaryIO,
    workers: Workers,
) -> Assembled:
    """Write the new file into ``out``, an empty file that is open for reading and writing.

    Both are real files. ``read_range`` is called in the threads of ``workers``, so it cannot wait for these
    threads itself. In memory: 64 KiB for each thread, and what ``read_range`` gives at once. Nothing is
    synced.

    Raises ``AssemblyError`` when what was fetched is wrong (no content of ``out`` is of use then), what
    ``read_range`` raises, and ``OSError`` of ``out``. What cannot be read of the old file is fetched.
    """
    new = plan.new
    assembly = _Assembly(new, old_file.fileno(), read_range, out.fileno())
    out.truncate(new.size)
    for _copy, held in workers.run(assembly.copy, plan.copies):
        assembly.held.update(held)
    promised = sum(len(new.within(one.new_offset, one.length)) for one in plan.copies)
    altered = promised - len(assembly.held)
    copied = sum(new[number].length for number in assembly.held)
    fetches = plan.fetches
    if altered:
        missing = (n for n in range(len(new)) if n not in assembly.held)
        fetches = plan_fetches(new, missing, plan.layout)
    for _part, _nothing in workers.run(assembly.fetch, fetches):
        pass
    assembly.verify()
    return Assembled(copied, sum(part.length for part in fetches), altered)


@dataclass(frozen=True, slots=True)
class _Assembly:
    """Two open files by their descriptors, and the numbers of the chunks that the old one had."""

    new: Index
    old: int
    read_range: ReadRange
    out: int
    held: set[int] = field(default_factory=set)

    def copy(self, copy: Copy) -> list[int]:
        """Copy what is as it should be; returns the numbers of these chunks."""
        held = []
        for number in self.new.within(copy.new_offset, copy.length):
            chunk = self.new[number]
            place = copy.old_offset + chunk.offset - copy.new_offset
            try:
                data = os.pread(self.old, chunk.length, place)
            except OSError:
                continue
            if hashlib.sha256(data).digest() == chunk.digest:
                self._write(data, chunk.offset)
                held.append(number)
        return held

    def fetch(self, part: Range) -> None:
        """Fetch a part, and write those of its chunks that are not there yet."""
        pieces = Pieces(self.read_range(part.offset, part.length))
        position = part.offset
        for number in self.new.within(part.offset, part.length):
            if number in self.held:
                continue
            chunk = self.new[number]
            _skip(pieces, chunk.offset - position)
            data = pieces.read(chunk.length)
            position = chunk.offset + chunk.length
            if hashlib.sha256(data).digest() != chunk.digest:
                raise AssemblyError(
                    f"bytes {chunk.offset} to {position - 1} that were fetched are not what was published"
                )
            self._write(data, chunk.offset)
        # To its end, where its reader finds out whether it was whole.
        _skip(pieces, part.end - position)

    def verify(self) -> None:
        """Read the new file once more, as a whole."""
        whole = hashlib.sha256()
        position = 0
        while data := os.pread(self.out, _PIECE, position):
            whole.update(data)
            position += len(data)
        if whole.digest() != self.new.digest:
            raise AssemblyError("as a whole it is not what was published")

    def _write(self, data: Buffer, offset: int) -> None:
        rest = memoryview(data)
        while rest:
            count = os.pwrite(self.out, rest, offset)
            rest, offset = rest[count:], offset + count


def _skip(pieces: Pieces, size: int) -> None:
    while size and (data := pieces.read(min(size, _PIECE))):
        size -= len(data)
