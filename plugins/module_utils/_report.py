# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""One object decides what a run says of itself: changed, counts, samples, diff."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

#: How many names a result shows of each kind.
SAMPLE_LIMIT = 100


class Outcome(t.Protocol):
    """What every engine tells of a run: ``Report`` for a sync, others for other work."""

    warnings: list[str]

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns."""

    def diff(self) -> dict[str, t.Any]:
        """Before and after, as Ansible shows them."""


@dataclass(slots=True)
class Tally:
    """How many of a kind, and the first of their names."""

    count: int = 0
    sample: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.sample) < SAMPLE_LIMIT:
            self.sample.append(name)


#: What may happen to an object.
KINDS = ("created", "updated", "copied", "deleted")


@dataclass(slots=True)
class Report:
    """What a run did, or in check mode would do."""

    container_created: bool = False
    manifest_written: bool = False
    unchanged: int = 0
    bytes: int = 0
    requests: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    tallies: dict[str, Tally] = field(
        default_factory=lambda: {kind: Tally() for kind in KINDS}
    )
    invalidated: list[str] = field(default_factory=list)
    release: str = ""
    releases_pruned: list[str] = field(default_factory=list)
    releases_changed: bool = False
    source: str = ""
    destination: str = ""
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether a container, an object, the manifest or what is kept of releases is other than before."""
        return (
            self.container_created
            or self.manifest_written
            or bool(self.invalidated)
            or self.releases_changed
            or any(tally.count for tally in self.tallies.values())
        )

    def add(self, kind: str, name: str) -> None:
        """Count one object of a kind out of ``KINDS``."""
        self.tallies[kind].add(name)

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns."""
        counts: dict[str, t.Any] = {
            kind: tally.count for kind, tally in self.tallies.items()
        }
        return {
            "changed": self.changed,
            **counts,
            "unchanged": self.unchanged,
            "bytes": self.bytes,
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "container_created": self.container_created,
            "invalidated": self.invalidated[:SAMPLE_LIMIT],
            "release": self.release,
            "releases_pruned": self.releases_pruned,
            "samples": {kind: tally.sample for kind, tally in self.tallies.items()},
        }

    def diff(self) -> dict[str, t.Any]:
        """Before and after of every name that changes, as Ansible shows them."""
        return {
            "before_header": self.destination,
            "after_header": f"{self.destination}, as {self.source}",
            "before": "".join(f"{line}\n" for line in self.before),
            "after": "".join(f"{line}\n" for line in self.after),
        }
