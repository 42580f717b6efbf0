# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Removes snapshots: by a policy, by name, and what was never finished."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .._drivers._base import Store
from .._errors import AccessDeniedError
from .._workers import Workers
from ._record import Series, Snapshot, time_of
from ._retention import Retention
from ._snapshots import CHUNKS, INDEX, Catalogue

#: In a snapshot's folder: it is being saved as chunks, or was until its save was killed. Without meaning
#: beside a record.
SAVING: t.Final = "saving.json"

#: What nobody can be asked about is a dead save's after this time.
LONGEST_SAVE: t.Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a policy does: what is kept, with the rules that keep it, and what is removed, the newest first.

    ``refused`` is why nothing may be removed; empty when it may.
    """

    kept: tuple[tuple[Snapshot, tuple[str, ...]], ...]
    removed: tuple[Snapshot, ...]
    refused: str = ""


def plan_pruning(
    catalogue: Catalogue, retention: Retention, workers: Workers
) -> Pruning:
    """Only good snapshots count, and only they are removed."""
    good, _broken = catalogue.all(workers)
    if good and not good[0].verified:
        return Pruning(
            tuple((one, ()) for one in good),
            (),
            "The latest snapshot could not be verified, so older ones are kept.",
        )
    kept = retention.keeps([one.time for one in good])
    return Pruning(
        tuple((good[number], tuple(kept[number])) for number in sorted(kept)),
        tuple(one for number, one in enumerate(good) if number not in kept),
    )


def remove(catalogue: Catalogue, snapshot_ids: t.Iterable[str]) -> dict[str, str]:
    """Remove these snapshots, records first: a snapshot that is removed in part is never taken for good.

    Returns the keys that could not be deleted, each with what the store said. Chunks stay until they are
    collected.
    """
    failures: dict[str, str] = {}
    for snapshot_id in snapshot_ids:
        keys = catalogue.keys(snapshot_id)
        failed = _delete(catalogue.store, keys[:1])
        if not failed:
            failed = _delete(catalogue.store, keys[1:])
        failures |= failed
    return failures


def remove_unfinished(
    store: Store, series: Series, except_id: str, *, alone: bool
) -> None:
    """Remove what saves left that were killed; what may not be listed or removed is left.

    ``alone``: nobody else saves the series now, so that whatever has no record is left over.
    """
    limit = datetime.now(UTC) - LONGEST_SAVE
    try:
        catalogue = Catalogue(store, series)
        for snapshot_id in catalogue.unfinished:
            if snapshot_id != except_id and (alone or time_of(snapshot_id) < limit):
                packs: list[str] = []
                if SAVING in catalogue.names(snapshot_id):
                    packs = _unpublished(store, snapshot_id)
                if not _delete(store, packs):
                    _delete(store, catalogue.keys(snapshot_id))
    except AccessDeniedError:
        return


def _unpublished(store: Store, snapshot_id: str) -> list[str]:
    """A dead save's packs, unless other saves may know of them."""
    top = f"{store.endpoint.prefix}{CHUNKS}"
    found = [info.key for info in store.list(top) if f"/{snapshot_id}/" in info.key]
    published = any(key.endswith(f"/{INDEX}") for key in found)
    return [] if published else found


def _delete(store: Store, keys: t.Sequence[str]) -> dict[str, str]:
    if not keys:
        return {}
    try:
        return store.delete(keys)
    except AccessDeniedError as error:
        return dict.fromkeys(keys, error.detail)
