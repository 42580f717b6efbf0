# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a run is there however that ends, and where it belongs."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LocalWriteError,
    LongshoreError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    Progress,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._options import (
    SyncOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._reporting import (
    reporting,
    write_page,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._run import (
    synchronise,
)
from tests.unit.module_utils.sync.helpers import Folder, Place, remote

SITE = {"a.css": b"a", "index.html": b"<p>", "z.html": b"<p>z"}


class Runs:
    """Syncs, each with a page."""

    def __init__(self, folder: Path) -> None:
        self.page = folder / "report.html"
        self.warnings: list[str] = []
        self._cache = folder / "cache"

    def __call__(
        self, source: Place, destination: Place, path: Path | None = None, **more: t.Any
    ) -> str:
        options = SyncOptions(
            source.endpoint, destination.endpoint, cache_path=str(self._cache), **more
        )
        where = str(path or self.page)
        with reporting(where, options, self.warnings.append, str) as recorder:
            assert recorder is not None
            with Progress(timeline=recorder.timeline) as progress:
                synchronise(options, progress, recorder)
        return self.page.read_text()


@pytest.fixture()
def run(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


@pytest.fixture()
def source(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "site", SITE)


def test_each_run_has_its_page(run: Runs, source: Folder) -> None:
    there = remote()
    checked = run(source, there, check_mode=True)
    assert "It was a check" in checked and "<b>3</b> created" in checked
    done = run(source, there)
    assert "was changed" in done and "writing: pages" in done
    again = run(source, there)
    assert "Nothing had to be changed" in again
    assert not run.warnings
    assert not list(run.page.parent.glob(".longshore*"))


def test_a_failure_has_its_page(run: Runs, source: Folder) -> None:
    failure = StoreError("write object 'z.html'", "there", "it burns")
    there = remote(failures={("write", "z.html"): failure})
    with pytest.raises(LongshoreError):
        run(source, there, transfers=1)
    page = run.page.read_text()
    assert "This is how far it came" in page and "it burns" in page
    assert "<b>2</b> created" in page
    with pytest.raises(LongshoreError):
        run(Folder(source.path.parent / "empty"), there)
    assert "has nothing to publish" in run.page.read_text()


def test_an_interruption_has_its_page(run: Runs, source: Folder) -> None:
    there = remote(failures={("write", "a.css"): KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        run(source, there)
    assert "It was interrupted." in run.page.read_text()


def test_without_a_path_nothing_is_remembered(source: Folder) -> None:
    options = SyncOptions(source.endpoint, source.endpoint)
    with reporting(None, options, str, str) as recorder:
        assert recorder is None


@pytest.mark.parametrize("path", ["", "a\0b/report.html"])
def test_what_is_no_path(source: Folder, path: str) -> None:
    options = SyncOptions(source.endpoint, remote().endpoint)
    with pytest.raises(ConfigurationError, match="is to be the path of a file"):
        with reporting(path, options, str, str):
            pass


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_page_in_what_it_tells_of(run: Runs, tmp_path: Path, side: str) -> None:
    sides = {"source": Folder(tmp_path / "a"), "destination": Folder(tmp_path / "b")}
    inside = sides[side].path / "deep" / "report.html"
    with pytest.raises(ConfigurationError, match=f"lie in the {side}"):
        run(sides["source"], sides["destination"], inside)


def test_a_page_that_cannot_be_written_is_a_warning(run: Runs, source: Folder) -> None:
    there = remote()
    run.page.write_text("before")
    for path, why in (
        (run.page.parent / "nowhere" / "r.html", "there is no folder"),
        (run.page / "r.html", "there is no folder"),
        (source.path.parent / "cache", "it is a folder"),
        (run.page.parent / ("x" * 300), "longer than"),
    ):
        run(source, there, path)
        (warning,) = run.warnings
        assert why in warning and "report of this run is missing" in warning
        run.warnings.clear()
    assert run.page.read_text() == "before"
    assert source.everything().items() <= there.everything().items()


def test_a_folder_that_may_not_be_written() -> None:
    with pytest.raises(LocalWriteError, match="Could not write '/proc/report.html'"):
        write_page("/proc/report.html", "page")


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    page = tmp_path / "report.html"
    page.symlink_to(precious)
    write_page(str(page), "page")
    assert not page.is_symlink() and page.read_text() == "page"
    assert precious.read_text() == "keep"


def test_a_folder_by_way_of_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours is ours; another's is a trap where everybody may write, whatever leads to it."""
    (tmp_path / "real").mkdir()
    everybodys = tmp_path / "tmp"
    everybodys.mkdir()
    everybodys.chmod(0o1777)
    link = everybodys / "site"
    link.symlink_to("../real")
    (tmp_path / "ours").symlink_to(link)
    write_page(str(tmp_path / "ours" / "report.html"), "page")
    assert (tmp_path / "real" / "report.html").read_text() == "page"

    if os.geteuid() == 0:
        os.lchown(link, 65534, 65534)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65533)
    for way in (link, tmp_path / "ours"):
        with pytest.raises(LocalWriteError, match="another user has put it"):
            write_page(str(way / "other.html"), "page")
    assert not (tmp_path / "real" / "other.html").exists()
    everybodys.chmod(0o755)
    write_page(str(link / "other.html"), "page")


def test_a_circle_of_links(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(LocalWriteError):
        write_page(str(tmp_path / "a" / "report.html"), "page")
