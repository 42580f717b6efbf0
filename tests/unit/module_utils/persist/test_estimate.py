# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long an archive will be, told ahead of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils import _progress
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive import (
    Archive,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._estimate import (
    estimated,
    stream_size,
)
from tests.unit.module_utils.persist.archive_helpers import ALL, fill_with_everything


def test_it_is_about_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "_LONG", 0.0)
    root = tmp_path / "root"
    fill_with_everything(root)
    for number in range(200):
        (root / f"{number}").write_text(f"{number}")
    told, came = list[int](), threading.Event()

    def expect(size: int) -> None:
        told.append(size)
        came.set()

    with estimated(str(root), ALL, expect):
        assert came.wait(60)
    archive = Archive(str(root), ALL, sparse=False)
    size = sum(map(len, archive.stream()))
    assert told == [pytest.approx(size, rel=0.05)]
    summary = archive.summary.counts
    number = sum(summary.kinds.values())
    assert stream_size(number, summary.bytes) == pytest.approx(size, rel=0.05)


def test_what_is_not_there_is_told_by_who_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_progress, "_LONG", 0.0)
    told: list[int] = []
    with estimated(str(tmp_path / "missing"), ALL, told.append):
        pass
    assert not told
