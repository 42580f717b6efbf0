# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which snapshots a policy keeps, by the rules of restic's ``forget``. Pure; all times are UTC.

Snapshots are gone through from the newest to the oldest. Each rule keeps the newest of each of its periods (hour,
day, ISO week, month, year) that has one, as many periods as it says; a period without a snapshot does not count. The
oldest of all is kept by a rule that has not yet found as many as it may keep. What one rule keeps is kept.
"""

from __future__ import annotations

import calendar
import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .._errors import ConfigurationError

#: Without a limit, as a number of snapshots.
UNLIMITED: t.Final = -1

_PERIODS: t.Final[dict[str, t.Callable[[datetime], object]]] = {
    "keep_hourly": lambda time: (time.date(), time.hour),
    "keep_daily": lambda time: time.date(),
    "keep_weekly": lambda time: time.isocalendar()[:2],
    "keep_monthly": lambda time: (time.year, time.month),
    "keep_yearly": lambda time: time.year,
}
_DURATION: t.Final = re.compile(
    r"(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?"
)
_HINT: t.Final = (
    "Set at least one of keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly to a number "
    "from 1 on (or -1, for all), or keep_within to a duration such as 14d or 1y6m."
)


@dataclass(frozen=True, slots=True)
class Duration:
    """As calendars have it: a month is not a number of days."""

    months: int
    hours: int

    @classmethod
    def parse(cls, text: str) -> t.Self:
        """From ``2y5m7d3h``, of which parts may be missing; ``w`` are weeks. Raises ``ConfigurationError``."""
        match = _DURATION.fullmatch(text.strip())
        if match is None or not any(map(int, match.groups("0"))):
            raise ConfigurationError(
                f"keep_within cannot be {text!r}.",
                hint="It is a duration such as 36h, 14d, 8w, 6m or 1y6m.",
            )
        years, months, weeks, days, hours = map(int, match.groups("0"))
        return cls(12 * years + months, 24 * (7 * weeks + days) + hours)

    def before(self, time: datetime) -> datetime:
        """The time that is so much earlier; the last day of a month that is too short."""
        month = time.year * 12 + time.month - 1 - self.months
        try:
            year, number = month // 12, month % 12 + 1
            day = min(time.day, calendar.monthrange(year, number)[1])
            return time.replace(year=year, month=number, day=day) - timedelta(
                hours=self.hours
            )
        except (ValueError, OverflowError, IndexError):
            return datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Retention:
    """A policy. Raises ``ConfigurationError`` for one that keeps nothing."""

    keep_last: int = 0
    keep_hourly: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    keep_monthly: int = 0
    keep_yearly: int = 0
    keep_within: Duration | None = None

    def __post_init__(self) -> None:
        counts = {"keep_last": self.keep_last, **self._counts()}
        for name, count in counts.items():
            if count < UNLIMITED:
                raise ConfigurationError(f"{name} cannot be {count}.", hint=_HINT)
        if self.keep_within is None and not any(counts.values()):
            raise ConfigurationError(
                "The retention keeps no snapshot at all.", hint=_HINT
            )

    @classmethod
    def parse(cls, given: t.Mapping[str, t.Any]) -> t.Self:
        """From what a user wrote, names as above; None counts as not written."""
        fields = {name: value for name, value in given.items() if value is not None}
        if "keep_within" in fields:
            fields["keep_within"] = Duration.parse(str(fields["keep_within"]))
        return cls(**fields)

    def keeps(self, times: t.Sequence[datetime]) -> dict[int, list[str]]:
        """The numbers, in ``times``, of the snapshots that are kept, each with the names of the rules that do.

        The newest one is always among them.
        """
        kept: dict[int, list[str]] = {}
        order = sorted(
            range(len(times)), key=lambda number: times[number], reverse=True
        )
        utc = [times[number].astimezone(UTC) for number in order]
        for place in range(len(order))[_first(self.keep_last)]:
            kept.setdefault(order[place], []).append("keep_last")
        for name, count in self._counts().items():
            for place in _newest_of_each(utc, _PERIODS[name], count):
                kept.setdefault(order[place], []).append(name)
        if self.keep_within is not None and utc:
            limit = self.keep_within.before(utc[0])
            for place, time in enumerate(utc):
                if time > limit:
                    kept.setdefault(order[place], []).append("keep_within")
        return kept

    def _counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in _PERIODS}


def _first(count: int) -> slice:
    return slice(None if count == UNLIMITED else count)


def _newest_of_each(
    times: t.Sequence[datetime], period: t.Callable[[datetime], object], count: int
) -> list[int]:
    """The places, newest first, of the newest of each of so many periods."""
    found: list[int] = []
    last: object = None
    for place, time in enumerate(times):
        if count != UNLIMITED and len(found) >= count:
            break
        if period(time) != last or place == len(times) - 1:
            found.append(place)
            last = period(time)
    return found
