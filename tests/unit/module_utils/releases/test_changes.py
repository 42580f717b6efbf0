# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which releases stay, and which one a roll back returns to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    PlanRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._releases._changes import (
    Retention,
    published,
    returned,
    target,
)
from ansible_collections.longshore.storage.plugins.module_utils._releases._format import (
    Index,
    Release,
)

ALL = Retention()
_retentions = st.builds(
    Retention, st.none() | st.integers(1, 6), st.none() | st.integers(0, 60)
)


def release(number: int) -> Release:
    return Release(f"v{number}", number * 10, 1, 1, "list")


def kept(index: Index) -> list[str]:
    return [one.name + "*" * one.live for one in index.releases]


def history(count: int) -> Index:
    index = Index()
    for number in range(count):
        index = published(index, release(number), ALL, 0)
    return index


def test_all_stay_without_a_limit() -> None:
    assert kept(history(4)) == ["v3*", "v2", "v1", "v0"]


@pytest.mark.parametrize(
    "retention, names",
    [
        (Retention(count=1), ["v9*"]),
        (Retention(count=3), ["v9*", "v3", "v2"]),
        (Retention(age=61), ["v9*", "v3"]),
        (Retention(age=0), ["v9*"]),
        (Retention(count=1, age=75), ["v9*", "v3", "v2"]),
        (Retention(count=3, age=1), ["v9*", "v3", "v2"]),
        (Retention(count=99), ["v9*", "v3", "v2", "v1", "v0"]),
    ],
)
def test_by_count_and_age(retention: Retention, names: list[str]) -> None:
    assert kept(published(history(4), release(9), retention, 90)) == names


def test_an_older_one_that_is_live_stays() -> None:
    index = published(history(4), release(1), Retention(count=1), 99)
    assert kept(index) == ["v3", "v1*"]


def test_back_and_forward() -> None:
    index = history(4)
    assert target(index, None, "there").name == "v2"
    index = returned(index, target(index, None, "there"))
    assert kept(index) == ["v3", "v2*", "v1", "v0"] and index.rolled_back
    assert target(index, None, "there").name == "v2", "it is done already"
    index = returned(index, target(index, "v3", "there"))
    assert index == history(4)
    index = published(returned(index, release(1)), release(2), ALL, 0)
    assert target(index, None, "there").name == "v1"


def test_back_from_one_that_was_cut_off() -> None:
    """It was never kept, so the last one that was is the one before."""
    index = replace(history(3), pending="v3")
    assert target(index, None, "there").name == "v2"
    index = returned(index, target(index, None, "there"))
    assert kept(index) == ["v2*", "v1", "v0"] and index.pending is None
    assert target(index, None, "there").name == "v2", "it is done already"
    assert returned(index, target(index, None, "there")) == index
    index = published(replace(index, pending="v3"), release(3), ALL, 0)
    assert index == history(4)


def test_what_is_not_there() -> None:
    with pytest.raises(PlanRefusedError, match="v7.*There are v3, v2, v1, v0"):
        target(history(4), "v7", "there")
    with pytest.raises(PlanRefusedError, match="before the live one. There are v0"):
        target(history(1), None, "there")
    with pytest.raises(PlanRefusedError, match="No release is kept there"):
        target(Index(), None, "there")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), _retentions), max_size=12))
def test_any_history(deeds: list[tuple[bool, int, Retention]]) -> None:
    """One is live whatever happens, names stay unique, and what is published is kept."""
    index = Index()
    for now, (back, number, retention) in enumerate(deeds):
        if back and index.releases:
            chosen = index.releases[number % len(index.releases)]
            index = returned(index, chosen)
        else:
            chosen = index.find(f"v{number}") or release(number)
            index = published(index, chosen, retention, now * 10)
        assert index.live is not None and index.live.name == chosen.name
        names = [one.name for one in index.releases]
        assert len(names) == len(set(names))
        assert sum(one.live for one in index.releases) == 1
