# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What both sides hold, by name (a key without its endpoint's prefix)."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field, replace

from .._drivers._base import ObjectInfo, Store, Summary
from .._drivers._local import LocalStore
from .._endpoint import Endpoint
from .._errors import (
    ConfigurationError,
    ContainerMissingError,
    PlanRefusedError,
    SourceError,
)
from .._manifest._format import ABSENT, Entry
from .._overlap import overlaps
from .._progress import Progress
from ._plan import SAMPLE, folders

Objects = dict[str, ObjectInfo]


@dataclass(slots=True)
class SourceScan:
    """The source's objects, and what of it cannot be one (name -> why).

    ``files`` are all the objects there are, in the selection or not.
    """

    objects: Objects = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    files: list[ObjectInfo] = field(default_factory=list)


def one_file(endpoint: Endpoint) -> tuple[Endpoint, str | None]:
    """Of a local source that is a single file: its folder as the endpoint, and its name."""
    if endpoint.provider != "LOCAL" or endpoint.prefix:
        return endpoint, None
    if not os.path.isfile(endpoint.container):
        return endpoint, None
    folder, name = os.path.split(endpoint.container)
    return replace(endpoint, container=folder), name


def refuse_overlap(
    source: Endpoint, destination: Endpoint, only: str | None = None
) -> None:
    """Raise ``PlanRefusedError`` when one of the two lies in the other.

    A source that is the single file ``only`` is at odds with no more than the file of its name.
    """
    if only is not None:
        destination = replace(destination, prefix=destination.prefix + only)
    if overlaps(source, destination):
        raise PlanRefusedError(
            f"The source {source.full_place} and the destination {destination.full_place} overlap: "
            "one is the other, or lies inside it.",
            hint="Choose two places that have nothing in common.",
        )


def scan_source(
    store: Store,
    selection: t.Container[str],
    progress: Progress,
    *,
    only: str | None,
    hierarchical_destination: bool,
) -> SourceScan:
    """List the source, or ``only`` one name of it. Raises ``ConfigurationError`` when it is missing, ``SourceError`` for what cannot be read."""
    prefix = store.endpoint.prefix
    scan = SourceScan()
    try:
        scan.files = list(progress.counted(store.list(prefix + (only or ""))))
        for info in scan.files:
            name = info.key[len(prefix) :]
            if name in selection:
                scan.objects[name] = info
    except ContainerMissingError:
        raise ConfigurationError(
            f"The source {store.endpoint.place} does not exist."
        ) from None
    if isinstance(store, LocalStore):
        _take_local_findings(store, selection, scan)
    if hierarchical_destination:
        _drop_folder_markers(scan.objects)
    return scan


def _take_local_findings(
    store: LocalStore, selection: t.Container[str], scan: SourceScan
) -> None:
    prefix = store.endpoint.prefix
    for key, why in store.skipped.items():
        if (name := key[len(prefix) :]) in selection:
            scan.skipped[name] = why
    unreadable = [
        key for key in sorted(store.unreadable) if key[len(prefix) :] in selection
    ]
    if unreadable:
        raise SourceError(
            f"{len(unreadable)} file(s) of the source {store.root!r} may not be read by this user: "
            f"{shown(unreadable)}.",
            hint="Change their permissions, or leave them out with exclude.",
        )


def _drop_folder_markers(objects: Objects) -> None:
    """Empty objects ``a/`` that consoles make to show a folder say nothing to a file system."""
    for name in [n for n, i in objects.items() if n.endswith("/") and not i.size]:
        del objects[name]


@dataclass(slots=True)
class DestinationScan:
    """The destination's objects; of a folder, also the names there that the sync is not about.

    ``summary`` is what ``Store.summarise`` says, if it is known.
    """

    objects: Objects = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    summary: str | None = None


class Unseen(t.NamedTuple):
    """How many files and objects there are that are known to agree."""

    files: int
    objects: int


@dataclass(slots=True)
class Sides:
    """What both sides hold, by name, as far as it had to be looked at.

    ``others``: the destination's names that the sync is not about. ``believing``: the destination is
    what its manifest says. ``summary`` is that of its listing. ``missing``: there is no such container.
    """

    source: SourceScan
    destination: Objects
    others: t.Sequence[str] = field(default_factory=list)
    believing: bool = False
    unseen: Unseen = Unseen(0, 0)
    summary: str | None = None
    missing: bool = False

    def part(self, chosen: t.Callable[[str], bool]) -> Sides:
        """What both hold of these names."""
        objects = {n: i for n, i in self.source.objects.items() if chosen(n)}
        there = {n: i for n, i in self.destination.items() if chosen(n)}
        source = replace(self.source, objects=objects)
        return replace(self, source=source, destination=there)


def list_destination(
    store: Store,
    selection: t.Container[str],
    only: str | None,
    middle: str | None,
    progress: Progress,
) -> DestinationScan | None:
    """List the destination, or ``only`` one name of it; None when there is no such container.

    ``middle``: a key near the middle of what is probably there, if one is known.
    """
    prefix = store.endpoint.prefix
    around = None if only is not None else middle
    scan = DestinationScan()
    summary = Summary()
    try:
        listing = store.list_around(prefix + (only or ""), around, summary)
        for info in progress.counted(listing):
            name = info.key[len(prefix) :]
            if name in selection:
                scan.objects[name] = info
            elif store.features.hierarchical:
                scan.others.append(name)
    except ContainerMissingError:
        return None
    scan.summary = summary.digest
    if isinstance(store, LocalStore):
        scan.others += [key[len(prefix) :] for key in store.skipped]
    return scan


def from_manifest(
    entries: t.Mapping[str, Entry], prefix: str, selection: t.Container[str]
) -> Objects:
    """The destination's objects as the manifest has them."""
    return {
        name: ObjectInfo(prefix + name, entry.stored_size, entry.etag)
        for name, entry in entries.items()
        if name in selection and entry.stored_size != ABSENT
    }


def kept_names(scan: SourceScan, destination: t.Iterable[str]) -> frozenset[str]:
    """Names of the destination that stand for something which the source has but cannot give."""
    if not scan.skipped:
        return frozenset()
    return frozenset(
        name
        for name in destination
        if any(part in scan.skipped for part in (name, *folders(name)))
    )


def refuse_faults(store: Store, names: t.Iterable[str]) -> None:
    """Raise ``PlanRefusedError`` for names that the destination cannot hold."""
    faults = []
    for name in names:
        why = store.fault_of_key(store.endpoint.prefix + name)
        if why is not None:
            faults.append(f"{name!r} ({why})")
    if faults:
        raise PlanRefusedError(
            f"{len(faults)} key(s) cannot be held by {store.endpoint.place}: {shown(faults)}.",
            hint="Nothing was changed. Rename them at the source, or leave them out with exclude.",
        )


def shown(names: t.Sequence[str]) -> str:
    """The first names, and how many more there are; what is no UTF-8 in them is escaped."""
    rest = len(names) - SAMPLE
    first = ", ".join(names[:SAMPLE]).encode(errors="backslashreplace").decode()
    return first + (f" and {rest} more" if rest > 0 else "")
