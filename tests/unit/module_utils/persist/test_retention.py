# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which snapshots a policy keeps."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._retention import (
    Duration,
    Retention,
)

COUNTS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
PERIODS: dict[str, t.Callable[[datetime], object]] = {
    "keep_hourly": lambda time: time.strftime("%Y%m%d%H"),
    "keep_daily": lambda time: time.strftime("%Y%m%d"),
    "keep_weekly": lambda time: time.strftime("%G%V"),
    "keep_monthly": lambda time: time.strftime("%Y%m"),
    "keep_yearly": lambda time: time.strftime("%Y"),
}


def at(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[arg-type,misc]  # a date's fields


def kept(times: list[datetime], **policy: t.Any) -> list[datetime]:
    return [times[number] for number in sorted(Retention.parse(policy).keeps(times))]


def test_each_rule() -> None:
    start = at(2026, 11, 21, 12, 30)
    times = [start - timedelta(minutes=20 * n) for n in range(24 * 3 * 800)]
    assert kept(times, keep_last=3) == times[:3]
    assert [time.hour for time in kept(times, keep_hourly=3)] == [12, 11, 10]
    assert kept(times, keep_daily=2) == [start, at(2026, 11, 20, 23, 50)]
    # the week ends with a Sunday
    assert kept(times, keep_weekly=2) == [start, at(2026, 11, 15, 23, 50)]
    assert kept(times, keep_monthly=2) == [start, at(2026, 10, 31, 23, 50)]
    found = kept(times, keep_yearly=10)
    assert found == [
        start,
        at(2025, 12, 31, 23, 50),
        at(2024, 12, 31, 23, 50),
        times[-1],
    ]
    assert kept(times, keep_within="1d")[-1] == start - timedelta(hours=23, minutes=40)


def test_periods_without_a_snapshot_do_not_count() -> None:
    times = [at(2026, 1, 1), at(2025, 6, 1), at(2021, 3, 1), at(2020, 1, 1)]
    assert kept(times, keep_daily=3) == times[:3]


def test_rules_add_up_and_say_so() -> None:
    times = [at(2026, 1, 2), at(2026, 1, 1), at(2025, 1, 1)]
    policy = Retention(keep_last=1, keep_daily=2)
    assert policy.keeps(times) == {0: ["keep_last", "keep_daily"], 1: ["keep_daily"]}


def test_the_oldest_is_kept_while_a_rule_has_room() -> None:
    times = [at(2026, 1, 31), at(2026, 1, 20), at(2026, 1, 10)]
    assert kept(times, keep_monthly=2) == [times[0], times[2]]
    assert kept(times, keep_monthly=1) == [times[0]]


def test_a_week_of_two_years_is_one() -> None:
    times = [at(2026, 1, 2), at(2025, 12, 30), at(2025, 12, 27), at(2025, 12, 1)]
    assert kept(times, keep_weekly=2) == [times[0], times[2]]


def test_zones_and_their_changes_do_not_matter() -> None:
    """The night in which clocks are put back has the hour from 2 to 3 twice."""
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    first = datetime(2026, 10, 25, 2, 30, tzinfo=summer)
    second = datetime(2026, 10, 25, 2, 30, tzinfo=winter)
    assert kept([second, first, at(2020, 1, 1)], keep_hourly=2) == [second, first]
    late = datetime(2026, 5, 2, 1, 0, tzinfo=summer)
    early = at(2026, 5, 1, 1)
    assert kept([late, early, at(2020, 1, 1)], keep_daily=1) == [late]


def test_durations_go_by_the_calendar() -> None:
    assert Duration.parse("1y6m2w3d4h") == Duration(18, 24 * 17 + 4)
    assert Duration.parse("1m").before(at(2026, 3, 31, 5)) == at(2026, 2, 28, 5)
    assert Duration.parse("1y").before(at(2024, 2, 29)) == at(2023, 2, 28)
    assert Duration.parse("36h").before(at(2026, 1, 2)) == at(2025, 12, 31, 12)
    assert Duration.parse("9999y").before(at(2026, 1, 2)).year == 1


@pytest.mark.parametrize("text", ["", "0d", "3", "d", "-1d", "1d2y", "1x", "1.5d"])
def test_durations_that_are_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="keep_within cannot be"):
        Retention.parse({"keep_within": text})


@pytest.mark.parametrize(
    "policy", [{}, {"keep_last": 0}, dict.fromkeys(["keep_daily"])]
)
def test_a_policy_that_keeps_nothing_is_refused(policy: dict[str, t.Any]) -> None:
    with pytest.raises(ConfigurationError, match="keeps no snapshot at all"):
        Retention.parse(policy)


def test_numbers_that_are_none() -> None:
    with pytest.raises(ConfigurationError, match="keep_daily cannot be -2"):
        Retention(keep_daily=-2)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, t.Any]:
    counts = st.integers(-1, 5)
    policy: dict[str, t.Any] = {f"keep_{name}": draw(counts) for name in COUNTS}
    hours = draw(st.none() | st.integers(1, 5000))
    policy["keep_within"] = None if hours is None else f"{hours}h"
    if not any(policy.values()):
        policy["keep_last"] = 1
    return policy


TIMES = st.lists(
    st.datetimes(datetime(2023, 1, 1), datetime(2026, 12, 31)), max_size=40
).map(lambda times: [time.replace(tzinfo=UTC) for time in times])


@settings(max_examples=150)
@given(times=TIMES, policy=policies(), seed=st.randoms())
def test_what_always_holds(
    times: list[datetime], policy: dict[str, t.Any], seed: t.Any
) -> None:
    found = Retention.parse(policy).keeps(times)
    # the newest is kept, and the order in which they are given is of no matter
    if times:
        assert any(times[number] == max(times) for number in found)
    shuffled = list(times)
    seed.shuffle(shuffled)
    again = Retention.parse(policy).keeps(shuffled)
    assert sorted(times[n] for n in found) == sorted(shuffled[n] for n in again)
    # what is kept stays kept when it is gone through once more, but for the oldest of a rule
    for name, count in policy.items():
        by_rule = [times[n] for n, rules in found.items() if name in rules]
        if name in PERIODS:
            periods = {PERIODS[name](time) for time in times}
            wanted = len(periods) if count == -1 else min(count, len(periods))
            assert len({PERIODS[name](time) for time in by_rule}) == wanted
        elif name == "keep_last":
            assert len(by_rule) == (
                len(times) if count == -1 else min(count, len(times))
            )
        elif count is not None:
            limit = max(times) - timedelta(hours=int(count[:-1])) if times else None
            assert all(limit is not None and time > limit for time in by_rule)


@settings(max_examples=60)
@given(times=TIMES, policy=policies(), rule=st.sampled_from(COUNTS))
def test_a_larger_number_keeps_no_less(
    times: list[datetime], policy: dict[str, t.Any], rule: str
) -> None:
    policy[f"keep_{rule}"] = max(policy[f"keep_{rule}"], 1)
    more = policy | {f"keep_{rule}": policy[f"keep_{rule}"] + 1}
    oldest = min(times, default=None)
    less = {n for n in Retention.parse(policy).keeps(times) if times[n] != oldest}
    assert less <= set(Retention.parse(more).keeps(times))
