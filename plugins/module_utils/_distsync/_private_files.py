# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Small files that a host remembers things in, which nobody else may have written."""

from __future__ import annotations

import json
import os
import stat
import typing as t

from .._errors import SourceError

#: Nothing that is remembered is larger (bytes).
_LARGEST: t.Final = 64 * 1024
_OTHERS_WRITE: t.Final = 0o022


def make_private(folder: str) -> None:
    """Make the folder if it is missing. Raises ``OSError``, and as ``check_private``."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    check_private(folder)


def check_private(folder: str) -> None:
    """Raises ``SourceError`` for a folder that others can write, ``OSError`` for one that is not there."""
    _refuse_others(os.stat(folder), folder)


def read_private(path: str) -> bytes:
    """What this user, or root, has written there. Raises ``OSError``, and ``SourceError`` for any other's."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with open(os.open(path, flags), "rb") as file:
        _refuse_others(os.fstat(file.fileno()), path)
        return file.read(_LARGEST)


def replace_file(path: str, document: t.Mapping[str, object]) -> None:
    """Write the file whole or not at all, and to the disk."""
    incoming = f"{path}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(incoming, flags, 0o600), "wb") as file:
        file.write(json.dumps(document).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(incoming, path)
    sync_folder(os.path.dirname(path))


def _refuse_others(status: os.stat_result, path: str) -> None:
    own = status.st_uid in (0, os.geteuid())
    if not own or stat.S_IMODE(status.st_mode) & _OTHERS_WRITE:
        raise SourceError(
            f"{path!r} can be written by other users, who could make an old release look new there.",
            hint="Remove it, or choose another folder that is this user's alone.",
        )


def sync_folder(folder: str) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
