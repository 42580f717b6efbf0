# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the reports of all hosts come to: who has what, how late, what failed, who is silent. Pure.

Where a channel's feed is at hand, it says what is to be in place. Else the host that reported last
is believed in that. Times are seconds since the epoch, durations are seconds.
"""

from __future__ import annotations

import collections
import math
import typing as t
from dataclasses import dataclass

from ._feed import Feed
from ._status import ArtifactStatus, HostStatus, State, Statuses

#: A host's state, or ``behind``: it thinks that it has the latest, and does not.
Standing = t.Union[State, t.Literal["behind"]]

#: The worst first.
STANDINGS: t.Final[tuple[Standing, ...]] = (
    *("failed", "rolled back", "behind", "fetching", "current"),
)

#: Whoever has not reported for so long is silent. A daemon reports every quarter of an hour at the latest.
SILENT_AFTER: t.Final = 2100

#: A clock that is ahead by more than this is worth a word.
CLOCK_AHEAD: t.Final = 300


class Line(t.NamedTuple):
    """An artifact of a channel; all that is counted here is counted for one of them."""

    channel: str
    artifact: str


@dataclass(frozen=True, slots=True)
class Latest:
    """What is to be in place. ``published``: None where there is no feed to tell."""

    version: str
    published: int | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What one host has of one line. ``version``: empty while it has nothing.

    ``late``: from the publication of the latest until it was in place, or until now while it is not;
    None where that is not known.
    """

    line: Line
    version: str
    digest: str
    since: int
    standing: Standing
    late: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class HostView:
    """One host. ``age``: of its report; negative where its clock is ahead of the reader's."""

    status: HostStatus
    age: float
    silent: bool
    holdings: tuple[Holding, ...]

    @property
    def clock_ahead(self) -> bool:
        return self.age < -CLOCK_AHEAD

    @property
    def standing(self) -> Standing:
        """The worst of what it has."""
        found = {holding.standing for holding in self.holdings}
        return next((one for one in STANDINGS if one in found), "current")


@dataclass(frozen=True, slots=True)
class Spread:
    """Which versions of a line are in place on how many hosts; the latest first, then the most frequent."""

    line: Line
    latest: str
    counts: tuple[tuple[str, int], ...]

    @property
    def hosts(self) -> int:
        return sum(count for _version, count in self.counts)


@dataclass(frozen=True, slots=True)
class Curve:
    """How a line's latest version came to the fleet: ``delays`` of those who have it, ascending.

    ``hosts``: all that are to have it.
    """

    line: Line
    version: str
    delays: tuple[int, ...]
    hosts: int

    def reached(self, share: float) -> int | None:
        """After how long that share (0 to 1) of all hosts had it; None while they do not."""
        needed = max(1, math.ceil(share * self.hosts))
        return self.delays[needed - 1] if needed <= len(self.delays) else None


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything at ``time``. ``left_out``: objects among the reports that are none."""

    time: float
    hosts: tuple[HostView, ...]
    spreads: tuple[Spread, ...]
    curves: tuple[Curve, ...]
    left_out: int

    @property
    def silent(self) -> list[HostView]:
        return [host for host in self.hosts if host.silent]

    @property
    def counts(self) -> dict[Standing, int]:
        """How many hosts there are of each standing, whether silent or not; the worst first."""
        counted = collections.Counter(host.standing for host in self.hosts)
        return {standing: counted[standing] for standing in STANDINGS}

    @property
    def failures(self) -> list[tuple[HostView, Holding]]:
        return [
            (host, holding)
            for host in self.hosts
            for holding in host.holdings
            if holding.standing in ("failed", "rolled back")
        ]

    @property
    def healthy(self) -> bool:
        """Whether every host reports, and has what it is to have."""
        return not any(
            host.silent or host.standing != "current" or host.status.error
            for host in self.hosts
        )


def view_fleet(
    statuses: Statuses,
    feeds: t.Iterable[Feed] = (),
    *,
    silent_after: float = SILENT_AFTER,
) -> Fleet:
    """What the reports come to; ``feeds``: those channels' that are known, verified."""
    known = {feed.channel: feed for feed in feeds}
    latest = {**_reported(statuses.hosts), **_published(known.values())}
    hosts = tuple(
        _host(status, statuses.time, silent_after, known, latest)
        for status in statuses.hosts
    )
    held: dict[Line, list[Holding]] = collections.defaultdict(list)
    for host in hosts:
        for holding in host.holdings:
            held[holding.line].append(holding)
    lines = sorted(held)
    return Fleet(
        time=statuses.time,
        hosts=hosts,
        spreads=tuple(_spread(line, held[line], latest[line]) for line in lines),
        curves=tuple(_curve(line, held[line], latest[line]) for line in lines),
        left_out=statuses.left_out,
    )


def _published(feeds: t.Iterable[Feed]) -> dict[Line, Latest]:
    return {
        Line(feed.channel, name): Latest(entry.version, entry.created)
        for feed in feeds
        for name in feed.artifacts
        if (entry := feed.get(name)) is not None
    }


def _reported(hosts: t.Iterable[HostStatus]) -> dict[Line, Latest]:
    """What those who reported last say."""
    return {
        Line(one.channel, one.name): Latest(one.wanted)
        for host in sorted(hosts, key=lambda host: host.time)
        for one in host.artifacts
    }


def _host(
    status: HostStatus,
    now: float,
    silent_after: float,
    feeds: t.Mapping[str, Feed],
    latest: t.Mapping[Line, Latest],
) -> HostView:
    age = now - status.time
    reported = {Line(one.channel, one.name): one for one in status.artifacts}
    # what is not in the feed any more was withdrawn: a host keeps it, and is not late with it
    lines = {
        Line(channel, name)
        for channel in status.channels
        if channel in feeds
        for name in feeds[channel].artifacts
        if not status.takes or name in status.takes
    } | {line for line in reported if line.channel not in feeds}
    holdings = tuple(
        _holding(line, reported.get(line), latest[line], now, age)
        for line in sorted(lines)
    )
    return HostView(status, age, age > silent_after, holdings)


def _holding(
    line: Line,
    reported: ArtifactStatus | None,
    latest: Latest,
    now: float,
    age: float,
) -> Holding:
    waited = None if latest.published is None else max(0, int(now - latest.published))
    if reported is None:
        return Holding(line, "", "", 0, "behind", waited)
    standing: Standing = reported.state
    late: int | None = reported.late
    if reported.wanted != latest.version:
        late = waited
        if standing in ("current", "fetching"):
            standing = "behind"
    elif standing != "current":
        late = reported.late + max(0, int(age)) if waited is None else waited
    return Holding(
        line,
        reported.version,
        reported.digest,
        reported.since,
        standing,
        late,
        reported.error,
    )


def _spread(line: Line, held: t.Iterable[Holding], latest: Latest) -> Spread:
    counted = collections.Counter(holding.version for holding in held)
    order = sorted(
        counted.items(), key=lambda one: (one[0] != latest.version, -one[1], one[0])
    )
    return Spread(line, latest.version, tuple(order))


def _curve(line: Line, held: t.Sequence[Holding], latest: Latest) -> Curve:
    delays = sorted(
        holding.late
        for holding in held
        if holding.standing == "current" and holding.late is not None
    )
    return Curve(line, latest.version, tuple(delays), len(held))
