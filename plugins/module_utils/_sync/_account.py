# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What is said of a plan, and counted of what was done."""

from __future__ import annotations

import typing as t

from .._drivers._base import ObjectInfo
from .._report import Report
from ._compare import speaks_of
from ._contents import Contents
from ._plan import Plan, Write
from ._record import Record
from ._scan import shown


class Account:
    """Fills a report; ``prefix`` is the destination's."""

    def __init__(self, report: Report, prefix: str) -> None:
        self.report = report
        self._prefix = prefix

    def left_out(self, skipped: t.Mapping[str, str]) -> None:
        """Warn of what the source has and cannot give (name -> why)."""
        if skipped:
            findings = [f"{name} {why}" for name, why in sorted(skipped.items())]
            self.report.warnings.append(
                f"{len(findings)} name(s) of the source were left out, and kept in the destination: "
                f"{shown(findings)}."
            )

    def describe(self, plan: Plan, here: Contents, record: Record) -> None:
        """Before and after of everything that the plan changes."""
        self.report.unchanged = plan.unchanged
        before = {w.name: w.replaced for w in plan.writes if w.replaced is not None}
        before.update({self._name(info.key): info for info in plan.removed})
        for name, info in sorted(before.items()):
            entry = record.old.get(name)
            known = entry.treatment if speaks_of(entry, info) else ""
            self.report.before.append(_line(name, info, info.md5, known))
        for write in sorted(plan.writes, key=lambda write: write.name):
            digests = here.get(write.source)
            md5 = digests.md5 if digests is not None else write.source.md5
            treatment = write.treatment.digest if write.treatment is not None else ""
            self.report.after.append(_line(write.name, write.source, md5, treatment))

    def planned(self, plan: Plan) -> None:
        """Count the plan as if it were done."""
        for write in plan.writes:
            self.written(write, write.size)
        for info in plan.removed:
            self.deleted(info.key)

    def written(self, write: Write, size: int) -> None:
        """Count one write, of which so many bytes were sent."""
        kind = "updated"
        if write.replaced is None:
            within = write.copy_of is not None and not write.across
            kind = "copied" if within else "created"
        self.report.add(kind, write.name)
        self.report.bytes += size

    def deleted(self, key: str) -> None:
        """Count one deletion."""
        self.report.add("deleted", self._name(key))

    def _name(self, key: str) -> str:
        return key[len(self._prefix) :]


def _line(name: str, info: ObjectInfo, md5: str | None, treatment: str) -> str:
    content = f" md5 {md5}" if md5 else ""
    rules = f" rules {treatment}" if treatment else ""
    return f"{name} {info.size} bytes{content}{rules}"
