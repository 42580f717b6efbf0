# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Puts a snapshot back, or compares it with what is there."""

from __future__ import annotations

import os
import typing as t

from ._archive_failures import Problems
from ._compare import compare
from ._engine import Engine
from ._entries import Counts
from ._job import Halt, Job
from ._outcome import DifferenceError, PersistError
from ._receipts import RestoreReceipt
from ._refusals import refuse_parts_mounted, refuse_target
from ._restore import Restored
from ._restore import restore as restore_tree
from ._source import Source, find_source, with_kind
from ._staging import StagingPlace
from ._swap import needs_recovery
from ._tar_reader import TarReader
from ._tree import Tree, TreeOptions, look


def restore_volume(job: Job) -> None:
    """Raises ``SnapshotError``, ``ArchiveError``, ``LocalWriteError``, ``PlanRefusedError``, ``StoreError`` …"""
    options, outcome = job.options, job.outcome
    source = find_source(job)
    _announce(job, source)
    there = _there(job)
    outcome.before = _shown(there.counts) if there is not None else {}
    receipt = RestoreReceipt(
        options.folder,
        job.target.path,
        source.identity(job, options.mode, options.include),
    )
    if there is not None and receipt.holds(there.fingerprint(), source.fingerprint):
        outcome.after = outcome.before
        return
    _refuse(job, source)
    staging = _staging(job)
    outcome.after = {"snapshot": source.snapshot} | _made(job)
    if job.check:
        _foretell(job, source)
        outcome.changed = True
        return
    with job.surrounded() as halt:
        restored = _restore(job, source, staging, halt)
        outcome.changed = True
        outcome.recovered = restored.recovered
        outcome.count(restored.counts.kinds, restored.counts.bytes)
        outcome.after |= _made(job)
        _warn(job, restored.problems)
        receipt.write(restored.fingerprint)


def _announce(job: Job, source: Source) -> None:
    job.outcome.snapshot = source.snapshot
    if source.counts is not None and source.size is not None:
        job.outcome.count(source.counts, source.size)


def _there(job: Job) -> Tree | None:
    """None: nothing, or a restore that was cut off. Raises ``SourceError`` for what is neither folder nor file."""
    path = job.target.path
    if not os.path.lexists(path) or needs_recovery(path):
        return None
    return look(path, TreeOptions())


def _refuse(job: Job, source: Source) -> None:
    """All that the target itself would make a restore stumble over, before anything is fetched."""
    options, path = job.options, job.target.path
    refuse_target(
        path, mode=options.mode, staging=options.staging, is_file=source.is_file
    )
    # who is stopped first has nothing mounted any more
    is_left = options.containers is None and not options.pre
    is_exchanged = options.mode == "replace" or bool(source.is_file)
    if is_left and is_exchanged and os.path.lexists(path):
        refuse_parts_mounted(path)


def _staging(job: Job) -> StagingPlace:
    """A folder that somebody has mounted all the while must stay; of containers, their engine knows."""
    options = job.options
    if options.volume is None or options.to is not None or options.mode != "replace":
        return options.staging
    stopped = []
    if job.containers is not None and job.containers.are_stopped:
        stopped = job.containers.names
    users = Engine(options.socket).users(options.volume)
    left = [one.name for one in users if one.name not in stopped]
    if not left:
        return options.staging
    job.outcome.warnings.append(
        f"Volume {options.volume!r} is replaced while container {', '.join(left)} has it mounted: "
        "what it holds open or in its memory is still of the old one."
    )
    return "inside" if options.staging == "beside" else options.staging


def _foretell(job: Job, source: Source) -> None:
    """All that the run would stumble over, as far as it can be seen without reading everything."""
    options = job.options
    with job.surrounded() as halt:
        halt()
    if options.differences:
        job.outcome.differ(_compare(job, source, TreeOptions()))
    elif source.is_encrypted:
        # whether it can be opened
        stream = source.open()
        next(stream, None)
        close = getattr(stream, "close", None)
        if close is not None:
            close()


def _restore(job: Job, source: Source, staging: StagingPlace, halt: Halt) -> Restored:
    options = job.options
    stream, is_file = with_kind(job.watched(source.open()), source.is_file)
    if staging == "none":
        halt()
        job.outcome.changed = True
    else:
        stream = _before_the_end(stream, halt)
    return restore_tree(
        stream,
        job.target.path,
        mode=options.mode,
        staging=staging,
        include=options.include,
        is_file=is_file,
    )


def _before_the_end(stream: t.Iterator[bytes], halt: Halt) -> t.Iterator[bytes]:
    """All is fetched aside before anything is touched: until then containers may run."""
    yield from stream
    halt()


def verify_volume(job: Job) -> None:
    """Raises ``PersistError`` for differences."""
    source = find_source(job)
    outcome = job.outcome
    _announce(job, source)
    with job.surrounded() as halt:
        if not job.options.compare:
            _read(job, source)
            return
        halt()
        found = _compare(job, source, job.options.tree)
    outcome.differ(found)
    if len(found):
        label = f"snapshot {source.snapshot}" if source.snapshot else "what was saved"
        raise PersistError(
            DifferenceError(
                f"{job.target.path!r} is not as in {label}: {len(found)} differences, the first: {found.samples[0]}.",
                hint="The snapshot itself is whole. Save again, or restore it.",
            ),
            outcome,
        )


def _compare(job: Job, source: Source, options: TreeOptions) -> Problems:
    stream, is_file = with_kind(job.watched(source.open()), source.is_file)
    return compare(stream, job.target.path, options, is_file=is_file)


def _read(job: Job, source: Source) -> None:
    """To its end, where it is known whether it is whole."""
    counts = Counts()
    for entry in TarReader(job.watched(source.open())):
        counts.add(entry.kind, entry.size)
    job.outcome.count(counts.kinds, counts.bytes)


def _warn(job: Job, problems: Problems) -> None:
    outcome = job.outcome
    outcome.problem_count = len(problems)
    outcome.problems = [str(one) for one in problems.samples]
    if outcome.problem_count:
        outcome.warnings.append(
            f"{outcome.problem_count} things could not be restored as they were; the first: {outcome.problems[0]}."
        )


def _made(job: Job) -> dict[str, t.Any]:
    return {"counts": job.outcome.counts, "bytes": job.outcome.size}


def _shown(counts: Counts) -> dict[str, t.Any]:
    kinds = {kind: number for kind, number in counts.kinds.items() if number}
    return {"counts": kinds, "bytes": counts.bytes}
