# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a sync does with both sides: compares, plans, and applies the plan in phases."""

from __future__ import annotations

import contextlib
import typing as t

from .._bandwidth import Bandwidth
from .._errors import ConfigurationError, ContainerMissingError
from .._manifest._keeper import ManifestKeeper
from .._manifest._shared_keeper import SharedKeeper
from .._manifest._tree_cache import Receipt
from .._quantities import bytes_of
from ._account import Account
from ._apply import Application
from ._caches import cache_folder, journal
from ._invalidate import Invalidation
from ._keep_release import KeepRelease
from ._look import Look
from ._plan import Plan
from ._planning import Planner
from ._publication import Publication
from ._record import Record
from ._rules import Treatment
from ._scan import Objects, Sides
from ._together import ALONE, Company, Gathering, refuse_unshared
from ._work import Work

#: Options for which a manifest is kept in any case.
_REMEMBERING = ("rules", "prune_after", "invalidate", "release", "rolled_back")


class ReleaseStep(t.Protocol):
    """What a sync has to do about releases of its destination."""

    def treat(self, objects: Objects) -> t.Mapping[str, Treatment]:
        """How objects are published, beside what the rules say."""

    def plan(self, objects: Objects, treatments: t.Mapping[str, Treatment]) -> None:
        """Called before anything is changed: report what will be done."""

    def begin(self) -> None:
        """Called when objects are about to be changed."""

    def commit(self, objects: Objects, treatments: t.Mapping[str, Treatment]) -> None:
        """Called when all is published: do it."""


class Sync:
    """One sync, of sides that are open. Raises ``ConfigurationError`` for options that exclude each other."""

    def __init__(self, work: Work, release: ReleaseStep | None = None) -> None:
        options = work.options
        self._work = work
        self._options = options
        self._here = work.here
        self._destination = work.destination
        self._report = work.report
        keeper = ManifestKeeper(self._destination, work.workers)
        if options.shard is not None:
            refuse_unshared(options, self._destination)
            keeper = SharedKeeper(self._destination, work.workers, options.shard.share)
        self._record = _record_of(work, keeper)
        self._look = Look(work, self._record)
        self._publication = Publication(
            options.rules, self._destination, work.selection
        )
        self._treatments: dict[str, Treatment] = {}
        self._planner = Planner(work, self._record)
        rate = bytes_of("bandwidth_limit", options.bandwidth_limit)
        self._bandwidth = Bandwidth(rate)
        self._release = release
        if release is None and options.release is not None:
            self._release = KeepRelease(options.release, work, self._record)
        self._invalidation = Invalidation(options.invalidate)
        self._gathering: Gathering | None = None
        if options.shard is not None and isinstance(keeper, SharedKeeper):
            limit = self._planner.check_limit
            self._gathering = Gathering(work, options.shard, keeper, limit)

    def run(self) -> None:
        """Scan, compare, plan; then, unless it is a check, apply."""
        differences = self._look.differences()
        if differences is None:
            self._sync(self._look.at_all())
        elif differences.empty:
            self._nothing_to_do(differences.receipt)
        else:
            self._sync(self._look.at_some(differences))

    def _nothing_to_do(self, receipt: Receipt) -> None:
        self._report.unchanged = receipt.files
        if not self._options.check_mode:
            with self._caches_kept(0):
                self._work.receipts.write(receipt)

    def _sync(self, sides: Sides) -> None:
        if sides.missing:
            self._need_container()
        self._treatments = self._publication.treat(sides.source.objects)
        if self._release is not None:
            self._treatments |= self._release.treat(sides.source.objects)
        plan, sides = self._plan(sides)
        self._report.warnings += self._planner.warnings
        if self._work.recorder is not None:
            self._work.recorder.see(sides, plan)
        account = Account(self._report, self._destination.endpoint.prefix)
        account.left_out(sides.source.skipped)
        account.describe(plan, self._here, self._record)
        if self._release is not None:
            self._release.plan(sides.source.objects, self._treatments)
        stale = self._stale(plan, sides)
        self._report.invalidated = self._invalidation.paths(stale)
        if self._options.check_mode:
            account.planned(plan)
            if plan.empty:
                self._note(plan, sides)
                self._report.manifest_written = self._record.due
            return
        if stale:
            self._invalidation.check()
        with self._caches_kept(len(plan.writes)):
            if sides.missing:
                self._destination.create_container()
            self._note(plan, sides)
            if self._release is not None and not plan.empty:
                self._release.begin()
            with self._company(plan, sides, stale) as company:
                if company is not None:
                    self._apply(plan, account, stale | company.stale, company)
            if self._release is not None:
                self._release.commit(sides.source.objects, self._treatments)
            self._write_receipt(plan, sides)

    def _apply(
        self, plan: Plan, account: Account, stale: set[str], company: Company
    ) -> None:
        self._report.invalidated = (
            self._invalidation.paths(stale) if company.leads else []
        )
        Application(
            self._work,
            self._record,
            account,
            self._bandwidth,
            lambda: self._invalidation.send(stale),
            company,
        ).run(plan)

    def _plan(self, sides: Sides) -> tuple[Plan, Sides]:
        """The plan, and both sides of what it is about: with others, this host's part."""
        shard = self._options.shard
        if shard is None or self._gathering is None:
            return self._planner.plan(sides, self._treatments), sides
        here, there = sides.source.objects, sides.destination
        self._gathering.see(here)
        own = shard.share.part(here.keys() | there.keys())
        plan = self._planner.plan(sides, self._treatments, own)
        self._record.narrow(shard.share.owns)
        return plan, sides.part(own.__contains__)

    def _company(
        self, plan: Plan, sides: Sides, stale: set[str]
    ) -> contextlib.AbstractContextManager[Company | None]:
        """Who else does this sync; None when nobody has anything to do."""
        if self._gathering is None:
            return contextlib.nullcontext(ALONE)
        abridged = self._invalidation.abridged(stale)
        return self._gathering.met(plan, sides, abridged, self._record.due)

    def _write_receipt(self, plan: Plan, sides: Sides) -> None:
        if not self._report.warnings:  # which are due in the next run, too
            touched = self._report.changed
            self._work.receipts.write(self._look.agreed(sides, plan, touched))

    def _stale(self, plan: Plan, sides: Sides) -> set[str]:
        """The names of which a content delivery network has to forget what it has."""
        if not self._invalidation:
            return set()
        stale = {write.name for write in plan.writes} | self._removed(plan)
        if self._record.unfinished:
            # what the run before this one changed and did not invalidate is not known
            stale.update(sides.source.objects, sides.destination)
        return stale

    def _removed(self, plan: Plan) -> set[str]:
        prefix = len(self._destination.endpoint.prefix)
        return {info.key[prefix:] for info in plan.removed}

    @contextlib.contextmanager
    def _caches_kept(self, count: int) -> t.Iterator[None]:
        """Room for the caches is taken before anything is changed, and filled whatever happens."""
        caches = [
            c for c in (self._here.cache, self._work.there.cache) if c is not None
        ]
        with contextlib.ExitStack() as stack:
            for cache in caches:
                stack.enter_context(cache.saved(count))
            folder = cache_folder(self._options)
            stack.enter_context(self._destination.keeping_uploads(folder))
            yield

    def _need_container(self) -> None:
        if not self._options.create_container:
            raise ContainerMissingError(
                "sync", self._destination.endpoint.place, "there is no such container"
            )
        self._report.container_created = True

    def _treatment_of(self, name: str) -> str:
        treatment = self._treatments.get(name)
        return treatment.digest if treatment is not None else ""

    def _note(self, plan: Plan, sides: Sides) -> None:
        """Have the record know what stays as it is."""
        here, there = sides.source.objects, sides.destination
        names = here.keys() - {write.name for write in plan.writes}
        extraneous = there.keys() - here.keys() - self._removed(plan)
        self._record.note_kept({name: there[name] for name in extraneous})
        if self._options.verify == "content":
            for name in names:
                self._record.note(
                    name,
                    here[name],
                    self._here.get(here[name]),
                    there[name],
                    self._treatment_of(name),
                )
        else:
            self._record.note_unchanged(
                names, here, there, self._here.get, self._treatment_of
            )


def _record_of(work: Work, keeper: ManifestKeeper) -> Record:
    options = work.options
    remembering = [name for name in _REMEMBERING if getattr(options, name)]
    if remembering and options.manifest == "never":
        raise ConfigurationError(
            f"With {remembering[0]} a manifest is needed: no listing shows what is to be remembered.",
            hint="Leave manifest out, or say manifest=auto.",
        )
    return Record(
        options.manifest if options.shard is None else "always",
        keeper,
        journal(options),
        work.source,
        work.destination,
        treating=bool(remembering) or options.verify == "manifest",
    )
