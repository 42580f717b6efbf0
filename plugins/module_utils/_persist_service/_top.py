# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is right in a folder, and whether it was replaced."""

from __future__ import annotations

import itertools
import os
import typing as t

from .._persist._archive_failures import read_error
from .._persist._walk import LOST_AND_FOUND, RESERVED

#: So many names tell enough.
_ENOUGH: t.Final = 1000


class Top:
    """Of a path as it is now. After it was replaced, nothing of that is the same. Raises ``SourceError``."""

    def __init__(self, path: str) -> None:
        self._path = path
        names: t.Iterator[str] = iter(("",))
        if os.path.isdir(path):
            names = own_names(path)
        self._found = {
            name: self._inode(name) for name in itertools.islice(names, _ENOUGH)
        }

    def is_replaced(self) -> bool:
        """Whether something else is there by now. Raises ``SourceError``."""
        if not self._found:
            return next(own_names(self._path), None) is not None
        return all(self._inode(name) != one for name, one in self._found.items())

    def _inode(self, name: str) -> int | None:
        try:
            return os.lstat(
                os.path.join(self._path, name) if name else self._path
            ).st_ino
        except OSError:
            return None


def own_names(folder: str) -> t.Iterator[str]:
    """What is somebody's, and not the file system's, or of a restore on its way. Raises ``SourceError``."""
    try:
        with os.scandir(folder) as entries:
            for one in entries:
                if not one.name.startswith(RESERVED) and one.name != LOST_AND_FOUND:
                    yield one.name
    except OSError as error:
        raise read_error(folder, error) from None
