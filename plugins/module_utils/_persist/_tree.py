# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A tree at one moment: how much it holds, and a fingerprint of what a restore would bring back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time

from ._attributes import read_xattrs, way_to
from ._entries import Counts, kind_of
from ._swap import refuse_half_restored
from ._walk import FILE, Found, TreeOptions, walk

__all__ = ["Look", "Tree", "TreeOptions", "check_tree", "look"]

#: How coarse the clock of a local file system is, nanoseconds; two changes within that can look like one.
_TICK = 20_000_000
_SECOND = 1_000_000_000
#: So many times a look waits for the clock.
_PATIENCE = 3


class Tree:
    """What ``look`` has seen. ``counts.bytes`` are of the files' contents, holes included."""

    def __init__(self, path: str, options: TreeOptions) -> None:
        self._path = path
        self._options = options
        self._seen = self._walk(checksum=False)
        self.counts = self._seen.counts

    def fingerprint(self, checksum: bool = False) -> str:
        """Equal for equal trees, 64 hex digits.

        Over every path, kind, owner, mode, size, time of change of contents, link, device, which names are
        one file; over folders' extended attributes; and over ctimes, which change with everything else there
        is. ``checksum`` reads all contents and extended attributes instead of believing in ctimes. Times of
        folders do not count: they change with whatever is made and deleted there in between.
        A file that is changed right now makes it equal to no other one, unless with ``checksum``.
        What cannot be read counts as that. Raises ``SourceError``, as ``look``.
        """
        if checksum:
            return self._walk(checksum=True).fingerprint()
        return self._seen.fingerprint()

    def _walk(self, *, checksum: bool) -> Look:
        seen = Look(checksum=checksum)
        for found in walk(self._path, self._options, _ignore):
            seen.add(found)
        return seen


class Look:
    """Sums up what a walk finds; to be told of it at once."""

    def __init__(self, *, checksum: bool = False) -> None:
        self.counts = Counts()
        self._sum = hashlib.sha256()
        self._checksum = checksum
        self._names: dict[tuple[int, int], str] = {}
        #: Whether any change from now on must show.
        self._is_settled = True
        self._patience = _PATIENCE
        self._begun = self._seen = time.time_ns()

    def fingerprint(self) -> str:
        """See ``Tree.fingerprint``."""
        return self._sum.hexdigest() if self._is_settled else os.urandom(32).hex()

    def add(self, found: Found) -> None:
        """In the order of the walk."""
        try:
            self._add(found)
        except OSError as error:
            # the save tells of it
            self._sum.update(b"unreadable %d" % (error.errno or 0))
        self._seen = time.time_ns()

    def _add(self, found: Found) -> None:
        path, name, folder, status = found
        if status.st_ctime_ns >= self._begun - 2 * _SECOND and not self._checksum:
            status = self._settled(found)
        mode = status.st_mode
        kind = kind_of(mode)
        if kind is None:
            self.counts.add("socket")
            return
        facts = f"{path}\0{mode:o} {status.st_uid} {status.st_gid}"
        if kind == "directory":
            self.counts.add(kind)
            self._update(facts, self._xattrs(found))
            return
        if status.st_nlink > 1:
            first = self._names.setdefault((status.st_dev, status.st_ino), path)
            if first != path:
                self.counts.add("hardlink")
                self._update(f"{facts} = {first}")
                return
        size = status.st_size if kind == "file" else 0
        self.counts.add(kind, size)
        facts = f"{facts} {size} {status.st_mtime_ns}"
        if kind == "symlink":
            facts = f"{facts} {os.readlink(name, dir_fd=folder)}"
        elif kind != "file":
            facts = f"{facts} {status.st_rdev}"
        if not self._checksum:
            self._update(f"{facts} {status.st_ctime_ns}")
            return
        self._update(facts, self._xattrs(found))
        if kind == "file":
            self._read(found)

    def _update(self, facts: str, more: bytes = b"") -> None:
        data = os.fsencode(facts)
        self._sum.update(b"%d %d %b%b" % (len(data), len(more), data, more))

    def _settled(self, found: Found) -> os.stat_result:
        """What changed a moment ago is looked at until another change must have another time."""
        status, seen, waits = found.status, self._seen, False
        while not stat.S_ISDIR(status.st_mode) and _may_hide(status.st_ctime_ns, seen):
            if waits and not self._patience:
                self._is_settled = False
                break
            if waits:
                self._patience -= 1
                time.sleep(_TICK / 1e9)
            waits = True
            seen = time.time_ns()
            status = os.stat(found.name, dir_fd=found.folder, follow_symlinks=False)
        return status

    def _xattrs(self, found: Found) -> bytes:
        xattrs = read_xattrs(way_to(found.folder, found.name))
        return repr(sorted(xattrs.items())).encode() if xattrs else b""

    def _read(self, found: Found) -> None:
        descriptor = os.open(found.name, FILE, dir_fd=found.folder)
        with open(descriptor, "rb", buffering=0) as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        self._sum.update(digest)


def _may_hide(ctime: int, seen: int) -> bool:
    """Could a change after the moment ``seen`` have this time, too?"""
    grain = _TICK if ctime % _SECOND else 2 * _SECOND
    return seen - grain <= ctime <= time.time_ns()


def look(path: str, options: TreeOptions) -> Tree:
    """Look at a folder with everything below, or at one file; contents are not read.

    Raises ``SourceError`` if there is neither or a restore there was cut off, ``ConfigurationError`` for a pattern.
    """
    refuse_half_restored(path)
    return Tree(path, options)


def check_tree(path: str, options: TreeOptions) -> None:
    """Raises what ``look`` raises, without looking at everything."""
    refuse_half_restored(path)
    with contextlib.closing(walk(path, options, _ignore)) as found:
        next(found)


def _ignore(path: str, what: str, detail: str) -> None:
    """Who cannot be read is told by the save itself."""
