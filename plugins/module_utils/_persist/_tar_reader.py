# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The entries of a tar stream and their contents, in one pass, in bounded memory.

Understood are ustar, pax, GNU's long names and binary numbers, GNU's sparse files (1.0 and the old ones), ACLs and
extended attributes as star writes them. Whatever is not well formed, of another kind, or leads out of the tree raises
``ArchiveError``.
"""

from __future__ import annotations

import functools
import typing as t
from array import array

from . import _tar_fields as fields
from ._archive_failures import ArchiveError
from ._entries import NO_XATTRS, TYPES, Attributes, Entry, Kind
from ._tar_writer import BLOCK, checksum

#: Longest extended header, bytes.
_EXTENDED_LIMIT = 4 * 1024 * 1024
_EXTENTS_LIMIT = 1_000_000
_ZERO_BLOCK = bytes(BLOCK)
_NANO = 1_000_000_000
_KINDS: dict[bytes, Kind] = {
    **{letter: kind for kind, letter in TYPES.items()},
    b"\0": "file",
    b"7": "file",
    b"S": "file",
}
_OLD_SPARSE_KEYS = frozenset(
    {b"GNU.sparse.size", b"GNU.sparse.map", b"GNU.sparse.numblocks"}
)


class TarReader:
    """Iterate it for entries, and ask for a file's contents before the next one; what is not asked for is skipped."""

    def __init__(self, stream: t.Iterable[bytes]) -> None:
        self._stream = iter(stream)
        self._buffer = b""
        self._view = memoryview(b"")
        self._position = 0
        self._left = 0
        self._padding = 0
        self._extents: t.Sequence[int] = ()

    def __iter__(self) -> t.Iterator[Entry]:
        """Consumes the stream to its very end before it ends itself, so that its source has checked all of it."""
        records: dict[bytes, bytes] = {}
        while True:
            self._skip()
            block = self._take(BLOCK)
            if block == _ZERO_BLOCK:
                if records:
                    raise ArchiveError("it ends behind an extended header")
                break
            letter = block[156:157]
            if letter in b"xgLK":
                self._extend(records, letter, _extended_size(block))
                continue
            _check_sum(block)
            if letter not in _KINDS:
                raise ArchiveError(f"it has an entry of an unknown kind, {letter!r}")
            yield self._entry(block, records)
            if records:
                records = {}
        self._end()

    def whole(self) -> bytes | memoryview:
        """The contents of an entry without holes in one piece; of those that are asked for so, none is big."""
        size, self._left = self._left, 0
        if size <= len(self._buffer) - self._position:
            return self._some(size) if size else b""
        return self._take(size)

    def contents(self) -> t.Iterator[tuple[int, memoryview]]:
        """Of the entry that was given last: offsets and what is there; between them are holes."""
        extents = self._extents
        for offset, length in zip(extents[::2], extents[1::2], strict=True):
            while length:
                piece = self._some(length)
                length -= len(piece)
                self._left -= len(piece)
                yield offset, piece
                offset += len(piece)

    def _entry(self, block: bytes, records: dict[bytes, bytes]) -> Entry:
        kind = _KINDS[block[156:157]]
        name = records.get(b"path") or _name_of(block)
        if kind == "file" and name[-1:] == b"/":
            # as it was done before there were types
            kind = "directory"
        link = records.get(b"linkpath") or fields.text_until_nul(block[157:257])
        size = fields.checked_size(
            fields.decimal(records[b"size"])
            if b"size" in records
            else fields.number(block[124:136])
        )
        if size and kind != "file":
            raise ArchiveError("it has contents of something that is no file")
        self._left = size
        self._padding = -size % BLOCK
        self._extents = (0, size) if size else ()
        extents: array[int] | None = None
        if block[156] == 0x53:
            size, extents = self._old_map(block)
        elif b"GNU.sparse.major" in records:
            name = records.get(b"GNU.sparse.name") or name
            size, extents = self._map(records)
        elif records and not _OLD_SPARSE_KEYS.isdisjoint(records):
            raise ArchiveError("it has a sparse file in a form that is not understood")
        if extents is not None:
            self._check_map(extents, size)
            self._extents = extents
        device = (0, 0)
        target = ""
        if kind == "symlink":
            target = fields.link_of(link)
        elif kind == "hardlink":
            target = fields.path_of(link)
        elif kind in ("character_device", "block_device"):
            major, minor = block[329:337], block[337:345]
            device = (
                fields.checked_device(fields.number(major)),
                fields.checked_device(fields.number(minor)),
            )
        path = fields.path_of(name)
        attributes = _attributes_of(block, records)
        return Entry(path, kind, attributes, size, target, device, extents)

    def _extend(self, records: dict[bytes, bytes], letter: bytes, size: int) -> None:
        """What is said about the entry that follows."""
        if not 0 <= size <= _EXTENDED_LIMIT:
            raise ArchiveError(f"it has an extended header of {size:,} bytes")
        data = self._take(size)
        self._take(-size % BLOCK)
        if letter == b"x":
            records.update(fields.records_of(data))
        elif letter == b"g":
            if fields.records_of(data).keys() - {b"comment"}:
                raise ArchiveError("it has a header for all entries")
        else:
            key = b"path" if letter == b"L" else b"linkpath"
            records[key] = fields.text_until_nul(data)

    def _map(self, records: dict[bytes, bytes]) -> tuple[int, array[int]]:
        """Of GNU's format 1.0: decimal lines before the contents."""
        version = records[b"GNU.sparse.major"], records.get(b"GNU.sparse.minor")
        if version != (b"1", b"0"):
            raise ArchiveError("it has a sparse file in a form that is not understood")
        numbers = array("Q")
        rest = b""
        wanted = 1
        while len(numbers) < wanted:
            block = self._payload(BLOCK)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines[: wanted - len(numbers)] if numbers else lines[:1]:
                numbers.append(fields.checked_size(fields.decimal(line)))
            if wanted == 1 and numbers:
                wanted = 1 + 2 * numbers[0]
                if numbers[0] > _EXTENTS_LIMIT:
                    raise ArchiveError("it has a sparse file of too many pieces")
                for line in lines[1:wanted]:
                    numbers.append(fields.checked_size(fields.decimal(line)))
            if len(rest) > BLOCK:
                raise ArchiveError("it has a sparse file with a damaged map")
        size = fields.decimal(records.get(b"GNU.sparse.realsize", b""))
        return fields.checked_size(size), numbers[1:]

    def _old_map(self, block: bytes) -> tuple[int, array[int]]:
        """Of the old GNU format: in the header and in blocks that follow it."""
        size = fields.checked_size(fields.number(block[483:495]))
        numbers = array("Q")
        places, is_continued = block[386:482], block[482]
        while True:
            for begin in range(0, len(places), 24):
                if places[begin] == 0:
                    break
                for at in (begin, begin + 12):
                    value = fields.number(places[at : at + 12])
                    numbers.append(fields.checked_size(value))
            if not is_continued:
                break
            more = self._take(BLOCK)
            places, is_continued = more[:504], more[504]
            if len(numbers) > 2 * _EXTENTS_LIMIT:
                raise ArchiveError("it has a sparse file of too many pieces")
        return size, numbers

    def _check_map(self, extents: array[int], size: int) -> None:
        position = 0
        for offset, length in zip(extents[::2], extents[1::2], strict=True):
            if offset < position or offset + length > size:
                raise ArchiveError("it has a sparse file with a damaged map")
            position = offset + length
        if sum(extents[1::2]) != self._left:
            raise ArchiveError("it has a sparse file with a damaged map")

    def _payload(self, size: int) -> bytes:
        if size > self._left:
            raise ArchiveError("it has a sparse file with a damaged map")
        self._left -= size
        return self._take(size)

    def _skip(self) -> None:
        """To the next header."""
        left = self._left + self._padding
        self._left = self._padding = 0
        end = self._position + left
        if end <= len(self._buffer):
            self._position = end
            return
        while left:
            left -= len(self._some(left))

    def _end(self) -> None:
        """The second empty block, and nothing but zeros behind it."""
        if self._take(BLOCK) != _ZERO_BLOCK:
            raise ArchiveError("it goes on behind its end")
        rest = self._buffer[self._position :]
        while True:
            if rest.count(0) != len(rest):
                raise ArchiveError("it goes on behind its end")
            piece = next(self._stream, None)
            if piece is None:
                return
            rest = piece

    def _take(self, size: int) -> bytes:
        """Exactly so many bytes."""
        end = self._position + size
        if end <= len(self._buffer):
            data = self._buffer[self._position : end]
            self._position = end
            return data
        parts: list[bytes | memoryview] = []
        while size:
            part = self._some(size)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _some(self, limit: int) -> memoryview:
        """At least one byte, at most ``limit``."""
        while self._position >= len(self._buffer):
            piece = next(self._stream, None)
            if piece is None:
                raise ArchiveError("it is cut off")
            self._buffer = bytes(piece)
            self._view = memoryview(self._buffer)
            self._position = 0
        data = self._view[self._position : self._position + limit]
        self._position += len(data)
        return data


def _check_sum(block: bytes) -> None:
    """The header's own: its bytes, with spaces in the place of the sum."""
    field = block[148:156]
    if checksum(block) - sum(field) + len(field) * 0x20 != fields.number(field):
        raise ArchiveError("a header is damaged, or it is no tar archive")


@functools.lru_cache
def _extended_size(block: bytes) -> int:
    """What its header says of an extended header; that of most entries is another one's, too."""
    _check_sum(block)
    return fields.number(block[124:136])


def _name_of(block: bytes) -> bytes:
    name = fields.text_until_nul(block[:100])
    # POSIX archives have more of the name here, GNU's something else
    if block[257:263] == b"ustar\0" and block[345]:
        return fields.text_until_nul(block[345:500]) + b"/" + name
    return name


def _attributes_of(block: bytes, records: dict[bytes, bytes]) -> Attributes:
    mode = fields.number(block[100:108]) & 0o7777
    if not records:
        return Attributes(
            mode,
            fields.checked_id(fields.number(block[108:116])),
            fields.checked_id(fields.number(block[116:124])),
            fields.checked_time(fields.number(block[136:148]) * _NANO),
        )
    uid, gid = records.get(b"uid"), records.get(b"gid")
    mtime = records.get(b"mtime")
    return Attributes(
        mode,
        fields.checked_id(
            fields.number(block[108:116]) if uid is None else fields.decimal(uid)
        ),
        fields.checked_id(
            fields.number(block[116:124]) if gid is None else fields.decimal(gid)
        ),
        fields.checked_time(
            fields.number(block[136:148]) * _NANO
            if mtime is None
            else fields.nanoseconds(mtime)
        ),
        fields.xattrs_of(records) or NO_XATTRS,
    )
