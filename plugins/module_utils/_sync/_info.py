# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One run of ``static_container_info``: what a container holds, and what became of it; changes nothing."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from dataclasses import dataclass, field

from .._bucket._contents import Size
from .._drivers._base import ObjectInfo, Store
from .._drivers._catalogue import open_store
from .._endpoint import Endpoint
from .._errors import ConfigurationError, ContainerMissingError, SourceError
from .._manifest._format import RESERVED, ManifestError, Root
from .._manifest._keeper import ManifestKeeper
from .._releases._format import Release, ReleaseError
from .._releases._keeper import read_releases
from .._workers import Workers
from ._drift import Drift, Names, find_drift
from ._plan import SAMPLE
from ._sizes import Sizes
from ._survey import Duplicates, Row, Survey

_WORKERS: t.Final = 8


@dataclass(frozen=True, slots=True)
class InfoOptions:
    """``sample``: of anything, so many names at most; ``prefixes``: so many of the largest."""

    destination: Endpoint
    sample: int = SAMPLE
    prefixes: int = SAMPLE
    duplicates: bool = True


@dataclass(slots=True)
class ContainerInfo:
    """``drift``: None without a manifest that can be read; ``fault``: why it cannot. ``duplicates``: None: not asked for.

    ``releases``: None where they cannot be read. ``reserved``: what a manifest, releases and the like take.
    ``settled``: nobody was publishing meanwhile, nor has left something unfinished.
    """

    sizes: Sizes
    exists: bool = True
    prefix_count: int = 0
    prefixes: list[tuple[str, Size]] = field(default_factory=list)
    reserved: Size = field(default_factory=Size)
    has_manifest: bool = False
    settled: bool = False
    fault: str | None = None
    drift: Drift | None = None
    duplicates: Duplicates | None = None
    releases: list[Release] | None = None
    requests: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)

    def result(self) -> dict[str, t.Any]:
        """The values that the module returns."""
        return {
            "changed": False,
            "exists": self.exists,
            **dataclasses.asdict(self.sizes.total),
            "types": [
                {"type": kind, **dataclasses.asdict(size)}
                for kind, size in self.sizes.by_type
            ],
            "prefixes": [
                {"prefix": prefix, **dataclasses.asdict(size)}
                for prefix, size in self.prefixes
            ],
            "prefix_count": self.prefix_count,
            "biggest": [
                {"name": one.name, "type": one.type, "bytes": one.size}
                for one in self.sizes.biggest
            ],
            "duplicates": self.duplicates and _shown_duplicates(self.duplicates),
            "manifest": self._manifest() if self.has_manifest else None,
            "releases": self.releases and [_shown_release(r) for r in self.releases],
            "reserved": dataclasses.asdict(self.reserved),
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
        }

    def diff(self) -> dict[str, t.Any]:
        """Nothing changes."""
        return {}

    def _manifest(self) -> dict[str, t.Any]:
        drift = self.drift
        values: dict[str, t.Any] = {"settled": self.settled, "fault": self.fault}
        values["entries"] = drift.entries if drift is not None else None
        for name in ("changed", "vanished", "beside"):
            names: Names | None = getattr(drift, name, None)
            values[name] = names.count if names is not None else None
            values[f"{name}_sample"] = names.first if names is not None else []
        return values


def _shown_duplicates(found: Duplicates) -> dict[str, t.Any]:
    return {
        "groups": found.groups,
        "objects": found.objects,
        "wasted_bytes": found.wasted,
        "unknown": found.unknown,
        "sample": [
            {"objects": one.objects, "bytes": one.size, "names": one.names}
            for one in found.sample
        ],
    }


def _shown_release(release: Release) -> dict[str, t.Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(release.published))
    return {
        "name": release.name,
        "live": release.live,
        "published": moment,
        "objects": release.objects,
        "bytes": release.bytes,
    }


def survey_container(options: InfoOptions) -> ContainerInfo:
    """Look at all of it by one listing, its manifest and its releases. Raises ``LongshoreError``."""
    for name in ("sample", "prefixes"):
        if getattr(options, name) < 0:
            raise ConfigurationError(
                f"{name} is a whole number from 0, not {getattr(options, name)}."
            )
    began = time.monotonic()
    info = ContainerInfo(Sizes(options.sample))
    with open_store(options.destination) as store, Workers(_WORKERS) as workers:
        try:
            _look(options, store, workers, info)
        except ContainerMissingError:
            info.exists, info.releases = False, []
        info.requests = store.requests.count
    info.seconds = time.monotonic() - began
    return info


def _look(
    options: InfoOptions, store: Store, workers: Workers, info: ContainerInfo
) -> None:
    keeper = ManifestKeeper(store, workers)
    root = _read_root(keeper, info)
    with Survey(len(root.shards) if root is not None else 1) as survey:
        survey.fill(_counted(store, info))
        if root is not None:
            _compare(options, survey, keeper, root, workers, info)
        info.prefix_count, info.prefixes = survey.folders(options.prefixes)
        if options.duplicates:
            if store.features.digests:
                _read_contents(store, survey, workers)
            info.duplicates = survey.duplicates(options.sample, SAMPLE)
    try:
        info.releases = read_releases(store, workers)
    except ReleaseError as error:
        info.warnings.append(str(error))


def _read_root(keeper: ManifestKeeper, info: ContainerInfo) -> Root | None:
    try:
        root = keeper.open()
    except ManifestError as error:
        _tell_fault(error, info)
        return None
    info.has_manifest = root is not None
    return root


def _tell_fault(error: ManifestError, info: ContainerInfo) -> None:
    info.has_manifest = True
    info.fault = str(error)
    info.warnings.append(info.fault)


def _counted(store: Store, info: ContainerInfo) -> t.Iterator[ObjectInfo]:
    """The listing without our own objects, by names."""
    prefix = len(store.endpoint.prefix)
    for found in store.list(store.endpoint.prefix):
        name = found.key[prefix:]
        if name.startswith(RESERVED):
            info.reserved.add(found.size)
        elif name:
            info.sizes.add(name, found.size)
            yield found._replace(key=name)


def _compare(
    options: InfoOptions,
    survey: Survey,
    keeper: ManifestKeeper,
    root: Root,
    workers: Workers,
    info: ContainerInfo,
) -> None:
    try:
        shards = len(root.shards)
        info.drift = find_drift(survey, keeper, shards, workers, options.sample)
        info.settled = root.pending is None and keeper.open() == root
    except ManifestError as error:
        _tell_fault(error, info)


def _read_contents(store: Store, survey: Survey, workers: Workers) -> None:
    """Hash the files that may be equal to others by their sizes; what cannot be read stays unknown."""
    prefix = store.endpoint.prefix

    def read(row: Row) -> str | None:
        try:
            return store.digests(row.info._replace(key=prefix + row.info.key)).sha256
        except SourceError:
            return None

    for rows in survey.untold():
        found = workers.run(read, rows)
        survey.tell({row.id: digest for row, digest in found if digest is not None})
