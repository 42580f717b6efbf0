# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What becomes of an index when a release is published or returned to: pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._errors import PlanRefusedError
from ._format import Index, Release


@dataclass(frozen=True, slots=True)
class Retention:
    """Which releases are kept: the newest ``count``, and those younger than ``age`` (seconds); all, if neither is set."""

    count: int | None = None
    age: int | None = None

    def keeps(self, place: int, release: Release, now: int) -> bool:
        """Whether a release stays that ``place`` newer ones go before; the live one does in any case."""
        if release.live or (self.count is None and self.age is None):
            return True
        if self.count is not None and place < self.count:
            return True
        return self.age is not None and now - release.published < self.age


def published(index: Index, release: Release, retention: Retention, now: int) -> Index:
    """With ``release`` live, which is a new one or one of the index, and without what need not be kept."""
    releases = index.releases
    if index.find(release.name) is None:
        releases = (release, *releases)
    kept = tuple(
        one
        for place, one in enumerate(_with_live(releases, release.name))
        if retention.keeps(place, one, now)
    )
    was_live = index.live is not None and index.live.name == release.name
    return Index(index.serial, kept, rolled_back=index.rolled_back and was_live)


def returned(index: Index, release: Release) -> Index:
    """With a release of the index live again; to go to the newest one is no roll back, but from one that was begun."""
    return Index(
        index.serial,
        _with_live(index.releases, release.name),
        rolled_back=release.name != index.releases[0].name
        or index.pending is not None
        or (index.rolled_back and release.live),
    )


def _with_live(releases: t.Iterable[Release], name: str) -> tuple[Release, ...]:
    return tuple(one._replace(live=one.name == name) for one in releases)


def target(index: Index, name: str | None, place: str) -> Release:
    """The release to return to: that of the name, or the one before the live one.

    When another one has been begun since, it is the live one itself. When that was returned to already, it is that,
    too: a second run has nothing to do. ``place`` is the destination's. Raises ``PlanRefusedError``.
    """
    if name is not None:
        found = index.find(name)
        if found is None:
            raise PlanRefusedError(
                f"{place} keeps no release {name!r}. {index.names()}",
                hint="Nothing was changed. Older ones may have been pruned by keep_releases.",
            )
        return found
    live = index.live
    if live is not None and (index.rolled_back or index.pending is not None):
        return live
    older = index.releases[index.releases.index(live) + 1 :] if live else ()
    if not older:
        raise PlanRefusedError(
            f"{place} keeps no release before the live one. {index.names()}",
            hint="Nothing was changed. Name the release to return to.",
        )
    return older[0]
