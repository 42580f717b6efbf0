# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A file on its way in whose beginning outlives its writer.

Behind the place of its last byte stands, for every step of bytes, a mark that the writer made of
all up to there. What a killed writer left counts as far as its marks are right, so it does not matter
what of it the system had brought to the disk. The file's name says which contents it is to have.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import typing as t

from ._local_paths import INCOMING

#: How the names of these files begin.
RESUMABLE: t.Final = f"{INCOMING}r-"
#: Bytes of a mark.
MARK: t.Final = 32


class Resumable:
    """An open and locked one, of ``size`` bytes; ``position`` is where to go on."""

    def __init__(self, name: str, file: io.FileIO, size: int, step: int) -> None:
        self.name = name
        self.file = file
        self.position = 0
        self._size = size
        self._step = step

    def recover(self, is_right: t.Callable[[bytes, bytes], bool]) -> None:
        """Go on behind the steps for which ``is_right`` says so, given the next bytes and their mark."""
        while self.position < self._size:
            length = min(self._step, self._size - self.position)
            data = os.pread(self.file.fileno(), length, self.position)
            mark = os.pread(self.file.fileno(), MARK, self._place_of_mark())
            if len(data) < length or len(mark) < MARK or not is_right(data, mark):
                return
            self.position += length

    def append(self, data: memoryview, mark: bytes) -> None:
        """Write the next step, or what there is of it at the end."""
        _write_at(self.file, data, self.position)
        _write_at(self.file, mark, self._place_of_mark())
        self.position += len(data)

    def finish(self) -> None:
        """Take the marks away."""
        os.ftruncate(self.file.fileno(), self._size)

    def _place_of_mark(self) -> int:
        return self._size + self.position // self._step * MARK


def resumable_name(identity: str) -> str:
    """Equal for equal contents of the same file."""
    return RESUMABLE + hashlib.sha256(identity.encode()).hexdigest()[:32]


def open_resumable(
    name: str, parent: int, size: int, step: int, mode: int = 0o666
) -> Resumable | None:
    """The one of that name, or a new one of that mode; None while another writer has it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    while True:
        file = io.FileIO(os.open(name, flags, mode, dir_fd=parent), "r+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        if os.fstat(file.fileno()).st_nlink:
            return Resumable(name, file, size, step)
        file.close()  # swept before it was locked


def _write_at(file: io.FileIO, data: bytes | memoryview, position: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file.fileno(), view, position)
        view, position = view[written:], position + written
