# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Superseded objects stay for a time."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    Entry,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._retirement import (
    retire,
)
from tests.unit.module_utils.sync.helpers import Folder, Sync, counts, remote

OLD = ObjectInfo("old", 3, "etag")
KNOWN = Entry(3, "digest", "", 3, "etag")
NOW = 1_000_000


def test_what_is_new_to_retirement_stays() -> None:
    for entries in ({}, {"old": KNOWN}, {"old": KNOWN._replace(etag="other")}):
        made = retire({"old": OLD}, entries, now=NOW, after=60)
        assert made.kept["old"].retired == NOW and not made.ahead
    assert made.kept["old"].digest == "", "the entry was of another object"


@pytest.mark.parametrize(("age", "stays"), [(0, True), (59, True), (60, False)])
def test_it_is_due_after_its_time(age: int, stays: bool) -> None:
    entry = KNOWN._replace(retired=NOW - age)
    made = retire({"old": OLD}, {"old": entry}, now=NOW, after=60)
    assert made.kept == ({"old": entry} if stays else {})


def test_a_clock_that_is_behind_is_told_and_deletes_nothing() -> None:
    entry = KNOWN._replace(retired=NOW + 500)
    for after in (0, 60):
        made = retire({"old": OLD}, {"old": entry}, now=NOW, after=after)
        assert made.ahead == ["old"] and made.kept == {"old": entry}


@pytest.fixture()
def clock(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[int], None]:
    began = time.time()

    def set_to(seconds: int) -> None:
        monkeypatch.setattr(time, "time", lambda: began + seconds)

    return set_to


@pytest.mark.parametrize("verify", ["listing", "manifest"])
def test_old_assets_stay_while_old_pages_may_be_open(
    tmp_path: Path, sync: Sync, clock: t.Callable[[int], None], verify: str
) -> None:
    source = Folder(tmp_path / "site", {"app.1.js": b"1", "index.html": b"one"})
    destination = remote()
    options: dict[str, t.Any] = {"prune_after": "1h", "verify": verify}
    sync(source, destination, **options)

    source.remove("app.1.js")
    source.put({"app.2.js": b"22", "index.html": b"two!"})
    report = sync(source, destination, **options)
    assert counts(report) == {"created": 1, "updated": 1}
    assert set(destination.tree()) == {"app.1.js", "app.2.js", "index.html"}
    assert not sync(source, destination, **options).changed

    clock(3599)
    assert not sync(source, destination, check_mode=True, **options).changed
    clock(3601)
    due = sync(source, destination, check_mode=True, **options)
    assert counts(due) == {"deleted": 1, "unchanged": 2}
    assert counts(sync(source, destination, **options)) == counts(due)
    assert set(destination.tree()) == {"app.2.js", "index.html"}
    assert not sync(source, destination, **options).changed


def test_what_comes_back_is_not_retired_any_more(
    tmp_path: Path, sync: Sync, clock: t.Callable[[int], None]
) -> None:
    source = Folder(tmp_path / "site", {"a": b"1", "b": b"2"})
    destination = remote()
    sync(source, destination, prune_after="1h")
    source.remove("a")
    sync(source, destination, prune_after="1h")
    source.put({"a": b"1"})
    sync(source, destination, prune_after="1h")
    source.remove("a")
    clock(7200)
    sync(source, destination, prune_after="1h")
    assert set(destination.tree()) == {"a", "b"}
    assert counts(sync(source, destination)) == {"deleted": 1, "unchanged": 1}


def test_it_needs_a_manifest(tmp_path: Path, sync: Sync) -> None:
    source = Folder(tmp_path / "site", {"a": b"1"})
    with pytest.raises(ConfigurationError, match="prune_after a manifest is needed"):
        sync(source, remote(), prune_after="1h", manifest="never")
