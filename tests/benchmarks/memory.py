# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory that a process and all its children have together."""

from __future__ import annotations

import contextlib
import threading
import typing as t
from pathlib import Path

#: Seconds between two looks.
_PAUSE: t.Final = 0.05


class Peak:
    """``bytes``: the most that they had within the ``with``; what they share counts once (PSS)."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.bytes = 0

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_PAUSE):
            found = sum(map(_share, [self._process, *children_of(self._process)]))
            self.bytes = max(self.bytes, found)


def children_of(process: int) -> list[int]:
    """Of any degree."""
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children_of(int(child))]
    return found


def _share(process: int) -> int:
    """Bytes; none where it has ended meanwhile."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
