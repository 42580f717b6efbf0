# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""An archive back into a tree: fetched and checked aside, and then put in place as a whole."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._errors import ConfigurationError, LocalWriteError, PlanRefusedError
from .._workers import Workers
from ._archive_failures import Problems, readable, said, writing
from ._attributes import Giver, attributes_of, read_xattrs
from ._entries import Counts
from ._extract import Extractor
from ._flushing import flushing
from ._merge import merge
from ._receipts import fingerprint_of
from ._refusals import refuse_link, refuse_parts_mounted, refuse_target
from ._removal import remove
from ._staging import NEW, Staging, StagingPlace, make_staging, places_of
from ._swap import recover, swap
from ._tar_reader import TarReader
from ._walk import FOLDER

__all__ = ["Restored", "recover", "restore"]


class Restored(t.NamedTuple):
    """``counts`` of what was restored. ``had_previous``: something was there before.

    ``recovered``: what was done about a run that was killed, as ``recover`` says. ``problems``: "owner not restored",
    "extended attribute not restored" and "device not restored", for which this user or the file system is
    to blame, and "left behind": what was there before could not be removed. ``fingerprint``: of what is there now, as
    ``Tree`` has it, if that is known.
    """

    counts: Counts
    had_previous: bool
    recovered: str
    problems: Problems
    fingerprint: str | None


def restore(
    stream: t.Iterable[bytes],
    target: str,
    *,
    mode: t.Literal["merge", "replace"],
    staging: StagingPlace = "beside",
    include: t.Sequence[str] = (),
    is_file: bool = False,
) -> Restored:
    """Put an archive's tree at ``target``, or its only file if ``is_file``.

    ``stream`` is read to its end before the target is touched; whatever is wrong with it, its source has to raise by then (one
    of our errors), and it passes through. ``replace``: afterwards the target is what the archive says; a
    kill at any moment leaves the old or the new tree, whole, or what ``recover`` makes that of. ``merge``: what
    else is there stays, each file is the old or the new one; ``include`` (gitignore lines) goes with it. ``staging="none"``
    takes no room twice and gives that up: files are put in place as they come, after ``replace`` has emptied the
    target, so that a stream that breaks off, a full disk or a kill leaves a part of it.

    Raises ``ArchiveError``, ``LocalWriteError``, ``PlanRefusedError``, ``ConfigurationError``; but for ``staging="none"``, and
    for files that a ``merge`` has moved already, the target is as it was.
    """
    if include and mode == "replace":
        raise ConfigurationError(
            "include goes with mode merge: with mode replace all that is not included would be gone."
        )
    target = os.path.abspath(target)
    refuse_link(target)
    recovered = recover(target)
    refuse_target(target, mode=mode, staging=staging, is_file=is_file)
    problems = Problems()
    had_previous = os.path.lexists(target)
    reader = TarReader(stream)
    fingerprint = None
    if is_file:
        counts = _restore_file(reader, target, problems)
    elif staging == "none":
        counts = _restore_in_place(reader, target, problems, mode, include)
    else:
        inside = staging == "inside"
        with make_staging(target, inside=inside) as made:
            counts, fingerprint = _restore_staged(
                made, reader, target, problems, mode, include
            )
    return Restored(counts, had_previous, recovered, problems, fingerprint)


def _restore_staged(
    staging: Staging,
    reader: TarReader,
    target: str,
    problems: Problems,
    mode: t.Literal["merge", "replace"],
    include: t.Sequence[str],
) -> tuple[Counts, str | None]:
    with flushing(staging.sync) as finish:
        extractor = _extract(reader, staging, problems, include)
        if extractor.root_attributes is None:
            _keep_attributes(staging, target)
        is_replaced = mode == "replace" or not os.path.lexists(target)
        if is_replaced:
            fingerprint = _look_meanwhile(finish, staging, target)
        else:
            finish()
    if is_replaced:
        swap(staging, target)
        _clean_up(staging, problems)
        return extractor.counts, fingerprint()
    folder = _open(target)
    try:
        staged = os.path.join(staging.path, NEW)
        root = extractor.root_attributes
        merge(staged, folder, root, extractor.on_the_way)
        if staging.place.inside:
            staging.time_of_parent = root.mtime if root is not None else None
        staging.sync()
    finally:
        os.close(folder)
    return extractor.counts, None


def _look_meanwhile(
    finish: t.Callable[[], None], staging: Staging, target: str
) -> t.Callable[[], str | None]:
    """While ``finish`` brings it to the disk. Returns what tells the target's fingerprint after the swap."""
    with Workers(1) as worker:
        finished = worker.start(finish)
        fingerprint = fingerprint_of(os.path.join(staging.path, NEW))
        finished()
    with writing(staging.path):
        made = os.stat(NEW, dir_fd=staging.folder)

    def after() -> str | None:
        with contextlib.suppress(OSError):
            # where it was put in place piece by piece, this is another folder, and the pieces have other times
            if os.path.samestat(os.stat(target), made):
                return fingerprint
        return None

    return after


def _extract(
    reader: TarReader,
    staging: Staging,
    problems: Problems,
    include: t.Sequence[str],
    *,
    is_file: bool = False,
) -> Extractor:
    with writing(staging.path):
        root = os.open(NEW, FOLDER, dir_fd=staging.folder)
    try:
        with Extractor(root, problems, include=include, is_file=is_file) as extractor:
            extractor.extract(reader)
            return extractor
    finally:
        os.close(root)


def _keep_attributes(staging: Staging, target: str) -> None:
    """An archive that says nothing of the tree itself leaves it its owner and mode."""
    with writing(target):
        root = os.open(NEW, FOLDER, dir_fd=staging.folder)
        try:
            if not os.path.lexists(target):
                os.fchmod(root, 0o755)
                return
            folder = _open(target)
            try:
                attributes = attributes_of(os.fstat(folder), read_xattrs(folder))
                Giver(lambda _path, _what, _detail: None).give(".", root, attributes)
            finally:
                os.close(folder)
        finally:
            os.close(root)


def _clean_up(staging: Staging, problems: Problems) -> None:
    """The new tree is there; that the old one cannot be removed does not change it."""
    try:
        staging.clear()
    except OSError as error:
        problems.add(staging.path, "left behind", said(error))


def _restore_in_place(
    reader: TarReader,
    target: str,
    problems: Problems,
    mode: t.Literal["merge", "replace"],
    include: t.Sequence[str],
) -> Counts:
    with writing(target):
        os.makedirs(target, exist_ok=True)
    folder = _open(target)
    try:
        if mode == "replace":
            refuse_parts_mounted(target)
            with writing(target):
                for name in os.listdir(folder):
                    remove(name, folder)
        with Extractor(
            folder, problems, include=include, in_place=mode == "merge"
        ) as extractor:
            extractor.extract(reader)
            return extractor.counts
    finally:
        os.close(folder)


def _restore_file(reader: TarReader, target: str, problems: Problems) -> Counts:
    """Made beside its place and renamed, whatever the mode."""
    parent, name = os.path.split(target)
    with writing(parent):
        os.makedirs(parent, exist_ok=True)
    with Staging(places_of(target)[0]) as staging:
        staging.empty()
        with flushing(staging.sync) as finish:
            extractor = _extract(reader, staging, problems, (), is_file=True)
            if os.path.lexists(target):
                refuse_parts_mounted(target)
            finish()
        with writing(target):
            made = os.path.join(NEW, extractor.name)
            os.rename(made, name, src_dir_fd=staging.folder, dst_dir_fd=staging.parent)
            os.fsync(staging.parent)
        return extractor.counts


def _open(target: str) -> int:
    try:
        return os.open(target, FOLDER)
    except NotADirectoryError:
        raise PlanRefusedError(
            f"{readable(target)} is no folder, and the snapshot is of one.",
            hint="Name another path, or move that away.",
        ) from None
    except OSError as error:
        raise LocalWriteError(
            f"Could not restore into {readable(target)}: {error.strerror}."
        ) from None
