# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Garbage collection of packs: removes those that no snapshot needs, beside saves that are running.

In two runs. The first *condemns* a pack that no record refers to: the note in the index keeps later saves
from using it. A later one removes it, when the note is older than a time of grace, no record refers to the pack by
then, and no save is under way that began before the note was made. Until then a pack that is referred to again is
pardoned.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .._drivers._base import IfMatch, Store
from .._encryption._secret import SharedSecret
from .._errors import ConditionFailedError, ObjectMissingError
from .._workers import Workers
from ._chunk_pool import PackIndex, Pool
from ._pruning import LONGEST_SAVE, SAVING
from ._record import RECORD, SNAPSHOTS, Snapshot, is_id, time_of
from ._snapshots import INDEX, pack_name

#: How long a pack stays that nothing refers to, at least.
GRACE: t.Final = timedelta(hours=24)

#: By how much the clocks of two hosts may differ.
_SKEW: t.Final = timedelta(hours=1)


@dataclass(slots=True)
class Collection:
    """What a run did, or would do: packs that were condemned and pardoned; packs that were removed, and their bytes."""

    condemned: int = 0
    pardoned: int = 0
    removed: int = 0
    removed_size: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return bool(self.condemned or self.pardoned or self.removed)


def collect(
    store: Store,
    secret: SharedSecret | None,
    workers: Workers,
    *,
    check: bool = False,
    grace: timedelta = GRACE,
) -> Collection:
    """Collect the pool of this secret (of none). ``check``: only say what would be done.

    The store's keys must be allowed to list, read, write and delete. Raises ``DamagedSnapshotError`` when a
    record cannot be read: nobody knows then what it refers to, and nothing is removed.
    """
    pool = Pool(store, secret, workers)
    # In this order: a save that has ended by now has a record that is read below.
    begun, records = _survey(store)
    needed = _needed(store, records, pool.name, workers)
    listing = pool.listing()
    done = Collection()
    now = datetime.now(UTC)
    deadline = min([now - grace, *(one - _SKEW for one in begun.values())])
    for owner in pool.owners(listing):
        # Whoever else collects at this moment does the rest.
        with contextlib.suppress(ObjectMissingError, ConditionFailedError):
            index = pool.read_index(owner)
            noted = _judge(index, needed.get(owner, set()), now, deadline, done)
            stale = _unlisted(index, listing)
            done.removed += len(stale)
            done.removed_size += sum(listing[name] for name in stale)
            if not check and (noted or stale):
                _carry_out(pool, index, stale, done)
    orphans = _orphans(pool, listing, begun, now - max(grace, _SKEW))
    done.removed += len(orphans)
    done.removed_size += sum(listing[name] for name in orphans)
    if not check:
        _delete(pool, orphans, done)
    return done


def _survey(store: Store) -> tuple[dict[str, datetime], list[str]]:
    """The saves under way (id and begin), and the keys of all records."""
    folders: dict[str, set[str]] = {}
    for info in store.list(f"{store.endpoint.prefix}{SNAPSHOTS}"):
        folder, _slash, name = info.key.rpartition("/")
        folders.setdefault(folder, set()).add(name)
    begun: dict[str, datetime] = {}
    records: list[str] = []
    oldest = datetime.now(UTC) - LONGEST_SAVE
    for folder, names in folders.items():
        snapshot_id = folder.rpartition("/")[2]
        if not is_id(snapshot_id):
            continue
        if RECORD in names:
            records.append(f"{folder}/{RECORD}")
        elif SAVING in names and time_of(snapshot_id) > oldest:
            begun[snapshot_id] = time_of(snapshot_id)
    return begun, records


def _needed(
    store: Store, records: t.Iterable[str], pool: str, workers: Workers
) -> dict[str, set[int]]:
    """The packs that records refer to: numbers by owner."""

    def read(key: str) -> Snapshot | None:
        try:
            return Snapshot.decode(b"".join(store.read(key).chunks), f"object {key!r}")
        except ObjectMissingError:
            return None

    needed: dict[str, set[int]] = {}
    for _key, snapshot in workers.run(read, records):
        if snapshot is not None and snapshot.pool == pool:
            for owner, numbers in snapshot.packs.items():
                needed.setdefault(owner, set()).update(numbers)
    return needed


def _judge(
    index: PackIndex,
    needed: t.Container[int],
    now: datetime,
    deadline: datetime,
    done: Collection,
) -> bool:
    """Note in the index what is condemned and pardoned, and take out of it what is to be removed.

    Returns whether it is another one now.
    """
    changed = False
    for pack in list(index.packs.values()):
        since = datetime.fromtimestamp(pack.condemned, UTC)
        if pack.number in needed:
            if pack.condemned:
                pack.condemned, changed = 0, True
                done.pardoned += 1
        elif not pack.condemned:
            pack.condemned, changed = int(now.timestamp()), True
            done.condemned += 1
        elif since <= deadline:
            del index.packs[pack.number]
            changed = True
    return changed


def _unlisted(index: PackIndex, listing: t.Iterable[str]) -> list[str]:
    """The packs of this owner that are not in its index: they are removed, or would have been."""
    kept = {pack_name(index.owner, number) for number in index.packs}
    kept.add(f"{index.owner}/{INDEX}")
    return [
        name
        for name in listing
        if name.startswith(f"{index.owner}/") and name not in kept
    ]


def _carry_out(
    pool: Pool, index: PackIndex, stale: t.Sequence[str], done: Collection
) -> None:
    """The index first: none ever names a pack that is gone."""
    if index.packs:
        pool.write_index(index, IfMatch(index.etag or ""))
    elif _delete(pool, [f"{index.owner}/{INDEX}"], done):
        return
    _delete(pool, stale, done)


def _orphans(
    pool: Pool, listing: t.Iterable[str], begun: t.Container[str], before: datetime
) -> list[str]:
    """Packs that no index names and nobody writes: a dead save's, or left by a run that was killed."""
    indexed = set(pool.owners(listing))
    found = []
    for name in listing:
        owner = name.partition("/")[0]
        if is_id(owner) and owner not in indexed and owner not in begun:
            if time_of(owner) < before:
                found.append(name)
    return found


def _delete(pool: Pool, names: t.Sequence[str], done: Collection) -> dict[str, str]:
    keys = [pool.key(name) for name in names]
    failed = pool.store.delete(keys) if keys else {}
    done.failures |= failed
    return failed
