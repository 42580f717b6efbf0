# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""An archive beside a tree: what is not the same."""

from __future__ import annotations

import os
import stat
import typing as t

from ._archive_failures import ArchiveError, Problems, said
from ._attributes import attributes_of, read_xattrs, way_to
from ._entries import Attributes, Entry, kind_of
from ._folders import Folders
from ._tar_reader import TarReader
from ._tar_writer import BLOCK
from ._walk import FILE, FOLDER, TreeOptions, walk

_READ_SIZE = 1024 * 1024


def compare(
    stream: t.Iterable[bytes],
    target: str,
    options: TreeOptions,
    *,
    is_file: bool = False,
) -> Problems:
    """Every difference, counted by what it is; the first of them by name.

    "missing", "extraneous" (unless ``options`` leave it out), "kind", "owner", "mode", "time", "extended attributes" (ACLs and
    capabilities among them), "contents", "size", "link", "device", "hard link", "sparse" (it takes its room in full),
    "unreadable". The stream is read to its end; what its source raises passes through. Raises ``ArchiveError``.
    """
    target = os.path.abspath(target)
    found = Problems()
    parent, name = os.path.split(target)
    try:
        status = os.stat(target, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode) == is_file:
            found.add("", "kind")
            root = -1
        else:
            root = os.open(parent if is_file else target, FOLDER & ~os.O_NOFOLLOW)
    except FileNotFoundError:
        found.add("", "missing")
        root = -1
    if root < 0:
        for _entry in TarReader(stream):
            pass
        return found
    try:
        comparison = _Comparison(root, found)
        comparison.run(TarReader(stream), name if is_file else None)
    finally:
        os.close(root)
    if not is_file:
        for there in walk(target, options, found.add):
            if hash(there.path) not in comparison.seen and there.path:
                if kind_of(there.status.st_mode) is not None:
                    found.add(there.path, "extraneous")
    return found


class _Comparison:
    def __init__(self, root: int, found: Problems) -> None:
        self._root = root
        self._found = found
        #: Hashes of the paths, so that a million of them takes little room.
        self.seen: set[int] = set()
        self._inodes: dict[tuple[int, int], str] = {}

    def run(self, reader: TarReader, only: str | None) -> None:
        """``only``: what the archive's one file is called here."""
        with Folders(self._root) as folders:
            for entry in reader:
                self.seen.add(hash(entry.path))
                path = entry.path if only is None else only
                if only is not None and entry.kind != "file":
                    raise ArchiveError("it is not of one file")
                parent, _slash, name = path.rpartition("/")
                folder = folders.find(parent)
                try:
                    if folder is None:
                        self._found.add(path, "missing")
                    else:
                        self._entry(entry, path, name or ".", folder, reader)
                except FileNotFoundError:
                    self._found.add(path, "missing")
                except OSError as error:
                    self._found.add(path, "unreadable", said(error))

    def _entry(
        self, entry: Entry, path: str, name: str, folder: int, reader: TarReader
    ) -> None:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if entry.kind == "hardlink":
            self._hard_link(entry, path, status)
            return
        if kind_of(status.st_mode) != entry.kind:
            self._found.add(path, "kind", f"{entry.kind} in the snapshot")
            return
        self._attributes(path, entry.attributes, status, way_to(folder, name))
        if entry.kind != "directory" and status.st_nlink > 1:
            identity = (status.st_dev, status.st_ino)
            other = self._inodes.setdefault(identity, path)
            if other != path:
                self._found.add(
                    path, "hard link", f"here it is one file with {other!r}"
                )
        if entry.kind == "symlink":
            if os.readlink(name, dir_fd=folder) != entry.link:
                self._found.add(path, "link")
        elif entry.kind == "file":
            self._file(entry, path, name, folder, status, reader)
        elif entry.device != (0, 0) and entry.device != (
            os.major(status.st_rdev),
            os.minor(status.st_rdev),
        ):
            self._found.add(path, "device")

    def _hard_link(self, entry: Entry, path: str, status: os.stat_result) -> None:
        first = self._inodes.get((status.st_dev, status.st_ino))
        if first != entry.link:
            self._found.add(path, "hard link", f"in the snapshot, of {entry.link!r}")

    def _attributes(
        self, path: str, wanted: Attributes, status: os.stat_result, way: str
    ) -> None:
        there = attributes_of(status, read_xattrs(way))
        if (there.uid, there.gid) != (wanted.uid, wanted.gid):
            self._found.add(
                path,
                "owner",
                f"{wanted.uid}:{wanted.gid} in the snapshot, {there.uid}:{there.gid} here",
            )
        if there.mode != wanted.mode and not stat.S_ISLNK(status.st_mode):
            self._found.add(
                path, "mode", f"{wanted.mode:o} in the snapshot, {there.mode:o} here"
            )
        if there.mtime != wanted.mtime:
            self._found.add(path, "time")
        if there.xattrs != wanted.xattrs:
            names = {
                name
                for name in {*there.xattrs, *wanted.xattrs}
                if there.xattrs.get(name) != wanted.xattrs.get(name)
            }
            self._found.add(path, "extended attributes", ", ".join(sorted(names)))

    def _file(
        self,
        entry: Entry,
        path: str,
        name: str,
        folder: int,
        status: os.stat_result,
        reader: TarReader,
    ) -> None:
        if status.st_size != entry.size:
            self._found.add(
                path, "size", f"{entry.size:,} in the snapshot, {status.st_size:,} here"
            )
            return
        if entry.extents is not None and 0 < entry.size <= status.st_blocks * BLOCK:
            self._found.add(path, "sparse")
        descriptor = os.open(name, FILE, dir_fd=folder)
        try:
            if not _has_contents(descriptor, entry, reader):
                self._found.add(path, "contents")
        finally:
            os.close(descriptor)


def _has_contents(descriptor: int, entry: Entry, reader: TarReader) -> bool:
    end = 0
    for offset, piece in reader.contents():
        if offset > end and not _is_hole(descriptor, end, offset):
            return False
        end = offset + len(piece)
        while piece:
            data = os.pread(descriptor, len(piece), offset)
            if not data or data != piece[: len(data)]:
                return False
            piece = piece[len(data) :]
            offset += len(data)
    return end >= entry.size or _is_hole(descriptor, end, entry.size)


def _is_hole(descriptor: int, begin: int, end: int) -> bool:
    """Whether there are zeros, looked at only where the file takes room."""
    while begin < end:
        try:
            begin = os.lseek(descriptor, begin, os.SEEK_DATA)
        except OSError:
            return True
        while begin < end:
            data = os.pread(descriptor, min(_READ_SIZE, end - begin), begin)
            if not data or data.count(0) != len(data):
                return False
            begin += len(data)
            if os.lseek(descriptor, begin - 1, os.SEEK_HOLE) <= begin:
                break
    return True
