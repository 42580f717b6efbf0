# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore that is killed at any moment leaves the old or the new tree, whole."""

from __future__ import annotations

import os
import random
import signal
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist._archive import (
    Archive,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._restore import (
    recover,
    restore,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._walk import (
    TreeOptions,
)
from tests.integration.power import differences, files
from tests.unit.machine import Child, small_disk_at

KILLS = 25
FILES = 400
MIB = 1024 * 1024
ALL = TreeOptions()


def _fill(tree: Path, seed: int) -> bytes:
    """A tree of many names, its archive."""
    dice = random.Random(seed)
    tree.mkdir(exist_ok=True)
    for number in range(FILES):
        folder = tree / f"{dice.randrange(60)}" / f"{dice.randrange(3)}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}").write_bytes(dice.randbytes(dice.randrange(6000)))
    for number in range(200):
        (tree / f"at the top {seed} {number}").write_text(str(seed))
    tree.chmod(0o700 + seed)
    with Archive(str(tree), ALL) as archive:
        return b"".join(archive.stream())


def _restored(data: bytes, target: Path, mode: t.Any) -> float:
    """How long it takes, seconds."""
    begun = time.monotonic()
    restore([data], str(target), mode=mode)
    return time.monotonic() - begun


def _killed(data: bytes, target: Path, mode: str, after: float) -> bool:
    """Whether it was, before its end."""
    process = os.fork()
    if not process:
        _restored(data, target, mode)
        os._exit(0)
    # the moment of the kill
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1] == signal.SIGKILL


def _series(target: Path, one: bytes, other: bytes) -> tuple[int, int, set[str]]:
    """Kills, how often the new tree was there after one, and what recovering did."""
    dice = random.Random(KILLS)
    longest = max(_restored(data, target, "replace") for data in (one, other, one))
    old, new, kills, news = one, other, 0, 0
    done = set()
    while kills < KILLS:
        if not _killed(new, target, "replace", dice.random() * longest):
            old, new = new, old
            continue
        kills += 1
        done.add(recover(str(target)))
        if differences(old, target):
            assert differences(new, target) == set()
            old, new = new, old
            news += 1
    restore([new], str(target), mode="replace")
    assert differences(new, target) == set()
    return kills, news, done


@pytest.fixture
def archives(tmp_path: Path) -> tuple[bytes, bytes]:
    return _fill(tmp_path / "one", 1), _fill(tmp_path / "other", 2)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where the tests mount a file system of their own, so that syncing waits for nobody else."""
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def test_killed_beside(disk: Path, archives: tuple[bytes, bytes]) -> None:
    def work() -> tuple[int, set[str], list[str]]:
        kills, _news, done = _series(disk / "target", *archives)
        return kills, done, os.listdir(disk)

    kills, done, there = Child(work, small_disk_at(disk, 64 * MIB)).result()
    assert kills == KILLS
    assert "removed" in done
    assert there == ["target"]


def test_killed_in_a_mount_point(disk: Path, archives: tuple[bytes, bytes]) -> None:
    def work() -> tuple[int, int, set[str]]:
        return _series(disk, *archives)

    kills, _news, done = Child(work, small_disk_at(disk, 64 * MIB)).result()
    assert kills == KILLS
    assert "removed" in done


def test_a_killed_merge_has_whole_files(
    tmp_path: Path, disk: Path, archives: tuple[bytes, bytes]
) -> None:
    target = disk / "target"
    old, new = archives
    trees = [files(tmp_path / name) for name in ("one", "other")]
    whole: dict[str, set[bytes]] = {}
    for tree in trees:
        for path, data in tree.items():
            whole.setdefault(path, set()).add(data)

    def work() -> None:
        longest = _restored(new, target, "merge")
        dice = random.Random(3)
        for _unused in range(5):
            restore([old], str(target), mode="replace")
            _killed(new, target, "merge", longest * dice.uniform(0.3, 1))
            recover(str(target))
            there = files(target)
            assert there.keys() >= trees[0].keys()
            assert all(data in whole[path] for path, data in there.items())
        restore([new], str(target), mode="merge")
        assert trees[1].items() <= files(target).items()

    Child(work, small_disk_at(disk, 64 * MIB)).result()
