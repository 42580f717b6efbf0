# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One run of ``volume_persist_info``: what is kept of which volumes, how old it is, and which are late."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import timedelta

from .._drivers._catalogue import open_store
from .._endpoint import Endpoint
from .._workers import Workers
from ._info import SeriesInfo, inspect
from ._record import Series, Snapshot
from ._snapshots import list_series
from ._target import series_named, volume_of

_WORKERS: t.Final = 8


@dataclass(frozen=True, slots=True)
class InfoOptions:
    """``path`` and ``volume``: at most one; neither for all. ``host``: None for every one. ``max_age``: seconds."""

    store: Endpoint
    path: str | None = None
    volume: str | None = None
    host: str | None = None
    max_age: int | None = None


@dataclass(slots=True)
class VolumesInfo:
    """``late``: whether one of them is, or nothing was found although an age was asked for."""

    found: list[SeriesInfo]
    late: bool
    warnings: list[str] = field(default_factory=list)

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns."""
        return {
            "changed": False,
            "late": self.late,
            "volumes": [_shown(one) for one in self.found],
        }

    def diff(self) -> dict[str, t.Any]:
        """Nothing is changed."""
        return {}


def inform(options: InfoOptions) -> VolumesInfo:
    """Raises ``StoreError`` and ``MissingLibraryError``."""
    age = None if options.max_age is None else timedelta(seconds=options.max_age)
    with open_store(options.store) as store, Workers(_WORKERS) as workers:
        name = options.path or (options.volume and series_named(options.volume))
        if name and options.host is not None:
            wanted = [Series(options.host, name)]
        else:
            wanted = [
                one
                for one in list_series(store)
                if options.host in (None, one.host) and name in (None, one.path)
            ]
        found = [inspect(store, one, workers, max_age=age) for one in wanted]
        return VolumesInfo(
            found, any(one.late for one in found) or not (age is None or found)
        )


def _shown(info: SeriesInfo) -> dict[str, t.Any]:
    volume = volume_of(info.series)
    return {
        "host": info.series.host,
        "path": info.series.path if volume is None else None,
        "volume": volume,
        "latest": info.latest.id if info.latest is not None else None,
        "age": None if info.age is None else int(info.age.total_seconds()),
        "late": info.late,
        "stored_bytes": info.stored_size,
        "snapshots": [_snapshot(one) for one in info.snapshots],
        "broken": [{"id": one.id, "fault": one.fault} for one in info.broken],
        "unfinished": list(info.unfinished),
    }


def _snapshot(one: Snapshot) -> dict[str, t.Any]:
    return {
        "id": one.id,
        "time": one.time.isoformat(timespec="seconds"),
        "counts": {kind: number for kind, number in one.counts.items() if number},
        "bytes": one.size,
        "stored_bytes": one.stored_size,
        "format": one.format,
        "compression": one.compression,
        "encryption": one.encryption,
        "verified": one.verified,
        "problems": one.problem_count,
    }
