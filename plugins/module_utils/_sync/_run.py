# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""One sync from start to end: scan, compare, plan, apply in phases, report."""

from __future__ import annotations

import contextlib
import time
import typing as t

from .._drivers._base import Store
from .._drivers._catalogue import open_store
from .._drivers._local import LocalStore
from .._endpoint import Endpoint
from .._errors import ConfigurationError, ContainerMissingError
from .._manifest._keeper import ManifestKeeper
from .._manifest._shared_keeper import SharedKeeper
from .._manifest._tree_cache import Receipt
from .._progress import UNWATCHED, Progress
from .._report import Report
from .._workers import Workers
from ._account import Account
from ._apply import Application
from ._bandwidth import Bandwidth
from ._caches import cache_folder, journal, tree_cache
from ._contents import Contents
from ._invalidate import Invalidation
from ._keep_release import KeepRelease
from ._look import Look
from ._options import SyncOptions
from ._patterns import Selection
from ._plan import Plan
from ._planning import Planner
from ._publication import Publication
from ._quantities import bytes_of
from ._receipts import Receipts
from ._record import Record
from ._recorder import Recorder
from ._rules import Treatment
from ._scan import Objects, Sides, one_file, refuse_overlap
from ._together import ALONE, Company, Gathering, refuse_unshared
from ._transfer import uploads_kept

#: Options for which a manifest is kept in any case.
_REMEMBERING = ("rules", "prune_after", "invalidate", "release", "rolled_back")


def synchronise(
    options: SyncOptions,
    progress: Progress = UNWATCHED,
    recorder: Recorder | None = None,
) -> Report:
    """Make the destination hold what the source holds. Raises :class:`LongshoreError`."""
    began = time.monotonic()
    source, only = one_file(options.source)
    refuse_overlap(options.source, options.destination, only)
    if only is not None and options.release is not None:
        raise ConfigurationError(
            f"The source {options.source.full_place} is a single file, and a release is all that a destination holds.",
            hint="Publish a folder, or do without release.",
        )
    if options.keep_releases is not None and options.release is None:
        raise ConfigurationError(
            "keep_releases needs release: the name of what is published."
        )
    selection: t.Container[str] = Selection(options.include, options.exclude)
    if only is not None:
        selection = frozenset({only} if only in selection else ())
    report = Report(
        source=source.full_place, destination=options.destination.full_place
    )
    if recorder is not None:
        recorder.report = report
    cache = tree_cache(source, options, report)
    with (
        Receipts(options, source, None if only else cache, selection) as receipts,
        # a file that is named itself is meant, even if it is a link
        _open_source(source, options.follow_links or only is not None) as source_store,
        open_store(options.destination) as destination_store,
        Workers(options.transfers) as workers,
    ):
        here = Contents(source_store, cache, progress)
        there_cache = tree_cache(options.destination, options, report)
        there = Contents(destination_store, there_cache, progress)
        try:
            Sync(
                options,
                selection,
                only,
                here,
                there,
                workers,
                receipts,
                report,
                progress,
                recorder=recorder,
            ).run()
        finally:
            report.requests = (
                source_store.requests.count + destination_store.requests.count
            )
            report.seconds = time.monotonic() - began
    return report


def _open_source(endpoint: Endpoint, follow_links: bool) -> Store:
    if endpoint.provider == "LOCAL":
        return LocalStore(endpoint, follow_links=follow_links)
    return open_store(endpoint)


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

    def __init__(
        self,
        options: SyncOptions,
        selection: t.Container[str],
        only: str | None,
        here: Contents,
        there: Contents,
        workers: Workers,
        receipts: Receipts,
        report: Report,
        progress: Progress,
        release: ReleaseStep | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._options = options
        self._here = here
        self._there = there
        self._destination = there.store
        self._workers = workers
        self._receipts = receipts
        self._report = report
        self._progress = progress
        self._recorder = recorder
        remembering = [name for name in _REMEMBERING if getattr(options, name)]
        if remembering and options.manifest == "never":
            raise ConfigurationError(
                f"With {remembering[0]} a manifest is needed: no listing shows what is to be remembered.",
                hint="Leave manifest out, or say manifest=auto.",
            )
        keeper = ManifestKeeper(self._destination, workers)
        if options.shard is not None:
            refuse_unshared(options, self._destination)
            keeper = SharedKeeper(self._destination, workers, options.shard.share)
        self._record = Record(
            options.manifest if options.shard is None else "always",
            keeper,
            journal(options),
            here.store,
            self._destination,
            treating=bool(remembering) or options.verify == "manifest",
        )
        self._look = Look(
            options,
            selection,
            only,
            here,
            there,
            self._record,
            receipts,
            workers,
            progress,
        )
        self._publication = Publication(options.rules, self._destination, selection)
        self._treatments: dict[str, Treatment] = {}
        self._planner = Planner(options, here, there, self._record, workers, progress)
        rate = bytes_of("bandwidth_limit", options.bandwidth_limit)
        self._bandwidth = Bandwidth(rate)
        self._release = release
        if release is None and options.release is not None:
            self._release = KeepRelease(
                options.release,
                options,
                here,
                self._destination,
                self._record,
                workers,
                report,
                progress,
            )
        self._invalidation = Invalidation(options.invalidate)
        self._gathering: Gathering | None = None
        if options.shard is not None and isinstance(keeper, SharedKeeper):
            self._gathering = Gathering(
                options,
                options.shard,
                self._destination,
                keeper,
                self._planner.check_limit,
                progress,
            )

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
                self._receipts.write(receipt)

    def _sync(self, sides: Sides) -> None:
        if sides.missing:
            self._need_container()
        self._treatments = self._publication.treat(sides.source.objects)
        if self._release is not None:
            self._treatments |= self._release.treat(sides.source.objects)
        plan, sides = self._plan(sides)
        self._report.warnings += self._planner.warnings
        if self._recorder is not None:
            self._recorder.see(sides, plan)
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
            self._here,
            self._destination,
            self._record,
            account,
            self._workers,
            self._bandwidth,
            lambda: self._invalidation.send(stale),
            self._progress,
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
            self._receipts.write(self._look.agreed(sides, plan, touched))

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
        caches = [c for c in (self._here.cache, self._there.cache) if c is not None]
        with contextlib.ExitStack() as stack:
            for cache in caches:
                stack.enter_context(cache.saved(count))
            folder = cache_folder(self._options)
            stack.enter_context(uploads_kept(self._destination, folder))
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
