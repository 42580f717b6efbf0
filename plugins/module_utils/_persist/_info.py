# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What there is of a path in a store: snapshots, sizes, ages, and whether the latest one is late."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .._drivers._base import Store
from .._workers import Workers
from ._record import Series, Snapshot
from ._snapshots import Broken, Catalogue


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """The snapshots of a path, the newest first. Sizes are in bytes.

    ``unfinished`` are ids without a record: being saved, or left by a save that was killed. ``age`` is that of the
    latest good one; ``late`` is whether it is older than asked for, or there is none (None: not asked).
    """

    series: Series
    snapshots: tuple[Snapshot, ...]
    broken: tuple[Broken, ...]
    unfinished: tuple[str, ...]
    age: timedelta | None
    late: bool | None

    @property
    def latest(self) -> Snapshot | None:
        return self.snapshots[0] if self.snapshots else None

    @property
    def stored_size(self) -> int:
        """Of all good ones; what packs have that are not needed any more is not in it."""
        return sum(one.stored_size for one in self.snapshots)


def inspect(
    store: Store,
    series: Series,
    workers: Workers,
    *,
    max_age: timedelta | None = None,
    now: t.Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SeriesInfo:
    """Look at a series: one listing, and one request for each record."""
    catalogue = Catalogue(store, series)
    good, broken = catalogue.all(workers)
    age = now() - good[0].time if good else None
    late = None if max_age is None else age is None or age > max_age
    return SeriesInfo(
        series, tuple(good), tuple(broken), tuple(catalogue.unfinished), age, late
    )
