# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a run made of a bucket, or in check mode would make of it."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, field

from ._emptying import Contents
from ._service import Value


class Change(t.NamedTuple):
    """A setting's values, in normal form."""

    before: Value
    after: Value


@dataclass(slots=True)
class BucketReport:
    """``existed``: before the run. ``links``: names as ``BucketService.links`` has them."""

    name: str
    place: str
    existed: bool = False
    created: bool = False
    deleted: bool = False
    emptied: Contents | None = None
    changes: dict[str, Change] = field(default_factory=dict)
    region: str | None = None
    links: t.Mapping[str, str] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the bucket, what it holds or a setting is other than before."""
        return bool(self.created or self.deleted or self.emptied or self.changes)

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns."""
        emptied = {} if self.emptied is None else {"emptied": _counts(self.emptied)}
        return {
            "changed": self.changed,
            "name": self.name,
            "region": self.region,
            **self.links,
            "created": self.created,
            "deleted": self.deleted,
            **emptied,
            "settings": {n: change._asdict() for n, change in self.changes.items()},
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
        }

    def diff(self) -> dict[str, t.Any]:
        """The bucket and its settings that change, before and after."""
        before = {name: change.before for name, change in self.changes.items()}
        after = {name: change.after for name, change in self.changes.items()}
        present = self.created or (self.existed and not self.deleted)
        return {
            "before_header": self.place,
            "after_header": self.place,
            "before": _state(self.existed, before),
            "after": _state(present, after),
        }


def _counts(emptied: Contents) -> dict[str, int]:
    names = ("objects", "versions", "delete_markers", "uploads")
    return {name: number for name, number in asdict(emptied).items() if name in names}


def _state(present: bool, settings: t.Mapping[str, Value]) -> dict[str, Value]:
    return {"state": "present", **settings} if present else {"state": "absent"}
