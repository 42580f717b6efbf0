# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Moves a staged tree into one that is there: each file in one step, and what is there besides stays."""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from .._errors import LocalWriteError, PlanRefusedError
from ._archive_failures import Problems, readable, write_error
from ._attributes import Giver, attributes_of, read_xattrs, way_to
from ._capabilities import advice
from ._entries import Attributes
from ._folders import Folders
from ._renames import exists, move
from ._walk import Found, TreeOptions, walk


def merge(
    staged: str, target: int, root: Attributes | None, on_the_way: t.Container[str]
) -> None:
    """``target``: an open folder; ``root``: what it is given. Folders ``on_the_way`` are left as they are, if they are there.

    Raises ``PlanRefusedError`` before anything is moved where a folder would have to become something else or the reverse,
    ``LocalWriteError``.
    """
    _refuse_conflicts(staged, target)
    # what could not be given to the staged files has been told
    giver = Giver(lambda _path, _what, _detail: None)
    with Folders(target, giver) as folders:
        if root is not None:
            folders.set_root(root)
        for found in walk(staged, TreeOptions(), _complain):
            if found.path:
                try:
                    _merge_one(found, folders, on_the_way)
                except OSError as error:
                    raise write_error(found.path, error) from None
        folders.finish()


def _merge_one(found: Found, folders: Folders, on_the_way: t.Container[str]) -> None:
    path, name, source, status = found
    folder = folders.enter(path.rpartition("/")[0], {})
    if not stat.S_ISDIR(status.st_mode):
        move(name, source, folder)
        # a rename of one name of a file to another one of it does nothing
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=source)
    elif path not in on_the_way or not exists(name, folder):
        xattrs = read_xattrs(way_to(source, name))
        folders.make(path, attributes_of(status, xattrs))


def _refuse_conflicts(staged: str, target: int) -> None:
    conflicts = Problems()
    with Folders(target) as folders:
        for found in walk(staged, TreeOptions(), _complain):
            if not found.path:
                continue
            folder = folders.find(found.path.rpartition("/")[0])
            if folder is None:
                continue
            try:
                there = os.stat(found.name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(there.st_mode) != stat.S_ISDIR(found.status.st_mode):
                conflicts.add(found.path, "a folder on one side alone")
    if len(conflicts):
        names = ", ".join(readable(problem.path) for problem in conflicts.samples[:5])
        raise PlanRefusedError(
            f"{len(conflicts)} names are folders on one side and something else on the other: {names}.",
            hint="Move them away, or restore with mode replace. Nothing was changed.",
        )


def _complain(path: str, what: str, detail: str) -> None:
    """Nobody else touches a staged tree; but it may be closed to who made it."""
    raise LocalWriteError(
        f"Could not restore {readable(path)}: what was staged of it is {what}: {detail}.",
        hint=advice(),
    )
