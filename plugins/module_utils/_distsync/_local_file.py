# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A file that is published: it is read, and has to stay as it was."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import typing as t

from .._errors import SourceError

_READ_SIZE: t.Final = 1024 * 1024


class LocalFile:
    """A regular file that is to stay as it was when this was made.

    Raises ``SourceError`` for what is none, cannot be read, or changes.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with self._explained():
            # a pipe must not hold us up
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
            self._file = io.FileIO(os.open(path, flags))
            status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode):
            self._file.close()
            raise SourceError(
                f"Could not publish {path!r}: it is not a file.",
                hint="Publish files one by one, or as one archive.",
            )
        self.size = status.st_size
        self.mode = stat.S_IMODE(status.st_mode) & 0o777
        self.identity = _identity(status)

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def read(self, size: int, /) -> bytes:
        with self._explained():
            return self._file.read(size)

    def rewind(self) -> None:
        self._file.seek(0)

    def digest(self) -> str:
        """SHA-256 of all of it, hex."""
        self.rewind()
        sha256 = hashlib.sha256()
        while data := self.read(_READ_SIZE):
            sha256.update(data)
        self.check()
        return sha256.hexdigest()

    def check(self) -> None:
        """Raises unless it is what it was, and still the file of that name."""
        with self._explained():
            open_now = _identity(os.fstat(self._file.fileno()))
            there_now = _identity(os.stat(self.path))
        if not open_now == there_now == self.identity:
            raise SourceError(
                f"{self.path!r} changed while it was published.",
                hint="Nothing of it can be seen. Publish it again when nothing writes to it.",
            )

    @contextlib.contextmanager
    def _explained(self) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceError(
                f"Could not read {self.path!r}: {error.strerror}."
            ) from None


def _identity(status: os.stat_result) -> tuple[int, ...]:
    times = status.st_mtime_ns, status.st_ctime_ns
    return status.st_dev, status.st_ino, status.st_size, *times
