# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One save of a path at a time, and which snapshot of it is the latest: the object ``head.json``.

A lease is a note in it, put there by a conditional write and renewed while the save runs. It ends with its
time, or with its process, where that can be seen from here. Nothing depends on it for being right: two saves
at once would be two snapshots. Where a store has no conditional writes, or ``head.json`` may not be read,
there is no lease.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .._drivers._base import Attributes, IfAbsent, IfMatch, Store
from .._errors import (
    AccessDeniedError,
    ConditionFailedError,
    LongshoreError,
    ObjectMissingError,
)
from ._record import Series, is_id
from ._snapshot_failures import BusyError

_NAME: t.Final = "head.json"
_VERSION: t.Final = 1
_JSON: t.Final = Attributes(content_type="application/json")

#: A lease that was not renewed for so long has ended; seconds.
LIFE: t.Final = 15 * 60
_RENEWAL: t.Final = 60

#: The saves of this very process.
_ours: set[str] = set()
_ours_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Head:
    """What ``head.json`` says. Without an etag there is no such object; unreadable, nobody can tell."""

    latest: str | None = None
    lease: t.Mapping[str, t.Any] | None = None
    etag: str | None = None
    readable: bool = True


def read_head(store: Store, series: Series) -> Head:
    """A damaged one says nothing, and is written anew by the next save."""
    try:
        opened = store.read(series.folder(store.endpoint.prefix) + _NAME)
    except ObjectMissingError:
        return Head()
    except AccessDeniedError:
        return Head(readable=False)
    try:
        document = json.loads(b"".join(opened.chunks))
        latest, lease = document["latest"], document["lease"]
        if latest is not None and not is_id(latest):
            latest = None
        if not isinstance(lease, dict):
            lease = None
    except (ValueError, TypeError, KeyError):
        latest, lease = None, None
    return Head(latest, lease, opened.info.etag)


class Lease:
    """The right to save a series under the id of a snapshot, until the ``with`` ends.

    Raises ``BusyError`` when another process has it. ``held`` is whether nobody else can have it.
    """

    def __init__(
        self,
        store: Store,
        series: Series,
        snapshot_id: str,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._series = series
        self._key = series.folder(store.endpoint.prefix) + _NAME
        self._id = snapshot_id
        self._clock = clock
        self._lock = threading.Lock()
        head = read_head(store, series)
        self._latest = head.latest
        self._etag = head.etag
        self.held = store.features.conditional_write and head.readable
        if self.held:
            if head.lease is not None and not _ended(head.lease):
                raise self._busy(head.lease)
            with _ours_lock:
                _ours.add(snapshot_id)
            try:
                self._write(self._note())
            except BaseException:
                _ours.discard(snapshot_id)
                raise
        self._renewed = clock()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        """Without failing: what could not be written ends by itself."""
        if not self.held:
            return
        _ours.discard(self._id)
        with contextlib.suppress(LongshoreError):
            self._write(None)

    def keep(self, *, now: bool = False) -> None:
        """To be called while the save runs; renews the lease when it is time, or at once.

        Raises ``BusyError`` when somebody else has it by now.
        """
        if not self.held:
            return
        with self._lock:
            if now or self._clock() - self._renewed >= _RENEWAL:
                self._write(self._note())
                self._renewed = self._clock()

    def commit(self) -> None:
        """The snapshot of this id is the latest one; its record is there."""
        self._latest = self._id
        if self.held:
            self._write(self._note())
        else:
            with contextlib.suppress(AccessDeniedError):
                self._store.write(self._key, self._encode(None), _JSON)

    def _write(self, note: t.Mapping[str, t.Any] | None) -> None:
        condition = IfAbsent() if self._etag is None else IfMatch(self._etag)
        try:
            info = self._store.write(
                self._key, self._encode(note), _JSON, condition=condition
            )
        except ConditionFailedError:
            # Of a write that was sent twice the first one may have been ours.
            head = read_head(self._store, self._series)
            if head.lease is None or head.lease.get("id") != self._id:
                self.held = False
                raise self._busy(head.lease or {}) from None
            self._etag = head.etag
            return
        self._etag = info.etag

    def _encode(self, note: t.Mapping[str, t.Any] | None) -> bytes:
        return json.dumps(
            {"version": _VERSION, "latest": self._latest, "lease": note}
        ).encode()

    def _note(self) -> dict[str, t.Any]:
        until = datetime.now(UTC) + timedelta(seconds=LIFE)
        return {"id": self._id, "until": until.isoformat(), **_process(os.getpid())}

    def _busy(self, lease: t.Mapping[str, t.Any]) -> BusyError:
        who = f" (process {lease['pid']})" if "pid" in lease else ""
        return BusyError(
            f"{self._series} is being saved by another process{who}.",
            hint="Let it end and run again. One that was killed on another host, or before a restart, is "
            f"forgotten {LIFE // 60} minutes later.",
        )


def _ended(lease: t.Mapping[str, t.Any]) -> bool:
    """Whether its time is over, or its process was here and is not any more."""
    try:
        if datetime.fromisoformat(lease["until"]) < datetime.now(UTC):
            return True
        here = _process(os.getpid())
        there = {name: lease[name] for name in here}
        if there == here:
            return lease["id"] not in _ours
        same = ("boot", "namespace")
        if not here["boot"] or any(there[name] != here[name] for name in same):
            return False
        return there != _process(int(there["pid"]))
    except (KeyError, TypeError, ValueError):
        return True


def _process(pid: int) -> dict[str, t.Any]:
    """What tells a process of this system from every other one; of one that is gone, something else."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # after the name, which is in brackets and may hold anything
            started = file.read().rpartition(")")[2].split()[19]
        namespace = os.readlink("/proc/self/ns/pid")
    except (OSError, IndexError):
        boot = started = namespace = ""
    return {"pid": pid, "boot": boot, "namespace": namespace, "started": started}
