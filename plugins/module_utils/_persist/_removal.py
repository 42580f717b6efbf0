# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Removes a tree of any depth, without passing a symlink, and nothing that is mounted in it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from ._walk import FOLDER, mount_of


def remove(name: str, folder: int) -> None:
    """What is called ``name`` in an open folder, if there is something. Raises ``OSError``; what was removed until then is gone."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(name, dir_fd=folder)
        return
    _remove_below(name, folder)
    os.rmdir(name, dir_fd=folder)


def _remove_below(top: str, folder: int) -> None:
    mount = mount_of(folder)
    current = _go_down(top, folder, mount)
    try:
        levels: list[tuple[str, list[str]]] = [(top, os.listdir(current))]
        while True:
            name, names = levels[-1]
            below = _unlink_some(names, current)
            if below is not None:
                child = _go_down(below, current, mount)
                os.close(current)
                current = child
                levels.append((below, os.listdir(current)))
                continue
            levels.pop()
            if not levels:
                return
            above = os.open("..", FOLDER, dir_fd=current)
            os.close(current)
            current = above
            os.rmdir(name, dir_fd=current)
    finally:
        os.close(current)


def _unlink_some(names: list[str], folder: int) -> str | None:
    """Until a folder comes, which is returned."""
    while names:
        name = names.pop()
        try:
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            continue
        except (IsADirectoryError, PermissionError):
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                raise
            return name
    return None


def _go_down(name: str, folder: int, mount: str) -> int:
    with contextlib.suppress(PermissionError):
        return _same_mount(os.open(name, FOLDER, dir_fd=folder), mount)
    os.chmod(name, 0o700, dir_fd=folder)
    return _same_mount(os.open(name, FOLDER, dir_fd=folder), mount)


def _same_mount(descriptor: int, mount: str) -> int:
    if mount_of(descriptor) != mount:
        os.close(descriptor)
        raise OSError(errno.EBUSY, "something is mounted there")
    if os.fstat(descriptor).st_mode & 0o300 != 0o300:
        os.fchmod(descriptor, 0o700)
    return descriptor
