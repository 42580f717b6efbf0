# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A tree as a tar stream: read once, in pieces, with what went wrong on the way."""

from __future__ import annotations

import errno
import os
import typing as t
from array import array

from .._errors import SourceError
from ._archive_failures import Problems, readable, said
from ._attributes import attributes_of, read_xattrs, way_to
from ._entries import EXTENTS_LIMIT, Counts, Entry, Kind, kind_of
from ._swap import refuse_half_restored
from ._tar_writer import BLOCK, END, head, padding
from ._tree import Look
from ._walk import FILE, Found, TreeOptions, walk

#: Pieces of the stream are about this long, bytes; never longer than twice that.
PIECE: t.Final = 1024 * 1024

_NOATIME = os.O_NOATIME


class Summary:
    """``counts`` of what the archive holds; ``stream_bytes``: its length; ``problems``: see ``Archive``.

    ``fingerprint``: of the tree, as ``Tree`` has it, if it was looked at meanwhile.
    """

    def __init__(self) -> None:
        self.counts = Counts()
        self.stream_bytes = 0
        self.problems = Problems()
        self.fingerprint: str | None = None


class Archive:
    """The archive of a folder (its first entry is ``./``) or of one file (its only entry is the file's name).

    ``summary`` is whole once the stream has ended. Its problems: "changed", "grew", "shrank" (the archive has
    zeros there) and "vanished" while it was read; "unreadable", which without ``allow_unreadable``
    fails the save. Sockets are left out and counted. ``look``: the tree's fingerprint is made on the way.
    ``sparse``: holes are left out; otherwise they are zeros, which every reader understands.
    """

    def __init__(
        self,
        path: str,
        options: TreeOptions,
        *,
        allow_unreadable: bool = False,
        look: bool = False,
        sparse: bool = True,
    ) -> None:
        self.path = os.path.abspath(path)
        self.options = options
        self.summary = Summary()
        self._allow_unreadable = allow_unreadable
        self._look = Look() if look else None
        self._sparse = sparse
        self._names: dict[tuple[int, int], tuple[str, int]] = {}
        self._flags = FILE | _NOATIME
        self._stream: t.Generator[bytes] | None = None

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def stream(self) -> t.Iterator[bytes]:
        """The archive's bytes, once. Raises ``SourceError``, ``ConfigurationError``."""
        refuse_half_restored(self.path)
        self._stream = self._gathered()
        return self._stream

    def _gathered(self) -> t.Generator[bytes]:
        """Small pieces put together."""
        pieces: list[bytes] = []
        size = 0
        for parts in self._parts():
            pieces += parts
            size += sum(map(len, parts))
            if size >= PIECE:
                self.summary.stream_bytes += size
                yield b"".join(pieces)
                pieces.clear()
                size = 0
        pieces.append(END)
        if self._look is not None:
            self.summary.fingerprint = self._look.fingerprint()
        self.summary.stream_bytes += size + len(END)
        yield b"".join(pieces)

    def _parts(self) -> t.Iterator[t.Sequence[bytes]]:
        look = self._look
        for found in walk(self.path, self.options, self._report):
            if look is not None:
                look.add(found)
            kind = kind_of(found.status.st_mode)
            try:
                if kind == "file":
                    yield from self._file(found)
                elif kind is None:
                    self.summary.counts.add("socket")
                else:
                    yield (self._other(found, kind),)
            except FileNotFoundError as error:
                self._report(found.path, "vanished", said(error))
            except OSError as error:
                self._report(found.path, "unreadable", said(error))

    def _report(self, path: str, what: str, detail: str) -> None:
        if what == "unreadable" and not self._allow_unreadable:
            raise SourceError(
                f"Could not read {readable(path or self.path)}: {detail}.",
                hint="Save as a user who may read it, leave it out with exclude, or allow unreadable files.",
            )
        self.summary.problems.add(path, what, detail)

    def _name(self, found: Found, kind: Kind) -> str:
        """What it is called in the archive."""
        if found.path:
            return f"./{found.path}/" if kind == "directory" else f"./{found.path}"
        return "./" if kind == "directory" else found.name

    def _first_name(self, found: Found) -> str | None:
        """Another name of the same file that is in the archive already."""
        status = found.status
        if status.st_nlink < 2:
            return None
        identity = (status.st_dev, status.st_ino)
        first, left = self._names.get(identity, ("", 0))
        if not first:
            return None
        # nobody asks again once all names were seen
        if left > 1:
            self._names[identity] = (first, left - 1)
        else:
            del self._names[identity]
        return first

    def _remember(self, found: Found, status: os.stat_result) -> None:
        if status.st_nlink > 1:
            name = self._name(found, "file")
            identity = (status.st_dev, status.st_ino)
            self._names[identity] = (name, status.st_nlink - 1)

    def _hard_link(self, found: Found, first: str) -> bytes:
        self.summary.counts.add("hardlink")
        attributes = attributes_of(found.status)
        entry = Entry(found.path, "hardlink", attributes, link=first)
        return head(entry, self._name(found, "hardlink"))[0]

    def _other(self, found: Found, kind: Kind) -> bytes:
        status = found.status
        link = ""
        device = (0, 0)
        if kind != "directory":
            first = self._first_name(found)
            if first is not None:
                return self._hard_link(found, first)
        if kind == "symlink":
            link = os.readlink(found.name, dir_fd=found.folder)
        elif kind in ("character_device", "block_device"):
            device = (os.major(status.st_rdev), os.minor(status.st_rdev))
        xattrs = read_xattrs(way_to(found.folder, found.name))
        entry = Entry(
            found.path, kind, attributes_of(status, xattrs), link=link, device=device
        )
        data, _size = self._head(entry, found)
        if kind != "directory":
            self._remember(found, status)
        self.summary.counts.add(kind)
        return data

    def _head(self, entry: Entry, found: Found) -> tuple[bytes, int]:
        try:
            return head(entry, self._name(found, entry.kind))
        except ValueError as error:
            raise OSError(errno.EINVAL, f"its ACL cannot be read: {error}") from None

    def _file(self, found: Found) -> t.Iterator[t.Sequence[bytes]]:
        first = self._first_name(found)
        if first is not None:
            yield (self._hard_link(found, first),)
            return
        descriptor = self._open(found)
        try:
            status = os.fstat(descriptor)
            if kind_of(status.st_mode) != "file":
                self._report(found.path, "vanished", "another kind of file is there")
                return
            xattrs = read_xattrs(descriptor)
            attributes = attributes_of(status, xattrs)
            size = status.st_size
            if size <= PIECE and status.st_blocks * BLOCK >= size:
                yield self._small(found, descriptor, attributes, size)
            else:
                extents = _extents_of(descriptor, status) if self._sparse else None
                entry = Entry(found.path, "file", attributes, size, extents=extents)
                yield (self._head(entry, found)[0],)
                for piece in self._contents(found, descriptor, entry):
                    yield (piece,)
            self._remember(found, status)
            self.summary.counts.add("file", size)
            self._compare(found, status, os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def _open(self, found: Found) -> int:
        """Without leaving a trace in the time of access, where that is allowed."""
        try:
            return os.open(found.name, self._flags, dir_fd=found.folder)
        except PermissionError:
            return os.open(found.name, self._flags & ~_NOATIME, dir_fd=found.folder)

    def _small(
        self, found: Found, descriptor: int, attributes: t.Any, size: int
    ) -> t.Sequence[bytes]:
        """Read before its header is written, so that its size is right whatever happens to it."""
        data = os.read(descriptor, size) if size else b""
        while len(data) < size and (more := os.read(descriptor, size - len(data))):
            data += more
        entry = Entry(found.path, "file", attributes, len(data))
        return self._head(entry, found)[0], data, padding(len(data))

    def _contents(
        self, found: Found, descriptor: int, entry: Entry
    ) -> t.Iterator[bytes]:
        """As much as was announced, whatever happens to the file."""
        total = 0
        is_cut = False
        extents = entry.extents if entry.extents is not None else (0, entry.size)
        for offset, length in zip(extents[::2], extents[1::2], strict=True):
            total += length
            while length:
                data = b"" if is_cut else self._read(found, descriptor, offset, length)
                if not data:
                    is_cut = True
                    data = bytes(min(length, PIECE))
                yield data
                offset += len(data)
                length -= len(data)
        yield padding(total)

    def _read(self, found: Found, descriptor: int, offset: int, length: int) -> bytes:
        try:
            return os.pread(descriptor, min(length, PIECE), offset)
        except OSError as error:
            # its header is written, so that it is not left out any more
            self._report(found.path, "unreadable", said(error))
            return b""

    def _compare(
        self, found: Found, before: os.stat_result, after: os.stat_result
    ) -> None:
        if after.st_size < before.st_size:
            what = "shrank"
        elif after.st_size > before.st_size:
            what = "grew"
        elif after.st_ctime_ns != before.st_ctime_ns:
            what = "changed"
        else:
            return
        self._report(found.path, what, f"{before.st_size:,} to {after.st_size:,} bytes")


def _extents_of(descriptor: int, status: os.stat_result) -> array[int] | None:
    """Where a file has something else than holes; None: everywhere, or nobody knows."""
    size = status.st_size
    if status.st_blocks * BLOCK >= size:
        return None
    extents = array("Q")
    offset = 0
    try:
        while offset < size:
            try:
                begin = os.lseek(descriptor, offset, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                break
            offset = min(os.lseek(descriptor, begin, os.SEEK_HOLE), size)
            if begin >= size:
                break
            if len(extents) >= 2 * (EXTENTS_LIMIT - 1):
                offset = size
            extents.extend((begin, offset - begin))
    except OSError:
        return None
    if not extents or sum(extents[-2:]) < size:
        # how GNU tar learns of a hole at the end
        extents.extend((size, 0))
    return None if list(extents) == [0, size] else extents
