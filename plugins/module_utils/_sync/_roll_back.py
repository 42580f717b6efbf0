# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Makes a destination hold again what a release of it holds: a sync from that release."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, replace

from .._drivers._base import Digests, ObjectInfo, Store
from .._drivers._catalogue import open_store
from .._errors import LongshoreError
from .._patterns import Selection
from .._progress import UNWATCHED, Progress
from .._releases._changes import returned, target
from .._releases._format import ReleaseError, ReleaseList, attributes_set, check_name
from .._releases._keeper import ReleaseKeeper
from .._releases._view import ReleaseView
from .._report import Report
from .._workers import Workers
from ._caches import tree_cache
from ._contents import Contents
from ._engine import Sync
from ._keep_release import ReleaseNotKeptError, Treatments, tell
from ._options import SyncOptions
from ._receipts import Receipts
from ._recorder import Recorder
from ._rules import Treatment
from ._scan import Objects, shown
from ._work import Work


def roll_back(
    options: SyncOptions,
    progress: Progress = UNWATCHED,
    recorder: Recorder | None = None,
) -> Report:
    """Make the destination hold the release that the options name, or the one before. Raises :class:`LongshoreError`.

    Objects are published as the release has them: rules say nothing here.
    """
    began = time.monotonic()
    if options.release is not None:
        check_name(options.release)
    options = replace(options, rules=())
    selection = Selection(options.include, options.exclude)
    report = Report(destination=options.destination.full_place)
    if recorder is not None:
        recorder.report = report
    with (
        open_store(options.destination) as destination,
        Workers(options.transfers) as workers,
    ):
        try:
            step = _RollBack(options.release, destination, workers, report)
            there_cache = tree_cache(options.destination, options, report)
            work = Work(
                options,
                selection,
                None,
                _KeptContents(step.view, step.list, progress),
                Contents(destination, there_cache, progress),
                workers,
                Receipts(options, options.source, None, selection),
                report,
                progress,
                recorder,
            )
            Sync(work, step).run()
        finally:
            report.requests = destination.requests.count
            report.seconds = time.monotonic() - began
    return report


class _RollBack:
    """What is rolled back to; afterwards, it is live. Raises ``PlanRefusedError`` and ``ReleaseError``."""

    def __init__(
        self, name: str | None, destination: Store, workers: Workers, report: Report
    ) -> None:
        keeper = ReleaseKeeper(destination, workers)
        index = keeper.read()
        release = target(index, name, destination.endpoint.place)
        self.list: t.Final = keeper.read_list(release)
        contents = keeper.holdings().contents
        objects = self.list
        missing = sorted(n for n, one in objects.items() if one.content not in contents)
        if missing:
            raise ReleaseError(
                f"Release {release.name!r} is damaged: {len(missing)} of its objects are missing: {shown(missing)}.",
                hint="Nothing was changed. Roll back to another release, or publish that state anew.",
            )
        originals = {name: contents[one.content] for name, one in objects.items()}
        self.view: t.Final = ReleaseView(destination, objects, originals)
        self._keeper = keeper
        self._before = index
        self._after = returned(index, release)
        self._report = report
        report.release = release.name
        report.source = f"release {release.name}"

    def treat(self, objects: Objects) -> Treatments:
        """How each object is published: as it was."""
        kept = {name: self.list[name] for name in objects}
        return {
            name: _KeptTreatment(attributes_set(one.attributes), recorded=one.treatment)
            for name, one in kept.items()
        }

    def plan(self, objects: Objects, treatments: Treatments) -> None:
        """Report what will be of the releases."""
        tell(self._report, self._before, self._after)

    def begin(self) -> None:
        """A roll back that is cut off needs no mark: the next one has the same aim."""

    def commit(self, objects: Objects, treatments: Treatments) -> None:
        """The destination holds the release now."""
        if not self._report.releases_changed:
            return
        try:
            self._keeper.commit(self._after, self._before.serial + 1)
        except LongshoreError as exc:
            done = f"Release {self._report.release!r} was returned to"
            raise ReleaseNotKeptError(done, exc, self._report) from exc


@dataclass(frozen=True, slots=True)
class _KeptTreatment(Treatment):
    """A treatment of bytes that are encoded already; ``recorded`` is its digest."""

    recorded: str = ""

    @property
    def digest(self) -> str:
        return self.recorded


class _KeptContents(Contents):
    """A release's contents; the digests are those of its source, where they are recorded."""

    def __init__(
        self, view: ReleaseView, kept: ReleaseList, progress: Progress
    ) -> None:
        super().__init__(view, None, progress)
        self._recorded = {
            name: Digests(None, one.digest) for name, one in kept.items() if one.digest
        }

    def get(self, info: ObjectInfo) -> Digests | None:
        return self._recorded.get(info.key) or super().get(info)

    def find(
        self, infos: t.Iterable[ObjectInfo], workers: Workers, *, afresh: bool
    ) -> None:
        unknown = [info for info in infos if info.key not in self._recorded]
        super().find(unknown, workers, afresh=afresh)
