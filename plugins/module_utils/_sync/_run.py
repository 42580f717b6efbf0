# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""One sync from start to end: scan, compare, plan, apply in phases, report."""

from __future__ import annotations

import time
import typing as t

from .._drivers._base import Store
from .._drivers._catalogue import open_store
from .._drivers._local import LocalStore
from .._endpoint import Endpoint
from .._errors import ConfigurationError
from .._patterns import Selection
from .._progress import UNWATCHED, Progress
from .._report import Report
from .._workers import Workers
from ._caches import tree_cache
from ._contents import Contents
from ._engine import Sync
from ._options import SyncOptions
from ._receipts import Receipts
from ._recorder import Recorder
from ._scan import one_file, refuse_overlap
from ._work import Work


def synchronise(
    options: SyncOptions,
    progress: Progress = UNWATCHED,
    recorder: Recorder | None = None,
) -> Report:
    """Make the destination hold what the source holds. Raises :class:`LongshoreError`."""
    began = time.monotonic()
    source, only = one_file(options.source)
    refuse_overlap(options.source, options.destination, only)
    _check_release(options, only)
    selection = _selection_of(options, only)
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
            work = Work(
                options,
                selection,
                only,
                here,
                there,
                workers,
                receipts,
                report,
                progress,
                recorder,
            )
            Sync(work).run()
        finally:
            report.requests = (
                source_store.requests.count + destination_store.requests.count
            )
            report.seconds = time.monotonic() - began
    return report


def _check_release(options: SyncOptions, only: str | None) -> None:
    if only is not None and options.release is not None:
        raise ConfigurationError(
            f"The source {options.source.full_place} is a single file, and a release is all that a destination holds.",
            hint="Publish a folder, or do without release.",
        )
    if options.keep_releases is not None and options.release is None:
        raise ConfigurationError(
            "keep_releases needs release: the name of what is published."
        )


def _selection_of(options: SyncOptions, only: str | None) -> t.Container[str]:
    """The names that the sync is about, of which ``only`` may be the one."""
    selection = Selection(options.include, options.exclude)
    if only is None:
        return selection
    return frozenset({only} if only in selection else ())


def _open_source(endpoint: Endpoint, follow_links: bool) -> Store:
    if endpoint.provider == "LOCAL":
        return LocalStore(endpoint, follow_links=follow_links)
    return open_store(endpoint)
