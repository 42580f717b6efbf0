# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Remembers what a run has written, until its manifest says so: a killed run's work is not done again.

A local file for each destination: a line for each object, as a shard has it. An entry speaks of an
object only while that has the same etag, so that an old journal, or another run's, does no harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import os

from ._format import Entry, decode_row, encode_row


class Journal:
    """The journal of one destination, named by ``place``; ``folder`` None: there is none.

    What cannot be read or written is as if it were not there: it only saves time.
    """

    def __init__(self, folder: str | None, place: str) -> None:
        name = hashlib.sha256(place.encode()).hexdigest()[:32]
        self._path = os.path.join(folder, f"{name}.journal") if folder else None
        self._descriptor: int | None = None

    def read(self) -> dict[str, Entry]:
        """What a run before this one has written and not committed."""
        if self._path is None:
            return {}
        found = {}
        with contextlib.suppress(OSError), open(self._path, "rb") as file:
            for line in file:
                # the last one may have been cut
                with contextlib.suppress(ValueError):
                    name, entry = decode_row(line)
                    found[name] = entry
        return found

    def add(self, name: str, entry: Entry) -> None:
        """The object has been written."""
        if self._path is None:
            return
        try:
            if self._descriptor is None:
                self._descriptor = _open(self._path)
            os.write(self._descriptor, encode_row(name, entry).encode() + b"\n")
        except OSError:
            self._path = None

    def close(self, *, remove: bool) -> None:
        """All has been committed, or (not ``remove``) the next run will want to know."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if remove and self._path is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._path)


def _open(path: str) -> int:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, 0o600)
