# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""From what both sides hold to a plan: compares, and holds what comes of it against the user's limits."""

from __future__ import annotations

import time
import typing as t
from dataclasses import replace

from .._drivers._base import ObjectInfo
from .._errors import PlanRefusedError
from .._patterns import Patterns
from .._quantities import seconds_of
from .._releases._view import ReleaseView
from ._comparison import Comparison
from ._moves import candidates, find_copies
from ._order import DeleteLimit, Order
from ._plan import Plan, make_plan
from ._record import Record
from ._retirement import retire
from ._rules import Treatment
from ._scan import Objects, Sides, SourceScan, kept_names, refuse_faults, shown
from ._transfer import saves
from ._work import Work


class Planner:
    """Makes the plan of one sync; what the user should know of it is in ``warnings``.

    Raises ``ConfigurationError`` for options that cannot be meant.
    """

    def __init__(self, work: Work, record: Record) -> None:
        self.warnings: list[str] = []
        self._options = work.options
        self._here = work.here
        self._there = work.there
        self._source = work.source
        self._destination = work.destination
        self._record = record
        self._workers = work.workers
        self._progress = work.progress
        self._order = Order(work.options.order)
        self._limit = DeleteLimit(work.options.max_delete)
        self._prune_after = seconds_of("prune_after", work.options.prune_after)

    def plan(
        self,
        sides: Sides,
        treatments: t.Mapping[str, Treatment],
        own: frozenset[str] | None = None,
    ) -> Plan:
        """The plan. ``sides`` lose the compressed siblings that would not be smaller.

        With ``own``, what is to be done for these names alone; what may be done is judged for all. Raises
        ``PlanRefusedError``.
        """
        scan, objects, unseen = sides.source, sides.destination, sides.unseen
        mine, treated = sides, treatments
        if own is not None:
            mine = sides.part(own.__contains__)
            treated = {name: treatments[name] for name in own & treatments.keys()}
        comparison = self._compare(mine, treatments)
        self._drop_what_saves_nothing(scan, objects, treated, comparison.different)
        if own is not None:
            mine = sides.part(own.__contains__)
        copies = self._find_copies(
            mine.source.objects, mine.destination, treated, comparison.different
        )
        plan = make_plan(
            scan.objects,
            objects,
            comparison.different,
            attributes_only=comparison.attributes_only,
            treatments=treatments,
            copies=copies,
            order=self._order,
            delete=self._options.delete,
            kept=self._kept(scan, objects),
            hierarchical=self._destination.features.hierarchical,
            others=sides.others,
        )
        plan = replace(plan, unchanged=plan.unchanged + unseen.files)
        self._check(plan, sides)
        if own is None:
            return plan
        part = plan.part(own.__contains__, self._destination.endpoint.prefix)
        return replace(part, unchanged=len(mine.source.objects) - len(part.writes))

    def _compare(
        self, sides: Sides, treatments: t.Mapping[str, Treatment]
    ) -> Comparison:
        comparison = Comparison(
            self._here,
            self._there,
            self._record,
            treatments,
            reading=self._options.verify == "content",
            believing=sides.believing,
        )
        comparison.run(sides.source.objects, sides.destination, self._workers)
        return comparison

    def _check(self, plan: Plan, sides: Sides) -> None:
        """Whether it may be carried out. Raises ``PlanRefusedError``."""
        objects, unseen = sides.source.objects, sides.unseen
        nothing = not (objects or unseen.files)
        if plan.removed and nothing and not self._options.allow_empty:
            raise PlanRefusedError(
                f"The source {self._source.endpoint.place} has nothing to publish, and {len(plan.removed)} "
                f"object(s) of {self._destination.endpoint.place} would be deleted.",
                hint="Nothing was changed. If that is meant, say allow_empty=true.",
            )
        idle = [] if unseen.files else self._order.idle(objects)
        for number in idle:
            self.warnings.append(f"order[{number}] matches nothing of the source.")
        self.check_limit(len(plan.removed), len(sides.destination) + unseen.objects)
        refuse_faults(self._destination, (write.name for write in plan.writes))

    def check_limit(self, deletions: int, objects: int) -> None:
        """Raise ``PlanRefusedError`` when that many deletions of that many objects are too many."""
        self._limit.check(deletions, objects, self._destination.endpoint.place)

    def _kept(self, scan: SourceScan, there: Objects) -> frozenset[str]:
        """The destination's names that are not deleted, although the source does not have them."""
        kept = kept_names(scan, there) | self._protected(there)
        if self._prune_after is None or not self._options.delete:
            return kept
        names = sorted(there.keys() - scan.objects.keys() - kept)
        retirement = retire(
            {name: there[name] for name in names},
            self._record.old,
            now=int(time.time()),
            after=self._prune_after,
        )
        self._record.note_retired(retirement.kept)
        if retirement.ahead:
            self.warnings.append(
                f"{shown(retirement.ahead)}: superseded later than it is now on this host. "
                "Its clock, or that of the host that published before, is wrong."
            )
        return kept | retirement.kept.keys()

    def _protected(self, objects: Objects) -> frozenset[str]:
        if not self._options.protect:
            return frozenset()
        patterns = Patterns("protect", self._options.protect)
        return frozenset(name for name in objects if name in patterns)

    def _drop_what_saves_nothing(
        self,
        scan: SourceScan,
        there: Objects,
        treatments: t.Mapping[str, Treatment],
        different: set[str],
    ) -> None:
        """Take compressed siblings that would not be smaller out of what is published."""
        extras = [
            (name, scan.objects[name], treatment)
            for name, treatment in treatments.items()
            if treatment.extra
            and (name not in there or (name in different and self._options.delete))
        ]
        if not extras:
            return
        infos = {info.key: info for _name, info, _treatment in extras}
        self._here.find(list(infos.values()), self._workers, afresh=False)
        sizes = (info.size for _name, info, _treatment in extras)
        self._progress.begin("compressing", items=len(extras), sizes=sizes)
        for (name, info, treatment), worth in self._workers.run(self._saves, extras):
            self._progress.advance(info.size, 1)
            if not worth:
                del scan.objects[name]
                different.discard(name)
                digests = self._here.get(info)
                digest = digests.sha256 if digests is not None else ""
                self._record.note_absent(name, digest, treatment.digest)

    def _saves(self, extra: tuple[str, ObjectInfo, Treatment]) -> bool:
        name, info, treatment = extra
        digests = self._here.get(info)
        if digests is not None and self._record.is_absent(
            name, digests.sha256, treatment.digest
        ):
            return False
        return saves(self._source, info, treatment)

    def _find_copies(
        self,
        here: Objects,
        there: Objects,
        treatments: t.Mapping[str, Treatment],
        different: t.AbstractSet[str],
    ) -> dict[str, ObjectInfo]:
        """Of each name whose contents the store can copy by itself, from which object."""
        if not self._destination.features.server_side_copy:
            return {}
        if isinstance(self._source, ReleaseView):
            changing = (here.keys() - there.keys()) | different
            return {name: self._source.originals[name] for name in changing}
        new = {name: here[name] for name in here.keys() - there.keys()}
        across = self._destination.reaches(self._source)
        if across:
            new.update({name: here[name] for name in different})
        for name, treatment in treatments.items():
            if treatment.encoding is not None:
                new.pop(name, None)
        if across:
            return new
        stays = {name: info for name, info in there.items() if name not in different}
        new = candidates(new, stays)
        if new and self._source.features.digests:
            self._here.find(list(new.values()), self._workers, afresh=False)
        return find_copies(new, stays, self._record.old, self._here.get)
