# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How long a tar stream will be, about, for somebody who waits for its end."""

from __future__ import annotations

import contextlib
import stat
import typing as t

from .._progress import if_long
from ._walk import TreeOptions, walk

#: Bytes of the stream for each thing in it, beside its contents: headers, and what fills a block.
_ENTRY_SIZE: t.Final = 1792


def stream_size(number: int, size: int) -> int:
    """Of so many things, whose contents have so many bytes."""
    return size + number * _ENTRY_SIZE


def estimated(
    path: str, options: TreeOptions, expect: t.Callable[[int], object]
) -> contextlib.AbstractContextManager[None]:
    """Within it, if it takes long, the tree is looked at ahead of who reads it, and ``expect`` is told its stream's size."""

    def look(has_ended: t.Callable[[], bool]) -> None:
        number = size = 0
        linked: set[tuple[int, int]] = set()
        with contextlib.closing(walk(path, options, _ignore)) as found:
            for _path, _name, _folder, status in found:
                if has_ended():
                    return
                number += 1
                which = status.st_dev, status.st_ino
                if stat.S_ISREG(status.st_mode) and which not in linked:
                    size += status.st_size
                    if status.st_nlink > 1:
                        linked.add(which)
        expect(stream_size(number, size))

    return if_long(look)


def _ignore(_path: str, _what: str, _detail: str) -> None:
    """Who reads the tree tells of what cannot be read."""
