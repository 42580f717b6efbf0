# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a real run, whatever became of that."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.integration.module import Result, attempt, sync
from tests.integration.places import Places
from tests.unit.page import Page

TREE = {
    "index.html": b"<h1>one</h1>",
    "css/site.css": b"p { color: red }",
    "img/<b>logo.svg": b"<svg/>" * 1000,
    "js/app.js": b"start()" * 100,
}


class Runs:
    """Syncs of one tree to one bucket, each with a page."""

    def __init__(self, places: Places, folder: Path) -> None:
        self.source, self.place = places("local"), places("seaweedfs")
        self.source.fill(TREE)
        self.page = folder / "report.html"
        self._cache = str(folder / "cache")

    def __call__(self, **options: t.Any) -> Result:
        given = {"report": str(self.page), "cache_path": self._cache, **options}
        return sync(self.source, self.place, **given)

    @property
    def text(self) -> str:
        return self.page.read_text()

    @property
    def rows(self) -> dict[str, list[str]]:
        """All tables' rows, by what stands first."""
        return {row[0]: row[1:] for row in Page(self.text).rows}


@pytest.fixture()
def runs(places: Places, tmp_path: Path) -> Runs:
    return Runs(places, tmp_path)


def test_a_page_tells_what_the_result_tells(runs: Runs) -> None:
    checked = runs(check=True)
    assert "It was a check" in runs.text and "<b>4</b> created" in runs.text
    result = runs()
    assert result.values["created"] == checked.values["created"] == 4
    text, rows = runs.text, runs.rows
    assert "The destination was changed" in text and runs.place.name in text
    assert f"<b>{result.values['requests']:,}</b> requests" in text
    assert rows["image/svg+xml"] == ["1", "6.0 kB", "", "1", "6.0 kB"]
    assert rows["img/<b>logo.svg"] == ["image/svg+xml", "6.0 kB", "yes"]
    assert rows["writing: all but pages"][2:4] == ["3", "6.7 kB"]
    assert rows["writing: pages"][2] == "1"
    assert "finishing" in rows and '<path class="curve c' in text

    runs.source.delete("js/app.js")
    assert runs().values["deleted"] == 1
    assert "<b>1</b> deleted" in runs.text and "js/app.js" in runs.text
    assert runs.rows["deleting"][2] == "1"
    again = runs()
    assert not again.changed and "Nothing had to be changed" in runs.text
    assert not again.warnings


def test_a_failure_has_a_page_without_credentials(runs: Runs) -> None:
    endpoint = runs.place.endpoint() | {"secret": "a-wrong-secret-of-mine"}
    failed = attempt(runs.source, endpoint, report=str(runs.page))
    assert failed.failed
    assert "This is how far it came" in runs.text
    assert "Check the endpoint" in runs.text
    assert "a-wrong-secret-of-mine" not in runs.text
    limited = attempt(runs.source, runs.place, report=str(runs.page), max_delete="x")
    assert limited.failed and "max_delete must be a number" in runs.text


def test_a_page_that_cannot_be_written_fails_nothing(runs: Runs) -> None:
    result = runs(report=str(runs.page / "report.html"))
    assert result.values["created"] == 4
    (warning,) = result.warnings
    assert "The report of this run is missing" in warning and "Make it first" in warning
    assert not runs.page.exists()
    failed = attempt(runs.source, runs.place, report="/proc/x.html", max_delete="x")
    assert failed.failed and "max_delete" in failed.msg
    assert any("/proc/x.html" in one for one in failed.warnings)


def test_a_page_changes_nothing_else(runs: Runs, places: Places) -> None:
    other = places("seaweedfs")
    without = sync(runs.source, other)
    with_page = runs()
    for name in ("created", "bytes", "requests"):
        assert with_page.values[name] == without.values[name]
    inside = attempt(runs.source, runs.place, report=str(runs.source.path / "r.html"))
    assert inside.failed and "would lie in the source" in inside.msg


def test_a_release_that_is_returned_to(runs: Runs) -> None:
    runs(release="1")
    runs.source.put("index.html", b"<h1>two</h1>")
    runs(release="2")
    result = runs(state="rolled_back")
    assert result.values["release"] == "1"
    assert "release 1" in runs.text and "<b>1</b> updated" in runs.text
