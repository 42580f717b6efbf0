# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that are synced."""

from __future__ import annotations

import contextlib
import random
import shutil
import time
import typing as t
from pathlib import Path

from .cases import Case

#: Seconds after which a change of a file is beyond the grain of every clock.
_GRAIN = 2.1

#: Bytes on disk up to which files are kept for the next time.
_KEPT = 1 << 30

_BLOCK = 4096
_PIECE = 1 << 20


class Tree:
    """Files in a folder, and the one that was changed last."""

    def __init__(self, folder: Path, files: int, size: int) -> None:
        self.folder = folder
        self.files = files
        self.size = size
        self._changes = 0
        self._changed_at = 0.0

    def change(self) -> str:
        """Write other contents of another size to a file; its name. Every time to another file."""
        name = _name(self._changes * 7919 % self.files)
        self._changes += 1
        path = self.folder / name
        path.write_bytes(random.randbytes(path.stat().st_size + 1))
        self._changed_at = time.monotonic()
        return name

    def warm(self) -> None:
        """Read all, so that the first tool that does has it no harder than the others."""
        for path in self.folder.rglob("*.bin"):
            with path.open("rb") as file:
                while file.read(_PIECE):
                    pass

    def settle(self) -> None:
        """Wait until the change is no longer so fresh that another could hide behind it."""
        time.sleep(max(0.0, self._changed_at + _GRAIN - time.monotonic()))


@contextlib.contextmanager
def laid_out(data: Path, case: Case, files: int) -> t.Iterator[Tree]:
    """So many of the case's files, a hundred to a folder, of random bytes that are the same every time.

    With ``text`` two thirds of them are hexadecimal digits, which a compressor makes half of.
    They stay there for the next time, unless they take much room.
    """
    suffix = "-changing" if case.task == "changed" else ""
    suffix += "-text" if case.text else ""
    folder = data / f"{files}x{case.size}{suffix}"
    if not folder.exists():
        making = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(making, ignore_errors=True)
        _write(making, files, case.size, text=case.text)
        making.rename(folder)
        time.sleep(_GRAIN)
    try:
        yield Tree(folder, files, case.size)
    finally:
        if files * max(case.size, _BLOCK) > _KEPT:
            shutil.rmtree(folder)


def _write(folder: Path, files: int, size: int, *, text: bool) -> None:
    randomness = random.Random(files)
    folder.mkdir(parents=True)
    for number in range(files):
        path = folder / _name(number)
        if number % 100 == 0:
            path.parent.mkdir()
        with path.open("wb") as file:
            for left in range(size, 0, -_PIECE):
                file.write(_piece(randomness, min(left, _PIECE), text=text))


def _piece(randomness: random.Random, size: int, *, text: bool) -> bytes:
    if not text:
        return randomness.randbytes(size)
    data = randomness.randbytes(-(-size // 3))
    return (data + data.hex().encode())[:size]


def _name(number: int) -> str:
    return f"{number // 100:05d}/{number:07d}.bin"
