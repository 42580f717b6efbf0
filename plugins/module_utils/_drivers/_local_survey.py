# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A quick look at a whole local tree: one fingerprint for each folder, and nothing of its files."""

from __future__ import annotations

import hashlib
import os
import stat
import typing as t

from ._local_listing import etag_of
from ._local_paths import INCOMING

#: Of each folder with files (``""`` or with its trailing slash), its fingerprint.
Survey = dict[str, bytes]


def fingerprint(rows: t.Iterable[str]) -> bytes:
    """Of a folder's files, each given as name, NUL and etag, in the order of their names (16 bytes)."""
    return hashlib.blake2b("\0".join(rows).encode(), digest_size=16).digest()


def survey(root: str, prefix: str, selection: t.Container[str]) -> Survey | None:
    """The folders below ``prefix`` (empty, or with a trailing slash) of ``root``.

    None where something in the selection (names without the prefix) is no plain readable file, or
    a folder cannot be listed: a listing by ``LocalStore`` will say what. Links are not followed.
    """
    found: Survey = {}
    pending = [prefix]
    try:
        while pending:
            folder = pending.pop()
            rows = _rows(root, folder, len(prefix), selection, pending)
            if rows:
                rows.sort()
                found[folder] = fingerprint(rows)
    except (_OddError, OSError, UnicodeEncodeError):
        return None
    return found


class _OddError(Exception):
    """Something that is no plain readable file."""


def _rows(
    root: str,
    folder: str,
    cut: int,
    selection: t.Container[str],
    pending: list[str],
) -> list[str]:
    """What is in one folder; the folders in it are added to ``pending``."""
    rows = []
    with os.scandir(os.path.join(root, folder)) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            name = entry.name
            mode = status.st_mode
            if stat.S_ISREG(mode):
                if name.startswith(INCOMING):
                    continue
                if mode & 0o444 != 0o444 and not os.access(entry.path, os.R_OK):
                    _refuse(folder + name, cut, selection)
                rows.append(f"{name}\0{etag_of(status)}")
            elif stat.S_ISDIR(mode):
                pending.append(f"{folder}{name}/")
            else:
                _refuse(folder + name, cut, selection)
    return rows


def _refuse(key: str, cut: int, selection: t.Container[str]) -> None:
    if key[cut:] in selection:
        raise _OddError
