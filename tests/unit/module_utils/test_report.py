# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._report import (
    KINDS,
    SAMPLE_LIMIT,
    Report,
)


def test_nothing_done_is_not_changed() -> None:
    report = Report(unchanged=7, requests=3, seconds=1.23456)
    assert not report.changed
    assert report.result() == {
        "changed": False,
        "created": 0,
        "updated": 0,
        "copied": 0,
        "deleted": 0,
        "unchanged": 7,
        "bytes": 0,
        "requests": 3,
        "seconds": 1.235,
        "container_created": False,
        "invalidated": [],
        "release": "",
        "releases_pruned": [],
        "samples": {"created": [], "updated": [], "copied": [], "deleted": []},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_change(kind: str) -> None:
    report = Report()
    report.add(kind, "a")
    assert report.changed and report.result()[kind] == 1
    assert report.result()["samples"][kind] == ["a"]
    assert not Report().changed, "reports share nothing"


@pytest.mark.parametrize("what", ["container_created", "manifest_written"])
def test_container_and_manifest_are_changes_too(what: str) -> None:
    assert Report(**{what: True}).changed  # type: ignore[arg-type]  # either flag


def test_samples_are_the_first_hundred_names() -> None:
    report = Report()
    for number in range(250):
        report.add("created", f"f{number}")
    result = report.result()
    assert result["created"] == 250
    assert result["samples"]["created"] == [f"f{n}" for n in range(SAMPLE_LIMIT)]
    assert SAMPLE_LIMIT == 100
    assert len(json.dumps(result)) < 3000


def test_diff_is_lines_under_headers() -> None:
    report = Report(source="here", destination="there")
    assert report.diff()["before"] == report.diff()["after"] == ""
    report.before, report.after = ["a 1 bytes"], ["a 2 bytes", "b 3 bytes"]
    diff = report.diff()
    assert diff["before"] == "a 1 bytes\n" and diff["after"] == "a 2 bytes\nb 3 bytes\n"
    assert "there" in diff["before_header"]
    assert "here" in diff["after_header"] and "there" in diff["after_header"]
