# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""In which company a sync is done: alone, or by several hosts, each with a part of the names."""

from __future__ import annotations

import contextlib
import hashlib
import json
import typing as t

from .._drivers._base import Store
from .._errors import ConfigurationError, PlanRefusedError
from .._gathering._meeting import Meeting
from .._manifest._format import RESERVED
from .._manifest._shared_keeper import SharedKeeper
from .._progress import Progress
from .._quantities import seconds_of
from ._options import ShardOptions, SyncOptions
from ._plan import Plan
from ._scan import Objects, Sides
from ._work import Work

_FOLDER: t.Final = f"{RESERVED}gathering/"

#: Options on which it depends what is deleted, and in which order all is done.
_DECIDING: t.Final = (
    "delete",
    "allow_empty",
    "include",
    "exclude",
    "rules",
    "order",
    "protect",
    "max_delete",
    "prune_after",
)

#: What is told in numbers, and has to be right in sum.
_COUNTS: t.Final = ("files", "objects", "removed")

#: The first stage: all have met, and told what they have planned. The others are one for each step, and the end.
_PLANNED: t.Final = 1
_LEADER: t.Final = 0


class Company(t.Protocol):
    """What a sync asks of the others who do it, too."""

    #: Whether there are no others.
    alone: bool
    #: Whether this host does what one of them has to do.
    leads: bool
    #: Of what the others change, names that content delivery networks have to forget.
    stale: frozenset[str]

    def check(self) -> None:
        """Raises when it cannot go on; to be called before each object."""

    def before_step(self) -> None:
        """Wait until all have done the steps before the next one: phases, making way, late writes, deletions, the end."""

    def leave(self) -> None:
        """All is done."""


class Alone:
    """Nobody to wait for."""

    alone = leads = True
    stale: frozenset[str] = frozenset()

    def check(self) -> None:
        """Nothing can be wrong."""

    def before_step(self) -> None:
        """Nobody else is there."""

    def leave(self) -> None:
        """Nobody else is there."""


ALONE: t.Final = Alone()


class Gathered:
    """One host of several, from when all have met and made their plans."""

    alone = False

    def __init__(
        self,
        meeting: Meeting,
        told: t.Collection[t.Mapping[str, t.Any]],
        leads: bool,
        progress: Progress,
    ) -> None:
        """``told``: by each of them, what it has to do."""
        self.leads = leads
        self.stale = frozenset(name for said in told for name in said["stale"])
        self._meeting = meeting
        #: How much all of them together have to do in each.
        self._steps = [sum(e) for e in zip(*(s["steps"] for s in told), strict=True)]
        self._next = 0
        self._has_worked = False
        self._progress = progress

    @property
    def idle(self) -> bool:
        """Nobody has anything to do."""
        return not any(self._steps)

    def check(self) -> None:
        self._meeting.check()

    def before_step(self) -> None:
        """What nobody has anything to do in is not waited for, and neither is what comes after nothing."""
        step = self._next
        self._next += 1
        is_last = step == len(self._steps)
        if not (is_last or self._steps[step]):
            return
        if self._has_worked or is_last:
            self._progress.begin("waiting for other hosts", unit="hosts")
            self._meeting.wait(_PLANNED + 1 + step)
        self._has_worked = True

    def leave(self) -> None:
        """The one that leads leaves first, when all is settled."""
        if not self.leads:
            self._meeting.wait(_PLANNED + 2 + len(self._steps), [_LEADER])
        self._meeting.leave()


def refuse_unshared(options: SyncOptions, destination: Store) -> None:
    """Raise ``ConfigurationError`` for what several hosts cannot do together."""
    if options.manifest in ("never", "rebuild"):
        raise ConfigurationError(
            f"shard and manifest={options.manifest} exclude each other: by a manifest hosts share a sync.",
            hint="Leave manifest out, or run once without shard.",
        )
    if options.release is not None or options.rolled_back:
        raise ConfigurationError(
            "shard excludes release and state=rolled_back: a release is kept by one host, and copied by the store.",
            hint="Run it on one host; with release, after those who share the sync.",
        )
    if not destination.features.conditional_write:
        raise ConfigurationError(
            f"Hosts cannot share a sync to {destination.endpoint.place}: with provider "
            f"{destination.endpoint.provider} nothing can be written on a condition, by which they would meet.",
            hint="Leave shard out, and run it on one host.",
        )


class Gathering:
    """Brings hosts together for one sync."""

    def __init__(
        self,
        work: Work,
        shard: ShardOptions,
        keeper: SharedKeeper,
        check_limit: t.Callable[[int, int], None],
    ) -> None:
        """``check_limit``: raises when so many deletions of so many objects are too many."""
        self._options = work.options
        self._share = shard.share
        self._limit = _limit(shard.wait)
        self._store = work.destination
        self._keeper = keeper
        self._check_limit = check_limit
        self._progress = work.progress
        self._agreed = ""
        self._names = 0

    def see(self, source: Objects) -> None:
        """What all hosts have to agree on: the whole source."""
        seen = hashlib.sha256()
        decided = [getattr(self._options, name) for name in _DECIDING]
        seen.update(json.dumps(decided, sort_keys=True).encode())
        for name in sorted(source):
            seen.update(
                f"{name}\0{source[name].size}\0".encode(errors="surrogateescape")
            )
        self._agreed = seen.hexdigest()
        self._names = len(source)

    @contextlib.contextmanager
    def met(
        self, plan: Plan, sides: Sides, stale: t.Sequence[str], due: bool
    ) -> t.Iterator[Gathered | None]:
        """When all have met and told what they have to do; None when nobody has anything.

        ``stale``: what content delivery networks have to forget. ``due``: this host's part of the manifest is not
        as it should be.
        """
        removed = [len(plan.make_way), len(plan.late), len(plan.deletions)]
        steps = [*map(len, plan.phases), *removed]
        said = {
            "agreed": self._agreed,
            "steps": steps,
            "files": len(sides.source.objects),
            "objects": len(sides.destination),
            "removed": len(plan.removed),
            "stale": stale,
            "due": due,
        }
        index, count = self._share.index, self._share.count
        folder = self._store.endpoint.prefix + _FOLDER
        self._progress.begin("waiting for other hosts", unit="hosts")
        with Meeting(self._store, folder, index, count, self._limit) as meeting:
            meeting.tell(said)
            told = meeting.wait(_PLANNED)
            self._refuse(told)
            leads = index == _LEADER
            company = Gathered(meeting, told.values(), leads, self._progress)
            if company.idle and not any(said["due"] for said in told.values()):
                meeting.leave()
                yield None
                return
            self._keeper.gather(meeting.id, self._names)
            yield company

    def _refuse(self, told: t.Mapping[int, t.Mapping[str, t.Any]]) -> None:
        index, mine = self._share.index, told[self._share.index]
        for other, said in sorted(told.items()):
            if not _is_like(said, mine):
                raise PlanRefusedError(
                    f"The hosts of shard.index {index} and {other} have different versions of the collection.",
                    hint="Nothing was changed. Install the same version on all of them.",
                )
            if said["agreed"] != self._agreed:
                raise PlanRefusedError(
                    f"The hosts of shard.index {index} and {other} do not see the same source, or were not given the "
                    "same options.",
                    hint="Nothing was changed. Each host needs the whole source, not a part of it.",
                )
        total = {n: sum(said[n] for said in told.values()) for n in _COUNTS}
        if total["removed"] and not (total["files"] or self._options.allow_empty):
            raise PlanRefusedError(
                f"The source has nothing to publish, and {total['removed']} object(s) of "
                f"{self._store.endpoint.place} would be deleted.",
                hint="Nothing was changed. If that is meant, say allow_empty=true.",
            )
        self._check_limit(total["removed"], total["objects"])


def _is_like(said: t.Mapping[str, t.Any], mine: t.Mapping[str, t.Any]) -> bool:
    """Whether another host told what this one does, such as it is; it came by way of the store."""
    if said.keys() != mine.keys():
        return False
    if any(not isinstance(said[name], type(mine[name])) for name in mine):
        return False
    counts = [*said["steps"], *(said[name] for name in _COUNTS)]
    return (
        len(said["steps"]) == len(mine["steps"])
        and all(isinstance(count, int) and count >= 0 for count in counts)
        and all(isinstance(name, str) for name in said["stale"])
    )


def _limit(wait: str) -> int:
    limit = seconds_of("shard.wait", wait)
    if not limit:
        raise ConfigurationError(
            f"shard.wait must be a duration such as 90s or 10m, not {wait!r}."
        )
    return limit
