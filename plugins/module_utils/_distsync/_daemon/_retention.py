# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What is removed again: versions beyond those to keep, and more of them where the disk is short."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ..._errors import LocalWriteError
from ._folder import Folder
from ._slots import Slot, VersionsSlot


class Retention:
    """``keep``: versions of an artifact, the one in use included. ``min_free``: bytes to leave free."""

    def __init__(self, folder: Folder, keep: int, min_free: int) -> None:
        self._folder = folder
        self._keep = keep
        self._min_free = min_free
        self._spared: set[str] = set()

    @contextlib.contextmanager
    def sparing(self, path: str) -> t.Iterator[None]:
        """The file at that path is on its way: it is no litter."""
        self._spared.add(path)
        try:
            yield
        finally:
            self._spared.discard(path)

    def prune(self, slot: Slot) -> list[str]:
        """The versions that were removed: the oldest here, never the one in use."""
        if not isinstance(slot, VersionsSlot):
            return []
        others = [one for one in slot.versions() if one != slot.linked]
        removed = []
        for version in others[self._keep - 1 :]:
            with contextlib.suppress(LocalWriteError):  # tried again after the next one
                slot.remove(version)
                removed.append(version)
        return removed

    def make_room(self, slot: Slot, version: str | None, size: int) -> list[str]:
        """Remove what is not in use until ``size`` bytes fit: of this artifact first, then of those beside it.

        What was removed, as paths. Raises ``LocalWriteError`` where that is not enough.
        """
        removed: list[str] = []
        there = _size_of(slot.path(version))
        needed = max(0, size - there) + self._min_free
        candidates = self._removable(slot)
        while (free := self._folder.free) < needed:
            found = next(candidates, None)
            if found is None:
                least = f" and leave {self._min_free:,} free" if self._min_free else ""
                raise LocalWriteError(
                    f"Could not write {slot.path(version)!r}: it takes {size:,} bytes{least}, and {free:,} are free there.",
                    hint="Make room: it is tried again.",
                )
            owner, old = found
            with contextlib.suppress(LocalWriteError):
                owner.remove(old)
                removed.append(os.path.join(owner.folder, old))
        return removed

    def _removable(self, slot: Slot) -> t.Iterator[tuple[VersionsSlot, str]]:
        if not isinstance(slot, VersionsSlot):
            return
        names = sorted(os.listdir(slot.base), key=lambda name: name != slot.name)
        for name in names:
            other = VersionsSlot(slot.base, name)
            current = other.linked
            if current is None and name != slot.name:
                continue  # nothing of ours
            for version in reversed(other.versions()):
                if version != current and other.path(version) not in self._spared:
                    yield other, version


def _size_of(path: str) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_size
    except OSError:
        return 0
