# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Deleting all that is in a bucket, whoever keeps it: list, delete, until nothing is listed.

No state is kept: what a run that was cut short has left, the next one deletes.
"""

from __future__ import annotations

import abc
import contextlib
import itertools
import time
import typing as t
from dataclasses import dataclass

from .._drivers._base import Store
from .._drivers._requests import RequestCounter, uncounted
from .._drivers._retry import pauses
from .._errors import StoreError
from .._progress import UNWATCHED, Progress, if_long
from .._workers import Workers

#: Entries that are deleted together; S3's limit.
BATCH: t.Final = 1000
#: Batches on their way at once: these, and what is listed ahead, are all that memory holds.
_WORKERS: t.Final = 8
#: Listings of the whole bucket before we give up against somebody who keeps writing.
_ROUNDS: t.Final = 10
#: Refused entries that are remembered to be looked into, and those of them that are named.
_REMEMBERED: t.Final = 100
_NAMED: t.Final = 10

Kind = t.Literal["objects", "versions", "delete_markers", "uploads"]

_NAMES: t.Final[t.Mapping[Kind, str]] = {
    "objects": "object",
    "versions": "older version",
    "delete_markers": "delete marker",
    "uploads": "unfinished upload",
}
_Item = t.TypeVar("_Item")


@dataclass(slots=True)
class Contents:
    """Current objects, older versions, delete markers, unfinished uploads: how many of each."""

    objects: int = 0
    versions: int = 0
    delete_markers: int = 0
    uploads: int = 0

    def add(self, kind: Kind) -> None:
        """Count one."""
        setattr(self, kind, getattr(self, kind) + 1)

    def __bool__(self) -> bool:
        return any(getattr(self, kind) for kind in _NAMES)

    def __str__(self) -> str:
        """Such as "998 objects and 1 delete marker"."""
        counted = [
            f"{number:,} {name}{'' if number == 1 else 's'}"
            for kind, name in _NAMES.items()
            if (number := getattr(self, kind))
        ]
        *most, last = counted or ["nothing"]
        return f"{', '.join(most)} and {last}" if most else last


@dataclass(slots=True)
class Counted(Contents):
    """What a bucket holds, at least: with ``more`` there is more than was counted."""

    more: bool = False

    def __str__(self) -> str:
        text = Contents.__str__(self)
        return f"at least {text}" if self.more else text


@dataclass(slots=True)
class Emptied(Contents):
    """What was deleted, and the requests that it took."""

    requests: int = 0


class Entry(t.NamedTuple):
    """What is deleted as one. ``id`` is that of a version or an upload; None: the key is enough."""

    kind: Kind
    key: str
    id: str | None = None

    def __str__(self) -> str:
        if self.id is None:
            return repr(self.key)
        what = "upload" if self.kind == "uploads" else "version"
        return f"{self.key!r} ({what} {self.id})"


class Refusal(t.NamedTuple):
    """An entry that could not be deleted, and what the service said."""

    entry: Entry
    said: str


class _Round:
    """What became of the entries of one listing."""

    def __init__(self) -> None:
        self.deleted = 0
        self.refused = 0
        self.first: list[Refusal] = []

    def add(self, batch: t.Sequence[Entry], refusals: t.Sequence[Refusal]) -> None:
        self.deleted += len(batch) - len(refusals)
        self.refused += len(refusals)
        self.first += refusals[: _REMEMBERED - len(self.first)]


class Emptier(abc.ABC):
    """Empties one bucket. A subclass knows how to list and delete; both are called from threads."""

    def __init__(self, place: str, requests: RequestCounter) -> None:
        self.place = place
        self._requests = requests

    @abc.abstractmethod
    def entries(self) -> t.Iterator[t.Sequence[Entry]]:
        """All that is in the bucket now, in batches of up to ``BATCH``."""

    @abc.abstractmethod
    def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        """Delete a batch; returns what was refused. What is gone already counts as deleted."""

    def look_into(
        self, refusals: t.Sequence[Refusal]
    ) -> tuple[t.Sequence[Refusal], str]:
        """The refusals with what more can be found out about them, and what to do next."""
        return refusals, ""

    def run(
        self,
        progress: Progress = UNWATCHED,
        *,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> Emptied:
        """Delete everything, and look again until nothing is there.

        Raises ``StoreError`` when something cannot be deleted (after everything else was), when
        there is always something new, and when a request fails as a whole.
        """
        emptied = Emptied()
        before = self._requests.count
        done = _Round()
        progress.begin("emptying")
        with self._counted(progress):
            # The second listing, which finds nothing if nobody writes, need not wait.
            for pause in itertools.chain((0.0, 0.0), pauses(_ROUNDS - 2)):
                sleep(pause)
                done = self._round(emptied, progress)
                if not done.deleted:
                    break
        emptied.requests = self._requests.count - before
        if done.refused:
            raise self._error_of(done, emptied)
        if done.deleted:
            raise StoreError(
                "delete everything",
                self.place,
                f"{emptied} deleted, and each of {_ROUNDS} listings showed something new",
                hint="Stop whatever keeps writing there, and run again.",
            )
        return emptied

    def _counted(self, progress: Progress) -> contextlib.AbstractContextManager[None]:
        """Within it all is listed once more, ahead of what is being deleted: a listing does not tell how long it is."""
        if not progress.is_watched:
            return contextlib.nullcontext()

        def count(has_ended: t.Callable[[], bool]) -> None:
            gone = there = 0
            # a result is the same, whether somebody watches or not
            with uncounted():
                for batch in self.entries():
                    if not there:
                        # which is not listed any more, but for what has gone this moment
                        gone = progress.items
                    there += len(batch)
                    if has_ended():
                        return
            progress.expect(items=gone + there)

        return if_long(count)

    def _round(self, emptied: Emptied, progress: Progress) -> _Round:
        done = _Round()
        with Workers(_WORKERS) as workers:
            for batch, refusals in workers.run(self.delete, self.entries()):
                done.add(batch, refusals)
                progress.advance(items=len(batch) - len(refusals))
                failed = {refusal.entry for refusal in refusals}
                for entry in batch:
                    if entry not in failed:
                        emptied.add(entry.kind)
        return done

    def _error_of(self, done: _Round, emptied: Emptied) -> StoreError:
        refusals, hint = self.look_into(done.first)
        if hint and done.refused > len(refusals):
            hint = f"Of the first {len(refusals)}: {hint}"
        named = "; ".join(f"{entry}: {said}" for entry, said in refusals[:_NAMED])
        return StoreError(
            "delete everything",
            self.place,
            f"{emptied} deleted, {done.refused:,} not. "
            f"{named}{'' if done.refused <= _NAMED else '; and so on'}",
            hint=hint,
        )


class StoreEmptier(Emptier):
    """Empties a bucket by the means that every store has."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.endpoint.place, store.requests)
        self._store = store

    def entries(self) -> t.Iterator[t.Sequence[Entry]]:
        return batches(Entry("objects", info.key) for info in self._store.list())

    def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        failed = self._store.delete([entry.key for entry in batch])
        return [Refusal(Entry("objects", key), said) for key, said in failed.items()]


def empty_store(store: Store, progress: Progress = UNWATCHED) -> Emptied:
    """Delete every object of an open store. See ``Emptier.run``."""
    return StoreEmptier(store).run(progress)


def count_store(store: Store) -> Counted:
    """How many objects there are, up to ``BATCH``."""
    found = sum(1 for _info in itertools.islice(store.list(), BATCH + 1))
    return Counted(objects=min(found, BATCH), more=found > BATCH)


def batches(items: t.Iterable[_Item]) -> t.Iterator[list[_Item]]:
    """The items, ``BATCH`` at a time."""
    remaining = iter(items)
    while batch := list(itertools.islice(remaining, BATCH)):
        yield batch
