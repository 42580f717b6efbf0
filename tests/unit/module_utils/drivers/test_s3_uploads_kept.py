# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of uploads, and whose it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_uploads_kept import (
    KeptUpload,
    KeptUploads,
    Shape,
)

PLACE = "http://127.0.0.1:1\nbox"
SHAPE = Shape(20, 8, "ab")


def _left_by_a_dead_writer(folder: Path, key: str, shape: Shape | None = SHAPE) -> Path:
    before = _files(folder)
    kept = KeptUploads(str(folder), PLACE).note(key, f"id of {key}", shape)
    assert kept is not None
    kept.let_go()
    (path,) = _files(folder) - before
    return path


def _files(folder: Path) -> set[Path]:
    return set((folder / "uploads").glob("*"))


def _seen(found: list[KeptUpload]) -> list[tuple[str, str, Shape | None]]:
    return [(kept.key, kept.upload, kept.shape) for kept in found]


@pytest.mark.parametrize("shape", [SHAPE, None])
def test_what_is_left_can_be_had_once(tmp_path: Path, shape: Shape | None) -> None:
    _left_by_a_dead_writer(tmp_path, "a/ä", shape)
    _left_by_a_dead_writer(tmp_path, "b")
    uploads = KeptUploads(str(tmp_path), PLACE)
    (taken,) = found = uploads.take("a/ä")
    assert _seen(found) == [("a/ä", "id of a/ä", shape)]
    assert uploads.take("a/ä") == []
    assert _seen(uploads.rest()) == [("b", "id of b", SHAPE)]
    assert uploads.rest() == []
    taken.forget()
    assert len(_files(tmp_path)) == 1


def test_what_is_in_use_is_not_left(tmp_path: Path) -> None:
    _left_by_a_dead_writer(tmp_path, "old")
    first = KeptUploads(str(tmp_path), PLACE)
    new = first.note("new", "id", SHAPE)
    assert KeptUploads(str(tmp_path), PLACE).rest() == [], "the first has taken it over"
    first.close()
    assert _seen(KeptUploads(str(tmp_path), PLACE).rest()) == [
        ("old", "id of old", SHAPE)
    ]
    assert new is not None
    new.forget()


def test_another_container_has_its_own(tmp_path: Path) -> None:
    _left_by_a_dead_writer(tmp_path, "a")
    assert KeptUploads(str(tmp_path), PLACE + "2").rest() == []


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        json.dumps({"version": 2, "key": "k", "upload": "u", "shape": None}).encode(),
        json.dumps(
            {"version": 1, "key": "k", "upload": "u", "shape": {"size": 1}}
        ).encode(),
    ],
)
def test_what_cannot_be_understood_is_removed(tmp_path: Path, damage: bytes) -> None:
    path = _left_by_a_dead_writer(tmp_path, "a")
    path.write_bytes(damage)
    assert KeptUploads(str(tmp_path), PLACE).rest() == []
    assert not path.exists()


def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    path = _left_by_a_dead_writer(tmp_path, "a")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_bytes(b"")
    uploads = KeptUploads(str(tmp_path), PLACE)
    assert uploads.note("a", "id", SHAPE) is None
    assert uploads.rest() == []
