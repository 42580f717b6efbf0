# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One run of ``distsync_artifact_info``: what is published, and who has what. Changes nothing."""

from __future__ import annotations

import itertools
import time
import typing as t
from dataclasses import dataclass, field

from .._drivers._catalogue import open_store
from .._encryption._names import check_file_name
from ._configuration import Configuration
from ._configuration_values import Format
from ._failures import ReleaseMissingError
from ._opening import fetching, publishing
from ._results import Listed, Seen
from ._status import HostStatus, Statuses, read_statuses

#: What is returned of each, by the fields' own names.
_RELEASE: t.Final = (
    *("version", "latest", "size", "sealed_size", "digest", "created", "age"),
)
_HOST: t.Final = ("host", "daemon", "time", "channels", "takes", "free", "error")
_HELD: t.Final = (
    *("name", "channel", "version", "digest", "since", "state", "wanted"),
    *("late", "error"),
)


@dataclass(frozen=True, slots=True)
class InfoOptions:
    """``name``: None for all artifacts. ``hosts``: whether to read what hosts report."""

    configuration: Configuration
    name: str | None = None
    hosts: bool = False


@dataclass(slots=True)
class ArtifactsInfo:
    """``seen``: None where nothing was published yet. ``statuses``: None where they were not asked for."""

    options: InfoOptions
    seen: Seen | None = None
    statuses: Statuses | None = None
    warnings: list[str] = field(default_factory=list)

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns."""
        configuration, seen = self.options.configuration, self.seen
        signed = configuration.format is Format.LONGSHORE
        values: dict[str, t.Any] = {
            "changed": False,
            "format": configuration.format.value,
            "channel": configuration.channels[0] if signed else None,
            "sequence": (seen.sequence or None) if seen is not None else None,
            "expires": seen.expires if seen is not None else None,
            "artifacts": self._artifacts(),
        }
        if self.statuses is not None:
            values["hosts"] = [
                self._host(one, self.statuses.time) for one in self.statuses.hosts
            ]
        return values

    def diff(self) -> dict[str, t.Any]:
        """Nothing is changed."""
        return {}

    def _artifacts(self) -> list[dict[str, t.Any]]:
        releases = self.seen.releases if self.seen is not None else ()
        ours = [one for one in releases if self.options.name in (None, one.name)]
        return [
            self._artifact(name, list(group))
            for name, group in itertools.groupby(ours, lambda one: one.name)
        ]

    def _artifact(self, name: str, releases: list[Listed]) -> dict[str, t.Any]:
        current = next((one.version for one in releases if one.latest), None)
        return {
            "name": name,
            "current": current,
            "releases": [self._release(one) for one in releases],
        }

    def _release(self, release: Listed) -> dict[str, t.Any]:
        values = _fields(release, _RELEASE)
        if self.statuses is not None:
            values["hosts"] = [
                one.host for one in self.statuses.hosts if self._has(one, release)
            ]
        return values

    def _host(self, status: HostStatus, now: float) -> dict[str, t.Any]:
        return {
            **_fields(status, _HOST),
            "age": int(now - status.time),
            "artifacts": [_fields(one, _HELD) for one in status.artifacts],
        }

    def _has(self, host: HostStatus, release: Listed) -> bool:
        """Whether the release is in place there."""
        channel = self.options.configuration.channels[0]
        wanted = (channel, release.name, release.version, release.digest)
        return any(
            (one.channel, one.name, one.version, one.digest) == wanted
            for one in host.artifacts
        )


def _fields(record: object, names: t.Iterable[str]) -> dict[str, t.Any]:
    return {name: getattr(record, name) for name in names}


def look(options: InfoOptions) -> ArtifactsInfo:
    """What there is. Raises what fetching raises, and ``NameRefusedError``."""
    configuration, info = options.configuration, ArtifactsInfo(options)
    if options.name is not None:
        check_file_name(options.name)
    try:
        info.seen = _seen(configuration)
        info.warnings += info.seen.warnings
    except ReleaseMissingError as error:
        info.warnings.append(str(error))
    if options.hosts:
        with open_store(configuration.store) as store:
            info.statuses = read_statuses(store, configuration.secret, time.time)
        if info.statuses.left_out:
            info.warnings.append(
                f"{info.statuses.left_out} object(s) below status/ of {configuration.store.full_place} are no hosts' reports, "
                "or cannot be opened with this secret."
            )
    return info


def _seen(configuration: Configuration) -> Seen:
    """As the publisher sees it where there is a signing key, who looks at a feed that has expired too."""
    signed = configuration.format is Format.LONGSHORE
    if signed and configuration.signing_key is None:
        with fetching(configuration) as fetcher:
            return fetcher.look()
    with publishing(configuration) as publisher:
        return publisher.look()
