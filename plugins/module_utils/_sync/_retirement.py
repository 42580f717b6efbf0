# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Superseded objects that stay for a time, since old pages that are still open refer to them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._drivers._base import ObjectInfo
from .._manifest._format import Entry
from ._compare import speaks_of


@dataclass(slots=True)
class Retirement:
    """``kept``: the entries of objects that are extraneous and not due yet.

    ``ahead``: names that were retired later than it is now, so that some clock is wrong.
    """

    kept: dict[str, Entry] = field(default_factory=dict)
    ahead: list[str] = field(default_factory=list)


def retire(
    extraneous: t.Mapping[str, ObjectInfo],
    entries: t.Mapping[str, Entry],
    *,
    now: int,
    after: int,
) -> Retirement:
    """Which of the extraneous objects stay, ``after`` seconds counting from when each was first seen so.

    ``now`` is in seconds since the epoch.
    """
    retirement = Retirement()
    for name, info in extraneous.items():
        entry = entries.get(name)
        if not speaks_of(entry, info):
            entry = Entry(info.size, "", "", info.size, info.etag or "")
        since = entry.retired or now
        if since > now:
            retirement.ahead.append(name)
        if now - since < after:
            retirement.kept[name] = entry._replace(retired=since)
    return retirement
