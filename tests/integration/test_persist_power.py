# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whenever a save is killed, or the power fails under a save or a restore, there is something whole."""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

import pytest

from tests.integration.power import (
    MIB,
    Disk,
    Forgetful,
    Saves,
    fill,
    merges,
    restores,
    unreliable_disk,
)
from tests.unit.machine import Child, small_disk_at

KILLS = 25
CUTS = 8


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "room").mkdir()
    return tmp_path / "room"


@pytest.mark.parametrize("form", ["tar", "chunks"])
def test_killed_saves(room: Path, form: str) -> None:
    def work() -> set[str]:
        return Saves(Disk(room), room, form).run(KILLS)

    assert "old" in Child(work, small_disk_at(room, 96 * MIB)).result()


@pytest.mark.parametrize("staging", ["beside", "inside"])
def test_the_power_fails_under_a_restore(
    room: Path, tmp_path: Path, staging: str
) -> None:
    archives = fill(tmp_path / "one", 1), fill(tmp_path / "other", 2)

    def work() -> set[str]:
        return restores(unreliable_disk(room), archives, staging, CUTS)

    assert Child(work, small_disk_at(room, 128 * MIB)).result()


def test_the_power_fails_under_a_merge(room: Path, tmp_path: Path) -> None:
    archives = fill(tmp_path / "one", 1), fill(tmp_path / "other", 2)

    def work() -> None:
        merges(unreliable_disk(room), archives, CUTS // 2)

    Child(work, small_disk_at(room, 128 * MIB)).result()


@pytest.mark.parametrize("form", ["tar", "chunks"])
def test_the_power_fails_under_a_save(room: Path, form: str) -> None:
    def work() -> set[str]:
        return Saves(unreliable_disk(room), room, form).run(CUTS)

    assert Child(work, small_disk_at(room, 128 * MIB)).result()


@pytest.mark.parametrize("make", [unreliable_disk, Forgetful])
def test_what_nobody_brought_to_the_disk_is_lost(
    room: Path, make: t.Callable[[Path], Disk]
) -> None:
    """Otherwise the tests above would show nothing."""

    def work() -> list[bytes]:
        disk = make(room)
        ready, is_ready = os.pipe()

        def write() -> None:
            for name in ("kept", "lost"):
                with open(disk.path / name, "wb") as file:
                    file.write(b"data" * 1000)
                    if name == "kept":
                        file.flush()
                        os.fsync(file.fileno())
            os.write(is_ready, b"x")
            # until the power fails, once the parent has read
            time.sleep(600)

        assert not disk.ended(write, lambda: os.read(ready, 1))
        paths = (disk.path / name for name in ("kept", "lost"))
        return [path.read_bytes()[:4] if path.exists() else b"" for path in paths]

    found = Child(work, small_disk_at(room, 128 * MIB)).result()
    assert found == [b"data", b""]
