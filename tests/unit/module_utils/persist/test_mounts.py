# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has what mounted, and what a restore refuses of its target for that and other reasons."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
    PlanRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist import (
    _mounts,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._mounts import (
    Mount,
    Mounted,
    mounted,
    mounts_in,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._refusals import (
    refuse_target,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._restore import (
    restore,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._staging import (
    Staging,
    places_of,
)
from tests.unit.machine import (
    Child,
    become_ordinary_user,
    mount_again,
    mount_read_only,
    small_disk_at,
)
from tests.unit.module_utils.persist.archive_helpers import (
    DIRECTORY,
    FILE,
    MIB,
    put,
    tar_of,
)

TREE = tar_of(("./", DIRECTORY), ("sub", DIRECTORY), ("sub/file", FILE))
ONE_FILE = tar_of(("file", FILE))
NOTHING = Mounted(False, None)


def test_the_lines_of_the_kernel() -> None:
    lines = [
        "36 35 98:0 /a\\040b /mnt/c\\011d rw,noatime master:1 shared:2 - ext3 /dev/root rw",
        "37 35 0:44 / /mnt/e rw - fuse.x  rw,user_id=0",
    ]
    assert list(mounts_in(lines)) == [
        Mount("36", "98:0", "/a b", "/mnt/c\td", "ext3", "/dev/root"),
        Mount("37", "0:44", "/", "/mnt/e", "fuse.x", ""),
    ]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def test_what_others_have_mounted(disk: Path) -> None:
    """Seen in their namespaces, by path on the device, whatever the path to it is here."""
    tree = disk.parent / "tree \t\xe9"
    (tree / "sub" / "deep").mkdir(parents=True)
    (tree / "file").touch()
    assert mounted(str(tree)) == NOTHING
    ready, end = os.pipe(), os.pipe()

    def hold() -> None:
        mount_again(tree, disk / "tree")
        mount_again(tree / "file", disk / "file")
        os.write(ready[1], b"x")
        os.close(end[1])
        os.read(end[0], 1)

    child = Child(hold, small_disk_at(disk, MIB))
    os.read(ready[0], 1)
    assert mounted(str(tree)) == Mounted(True, "file")
    assert mounted(str(tree / "file")) == Mounted(True, None)
    assert mounted(str(tree / "sub")) == NOTHING
    assert mounted(str(disk.parent)) == Mounted(False, tree.name)
    os.close(end[1])
    child.result()
    assert mounted(str(tree)) == NOTHING


@pytest.mark.parametrize("staging", ["beside", "inside"])
def test_where_nobody_can_be_seen(disk: Path, staging: str) -> None:
    """From within a container, only who asks for it gets what others have mounted replaced, too."""

    def work() -> bool:
        vars(_mounts).update(_all_mounts=lambda: iter(()))
        target = disk / "target"
        put(ONE_FILE, target)
        mount_again(target, disk / "there")
        put(TREE, target, staging=staging)
        assert (target / "sub" / "file").exists()
        return (disk / "there" / "sub" / "file").exists()

    seen = Child(work, small_disk_at(disk, MIB)).result()
    assert seen is (staging == "inside")


def test_a_part_that_is_mounted_is_not_replaced(disk: Path) -> None:
    """Who has it would keep the old one; a merge keeps folders."""

    def work() -> list[str]:
        target = disk / "target"
        put(TREE, target)
        mount_again(target / "sub", disk / "there")
        said = []
        for options in ({}, {"staging": "inside"}, {"staging": "none"}):
            with pytest.raises(PlanRefusedError) as error:
                put(TREE, target, **t.cast("dict[str, t.Any]", options))
            said.append(str(error.value))
            assert (target / "sub" / "file").exists()
        put(TREE, target, "merge")
        assert (disk / "there" / "file").read_bytes() == b"hostile"
        (disk / "one").write_text("precious")
        mount_again(disk / "one", disk / "one there")
        with pytest.raises(PlanRefusedError) as error:
            put(ONE_FILE, disk / "one", is_file=True)
        said.append(str(error.value))
        assert (disk / "one").read_text() == "precious"
        assert not [name for name in os.listdir(disk) if name.startswith(".longshore")]
        return said

    *parts, one = Child(work, small_disk_at(disk, MIB)).result()
    assert all("target/sub'" in text and "never see" in text for text in parts)
    assert "/one'" in one


def _both(target: Path, **options: t.Any) -> str:
    """What is said of a target before a restore is what the restore says; nothing of the archive is read for it."""
    given: dict[str, t.Any] = {
        **{"mode": "replace", "staging": "beside", "is_file": False},
        **options,
    }
    with pytest.raises(LongshoreError) as foretold:
        refuse_target(str(target), **given)
    never = (pytest.fail("the archive was read") for _unused in [1])
    with pytest.raises(type(foretold.value)) as said:
        restore(never, str(target), **given)
    assert str(said.value) == str(foretold.value)
    return str(said.value)


@pytest.mark.parametrize("mode", ["replace", "merge"])
@pytest.mark.parametrize("staging", ["beside", "inside", "none"])
def test_refused_before_anything_is_fetched(
    disk: Path, mode: str, staging: str
) -> None:
    how = {"mode": mode, "staging": staging}
    (disk / "file").touch()
    (disk / "link").symlink_to("folder")
    (disk / "folder" / "sub").mkdir(parents=True)
    assert "symbolic link" in _both(disk / "link", **how)
    assert "is no folder, and the snapshot is of one" in _both(disk / "file", **how)
    assert "snapshot is of a file" in _both(disk / "folder", is_file=True, **how)
    assert "is to be in it" in _both(disk / "file" / "deep" / "er", **how)
    with Staging(places_of(str(disk / "folder"))[staging == "inside"]):
        assert "Another process restores" in _both(disk / "folder", **how)

    def work() -> str:
        if (mode, staging) == ("merge", "none"):
            return "below what is to be restored"
        return _both(disk / "folder", **how)

    below = small_disk_at(disk / "folder" / "sub", MIB)
    assert "below what is to be restored" in Child(work, below).result()


def test_where_nothing_may_be_written(disk: Path) -> None:
    (disk / "folder").mkdir()
    for folder in (disk, *list(disk.parents)[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)

    def work() -> list[str]:
        return [_both(disk / "folder"), _both(disk / "new" / "deep")]

    for text in Child(work, become_ordinary_user).result():
        assert "nothing may be written" in text

    def read_only() -> list[str]:
        mount_read_only(disk)
        return [_both(disk / "folder"), _both(disk / "f", is_file=True), _both(disk)]

    def prepare() -> None:
        small_disk_at(disk, MIB)()
        (disk / "folder").mkdir()

    for text in Child(read_only, prepare).result():
        assert "mounted read-only" in text
