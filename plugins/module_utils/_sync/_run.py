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

from .._drivers._base import ObjectInfo, Store
from .._drivers._catalogue import open_store
from .._drivers._local import LocalStore
from .._endpoint import Endpoint
from .._errors import (
    ContainerMissingError,
    LongshoreError,
    PlanRefusedError,
    StoreError,
)
from .._manifest._digest_cache import DigestCache, default_folder
from .._manifest._keeper import ManifestKeeper
from .._report import Report
from .._workers import Workers
from ._compare import Verdict, judge, judge_content
from ._contents import Contents
from ._options import SyncOptions
from ._order import DeleteLimit, Order
from ._patterns import Patterns, Selection
from ._plan import Plan, Write, make_plan
from ._record import Record
from ._scan import (
    DestinationScan,
    Objects,
    SourceScan,
    from_manifest,
    kept_names,
    list_destination,
    one_file,
    refuse_faults,
    refuse_overlap,
    scan_source,
    shown,
)
from ._transfer import Transferred, transfer

#: Keys in one call of a store's delete.
_DELETE_BATCH = 1000


class SyncStoppedError(LongshoreError):
    """A sync failed after it had begun to change the destination; ``report`` says what was done."""

    def __init__(self, error: LongshoreError, report: Report, planned: int) -> None:
        done = sum(tally.count for tally in report.tallies.values())
        super().__init__(
            f"{error.message} {done} of {planned} planned change(s) were done before it",
            hint=f"and nothing was deleted after it. {error.hint}",
        )
        self.report = report


def synchronise(options: SyncOptions) -> Report:
    """Make the destination hold what the source holds. Raises :class:`LongshoreError`."""
    began = time.monotonic()
    source, only = one_file(options.source)
    refuse_overlap(options.source, options.destination, only)
    selection: t.Container[str] = Selection(options.include, options.exclude)
    if only is not None:
        selection = frozenset({only} if only in selection else ())
    with (
        # a file that is named itself is meant, even if it is a link
        _open_source(source, options.follow_links or only is not None) as source_store,
        open_store(options.destination) as destination_store,
        Workers(options.transfers) as workers,
    ):
        sync = _Sync(options, selection, only, source_store, destination_store, workers)
        try:
            sync.run()
        finally:
            sync.report.requests = (
                source_store.requests.count + destination_store.requests.count
            )
            sync.report.seconds = time.monotonic() - began
    return sync.report


def _open_source(endpoint: Endpoint, follow_links: bool) -> Store:
    if endpoint.provider == "LOCAL":
        return LocalStore(endpoint, follow_links=follow_links)
    return open_store(endpoint)


class _Sync:
    def __init__(
        self,
        options: SyncOptions,
        selection: t.Container[str],
        only: str | None,
        source: Store,
        destination: Store,
        workers: Workers,
    ) -> None:
        self._options = options
        self._selection = selection
        self._only = only
        self._source = source
        self._destination = destination
        self._workers = workers
        self.report = Report(
            source=source.endpoint.full_place,
            destination=destination.endpoint.full_place,
        )
        self._here = Contents(source, self._cache_of(source.endpoint))
        self._there = Contents(destination, self._cache_of(destination.endpoint))
        keeper = ManifestKeeper(destination, workers)
        self._record = Record(options.manifest, keeper, source, destination)
        self._order = Order(options.order)
        self._limit = DeleteLimit(options.max_delete)
        self._believing = False
        self._others: t.Sequence[str] = ()

    def run(self) -> None:
        """Scan, compare, plan; then, unless it is a check, apply."""
        scan, objects = self._scan()
        plan = self._plan(scan, objects)
        self._describe(plan, scan)
        if self._options.check_mode:
            self._count_planned(plan)
            if plan.empty:
                self._note_unchanged(plan, scan.objects, objects)
                self.report.manifest_written = self._record.due
            return
        with self._caches_kept(len(plan.writes)):
            if self.report.container_created:
                self._destination.create_container()
            self._apply(plan, scan, objects)

    # -- what is there

    def _cache_of(self, endpoint: Endpoint) -> DigestCache | None:
        if endpoint.provider != "LOCAL":
            return None
        folder = self._options.cache_path or default_folder()
        if self._options.cache_path is None and not _may_make(folder):
            self.report.warnings = [
                f"No digest cache is kept, because {folder!r} may not be written: every file is "
                "read in every run. Choose a folder with cache_path."
            ]
            return DigestCache(None, endpoint.container)
        return DigestCache(folder, endpoint.container)

    @contextlib.contextmanager
    def _caches_kept(self, count: int) -> t.Iterator[None]:
        """Room for the caches is taken before anything is changed, and filled whatever happens."""
        caches = [c for c in (self._here.cache, self._there.cache) if c is not None]
        with contextlib.ExitStack() as stack:
            for cache in caches:
                stack.enter_context(cache.saved(count))
            yield

    def _scan(self) -> tuple[SourceScan, Objects]:
        trusting = self._options.verify == "manifest"
        listing = self._list_destination
        if not trusting:
            listing = self._workers.start(listing)
        scan = scan_source(
            self._source,
            self._selection,
            only=self._only,
            hierarchical_destination=self._destination.features.hierarchical,
        )
        try:
            self._record.read(self._selection)
        except StoreError:
            listing()  # what is wrong there is better said of the container than of our manifest
            raise
        self._believing = trusting and self._record.settled
        if self._believing:
            prefix = self._destination.endpoint.prefix
            return scan, from_manifest(self._record.old, prefix, self._selection)
        found = listing()
        if found is None:
            self._need_container()
            return scan, {}
        self._others = found.others
        return scan, found.objects

    def _list_destination(self) -> DestinationScan | None:
        middle = None
        if isinstance(self._source, LocalStore):
            middle = self._source.middle_name()
        return list_destination(self._destination, self._selection, self._only, middle)

    def _need_container(self) -> None:
        if not self._options.create_container:
            raise ContainerMissingError(
                "sync", self._destination.endpoint.place, "there is no such container"
            )
        self.report.container_created = True

    # -- what is to be done

    def _plan(self, scan: SourceScan, objects: Objects) -> Plan:
        plan = make_plan(
            scan.objects,
            objects,
            self._different(scan.objects, objects),
            order=self._order,
            delete=self._options.delete,
            kept=kept_names(scan, objects) | self._protected(objects),
            hierarchical=self._destination.features.hierarchical,
            others=self._others,
        )
        if plan.removed and not scan.objects and not self._options.allow_empty:
            raise PlanRefusedError(
                f"The source {self._source.endpoint.place} has nothing to publish, and {len(plan.removed)} "
                f"object(s) of {self._destination.endpoint.place} would be deleted.",
                hint="Nothing was changed. If that is meant, say allow_empty=true.",
            )
        self._limit.check(
            len(plan.removed), len(objects), self._destination.endpoint.place
        )
        refuse_faults(self._destination, (write.name for write in plan.writes))
        return plan

    def _protected(self, objects: Objects) -> frozenset[str]:
        if not self._options.protect:
            return frozenset()
        patterns = Patterns("protect", self._options.protect)
        return frozenset(name for name in objects if name in patterns)

    def _different(self, here: Objects, there: Objects) -> set[str]:
        """Names on both sides whose contents are not, or cannot be told to be, the same."""
        different: set[str] = set()
        unread: list[str] = []
        reading = self._options.verify == "content"
        for name, mine in here.items():
            theirs = there.get(name)
            if theirs is None:
                continue
            verdict = judge(mine, theirs, self._record.old.get(name))
            if verdict is Verdict.UNKNOWN and not reading:
                verdict = self._judge_content(name, mine, theirs)
            if verdict is Verdict.DIFFERENT:
                different.add(name)
            elif verdict is Verdict.UNKNOWN or reading:
                unread.append(name)
        self._read_contents(unread, here, there)
        for name in unread:
            verdict = self._judge_content(name, here[name], there[name])
            if verdict is not Verdict.SAME:
                different.add(name)
        return different

    def _judge_content(
        self, name: str, mine: ObjectInfo, theirs: ObjectInfo
    ) -> Verdict:
        """By the digests that are known."""
        return judge_content(
            mine,
            self._here.get(mine),
            theirs,
            self._there.get(theirs),
            self._record.old.get(name),
        )

    def _read_contents(
        self, names: t.Sequence[str], here: Objects, there: Objects
    ) -> None:
        reading = self._options.verify == "content"
        if reading or self._source.features.digests:
            infos = [here[name] for name in names]
            self._here.find(infos, self._workers, afresh=reading)
        # what a manifest says is not looked up: it may be there no more
        if reading or (self._destination.features.digests and not self._believing):
            infos = [there[name] for name in names]
            self._there.find(infos, self._workers, afresh=reading)

    # -- what is said of it

    def _describe(self, plan: Plan, scan: SourceScan) -> None:
        self.report.unchanged = plan.unchanged
        if scan.skipped:
            findings = [f"{name} {why}" for name, why in sorted(scan.skipped.items())]
            self.report.warnings.append(
                f"{len(findings)} name(s) of the source were left out, and kept in the destination: "
                f"{shown(findings)}."
            )
        for number in self._order.idle(scan.objects):
            self.report.warnings.append(
                f"order[{number}] matches nothing of the source."
            )
        before = {w.name: w.replaced for w in plan.writes if w.replaced is not None}
        before.update({self._name(info): info for info in plan.removed})
        self.report.before = [
            _line(name, info, info.md5) for name, info in sorted(before.items())
        ]
        for write in sorted(plan.writes, key=lambda write: write.name):
            digests = self._here.get(write.source)
            md5 = digests.md5 if digests is not None else write.source.md5
            self.report.after.append(_line(write.name, write.source, md5))

    def _name(self, info: ObjectInfo) -> str:
        return info.key[len(self._destination.endpoint.prefix) :]

    def _count_planned(self, plan: Plan) -> None:
        for write in plan.writes:
            self._count_write(write, write.source.size)
        for info in plan.removed:
            self.report.add("deleted", self._name(info))

    def _count_write(self, write: Write, size: int) -> None:
        self.report.add("created" if write.replaced is None else "updated", write.name)
        self.report.bytes += size

    # -- doing it

    def _apply(self, plan: Plan, scan: SourceScan, objects: Objects) -> None:
        self._note_unchanged(plan, scan.objects, objects)
        try:
            if not plan.empty:
                self._record.begin()
            for phase in plan.phases:
                self._write_all(phase)
            self._delete_all(plan.make_way)
            self._write_all(plan.late)
            if plan.deletions:
                self._record.commit(settled=False)
                self._delete_all(plan.deletions)
            self.report.manifest_written = self._record.commit(settled=True)
        except LongshoreError as exc:
            # what was done is worth remembering; but the first error is what the user must see
            with contextlib.suppress(LongshoreError):
                self._record.give_up()
            planned = len(plan.writes) + len(plan.removed)
            raise SyncStoppedError(exc, self.report, planned) from exc

    def _note_unchanged(self, plan: Plan, here: Objects, there: Objects) -> None:
        names = here.keys() - {write.name for write in plan.writes}
        if self._options.verify == "content":
            for name in names:
                digests = self._here.get(here[name])
                self._record.note(name, here[name], digests, there[name])
        else:
            self._record.note_unchanged(names, here, there, self._here.get)

    def _write_all(self, writes: t.Sequence[Write]) -> None:
        sizes: dict[str, int] = {}
        try:
            for write, moved in self._workers.run(self._transfer, writes):
                sizes[write.name] = moved.source.size
                self._here.remember(moved.source, moved.digests, moved.began)
                # unless it was replaced meanwhile, the listing may have told a hash of it
                same = moved.source.etag == write.source.etag
                here = write.source if same else moved.source
                self._record.note(write.name, here, moved.digests, moved.stored)
        finally:
            # in the plan's order, so that samples do not depend on which one was quicker
            for write in writes:
                if write.name in sizes:
                    self._count_write(write, sizes[write.name])

    def _transfer(self, write: Write) -> Transferred:
        return transfer(self._source, self._destination, write)

    def _delete_all(self, infos: t.Sequence[ObjectInfo]) -> None:
        batches = [
            [info.key for info in infos[start : start + _DELETE_BATCH]]
            for start in range(0, len(infos), _DELETE_BATCH)
        ]
        prefix = self._destination.endpoint.prefix
        failures: dict[str, str] = {}
        for batch, failed in self._workers.run(self._destination.delete, batches):
            failures.update(failed)
            for key in batch:
                if key not in failed:
                    self.report.add("deleted", key[len(prefix) :])
        if failures:
            key, detail = min(failures.items())
            more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
            raise StoreError(
                f"delete object {key!r}{more}", self._destination.endpoint.place, detail
            )


def _line(name: str, info: ObjectInfo, md5: str | None) -> str:
    return f"{name} {info.size} bytes" + (f" md5 {md5}" if md5 else "")


def _may_make(folder: str) -> bool:
    """Whether the folder, or the nearest one above it that exists, may be written."""
    while not os.path.isdir(folder):
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    return os.access(folder, os.W_OK | os.X_OK)
