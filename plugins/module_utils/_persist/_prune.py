# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Removes snapshots: those that a retention does not keep, one, or all; and what they shared."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from .._errors import AccessDeniedError, StoreError
from ._job import Job
from ._options import ALL
from ._pruning import Pruning, plan_pruning, remove
from ._retention import Retention
from ._single import find_single, remove_single
from ._snapshots import Catalogue


def remove_snapshots(job: Job) -> None:
    """Raises ``StoreError``, among them what could not be removed."""
    if job.options.is_single:
        _remove_object(job)
    elif job.options.retention is not None:
        prune(job)
    else:
        _remove_named(job)
    if job.options.collect_garbage:
        collect_garbage(job)


def prune(job: Job, *, coming: bool = False) -> None:
    """``coming``: there will be one more snapshot than there is. Missing permissions are a warning beside a save."""
    retention = t.cast(Retention, job.options.retention)
    try:
        catalogue = Catalogue(job.store, job.target.series)
    except AccessDeniedError as error:
        if job.outcome.state != "saved":
            raise
        job.outcome.warnings.append(
            f"Nothing was pruned, since the store may not be listed: {error.detail}. "
            "Leave out retention, and let rules of the bucket remove old snapshots."
        )
        return
    pruning = _plan(job, catalogue, retention, coming)
    if pruning.refused:
        job.outcome.warnings.append(pruning.refused)
    job.outcome.kept = len(pruning.kept) + coming
    _remove(job, catalogue, [one.id for one in pruning.removed])


def _plan(
    job: Job, catalogue: Catalogue, retention: Retention, coming: bool
) -> Pruning:
    if not coming:
        return plan_pruning(catalogue, retention, job.workers)
    good, _broken = catalogue.all(job.workers)
    now = datetime.now(UTC)
    kept = retention.keeps([now, *(one.time for one in good)])
    return Pruning(
        tuple(
            (one, tuple(kept[at])) for at, one in enumerate(good, start=1) if at in kept
        ),
        tuple(one for at, one in enumerate(good, start=1) if at not in kept),
    )


def _remove_named(job: Job) -> None:
    catalogue = Catalogue(job.store, job.target.series)
    wanted = t.cast(str, job.options.snapshot)
    known = catalogue.ids if wanted == ALL else [*catalogue.ids, *catalogue.unfinished]
    there = [one for one in known if wanted in (one, ALL)]
    job.outcome.kept = len([one for one in catalogue.ids if one not in there])
    _remove(job, catalogue, there)


def _remove(job: Job, catalogue: Catalogue, snapshot_ids: t.Sequence[str]) -> None:
    if job.check:
        job.outcome.prune(snapshot_ids)
        return
    failures = remove(catalogue, snapshot_ids)
    failed = {one for one in snapshot_ids if any(f"/{one}/" in key for key in failures)}
    job.outcome.prune([one for one in snapshot_ids if one not in failed])
    if failures:
        _failed(job, len(failed), failures)


def _failed(job: Job, count: int, failures: t.Mapping[str, str]) -> None:
    key, said = next(iter(failures.items()))
    if job.outcome.state != "saved":
        raise StoreError(
            f"remove {count} snapshots, of which object {key!r}",
            job.store.endpoint.place,
            said,
            hint="The credentials must be allowed to delete objects. Run again: what is left is removed then.",
        )
    job.outcome.warnings.append(
        f"{count} old snapshots could not be removed, of which object {key!r}: {said.rstrip('. ')}. "
        "Where the credentials are not to delete, leave out retention, and let rules of the bucket do it."
    )


def _remove_object(job: Job) -> None:
    found = find_single(job.store, job.single_path)
    if found is None:
        return
    job.outcome.before = {"object": found.key, "stored_bytes": found.size}
    if not job.check:
        for key, said in remove_single(job.store, job.single_path).items():
            raise StoreError(f"delete object {key!r}", job.store.endpoint.place, said)
    job.outcome.changed = True


def collect_garbage(job: Job) -> None:
    """Raises ``StoreError`` and ``DamagedSnapshotError``."""
    from ._collecting import collect

    done = collect(job.store, job.options.keys.secret, job.workers, check=job.check)
    job.outcome.collected = {
        "condemned": done.condemned,
        "pardoned": done.pardoned,
        "removed": done.removed,
        "bytes": done.removed_size,
    }
    job.outcome.changed = job.outcome.changed or done.changed
    for key, said in done.failures.items():
        job.outcome.warnings.append(
            f"{len(done.failures)} objects could not be removed, of which {key!r}: {said}"
        )
        break
