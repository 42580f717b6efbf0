# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a run says of itself: what was saved, restored, compared or removed, or in check mode would be."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._errors import LongshoreError
from .._report import SAMPLE_LIMIT
from ._archive_failures import Problems


@dataclass(slots=True)
class PersistOutcome:
    """``target``: the place on this host. ``size`` and ``stored_size``: bytes; None: nobody knows before it is done.

    ``problems`` and ``differences`` are texts, ``pruned`` ids of snapshots; the first of them, beside how many
    there are. ``containers``: names of those that were stopped or paused. ``before`` and ``after`` are for a diff.
    """

    state: str
    target: str = ""
    changed: bool = False
    snapshot: str | None = None
    counts: dict[str, int] | None = None
    size: int | None = None
    stored_size: int | None = 0
    verified: bool | None = None
    kept: int | None = None
    pruned_count: int = 0
    pruned: list[str] = field(default_factory=list)
    problem_count: int = 0
    problems: list[str] = field(default_factory=list)
    difference_count: int | None = None
    differences: list[str] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)
    collected: dict[str, int] | None = None
    recovered: str = ""
    warnings: list[str] = field(default_factory=list)
    before: dict[str, t.Any] = field(default_factory=dict)
    after: dict[str, t.Any] = field(default_factory=dict)

    def count(self, kinds: t.Mapping[str, int], size: int) -> None:
        """What there is, by kind; kinds of which there is nothing are left out."""
        self.counts = {kind: number for kind, number in kinds.items() if number}
        self.size = size

    def prune(self, snapshot_ids: t.Sequence[str]) -> None:
        """These snapshots are gone."""
        self.pruned_count += len(snapshot_ids)
        self.pruned += snapshot_ids[: SAMPLE_LIMIT - len(self.pruned)]
        self.changed = self.changed or bool(snapshot_ids)

    def differ(self, found: Problems) -> None:
        self.difference_count = len(found)
        self.differences = [str(one) for one in found.samples[:SAMPLE_LIMIT]]

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns. None is called ``path``: Ansible would add that file's attributes."""
        values: dict[str, t.Any] = {
            "changed": self.changed,
            "target": self.target,
            "snapshot": self.snapshot,
            "counts": self.counts,
            "bytes": self.size,
            "containers": self.containers,
            "problems": self.problem_count,
        }
        for name in _RETURNED[self.state]:
            values[name] = getattr(self, _FIELDS.get(name, name))
        values["samples"] = {
            "problems": self.problems[:SAMPLE_LIMIT],
            "differences": self.differences,
            "pruned": self.pruned,
        }
        return values

    def diff(self) -> dict[str, t.Any]:
        """Before and after, as Ansible shows them."""
        after = dict(self.after)
        if self.differences:
            after["differences"] = self.differences
        if self.pruned:
            after["pruned"] = self.pruned
        return {
            "before_header": self.target,
            "after_header": f"{self.target} ({self.state})",
            "before": self.before,
            "after": after,
        }


_FIELDS: t.Final = {
    "stored_bytes": "stored_size",
    "pruned": "pruned_count",
    "differences": "difference_count",
}
#: What each state returns, beside what all do.
_RETURNED: t.Final[t.Mapping[str, t.Sequence[str]]] = {
    "saved": ("stored_bytes", "verified", "pruned", "kept", "collected"),
    "restored": ("recovered", "differences"),
    "verified": ("differences",),
    "absent": ("pruned", "kept", "collected"),
}


class PersistError(LongshoreError):
    """``reason`` is what went wrong, ``report`` what was done by then."""

    def __init__(self, reason: LongshoreError, report: PersistOutcome) -> None:
        super().__init__(reason.message, hint=reason.hint)
        self.reason = reason
        self.report = report


class DifferenceError(LongshoreError):
    """What is there is not what the snapshot has."""
