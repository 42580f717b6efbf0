# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order names are published, and how much may be deleted."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    PlanRefusedError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._apply import (
    SyncStoppedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._order import (
    DeleteLimit,
    Order,
)
from tests.unit.module_utils.sync.helpers import Folder, Sync, counts, remote

NAMES = ("a.css", "b.js", "feed.xml", "index.html")


def test_a_name_is_in_the_first_group_that_matches_it() -> None:
    order = Order(["*.css", ["*.js", "*.css"], "/index.html"])
    assert [order.phase_of(name) for name in NAMES] == [1, 2, 0, 3]
    assert order.phases == 4


def test_groups_that_match_nothing_are_told() -> None:
    assert Order(["*.css", "*.png", "*.map"]).idle(NAMES) == [1, 2]
    assert Order(None).idle(["a.css"]) == []
    assert Order([]).idle(NAMES) == []


@pytest.mark.parametrize("group", [None, 3, [], [None], {"match": "x"}, ["a", 1]])
def test_groups_that_are_no_patterns(group: object) -> None:
    with pytest.raises(ConfigurationError, match=r"order\[1\]"):
        Order(["*.css", group])


def test_a_pattern_that_cannot_be_parsed_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"order\[0\].*'!'"):
        Order([["!"]])


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [(None, 200), (0, 0), ("7", 7), ("10%", 20), ("0.5 %", 1), ("100%", 200)],
)
def test_a_limit_allows_so_many_and_not_one_more(
    limit: str | int | None, allowed: int
) -> None:
    DeleteLimit(limit).check(allowed, 200, "there")
    if limit is not None:
        with pytest.raises(PlanRefusedError) as caught:
            DeleteLimit(limit).check(allowed + 1, 200, "there")
        text = str(caught.value)
        assert f"{allowed + 1} of the 200" in text and f"allows {allowed}" in text


@pytest.mark.parametrize("limit", ["", "-1", "many", "10%%", "1000%", "1.5"])
def test_limits_that_are_none(limit: str) -> None:
    with pytest.raises(ConfigurationError, match="max_delete"):
        DeleteLimit(limit)


def test_too_many_deletions_are_refused_before_anything_is_done(
    tmp_path: Path, sync: Sync
) -> None:
    source = Folder(tmp_path / "site", {"new": b"1"})
    destination = remote(dict.fromkeys(NAMES, b"0"))
    before = destination.snapshot()
    for check_mode in (True, False):
        with pytest.raises(PlanRefusedError, match="4 of the 4.*100.0%.*allows 2"):
            sync(source, destination, max_delete="50%", check_mode=check_mode)
    assert destination.snapshot() == before
    assert counts(sync(source, destination, max_delete="4")) == {
        "created": 1,
        "deleted": 4,
    }


def test_what_is_protected_is_never_deleted_and_does_not_count(
    tmp_path: Path, sync: Sync
) -> None:
    source = Folder(tmp_path / "site", {"index.html": b"new"})
    destination = remote({**dict.fromkeys(NAMES, b"0"), "up/1": b"1"})
    options: dict[str, t.Any] = {"protect": ("*.css", "/up/"), "max_delete": "2"}
    assert counts(sync(source, destination, **options)) == {"updated": 1, "deleted": 2}
    assert set(destination.tree()) == {"a.css", "up/1", "index.html"}


def test_after_a_failed_group_the_next_is_not_begun(tmp_path: Path, sync: Sync) -> None:
    source = Folder(tmp_path / "site", dict.fromkeys(NAMES, b"1"))
    destination = remote({"old": b""})
    fault = StoreError("write b.js", "there", "no")
    destination.traits.failures["write", "b.js"] = fault
    with pytest.raises(SyncStoppedError):
        sync(source, destination, order=("*.css", "*.js", "*.html"))
    assert set(destination.tree()) == {"a.css", "feed.xml", "old"}


def test_a_group_without_names_is_a_warning(tmp_path: Path, sync: Sync) -> None:
    source = Folder(tmp_path / "site", {"index.html": b"1"})
    report = sync(source, remote(), order=("*.css", "*.html"))
    assert report.warnings == ["order[0] matches nothing of the source."]
