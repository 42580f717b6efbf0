# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What an archive holds: entries, each a file of some kind with its attributes."""

from __future__ import annotations

import stat
import typing as t
from array import array

Kind: t.TypeAlias = t.Literal[
    "file",
    "directory",
    "symlink",
    "hardlink",
    "fifo",
    "character_device",
    "block_device",
]

#: How tar calls them.
TYPES: t.Final[dict[Kind, bytes]] = {
    "file": b"0",
    "hardlink": b"1",
    "symlink": b"2",
    "character_device": b"3",
    "block_device": b"4",
    "directory": b"5",
    "fifo": b"6",
}

_KINDS: dict[int, Kind] = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "character_device",
    stat.S_IFBLK: "block_device",
}

#: Longest path below the tree, bytes, that is saved and restored.
PATH_LIMIT: t.Final = 32 * 1024

#: Most extents of a sparse file that are told apart; the last one holds the rest of the file.
EXTENTS_LIMIT: t.Final = 100_000

NO_XATTRS: t.Final[t.Mapping[str, bytes]] = {}


class Attributes(t.NamedTuple):
    """``mode``: permission bits. ``mtime``: nanoseconds. ``xattrs``: by name, those of ACLs and capabilities among them."""

    mode: int
    uid: int
    gid: int
    mtime: int
    xattrs: t.Mapping[str, bytes] = NO_XATTRS


class Entry(t.NamedTuple):
    """``path`` is relative, normal, as ``os.fsdecode`` gives it; the tree itself is "".

    ``size``: of a file's contents, holes included. ``link``: where a symlink points, or the path of a hard
    link's first name. ``device``: its two numbers. ``extents``: offset, length, offset, length … of what is
    not a hole in a sparse file; None: all of it.
    """

    path: str
    kind: Kind
    attributes: Attributes
    size: int = 0
    link: str = ""
    device: tuple[int, int] = (0, 0)
    extents: array[int] | None = None


class Counts:
    """How many of each kind (a hard link is a further name of something), and the bytes of the files' contents."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = dict.fromkeys([*TYPES, "socket"], 0)
        self.bytes = 0

    def add(self, kind: Kind | t.Literal["socket"], size: int = 0) -> None:
        self.kinds[kind] += 1
        self.bytes += size


def kind_of(mode: int) -> Kind | None:
    """None: a socket, or something that tar has no word for."""
    return _KINDS.get(stat.S_IFMT(mode))
