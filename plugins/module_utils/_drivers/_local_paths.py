# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Where a key may lie under a local folder: hostile keys are refused, symlinks are never passed through."""

from __future__ import annotations

import contextlib
import errno
import os
import typing as t

from .._errors import KeyRefusedError, LocalWriteError

#: How the name of a file that is still being written begins.
INCOMING = ".longshore-incoming-"

#: Longest name of one file or folder, bytes: the limit of every common Linux file system.
NAME_LIMIT = 255

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def fault_of_key(key: str) -> str | None:
    """Why a key cannot be a relative path below a folder; None when it can."""
    if "\0" in key:
        return "a file name cannot hold a NUL character"
    for part in key.split("/"):
        if part in (".", ".."):
            return f"it has a {part!r} segment, which would leave the folder or change the name"
        if not part:
            return "it has an empty segment, which a file system would fold away"
        if part.startswith(INCOMING):
            return f"names that begin with {INCOMING!r} are for files being written"
        try:
            length = len(part.encode())
        except UnicodeEncodeError:
            return "it is not valid Unicode"
        if length > NAME_LIMIT:
            return f"a segment of it is longer than {NAME_LIMIT} bytes, a file name's limit"
    return None


def split_key(key: str, operation: str, place: str) -> tuple[list[str], str]:
    """The parent folders' names and the file's name. Raises ``KeyRefusedError``."""
    fault = fault_of_key(key)
    if fault is not None:
        raise KeyRefusedError(operation, place, fault)
    *parents, name = key.split("/")
    return parents, name


@contextlib.contextmanager
def parent_directory(
    root: str, parents: t.Sequence[str], *, create: bool
) -> t.Iterator[int]:
    """A descriptor of the folder ``root/parents…``, reached without passing through a symlink below root.

    Missing folders are made with ``create``, else ``FileNotFoundError``. Raises
    ``LocalWriteError`` when a parent is a symlink, ``NotADirectoryError`` when it is a file.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for depth, part in enumerate(parents):
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, dir_fd=descriptor)
            try:
                child = os.open(part, _DIRECTORY, dir_fd=descriptor)
            except OSError as exc:
                if exc.errno not in (errno.ELOOP, errno.ENOTDIR):
                    raise
                path = os.path.join(root, *parents[: depth + 1])
                if not os.path.islink(path):
                    raise NotADirectoryError(exc.errno, exc.strerror, path) from None
                raise LocalWriteError(
                    f"Refused to go through {path!r}: it is a symbolic link.",
                    hint="Remove it, or leave out what lies below it with exclude.",
                ) from None
            os.close(descriptor)
            descriptor = child
        yield descriptor
    finally:
        os.close(descriptor)
