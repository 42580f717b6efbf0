# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Saves a volume: looks whether anything changed, stops what writes there, saves, and then prunes."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._errors import AccessDeniedError
from ._archive import Archive, Summary
from ._estimate import stream_size
from ._job import Halt, Job
from ._prune import collect_garbage, prune
from ._record import Contents, Snapshot
from ._saving import is_current
from ._saving import save as save_snapshot
from ._single import SingleObject, find_single, save_single
from ._snapshots import latest_snapshot
from ._tree import Tree, check_tree, look


def save_volume(job: Job) -> None:
    """Raises ``SourceError``, ``SnapshotError``, ``StoreError``, ``EngineError``, ``CommandError``."""
    with job.surrounded() as halt:
        if job.options.is_single:
            _save_object(job, halt)
        else:
            _save_snapshot(job, halt)
    if job.options.retention is not None:
        prune(job, coming=job.check and job.outcome.changed)
    if job.options.collect_garbage:
        collect_garbage(job)


def _save_snapshot(job: Job, halt: Halt) -> None:
    options, outcome = job.options, job.outcome
    check_tree(job.target.path, options.tree)
    latest = latest_snapshot(job.store, job.target.series)
    outcome.before = outcome.after = _shown(latest)
    fingerprint: str | None = None
    if latest is None and not job.check and not options.checksum:
        # with nothing to compare it with, the tree is looked at while it is saved
        halt()
    else:
        tree = _Look(job)
        if is_current(latest, tree.fingerprint, options.saving):
            _tell(job, latest)
            return
        tree.again(halt)
        if job.check:
            _foretell(job, tree.tree)
            return
        fingerprint = tree.fingerprint
    with _archive(job, look=fingerprint is None) as archive:
        saved = save_snapshot(
            job.store,
            job.target.series,
            fingerprint,
            job.watched(archive.stream()),
            lambda: _contents(archive.summary),
            options.saving,
            job.workers,
            job.bandwidth,
        )
    outcome.changed = saved.changed
    outcome.stored_size = saved.snapshot.stored_size if saved.changed else 0
    _tell(job, saved.snapshot)
    if saved.changed:
        _warn(job, archive.summary)
    outcome.after = _shown(saved.snapshot)


def _save_object(job: Job, halt: Halt) -> None:
    outcome = job.outcome
    tree = _Look(job)
    found: SingleObject | None = None
    with contextlib.suppress(AccessDeniedError):
        found = find_single(job.store, job.single_path)
    before: dict[str, t.Any] = {}
    if found is not None:
        before = {"object": found.key, "stored_bytes": found.size}
    outcome.before = outcome.after = before
    outcome.count(tree.tree.counts.kinds, tree.tree.counts.bytes)
    if found is not None and found.fingerprint == tree.fingerprint:
        return
    tree.again(halt)
    if job.check:
        _foretell(job, tree.tree)
        return
    with _archive(job) as archive:
        saved = save_single(
            job.store,
            job.single_path,
            is_directory=os.path.isdir(job.target.path),
            fingerprint=tree.fingerprint,
            stream=job.watched(archive.stream()),
            compression=job.options.saving.compression,
            bandwidth=job.bandwidth,
            size=_size(tree.tree),
        )
    outcome.changed = saved.changed
    if saved.changed:
        summary = archive.summary
        outcome.count(summary.counts.kinds, summary.counts.bytes)
        outcome.stored_size, outcome.verified = saved.size, saved.verified
        _warn(job, summary)
        outcome.after = _made(job) | {"stored_bytes": saved.size}


class _Look:
    """The tree as it is now, and its fingerprint."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._look()

    def _look(self) -> None:
        options = self._job.options
        self.tree: Tree = look(self._job.target.path, options.tree)
        self.fingerprint = self.tree.fingerprint(options.checksum)

    def again(self, halt: Halt) -> None:
        """With the containers halted, which may have written until then."""
        halt()
        if self._job.outcome.containers and not self._job.check:
            self._look()


def _archive(job: Job, *, look: bool = False) -> Archive:
    options = job.options
    return Archive(
        job.target.path,
        options.tree,
        allow_unreadable=options.allow_unreadable,
        look=look,
        # micro-s3-persistence knows no holes
        sparse=not options.is_single,
    )


def _size(tree: Tree) -> int:
    """Of its stream, about; compressed it is hardly ever more."""
    return stream_size(sum(tree.counts.kinds.values()), tree.counts.bytes)


def _contents(summary: Summary) -> Contents:
    problems = summary.problems
    samples = [str(one) for one in problems.samples]
    counts = summary.counts
    return Contents(
        dict(counts.kinds),
        counts.bytes,
        len(problems),
        samples,
        summary.fingerprint or "",
    )


def _warn(job: Job, summary: Summary) -> None:
    """Of what was not saved as it was."""
    outcome = job.outcome
    outcome.problem_count = len(summary.problems)
    outcome.problems = [str(one) for one in summary.problems.samples]
    if outcome.problem_count:
        outcome.warnings.append(
            f"{outcome.problem_count} files changed or could not be read while they were saved; the first: {outcome.problems[0]}."
        )


def _tell(job: Job, snapshot: Snapshot) -> None:
    """Of the snapshot that is the latest one now."""
    outcome = job.outcome
    outcome.snapshot = snapshot.id
    outcome.verified = snapshot.verified
    outcome.problem_count = snapshot.problem_count
    outcome.problems = list(snapshot.problems)
    outcome.count(snapshot.counts, snapshot.size)


def _foretell(job: Job, tree: Tree) -> None:
    outcome = job.outcome
    outcome.changed = True
    outcome.stored_size = None
    outcome.count(tree.counts.kinds, tree.counts.bytes)
    outcome.after = _made(job)


def _made(job: Job) -> dict[str, t.Any]:
    """For a diff, what is or would be saved."""
    return {"counts": job.outcome.counts, "bytes": job.outcome.size}


def _shown(snapshot: Snapshot | None) -> dict[str, t.Any]:
    """For a diff. The id is left out: check mode cannot know the next one."""
    if snapshot is None:
        return {}
    counts = {kind: number for kind, number in snapshot.counts.items() if number}
    return {"counts": counts, "bytes": snapshot.size}
