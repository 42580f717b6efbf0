# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is restored or compared: a snapshot, or the one object of the layout ``single``."""

from __future__ import annotations

import itertools
import json
import typing as t

from .._errors import PlanRefusedError
from ._archive_failures import ArchiveError
from ._job import Job
from ._opening import open_snapshot
from ._single import find_single, open_single, single_key
from ._snapshot_failures import SnapshotMissingError
from ._snapshots import Catalogue
from ._tar_reader import TarReader


class Source(t.NamedTuple):
    """``snapshot``: its id; None: it has none. ``fingerprint``: of the tree that was saved, where it is told.

    ``counts`` and ``size``: None: only reading tells. ``is_file``: None: the stream's first entry tells.
    ``open`` gives the tar stream.
    """

    snapshot: str | None
    fingerprint: str | None
    is_file: bool | None
    counts: t.Mapping[str, int] | None
    size: int | None
    is_encrypted: bool
    open: t.Callable[[], t.Iterator[bytes]]

    def identity(self, job: Job, *how: object) -> str | None:
        """A text that only this has, restored like this; None where it cannot be told from another."""
        which = self.snapshot or self.fingerprint
        if which is None:
            return None
        store, series = job.store.endpoint, job.target.series
        return json.dumps(
            [store.place, store.prefix, series.host, series.path, which, *how]
        )


def find_source(job: Job) -> Source:
    """Raises ``SnapshotError``, ``ConfigurationError`` and ``PlanRefusedError``."""
    if job.options.is_single:
        return _find_object(job)
    options = job.options
    found = Catalogue(job.store, job.target.series).find(options.snapshot or "latest")
    if options.is_encrypted and found.encryption is None:
        raise PlanRefusedError(
            f"{found.label[:1].upper()}{found.label[1:]} is not encrypted, and encryption is given.",
            hint="Whoever may write to the store could have put it there. Leave out encryption if it is yours.",
        )

    def stream() -> t.Iterator[bytes]:
        return open_snapshot(
            job.store,
            found,
            options.keys,
            job.workers,
            job.bandwidth,
            thorough=job.outcome.state == "verified",
        )

    whole = not found.problem_count
    return Source(
        found.id,
        found.fingerprint if whole else None,
        not found.counts.get("directory"),
        found.counts,
        found.size,
        found.encryption is not None,
        stream,
    )


def _find_object(job: Job) -> Source:
    path = job.single_path
    found = find_single(job.store, path)
    if found is None:
        raise SnapshotMissingError(
            f"There is no object {single_key(job.store, path)!r} in {job.store.endpoint.place}.",
            hint="Save the path first, or check prefix and path.",
        )

    def stream() -> t.Iterator[bytes]:
        return open_single(job.store, path, job.bandwidth)[1]

    return Source(
        None,
        found.fingerprint,
        None if found.is_directory is None else not found.is_directory,
        None,
        None,
        False,
        stream,
    )


def with_kind(
    stream: t.Iterator[bytes], is_file: bool | None
) -> tuple[t.Iterator[bytes], bool]:
    """The stream, and whether it is of a file: told, or found out by its first entry. Raises ``ArchiveError``."""
    if is_file is not None:
        return stream, is_file
    taken: list[bytes] = []

    def noted() -> t.Iterator[bytes]:
        for piece in stream:
            taken.append(piece)
            yield piece

    first = next(iter(TarReader(noted())), None)
    if first is None:
        raise ArchiveError("it is empty")
    return itertools.chain(taken, stream), bool(first.path) and first.kind == "file"
