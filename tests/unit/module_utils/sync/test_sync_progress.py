# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync tells of itself while it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    Amount,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync import _run
from ansible_collections.longshore.storage.plugins.module_utils._sync._options import (
    SyncOptions,
)
from tests.unit.module_utils.sync.helpers import Container, Folder, Place, remote
from tests.unit.progress import Recorder

MIB = 1024 * 1024
#: One is large enough to be told of before it is there.
SITE = {"a.css": b"body{}", "index.html": b"<a>", "film.bin": bytes(9 * MIB)}
SIZE = sum(map(len, SITE.values()))
NOTHING = Amount()


def told(source: Place, destination: Place, cache: Path, **options: object) -> Recorder:
    recorder = Recorder()
    chosen: dict[str, object] = {"cache_path": str(cache), "transfers": 4, **options}
    _run.synchronise(
        SyncOptions(source.endpoint, destination.endpoint, **chosen),  # type: ignore[arg-type]  # as they come
        recorder,
    )
    return recorder


def test_all_that_is_done_is_told(tmp_path: Path) -> None:
    source, there = Folder(tmp_path / "site", SITE), remote(
        {"old": b"1", "older": b"2"}
    )
    first = told(source, there, tmp_path / "cache")
    assert first.phases == {
        "listing": (NOTHING, Amount(5)),
        "writing": (Amount(SIZE, SIZE), Amount(3, 3)),
        "deleting": (NOTHING, Amount(2, 2)),
        "finishing": (NOTHING, NOTHING),
    }
    assert first.grew("writing")
    steps = {one.size.done for one in first.told if one.phase == "writing"}
    assert len([step for step in steps if 9 < step < 9 * MIB]) > 2
    again = told(source, there, tmp_path / "cache")
    assert not {"writing", "deleting"} & again.phases.keys()


def test_what_is_read_to_compare_is_told(tmp_path: Path) -> None:
    source, there = Folder(tmp_path / "site", SITE), remote(SITE)
    phases = told(source, there, tmp_path / "cache", verify="content").phases
    assert phases["comparing"] == (Amount(SIZE, SIZE), Amount(3, 3))


def test_copies_and_encoded_objects_are_done_as_well(tmp_path: Path) -> None:
    text = b"more of the same" * MIB
    source = Folder(tmp_path / "site", {"a.txt": text, "copy.bin": b"there"})
    there = remote({"there.bin": b"there"})
    recorder = told(
        source,
        there,
        tmp_path / "cache",
        delete=False,
        rules=({"match": "*.txt", "compress": ["gzip"]},),
    )
    assert recorder.phases["writing"] == (
        Amount(len(text), len(text)),
        Amount(2, 2),
    )
    assert recorder.grew("writing")


@pytest.mark.parametrize("check", [True, False])
def test_the_report_is_the_same(tmp_path: Path, check: bool) -> None:
    reports = []
    for recorder in (Recorder(), None):
        source, there = Folder(tmp_path / "site", SITE), Container({"old": b"1"})
        options = SyncOptions(
            source.endpoint,
            there.endpoint,
            check_mode=check,
            cache_path=str(tmp_path / f"cache-{recorder is None}"),
        )
        watched = (recorder,) if recorder is not None else ()
        report = _run.synchronise(options, *watched)
        result = report.result()
        del result["seconds"]
        reports.append((result, report.before, report.after))
    assert reports[0] == reports[1]
