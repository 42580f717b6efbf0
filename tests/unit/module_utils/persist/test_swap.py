# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The old tree or the new one, whole, whenever a restore ends."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LocalWriteError,
    LongshoreError,
    PlanRefusedError,
    SourceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist import (
    _swap,
    _swap_children,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive import (
    Archive,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._renames import (
    move,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._restore import (
    recover,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._staging import (
    places_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._swap import (
    needs_recovery,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._tree import (
    look,
)
from tests.unit.machine import (
    Child,
    become_ordinary_user,
    give_to_ordinary_user,
    mount_again,
    small_disk_at,
)
from tests.unit.module_utils.persist.archive_helpers import (
    ALL,
    DIRECTORY,
    FILE,
    MIB,
    archive_of,
    fill_with_everything,
    picture,
    put,
    tar_of,
)

Picture = dict[bytes, tuple[t.Any, ...]]


def _fill(tree: Path, word: str) -> None:
    """A small tree; names are there in both, or in one alone."""
    (tree / "both" / word).mkdir(parents=True)
    (tree / word).write_text(word)
    (tree / "same").write_text(word)
    (tree / "both" / word / "file").write_text(word)
    (tree / f"link {word}").symlink_to(word)
    os.setxattr(tree, "user.word", word.encode())
    os.utime(tree, ns=(1, len(word) * 1_000_000_007))
    tree.chmod(0o755 if word == "old" else 0o750)


@pytest.fixture
def new(tmp_path: Path) -> tuple[bytes, Picture]:
    """An archive, and the picture of what it holds."""
    _fill(tmp_path / "new tree", "new")
    return archive_of(tmp_path / "new tree"), picture(tmp_path / "new tree")


# -- a kill at each step

CALLS = ("rename", "unlink", "rmdir", "mkdir", "fsync", "utime", "open")


def _kill_at(step: int) -> None:
    """End this process before the call of this number that may change something."""
    left = [step]

    def counting(call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def counted(*arguments: t.Any, **options: t.Any) -> t.Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return counted

    for name in CALLS:
        setattr(os, name, counting(getattr(os, name)))
    vars(_swap).update(exchange=counting(vars(_swap)["exchange"]))


def _restore_and_kill(
    data: bytes, target: Path, step: int, no_exchange: bool, staging: str
) -> bool:
    """Whether it came to its end before."""
    process = os.fork()
    if not process:
        if no_exchange:
            vars(_swap).update(exchange=lambda *_arguments: False)
        _kill_at(step)
        put(data, target, staging=staging)
        os._exit(0)
    _process, status = os.waitpid(process, 0)
    assert status in (0, signal.SIGKILL)
    return status == 0


def _kill_everywhere(
    target: Path,
    data: bytes,
    old: Picture,
    new: Picture,
    *,
    no_exchange: bool = False,
    staging: str = "beside",
    stride: int = 1,
) -> tuple[int, set[str]]:
    """How many steps there are, and what recovering did; one in ``stride`` of them is the last one once."""
    done: set[str] = set()
    first = archive_of(target)
    step = 0
    while True:
        step += stride
        if _restore_and_kill(data, target, step, no_exchange, staging):
            return step, done
        try:
            with Archive(str(target), ALL) as archive:
                list(archive.stream())
        except SourceError:
            assert no_exchange or needs_recovery(str(target))
            _intrude(target)
        done.add(recover(str(target)))
        assert recover(str(target)) == ""
        there = picture(target)
        # with a staging folder inside, the folder's own time changes with the end of that
        assert _without_time(there) in (_without_time(old), _without_time(new))
        assert not [name for name in os.listdir(target) if name.startswith(".longsh")]
        if _without_time(there) != _without_time(old):
            put(first, target, staging=staging)


def _intrude(target: Path) -> None:
    """What a service does that is started with half of its data."""
    for name in ("same", "both"):
        if target.exists() and not os.path.lexists(target / name):
            (target / name / "default").mkdir(parents=True)


def _without_time(tree: Picture) -> Picture:
    return tree | {b".": (*tree[b"."][:3], 0, *tree[b"."][4:])}


@pytest.mark.parametrize("no_exchange", [False, True])
def test_a_kill_at_each_step_beside(
    tmp_path: Path, new: tuple[bytes, Picture], no_exchange: bool
) -> None:
    target = tmp_path / "target"
    _fill(target, "old")
    steps, done = _kill_everywhere(
        target, new[0], picture(target), new[1], no_exchange=no_exchange
    )
    assert steps > 30
    assert done == {"", "removed"} | ({"finished"} if no_exchange else set())
    assert sorted(os.listdir(tmp_path)) == ["new tree", "target"]


@pytest.mark.parametrize(
    ("kind", "stride"), [("mount point", 1), ("mounted elsewhere", 2), ("inside", 5)]
)
def test_a_kill_at_each_step_where_the_folder_stays(
    tmp_path: Path, new: tuple[bytes, Picture], kind: str, stride: int
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> tuple[int, set[str], set[str]]:
        target = disk if kind == "mount point" else disk / "target"
        target.mkdir(exist_ok=True)
        _fill(target, "old")
        if kind == "mounted elsewhere":
            mount_again(target, disk / "there")
        folder = target.stat().st_ino
        staging = "inside" if kind == "inside" else "beside"
        steps, done = _kill_everywhere(
            target,
            new[0],
            picture(target),
            new[1],
            staging=staging,
            stride=stride,
        )
        assert target.stat().st_ino == folder
        if kind == "mounted elsewhere":
            assert picture(disk / "there") == new[1]
        return steps, done, set(os.listdir(disk))

    steps, done, left = Child(work, small_disk_at(disk, 8 * MIB)).result()
    assert steps > 50
    assert done - {""} == {"removed", "finished"}
    assert not {name for name in left if name.startswith(".longshore")}


# -- failures on the way


@pytest.mark.parametrize("step", range(1, 30))
def test_a_failed_move_is_undone(
    tmp_path: Path, new: tuple[bytes, Picture], step: int
) -> None:
    target = tmp_path / "target"
    target.mkdir()

    def work() -> bool:
        _fill(target, "old")
        before = picture(target)
        left = [step]

        def failing(*arguments: t.Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            move(*arguments)

        vars(_swap_children).update(move=failing)
        try:
            put(new[0], target)
        except LocalWriteError as error:
            assert "Input/output error" in str(error)
            assert picture(target) == before
            return True
        assert picture(target) == new[1]
        return False

    failed = Child(work, small_disk_at(target, 8 * MIB)).result()
    assert failed is (step <= 8)


def test_what_can_neither_be_finished_nor_undone_is_kept(
    tmp_path: Path, new: tuple[bytes, Picture]
) -> None:
    target = tmp_path / "target"
    target.mkdir()

    def work() -> bool:
        _fill(target, "old")
        before = picture(target)
        left = [6]

        def failing(*arguments: t.Any) -> None:
            left[0] -= 1
            if left[0] <= 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            move(*arguments)

        vars(_swap_children).update(move=failing)
        with pytest.raises(LocalWriteError, match="Nothing is lost"):
            put(new[0], target)
        with pytest.raises(SourceError, match="cut off"):
            look(str(target), ALL)
        vars(_swap_children).update(move=move)
        assert recover(str(target)) == "finished"
        return picture(target) == before

    assert Child(work, small_disk_at(target, 8 * MIB)).result()


@pytest.mark.parametrize("lasting", [False, True])
def test_a_failed_second_step(
    tmp_path: Path,
    new: tuple[bytes, Picture],
    monkeypatch: pytest.MonkeyPatch,
    lasting: bool,
) -> None:
    """Without an exchange there is nothing at the path for a moment: it is undone, or kept for the next run."""
    target = tmp_path / "target"
    _fill(target, "old")
    before = picture(target)
    moved: list[str] = []

    def failing(name: str, *more: t.Any) -> None:
        moved.append(name)
        if len(moved) == 2 or lasting and len(moved) > 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        move(name, *more)

    monkeypatch.setattr(_swap, "exchange", lambda *_arguments: False)
    with monkeypatch.context() as patch:
        patch.setattr(_swap, "move", failing)
        with pytest.raises(LocalWriteError, match="Input/output error"):
            put(new[0], target)
    assert target.exists() is not lasting
    assert recover(str(target)) == ("finished" if lasting else "")
    assert picture(target) == (new[1] if lasting else before)


# -- targets


def test_to_a_missing_path(tmp_path: Path, new: tuple[bytes, Picture]) -> None:
    for mode in ("replace", "merge"):
        target = tmp_path / mode / "deep" / "target"
        restored = put(new[0], target, mode)
        assert not restored.had_previous
        assert picture(target) == new[1]
        assert os.listdir(target.parent) == ["target"]


def test_lost_and_found_stays(tmp_path: Path, new: tuple[bytes, Picture]) -> None:
    target = tmp_path / "target"
    target.mkdir()

    def work() -> set[bytes]:
        (target / "lost+found").mkdir()
        (target / "lost+found" / "found").touch()
        put(new[0], target)
        assert b"lost+found" not in archive_of(target)
        return set(picture(target)) - set(new[1])

    found = Child(work, small_disk_at(target, MIB)).result()
    assert found == {b"lost+found", b"lost+found/found"}


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_what_is_mounted_below_is_not_moved(
    tmp_path: Path, new: tuple[bytes, Picture], mode: str
) -> None:
    target = tmp_path / "target"
    below = target / "mounted here"
    below.mkdir(parents=True)

    def work() -> str:
        (below / "precious").touch()
        before = picture(target)
        with pytest.raises(PlanRefusedError) as error:
            put(new[0], target, mode)
        assert picture(target) == before
        put(new[0], target, "merge", staging="none")
        assert (below / "precious").exists()
        return str(error.value)

    assert "mounted here" in Child(work, small_disk_at(below, MIB)).result()


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_a_symlink_or_a_file_is_no_target(
    tmp_path: Path, new: tuple[bytes, Picture], mode: str
) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to("new tree")
    before = picture(tmp_path)
    for name in ("file", "link"):
        for staging in ("beside", "none"):
            with pytest.raises(LongshoreError, match=name):
                put(new[0], tmp_path / name, mode, staging=staging)
    after = picture(tmp_path)
    del before[b"."], after[b"."]
    assert after == before


def test_two_at_once(tmp_path: Path, new: tuple[bytes, Picture]) -> None:
    target = tmp_path / "target"
    _fill(target, "old")
    before = picture(target)
    place = places_of(str(target))[0]
    os.mkdir(os.path.join(place.parent, place.name))
    folder = os.open(os.path.join(place.parent, place.name), os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(LocalWriteError, match="Another process"):
        put(new[0], target)
    os.close(folder)
    assert picture(target) == before
    assert put(new[0], target).recovered == "removed"
    assert picture(target) == new[1]


def test_acls_of_the_folder_above_are_not_inherited(
    tmp_path: Path, new: tuple[bytes, Picture]
) -> None:
    from tests.unit.module_utils.persist.archive_helpers import DEFAULT_ACL

    (tmp_path / "above").mkdir()
    os.setxattr(tmp_path / "above", "system.posix_acl_default", DEFAULT_ACL)
    for mode in ("replace", "merge"):
        put(new[0], tmp_path / "above" / "target", mode)
        assert picture(tmp_path / "above" / "target") == new[1]


# -- merges


@pytest.mark.parametrize("staging", ["beside", "none"])
def test_a_merge_keeps_what_else_is_there(
    tmp_path: Path, new: tuple[bytes, Picture], staging: str
) -> None:
    target = tmp_path / "target"
    _fill(target, "old")
    old = picture(target)
    put(new[0], target, "merge", staging=staging)
    assert picture(target) == old | new[1]


@pytest.mark.parametrize("staging", ["beside", "none"])
def test_include(tmp_path: Path, new: tuple[bytes, Picture], staging: str) -> None:
    target = tmp_path / "target"
    _fill(target, "old")
    old = picture(target)
    put(new[0], target, "merge", include=["/both/new/", "/same"], staging=staging)
    there = picture(target)
    wanted = {b"both/new", b"both/new/file", b"same"}
    assert there.keys() - old.keys() == wanted - {b"same"}
    assert {path: there[path] for path in wanted} == {
        path: new[1][path] for path in wanted
    }
    assert there[b"both"][:3] == old[b"both"][:3]


def test_include_into_nothing_gives_folders_their_attributes(
    tmp_path: Path, new: tuple[bytes, Picture]
) -> None:
    put(new[0], tmp_path / "target", "merge", include=["file"])
    there = picture(tmp_path / "target")
    assert set(there) == {b".", b"both", b"both/new", b"both/new/file"}
    assert there[b"both"] == new[1][b"both"]


def test_include_and_replace_is_refused(
    tmp_path: Path, new: tuple[bytes, Picture]
) -> None:
    with pytest.raises(LongshoreError, match="include"):
        put(new[0], tmp_path / "target", include=["same"])
    assert not (tmp_path / "target").exists()


def test_half_a_hard_link_is_not_included(tmp_path: Path) -> None:
    fill_with_everything(tmp_path / "tree")
    with pytest.raises(LocalWriteError, match="Include both"):
        put(
            archive_of(tmp_path / "tree"),
            tmp_path / "target",
            "merge",
            include=["other name"],
        )


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_merge_makes_no_folder_of_a_file(tmp_path: Path, is_folder: bool) -> None:
    target = tmp_path / "target"
    target.mkdir()
    if is_folder:
        (target / "a").mkdir()
    else:
        (target / "a").write_text("precious")
    before = picture(target)
    data = tar_of(("0", FILE), ("a", FILE if is_folder else DIRECTORY))
    with pytest.raises(PlanRefusedError, match="'a'"):
        put(data, target, "merge")
    assert picture(target) == before


def test_staging_none_replaces(tmp_path: Path, new: tuple[bytes, Picture]) -> None:
    target = tmp_path / "target"
    _fill(target, "old")
    put(new[0], target, staging="none")
    assert picture(target) == new[1]


# -- an ordinary user


def test_an_ordinary_user_restores_what_they_may(tmp_path: Path) -> None:
    fill_with_everything(tmp_path / "tree")
    data = archive_of(tmp_path / "tree")
    home = tmp_path / "home"
    (home / "in here").mkdir(parents=True)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    give_to_ordinary_user(home)

    def work() -> list[dict[str, int]]:
        problems = [dict(put(data, home / "target").problems.counts)]
        problems.append(dict(put(data, home / "target", "merge").problems.counts))
        os.chmod(home, 0o555)
        # beside it nothing may be made any more
        problems.append(dict(put(data, home / "in here").problems.counts))
        problems.append(dict(put(data, home / "in here").problems.counts))
        return problems

    problems = Child(work, become_ordinary_user).result()
    names = set(os.listdir(tmp_path / "tree")) - {"null", "loop"}
    for target in ("target", "in here"):
        assert set(os.listdir(home / target)) == names
        assert (home / target / "folder" / "file").stat().st_uid != 0
        assert (home / target / "folder" / "empty").stat().st_mode & 0o7777 == 0o755
    for counts in problems:
        assert counts["device not restored"] == 2
        assert counts["owner not restored"] > 5
        assert counts["extended attribute not restored"] == 2
