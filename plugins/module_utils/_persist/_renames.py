# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Renames that a swap is made of."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
import typing as t

_EXCHANGE = 2
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def exchange(folder: int, name: str, other_folder: int, other: str) -> bool:
    """Two names change their places in one step; False where the system cannot do that. Raises ``OSError``."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    with _movable(folder, name), _movable(other_folder, other):
        names = os.fsencode(name), os.fsencode(other)
        if call(folder, names[0], other_folder, names[1], _EXCHANGE) == 0:
            return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number))


def move(name: str, folder: int, other_folder: int, other: str = "") -> None:
    """To another folder. Raises ``OSError``."""
    with _movable(folder, name):
        os.rename(name, other or name, src_dir_fd=folder, dst_dir_fd=other_folder)


def exists(name: str, folder: int) -> bool:
    """Whether there is anything of that name, a broken symlink too."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _movable(folder: int, name: str) -> t.Iterator[None]:
    """An ordinary user can move no folder that they may not write, since its ``..`` changes."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if os.geteuid() == 0 or not stat.S_ISDIR(mode) or mode & stat.S_IWUSR:
        yield
        return
    flags = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=folder)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", stat.S_IMODE(mode) | stat.S_IWUSR)
        yield
        os.chmod(f"/proc/self/fd/{descriptor}", stat.S_IMODE(mode))
    finally:
        os.close(descriptor)
