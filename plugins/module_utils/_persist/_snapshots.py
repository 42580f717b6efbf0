# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The snapshots of a path as they lie in a store: which are whole, and which one is meant.

Below the endpoint's prefix, in the folder of the series (see ``Series.folder``)::

    <id>/data.tar.zst.0001 …   the stream, in objects of bounded size: joined in order they are one file
    <id>/snapshot.json         the record, written last
    head.json                  who saves now, and the latest id (see ``_lease``)
"""

from __future__ import annotations

import contextlib
import typing as t
from datetime import UTC, datetime

from .._drivers._base import ObjectInfo, Store
from .._errors import AccessDeniedError, ConfigurationError, ObjectMissingError
from .._workers import Workers
from ._lease import read_head
from ._record import RECORD, SNAPSHOTS, Part, Series, Snapshot, is_id, time_of
from ._snapshot_failures import DamagedSnapshotError, SnapshotMissingError

#: Below the endpoint's prefix: what snapshots of the format ``chunks`` share.
CHUNKS: t.Final = "chunks/"
#: In the folder of one save there: which packs it wrote, and what is in them.
INDEX: t.Final = "index"

#: How many ids a message names.
_NAMED: t.Final = 5


class Broken(t.NamedTuple):
    """A snapshot that has a record, and is not whole: its id, and why."""

    id: str
    fault: str


class Catalogue:
    """The snapshots of a series, by one listing. What is written later is not in it.

    ``ids`` are those with a record, the newest first; ``unfinished`` those without one. A snapshot is good
    when its record can be read and all its objects are there in their sizes.
    """

    def __init__(self, store: Store, series: Series) -> None:
        self.store = store
        self.series = series
        prefix = store.endpoint.prefix
        self._folder = series.folder(prefix)
        self._names: dict[str, dict[str, ObjectInfo]] = {}
        self._packs: dict[str, set[str]] = {}
        self._read: dict[str, Snapshot | Broken] = {}
        for info in store.list(self._folder):
            snapshot_id, slash, name = info.key[len(self._folder) :].partition("/")
            if slash and is_id(snapshot_id):
                self._names.setdefault(snapshot_id, {})[name] = info
        found = sorted(self._names, reverse=True)
        self.ids = [one for one in found if RECORD in self._names[one]]
        self.unfinished = [one for one in found if RECORD not in self._names[one]]

    def keys(self, snapshot_id: str) -> list[str]:
        """Of all its objects, the record first."""
        names = self._names.get(snapshot_id, {})
        return [
            info.key
            for name, info in sorted(names.items(), key=lambda one: one[0] != RECORD)
        ]

    def names(self, snapshot_id: str) -> t.Collection[str]:
        """Of its objects, in its folder."""
        return self._names.get(snapshot_id, {}).keys()

    def read(self, snapshot_id: str) -> Snapshot | Broken:
        """One that has a record."""
        if snapshot_id not in self._read:
            try:
                self._read[snapshot_id] = self._checked(snapshot_id)
            except DamagedSnapshotError as error:
                self._read[snapshot_id] = Broken(snapshot_id, error.message)
            except ObjectMissingError:
                # removed since it was listed
                self._read[snapshot_id] = Broken(snapshot_id, "It is gone.")
        return self._read[snapshot_id]

    def all(self, workers: Workers) -> tuple[list[Snapshot], list[Broken]]:
        """All good ones and all broken ones, the newest first."""
        found = dict(workers.run(self.read, self.ids))
        ordered = [found[snapshot_id] for snapshot_id in self.ids]
        good = [one for one in ordered if isinstance(one, Snapshot)]
        return good, [one for one in ordered if isinstance(one, Broken)]

    def latest(self, until: datetime | None = None) -> Snapshot | None:
        """The newest good one, begun at this time or before."""
        for snapshot_id in self.ids:
            if until is None or time_of(snapshot_id) <= until:
                found = self.read(snapshot_id)
                if isinstance(found, Snapshot):
                    return found
        return None

    def find(self, wanted: str) -> Snapshot:
        """``latest``, an id, or a time (ISO 8601, UTC unless it says otherwise): the newest good one of then.

        Raises ``SnapshotMissingError``, ``DamagedSnapshotError``, and ``ConfigurationError`` for what is none
        of these.
        """
        if is_id(wanted):
            return self._find_id(wanted)
        until = None if wanted == "latest" else _parse_time(wanted)
        found = self.latest(until)
        if found is None:
            when = "" if until is None else f" from {until.isoformat()} or before"
            raise SnapshotMissingError(
                f"There is no whole snapshot of {self.series}{when} in {self.store.endpoint.place}.",
                hint=self._known(),
            )
        return found

    def _find_id(self, snapshot_id: str) -> Snapshot:
        if snapshot_id in self.unfinished:
            raise DamagedSnapshotError(
                f"snapshot {snapshot_id} of {self.series}",
                "is incomplete: its save is still running, or was cut off",
                hint=self._known(),
            )
        if snapshot_id not in self.ids:
            raise SnapshotMissingError(
                f"There is no snapshot {snapshot_id} of {self.series} in {self.store.endpoint.place}.",
                hint=self._known(),
            )
        found = self.read(snapshot_id)
        if isinstance(found, Broken):
            raise DamagedSnapshotError(
                f"snapshot {snapshot_id} of {self.series}",
                f"cannot be used: {found.fault.rstrip('.')}",
                hint=self._known(),
            )
        return found

    def _known(self) -> str:
        if not self.ids:
            return "There is none at all: check host, path and prefix."
        more = ", …" if len(self.ids) > _NAMED else ""
        return f"There are {', '.join(self.ids[:_NAMED])}{more}."

    def _checked(self, snapshot_id: str) -> Snapshot:
        """Raises ``DamagedSnapshotError`` and ``ObjectMissingError``."""
        snapshot = read_record(self.store, self.series, snapshot_id)
        names = self._names[snapshot_id]
        for part in snapshot.parts:
            info = names.get(part.name)
            if info is None or info.size != part.size:
                raise lacks(snapshot.label, part, info)
        if snapshot.pool is not None:
            there = self._pool(snapshot.pool)
            for owner, numbers in snapshot.packs.items():
                for number in numbers:
                    if pack_name(owner, number) not in there:
                        raise DamagedSnapshotError(
                            snapshot.label, f"lacks the pack {number} of {owner}"
                        )
        return snapshot

    def _pool(self, pool: str) -> set[str]:
        """The names of what is in a pool."""
        if pool not in self._packs:
            folder = f"{self.store.endpoint.prefix}{CHUNKS}{pool}/"
            self._packs[pool] = {
                info.key[len(folder) :] for info in self.store.list(folder)
            }
        return self._packs[pool]


def pack_name(owner: str, number: int) -> str:
    """Of a pack in its pool: the id of the snapshot that wrote it, and its number there."""
    return f"{owner}/{number:05d}"


def list_series(store: Store) -> list[Series]:
    """Whatever was saved below the endpoint's prefix, by the newest record of each."""
    top = f"{store.endpoint.prefix}{SNAPSHOTS}"
    newest: dict[str, str] = {}
    for info in store.list(top):
        folder, _slash, name = info.key.rpartition("/")
        folder, _slash, snapshot_id = folder.rpartition("/")
        if name == RECORD and is_id(snapshot_id):
            newest[folder] = max(newest.get(folder, ""), info.key)
    found = []
    for key in newest.values():
        with contextlib.suppress(DamagedSnapshotError, ObjectMissingError):
            found.append(Snapshot.decode(_small(store, key), key).series)
    return sorted(found, key=lambda one: (one.host, one.path))


def read_record(store: Store, series: Series, snapshot_id: str) -> Snapshot:
    """Raises ``DamagedSnapshotError`` and ``ObjectMissingError``."""
    label = f"snapshot {snapshot_id} of {series}"
    key = f"{series.folder(store.endpoint.prefix)}{snapshot_id}/{RECORD}"
    snapshot = Snapshot.decode(_small(store, key), label)
    if (snapshot.id, snapshot.series) != (snapshot_id, series):
        raise DamagedSnapshotError(label, "has the record of another one")
    return snapshot


def latest_snapshot(store: Store, series: Series) -> Snapshot | None:
    """The newest good one; where nothing may be listed, the one that the last save noted as such.

    None also where that cannot be told.
    """
    try:
        return Catalogue(store, series).latest()
    except AccessDeniedError:
        noted = read_head(store, series).latest
    if noted is None:
        return None
    try:
        snapshot = read_record(store, series, noted)
        for part in snapshot.parts:
            key = snapshot.key(store.endpoint.prefix, part.name)
            if store.stat(key).info.size != part.size:
                return None
    except (DamagedSnapshotError, ObjectMissingError, AccessDeniedError):
        return None
    return None if snapshot.format == "chunks" else snapshot


def _small(store: Store, key: str) -> bytes:
    return b"".join(store.read(key).chunks)


def data_context(series: Series, snapshot_id: str) -> str:
    """What the envelope of a snapshot's data is for."""
    return f"volume snapshot\n{snapshot_id}\n{series.host}\n{series.path}"


def lacks(label: str, part: Part, info: ObjectInfo | None) -> DamagedSnapshotError:
    """That an object is not there, or in another size."""
    if info is None:
        return DamagedSnapshotError(label, f"lacks its object {part.name}")
    return DamagedSnapshotError(
        label,
        f"is damaged: its object {part.name} has {info.size:,} bytes, and had {part.size:,}",
    )


def _parse_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{text!r} is neither 'latest' nor the id of a snapshot nor a time.",
            hint="A time is written as 2026-11-21T05:00:00+01:00; without a zone it is UTC.",
        ) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
