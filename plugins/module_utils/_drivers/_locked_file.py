# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Files that are locked while their writer lives, so that another one can tell what a killed one left."""

from __future__ import annotations

import fcntl
import io
import os

from ._base import Buffer


def create_locked(path: str, mode: int, parent: int | None = None) -> io.FileIO:
    """A new file, locked; ``parent``: the descriptor of the folder that ``path`` is relative to."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    while True:
        file = io.FileIO(os.open(path, flags, mode, dir_fd=parent), "wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # taken for a dead writer's before it was locked


def write_all(file: io.FileIO, data: Buffer) -> None:
    """Write every byte of it: the system may take fewer at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def remove_unlocked(path: str) -> None:
    """Remove a file that is on its way in no more; nothing is done while its writer lives."""
    try:
        # a pipe must not hold us up
        flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags)
    except OSError:
        return  # it is gone
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except OSError:
        return  # its writer lives
    finally:
        os.close(descriptor)
