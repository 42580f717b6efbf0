# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What became of a destination since its manifest was written."""

from __future__ import annotations

import bisect
import typing as t
from dataclasses import dataclass, field

from .._manifest._format import ABSENT, Entry
from .._manifest._keeper import ManifestKeeper
from .._workers import Workers
from ._compare import speaks_of
from ._survey import Row, Survey


class Names:
    """How many, and the first of them in their order."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self.first: list[str] = []
        self._most = most

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.first) < self._most or (self.first and name < self.first[-1]):
            bisect.insort(self.first, name)
            del self.first[self._most :]


@dataclass(slots=True)
class Drift:
    """``changed``: objects that the manifest knows as they were before. ``vanished``: those that are not there any
    more. ``beside``: those that it does not know. ``entries``: of how many objects it speaks.
    """

    most: int
    entries: int = 0
    changed: Names = field(init=False)
    vanished: Names = field(init=False)
    beside: Names = field(init=False)

    def __post_init__(self) -> None:
        self.changed, self.vanished, self.beside = (
            Names(self.most) for _unused in range(3)
        )

    def compare(
        self, entries: t.Mapping[str, Entry], rows: t.Iterable[Row]
    ) -> dict[int, str]:
        """Take a part of both sides. Returns what contents objects have, by their ids, as far as entries tell."""
        contents: dict[int, str] = {}
        left = {name for name, one in entries.items() if one.stored_size != ABSENT}
        self.entries += len(left)
        for row in rows:
            name = row.info.key
            entry = entries.get(name)
            if name not in left:
                self.beside.add(name)
            elif not speaks_of(entry, row.info):
                self.changed.add(name)
            elif entry.digest:
                # equal contents that were encoded in another way are other objects
                encoding = entry.treatment.partition("/")[0]
                contents[row.id] = f"{encoding}{entry.digest}"
            left.discard(name)
        for name in left:
            self.vanished.add(name)
        return contents


def find_drift(
    survey: Survey, keeper: ManifestKeeper, shards: int, workers: Workers, most: int
) -> Drift:
    """Compare a listing with the manifest whose root ``keeper`` has read, a few shards at a time.

    The survey is told what contents are. Raises ``ManifestError`` and ``StoreError``.
    """
    drift = Drift(most)
    for begin in range(0, shards, workers.count):
        numbers = range(begin, min(begin + workers.count, shards))
        for number, entries in workers.run(keeper.shard, numbers):
            survey.tell(drift.compare(entries, survey.shard(number)))
    return drift
