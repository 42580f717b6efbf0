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
import functools
import os
import typing as t

from .._errors import LocalWriteError
from ._archive_failures import readable, writing
from ._attributes import Giver
from ._entries import Attributes
from ._helper import Helper
from ._walk import FOLDER


class _Level(t.NamedTuple):
    name: str
    identity: tuple[int, int]
    attributes: Attributes | None
    mtime: int
    is_plain: bool


class Folders:
    """Begins at the open folder ``root``, which stays open.

    ``giver``: None where nothing is written. ``helper``: who else works in these folders.
    ``keep_times``: folders that are there already get back their time.
    """

    def __init__(
        self,
        root: int,
        giver: Giver | None = None,
        helper: Helper | None = None,
        *,
        keep_times: bool = False,
    ) -> None:
        self._keep_times = keep_times
        #: Open, and where it is below the root.
        self.current = os.dup(root)
        self._giver = giver
        self._helper = helper
        self.path = ""
        self._levels = [self._level("", None)]

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        os.close(self.current)

    @property
    def is_plain(self) -> bool:
        """Whether files that are made in the current folder are this process's, and inherit no ACL."""
        return self._levels[-1].is_plain

    def find(self, path: str) -> int | None:
        """The open folder of that path below the root; None if there is none, or something else."""
        if path == self.path:
            return self.current
        for name in self._leave_for(path):
            try:
                self._go_down(name, None)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                if error.errno == errno.ELOOP:
                    return None
                raise
        return self.current

    def enter(self, path: str, known: t.Mapping[str, Attributes]) -> int:
        """The open folder of that path; missing ones on the way are made, with the ``known`` attributes.

        Raises ``NotADirectoryError`` where something else is in the way, a symlink to a folder being one.
        """
        if path == self.path:
            return self.current
        for name in self._leave_for(path):
            below = f"{self.path}/{name}" if self.path else name
            attributes = known.get(below)
            try:
                mode = 0o755 if attributes is None else 0o700
                os.mkdir(name, mode, dir_fd=self.current)
            except FileExistsError:
                attributes = None
                self._settle()
            self._go_down(name, attributes)
        return self.current

    def make(self, path: str, attributes: Attributes) -> bool:
        """Makes sure of a folder and goes there; whether it is new. Its parent must be the current folder."""
        name = path.rpartition("/")[2]
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self.current)
            self._go_down(name, attributes)
            return True
        self._settle()
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
        child = os.open(name, FOLDER, dir_fd=self.current)
        os.close(self.current)
        self.current = child
        self.path = f"{self.path}/{name}" if self.path else name
        self._levels.append(self._level(name, attributes))

    def _level(self, name: str, attributes: Attributes | None) -> _Level:
        """Of the current folder."""
        status = os.fstat(self.current)
        giver = self._giver
        is_plain = giver is not None and giver.owns_all_in(self.current, status)
        identity = status.st_dev, status.st_ino
        return _Level(name, identity, attributes, status.st_mtime_ns, is_plain)

    def _settle(self) -> None:
        """What is about to be entered again has been given everything."""
        if self._helper is not None:
            self._helper.wait()

    def _go_up(self) -> None:
        # what it is given may take away the right to do that
        above = os.open("..", FOLDER, dir_fd=self.current)
        self._give()
        os.close(self.current)
        self.current = above
        self._levels.pop()
        path = self.path
        self.path = path.rpartition("/")[0]
        if _identity(above) != self._levels[-1].identity:
            raise LocalWriteError(
                f"The folder {readable(path)} was moved meanwhile.", hint="Run again."
            )

    def _give(self) -> None:
        level = self._levels[-1]
        if self._giver is None or (level.attributes is None and not self._keep_times):
            return
        give = functools.partial(self._give_to, self._giver, self.path, level)
        if self._helper is None:
            give(self.current)
        else:
            self._helper.after(give, self.current)

    def _give_to(self, giver: Giver, path: str, level: _Level, folder: int) -> None:
        with writing(path or "."):
            if level.attributes is not None:
                giver.give(path, folder, level.attributes)
            elif level.name:
                os.utime(folder, ns=(level.mtime, level.mtime))


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
