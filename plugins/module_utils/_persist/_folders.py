# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Moves through a tree's folders in the order of an archive: no symlink is passed, one folder is open at a time.

What a folder is to be given (owner, mode, times …) is given when it is left, since whatever is put into it changes
its time, and may not be allowed any more.
"""

from __future__ import annotations

import contextlib
import errno
import os
import typing as t

from .._errors import LocalWriteError
from ._archive_failures import readable
from ._attributes import Giver
from ._entries import Attributes
from ._walk import FOLDER


class _Level(t.NamedTuple):
    name: str
    identity: tuple[int, int]
    attributes: Attributes | None
    mtime: int
    is_plain: bool


class Folders:
    """Begins at the open folder ``root``, which stays open.

    ``giver``: None where nothing is written. ``keep_times``: folders that are there already get back their time.
    """

    def __init__(
        self, root: int, giver: Giver | None = None, *, keep_times: bool = False
    ) -> None:
        self._keep_times = keep_times
        self._current = os.dup(root)
        self._giver = giver
        self._path = ""
        self._levels = [self._level("", None)]

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        os.close(self._current)

    @property
    def is_plain(self) -> bool:
        """Whether files that are made in the current folder are this process's, and inherit no ACL."""
        return self._levels[-1].is_plain

    def find(self, path: str) -> int | None:
        """The open folder of that path below the root; None if there is none, or something else."""
        if path == self._path:
            return self._current
        for name in self._leave_for(path):
            try:
                self._go_down(name, None)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                if error.errno == errno.ELOOP:
                    return None
                raise
        return self._current

    def enter(self, path: str, known: t.Mapping[str, Attributes]) -> int:
        """The open folder of that path; missing ones on the way are made, with the ``known`` attributes.

        Raises ``NotADirectoryError`` where something else is in the way, a symlink to a folder being one.
        """
        if path == self._path:
            return self._current
        for name in self._leave_for(path):
            below = f"{self._path}/{name}" if self._path else name
            attributes = known.get(below)
            try:
                mode = 0o755 if attributes is None else 0o700
                os.mkdir(name, mode, dir_fd=self._current)
            except FileExistsError:
                attributes = None
            self._go_down(name, attributes)
        return self._current

    def make(self, path: str, attributes: Attributes) -> bool:
        """Makes sure of a folder and goes there; whether it is new. Its parent must be the current folder."""
        name = path.rpartition("/")[2]
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self._current)
            self._go_down(name, attributes)
            return True
        self._go_down(name, attributes)
        return False

    def set_root(self, attributes: Attributes) -> None:
        """What the root is given in the end."""
        self._levels[0] = self._levels[0]._replace(attributes=attributes)

    def finish(self) -> None:
        """Leave all folders, the root too."""
        self._leave_for("")
        self._give()

    def _leave_for(self, path: str) -> list[str]:
        """Up to what ``path`` and the current folder share; what is left to go down."""
        names = path.split("/") if path else []
        shared = 0
        for level, name in zip(self._levels[1:], names, strict=False):
            if level.name != name:
                break
            shared += 1
        while len(self._levels) - 1 > shared:
            self._go_up()
        return names[shared:]

    def _go_down(self, name: str, attributes: Attributes | None) -> None:
        child = os.open(name, FOLDER, dir_fd=self._current)
        os.close(self._current)
        self._current = child
        self._path = f"{self._path}/{name}" if self._path else name
        self._levels.append(self._level(name, attributes))

    def _level(self, name: str, attributes: Attributes | None) -> _Level:
        """Of the current folder."""
        status = os.fstat(self._current)
        giver = self._giver
        is_plain = giver is not None and giver.owns_all_in(self._current, status)
        identity = status.st_dev, status.st_ino
        return _Level(name, identity, attributes, status.st_mtime_ns, is_plain)

    def _go_up(self) -> None:
        self._give()
        above = os.open("..", FOLDER, dir_fd=self._current)
        os.close(self._current)
        self._current = above
        self._levels.pop()
        path = self._path
        self._path = path.rpartition("/")[0]
        if _identity(above) != self._levels[-1].identity:
            raise LocalWriteError(
                f"The folder {readable(path)} was moved meanwhile.", hint="Run again."
            )

    def _give(self) -> None:
        level = self._levels[-1]
        if self._giver is None:
            return
        if level.attributes is not None:
            self._giver.give(self._path, self._current, level.attributes)
        elif self._keep_times and level.name:
            os.utime(self._current, ns=(level.mtime, level.mtime))


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
