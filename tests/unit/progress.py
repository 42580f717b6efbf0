# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody who hears of every step."""

from __future__ import annotations

from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    Amount,
    Progress,
    Snapshot,
)


class Recorder(Progress):
    """``told``: all snapshots, one for each change."""

    def __init__(self) -> None:
        super().__init__("nowhere", lambda: 0.0)
        self.told: list[Snapshot] = []

    def expect(self, size: int | None = None, items: int | None = None) -> None:
        super().expect(size, items)
        self.advance()

    def advance(self, size: int = 0, items: int = 0) -> None:
        super().advance(size, items)
        with self._lock:
            self._write()

    def _start(self) -> None:
        """All is told at once."""

    def _write(self) -> None:
        self.told.append(self._snapshot())

    @property
    def phases(self) -> dict[str, tuple[Amount, Amount]]:
        """The end of each, as bytes and items, in the order in which they began."""
        return {one.phase: (one.size, one.items) for one in self.told}

    def grew(self, phase: str) -> bool:
        """Whether its bytes only ever became more."""
        sizes = [one.size.done for one in self.told if one.phase == phase]
        return sizes == sorted(sizes)
