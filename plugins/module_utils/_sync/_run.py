# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""One sync from start to end: scan, compare, plan, apply in phases, report."""

from __future__ import annotations

import contextlib
import os
import time
import typing as t

from .._drivers._base import Store
from .._drivers._catalogue import open_store
from .._drivers._local import LocalStore
from .._endpoint import Endpoint
from .._errors import (
    ConfigurationError,
    ContainerMissingError,
    StoreError,
)
from .._manifest._journal import Journal
from .._manifest._keeper import ManifestKeeper
from .._manifest._tree_cache import Receipt, TreeCache, default_folder
from .._report import Report
from .._workers import Workers
from ._account import Account
from ._apply import Application
from ._bandwidth import Bandwidth
from ._contents import Contents
from ._invalidate import Invalidation
from ._options import SyncOptions
from ._patterns import Selection
from ._plan import Plan
from ._planning import NOTHING_UNSEEN, Planner, Unseen
from ._publication import Publication
from ._quantities import bytes_of
from ._receipts import Differences, Receipts
from ._record import Record
from ._rules import Treatment
from ._scan import (
    DestinationScan,
    Objects,
    SourceScan,
    from_manifest,
    list_destination,
    one_file,
    refuse_overlap,
    scan_source,
)
from ._transfer import uploads_kept


def synchronise(options: SyncOptions) -> Report:
    """Make the destination hold what the source holds. Raises :class:`LongshoreError`."""
    began = time.monotonic()
    source, only = one_file(options.source)
    refuse_overlap(options.source, options.destination, only)
    selection: t.Container[str] = Selection(options.include, options.exclude)
    if only is not None:
        selection = frozenset({only} if only in selection else ())
    report = Report(
        source=source.full_place, destination=options.destination.full_place
    )
    cache = _cache_of(source, options, report)
    with (
        Receipts(options, source, None if only else cache, selection) as receipts,
        # a file that is named itself is meant, even if it is a link
        _open_source(source, options.follow_links or only is not None) as source_store,
        open_store(options.destination) as destination_store,
        Workers(options.transfers) as workers,
    ):
        here = Contents(source_store, cache)
        there_cache = _cache_of(options.destination, options, report)
        there = Contents(destination_store, there_cache)
        try:
            _Sync(
                options, selection, only, here, there, workers, receipts, report
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


def _journal_of(options: SyncOptions) -> Journal:
    folder = options.cache_path or default_folder()
    where = options.destination
    # not by its address, which may be another's next time: entries are tested anyway
    place = f"{where.container}/{where.prefix}"
    return Journal(folder if _may_make(folder) else None, place)


def _cache_of(
    endpoint: Endpoint, options: SyncOptions, report: Report
) -> TreeCache | None:
    if endpoint.provider != "LOCAL":
        return None
    folder = options.cache_path or default_folder()
    if options.cache_path is None and not _may_make(folder):
        report.warnings = [
            f"No digest cache is kept, because {folder!r} may not be written: every file is "
            "read in every run. Choose a folder with cache_path."
        ]
        return TreeCache(None, endpoint.container)
    return TreeCache(folder, endpoint.container)


class _Sync:
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
    ) -> None:
        self._options = options
        self._selection = selection
        self._only = only
        self._here = here
        self._there = there
        self._source = here.store
        self._destination = there.store
        self._workers = workers
        self._receipts = receipts
        self.report = report
        remembering = [
            name
            for name in ("rules", "prune_after", "invalidate")
            if getattr(options, name)
        ]
        if remembering and options.manifest == "never":
            raise ConfigurationError(
                f"With {remembering[0]} a manifest is needed: no listing shows what is to be remembered.",
                hint="Leave manifest out, or say manifest=auto.",
            )
        keeper = ManifestKeeper(self._destination, workers)
        self._publication = Publication(options.rules, self._destination, selection)
        self._treatments: t.Mapping[str, Treatment] = {}
        self._record = Record(
            options.manifest,
            keeper,
            _journal_of(options),
            self._source,
            self._destination,
            treating=bool(remembering) or options.verify == "manifest",
        )
        self._planner = Planner(options, here, there, self._record, workers)
        rate = bytes_of("bandwidth_limit", options.bandwidth_limit)
        self._bandwidth = Bandwidth(rate)
        self._invalidation = Invalidation(options.invalidate)
        self._believing = False
        self._others: t.Sequence[str] = ()
        self._summary: str | None = None
        self._unseen = NOTHING_UNSEEN

    def run(self) -> None:
        """Scan, compare, plan; then, unless it is a check, apply."""
        differences = self._differences()
        if differences is not None and differences.empty:
            self._nothing_to_do(differences.receipt)
            return
        scan, objects = self._scan() if differences is None else self._look(differences)
        self._treatments = self._publication.treat(scan.objects)
        plan = self._planner.plan(
            scan,
            objects,
            self._treatments,
            others=self._others,
            believing=self._believing,
            unseen=self._unseen,
        )
        self.report.warnings += self._planner.warnings
        account = Account(self.report, self._destination.endpoint.prefix)
        account.left_out(scan.skipped)
        account.describe(plan, self._here, self._record)
        stale = self._stale(plan, scan, objects)
        self.report.invalidated = self._invalidation.paths(stale)
        if self._options.check_mode:
            account.planned(plan)
            if plan.empty:
                self._note_unchanged(plan, scan.objects, objects)
                self.report.manifest_written = self._record.due
            return
        if stale:
            self._invalidation.check()
        with self._caches_kept(len(plan.writes)):
            if self.report.container_created:
                self._destination.create_container()
            self._note_unchanged(plan, scan.objects, objects)
            Application(
                self._here,
                self._destination,
                self._record,
                account,
                self._workers,
                self._bandwidth,
                lambda: self._invalidation.send(stale),
            ).run(plan)
            self._write_receipt(plan, scan.objects, objects)

    # -- what need not be looked at

    def _differences(self) -> Differences | None:
        """What changed since both sides were found to agree; None when everything has to be looked at."""
        if not isinstance(self._source, LocalStore):
            return None
        found = self._receipts.differences(self._source)
        if found is None or not (found.empty or self._may_look_at_some):
            return None
        if found.receipt.destination != self._state():
            return None
        return found

    @property
    def _may_look_at_some(self) -> bool:
        """Whether no file's place in the plan depends on other files."""
        siblings = any(rule.get("siblings") for rule in self._options.rules)
        return self._trusting and not (
            siblings or self._destination.features.hierarchical
        )

    @property
    def _trusting(self) -> bool:
        return self._options.verify == "manifest"

    def _state(self) -> str | None:
        """What the destination is like now, by one of our own objects or a look at all."""
        if self._trusting:
            return self._record.state()
        try:
            return self._destination.summarise(
                self._destination.endpoint.prefix, self._middle()
            )
        except ContainerMissingError:
            return None

    def _nothing_to_do(self, receipt: Receipt) -> None:
        self.report.unchanged = receipt.files
        if not self._options.check_mode:
            with self._caches_kept(0):
                self._receipts.write(*receipt)

    def _look(self, differences: Differences) -> tuple[SourceScan, Objects]:
        """Only what is different; of the rest it is known that it agrees."""
        names = differences.changed.keys() | differences.gone
        self._record.read(self._selection, names)
        self._believing = True
        prefix = self._destination.endpoint.prefix
        objects = from_manifest(self._record.old, prefix, names)
        self._unseen = Unseen(
            differences.receipt.files - differences.known,
            differences.receipt.objects - len(objects),
        )
        return SourceScan(differences.changed), objects

    def _write_receipt(self, plan: Plan, here: Objects, there: Objects) -> None:
        if self.report.warnings:
            return  # which are due in the next run, too
        state = None
        if self._trusting:
            state = self._record.state()
        elif plan.empty and not self.report.changed:
            state = self._summary
        new = sum(write.replaced is None for write in plan.writes)
        self._receipts.write(
            state,
            len(here) + self._unseen.files,
            len(there) + new - len(plan.removed) + self._unseen.objects,
        )

    def _stale(self, plan: Plan, scan: SourceScan, there: Objects) -> set[str]:
        """The names of which a content delivery network has to forget what it has."""
        if not self._invalidation:
            return set()
        stale = {write.name for write in plan.writes}
        prefix = self._destination.endpoint.prefix
        stale.update(info.key[len(prefix) :] for info in plan.removed)
        if self._record.unfinished:
            # what the run before this one changed and did not invalidate is not known
            stale.update(scan.objects, there)
        return stale

    # -- what is there

    @contextlib.contextmanager
    def _caches_kept(self, count: int) -> t.Iterator[None]:
        """Room for the caches is taken before anything is changed, and filled whatever happens."""
        caches = [c for c in (self._here.cache, self._there.cache) if c is not None]
        with contextlib.ExitStack() as stack:
            for cache in caches:
                stack.enter_context(cache.saved(count))
            folder = self._options.cache_path or default_folder()
            stack.enter_context(uploads_kept(self._destination, folder))
            yield

    def _scan(self) -> tuple[SourceScan, Objects]:
        listing = self._list_destination
        if not self._trusting:
            listing = self._workers.start(listing)
        began = time.time_ns()
        scan = scan_source(
            self._source,
            self._selection,
            only=self._only,
            hierarchical_destination=self._destination.features.hierarchical,
        )
        if self._here.cache is not None and self._only is None:
            self._here.cache.see(scan.files, began)
        try:
            self._record.read(self._selection)
        except StoreError:
            listing()  # what is wrong there is better said of the container than of our manifest
            raise
        self._believing = self._trusting and self._record.settled
        if self._believing:
            prefix = self._destination.endpoint.prefix
            return scan, from_manifest(self._record.old, prefix, self._selection)
        found = listing()
        if found is None:
            self._need_container()
            return scan, {}
        self._others = found.others
        self._summary = found.summary
        return scan, found.objects

    def _list_destination(self) -> DestinationScan | None:
        return list_destination(
            self._destination, self._selection, self._only, self._middle()
        )

    def _middle(self) -> str | None:
        """A key in the midst of what is probably there."""
        name = None
        if isinstance(self._source, LocalStore):
            name = self._source.middle_name()
        return name and self._destination.endpoint.prefix + name

    def _need_container(self) -> None:
        if not self._options.create_container:
            raise ContainerMissingError(
                "sync", self._destination.endpoint.place, "there is no such container"
            )
        self.report.container_created = True

    def _treatment_of(self, name: str) -> str:
        treatment = self._treatments.get(name)
        return treatment.digest if treatment is not None else ""

    def _note_unchanged(self, plan: Plan, here: Objects, there: Objects) -> None:
        names = here.keys() - {write.name for write in plan.writes}
        prefix = len(self._destination.endpoint.prefix)
        removed = {info.key[prefix:] for info in plan.removed}
        extraneous = there.keys() - here.keys() - removed
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


def _may_make(folder: str) -> bool:
    """Whether the folder, or the nearest one above it that exists, may be written."""
    while not os.path.isdir(folder):
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    return os.access(folder, os.W_OK | os.X_OK)
