# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a sync will do: a pure function of what both sides hold."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass

from .._drivers._base import ObjectInfo
from .._errors import PlanRefusedError
from ._order import Order
from ._rules import Treatment

#: How many names an error or a sample shows.
SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Write:
    """Bring one source object to the destination; ``replaced`` is what is there now.

    With ``attributes_only`` its bytes are right already; ``copy_of`` is an object that holds them and that
    the store can copy by itself, of the destination or, with ``across``, the source's own.
    """

    name: str
    source: ObjectInfo
    replaced: ObjectInfo | None
    treatment: Treatment | None = None
    attributes_only: bool = False
    copy_of: ObjectInfo | None = None

    @property
    def across(self) -> bool:
        """Whether it is a copy of the source's own object."""
        return self.copy_of is self.source

    @property
    def size(self) -> int:
        """How many bytes are sent for it."""
        within = self.attributes_only or self.copy_of is not None
        return 0 if within else self.source.size


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will change: ``phases`` one after the other, each sorted by name.

    ``make_way`` is deleted before ``late`` is written.
    """

    phases: tuple[tuple[Write, ...], ...]
    make_way: tuple[ObjectInfo, ...]
    late: tuple[Write, ...]
    deletions: tuple[ObjectInfo, ...]
    unchanged: int

    @property
    def writes(self) -> tuple[Write, ...]:
        """Every write, in the order of the phases."""
        return (*itertools.chain.from_iterable(self.phases), *self.late)

    @property
    def removed(self) -> tuple[ObjectInfo, ...]:
        """Every deletion, in the order of the phases."""
        return self.make_way + self.deletions

    def part(self, chosen: t.Callable[[str], bool], prefix: str) -> Plan:
        """What is to be done for these names alone; ``prefix`` is the destination's."""

        def writes(phase: t.Iterable[Write]) -> tuple[Write, ...]:
            return tuple(write for write in phase if chosen(write.name))

        def infos(removed: t.Iterable[ObjectInfo]) -> tuple[ObjectInfo, ...]:
            return tuple(i for i in removed if chosen(i.key[len(prefix) :]))

        return Plan(
            tuple(map(writes, self.phases)),
            infos(self.make_way),
            writes(self.late),
            infos(self.deletions),
            self.unchanged,
        )

    @property
    def empty(self) -> bool:
        """Nothing is to be done."""
        return not (self.writes or self.removed)


def make_plan(
    source: t.Mapping[str, ObjectInfo],
    destination: t.Mapping[str, ObjectInfo],
    different: t.AbstractSet[str],
    *,
    order: Order,
    attributes_only: t.AbstractSet[str] = frozenset(),
    treatments: t.Mapping[str, Treatment] | None = None,
    copies: t.Mapping[str, ObjectInfo] | None = None,
    delete: bool,
    kept: t.AbstractSet[str] = frozenset(),
    hierarchical: bool = False,
    others: t.Collection[str] = (),
) -> Plan:
    """Plan from the names on both sides and those of both whose contents, or attributes alone, differ.

    ``kept`` names are never deleted. With ``hierarchical``, a name and one below it cannot exist
    together: what stands in the way of a write is deleted just before, or, where that is not
    allowed, refused with ``PlanRefusedError``; ``others`` are the destination's names that the
    sync is not about.
    """
    changing = sorted(
        (source.keys() - destination.keys()) | different | attributes_only
    )
    treated = treatments or {}
    writes = [
        Write(
            name,
            source[name],
            destination.get(name),
            treated.get(name),
            name in attributes_only and name not in different,
            (copies or {}).get(name),
        )
        for name in changing
    ]
    gone = destination.keys() - source.keys() - kept if delete else ()
    extraneous = {name: destination[name] for name in sorted(gone)}
    blocked: dict[str, list[str]] = {}
    if hierarchical:
        refuse_collisions(source)
        blocked = _in_the_way(writes, {*destination, *others})
        _refuse_what_stays(blocked, extraneous)
    make_way = {other for others in blocked.values() for other in others}
    return Plan(
        phases=_in_phases((w for w in writes if w.name not in blocked), order),
        make_way=tuple(i for name, i in extraneous.items() if name in make_way),
        late=tuple(write for write in writes if write.name in blocked),
        deletions=tuple(i for name, i in extraneous.items() if name not in make_way),
        unchanged=len(source) - len(writes),
    )


def _in_phases(
    writes: t.Iterable[Write], order: Order
) -> tuple[tuple[Write, ...], ...]:
    phases: list[list[Write]] = [[] for _number in range(order.phases)]
    for write in writes:
        phases[order.phase_of(write.name)].append(write)
    return tuple(map(tuple, phases))


def refuse_collisions(names: t.Collection[str]) -> None:
    """Raise ``PlanRefusedError`` when one name would have to be a file and a folder."""
    for name in names:
        for folder in folders(name):
            if folder in names:
                raise PlanRefusedError(
                    f"The source has both {folder!r} and {name!r}, which cannot exist "
                    "together in a folder: one would have to be a file and a folder at once.",
                    hint="Leave one of them out with exclude.",
                )


def _in_the_way(
    writes: t.Sequence[Write], there: t.AbstractSet[str]
) -> dict[str, list[str]]:
    """Names to be written, each with the destination's names that it cannot exist beside."""
    blocked: dict[str, list[str]] = {}
    for write in writes:
        above = [folder for folder in folders(write.name) if folder in there]
        if above:
            blocked[write.name] = above
    to_write = {write.name for write in writes}
    for name in there:
        for folder in folders(name):
            if folder in to_write:
                blocked.setdefault(folder, []).append(name)
    return blocked


def _refuse_what_stays(
    blocked: t.Mapping[str, t.Sequence[str]], extraneous: t.Mapping[str, ObjectInfo]
) -> None:
    for name, others in blocked.items():
        for other in others:
            if other not in extraneous:
                raise PlanRefusedError(
                    f"Cannot write {name!r}: the destination has {other!r}, which is in the way "
                    "(a file where a folder would have to be, or the reverse, or a link).",
                    hint="Remove it there, or let delete=true do so (which keeps links and excluded names).",
                )


def folders(name: str) -> t.Iterator[str]:
    """Every folder that the name lies in, outermost first."""
    position = name.find("/")
    while position >= 0:
        yield name[:position]
        position = name.find("/", position + 1)
