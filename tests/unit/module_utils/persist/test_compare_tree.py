# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared with an archive, and what is told."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist._compare import (
    compare,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._walk import (
    TreeOptions,
)
from tests.unit.module_utils.persist.archive_helpers import (
    ALL,
    MIB,
    archive_of,
    fill_with_everything,
    pieces,
    put,
    replace_by_file,
    replace_by_folder,
)


@pytest.fixture
def trees(tmp_path: Path) -> tuple[bytes, Path]:
    fill_with_everything(tmp_path / "tree")
    data = archive_of(tmp_path / "tree")
    put(data, tmp_path / "copy")
    return data, tmp_path / "copy"


def differences(data: bytes, tree: Path, options: TreeOptions = ALL) -> dict[str, str]:
    found = compare(pieces(data), str(tree), options)
    return {problem.path: problem.what for problem in found.samples}


def _unchanged_time(path: Path, change: t.Callable[[Path], object]) -> None:
    status = path.stat()
    change(path)
    os.utime(path, ns=(1, status.st_mtime_ns))


def _change_one_byte(path: Path) -> None:
    with open(path, "r+b") as file:
        file.seek(2 * MIB)
        file.write(b"!")


def _fill_hole(path: Path) -> None:
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.write(bytes(size))


CHANGES: dict[str, tuple[t.Callable[[Path], object], dict[str, str]]] = {
    "nothing": (lambda tree: None, {}),
    "contents": (
        lambda tree: _unchanged_time(tree / "large", _change_one_byte),
        {"large": "contents"},
    ),
    "in a hole": (
        lambda tree: _unchanged_time(tree / "hole", _change_one_byte),
        {"hole": "contents"},
    ),
    "no hole": (
        lambda tree: _unchanged_time(tree / "hole", _fill_hole),
        {"hole": "sparse"},
    ),
    "size": (
        lambda tree: _unchanged_time(tree / "large", lambda p: os.truncate(p, 5)),
        {"large": "size"},
    ),
    "mode": (lambda tree: (tree / "large").chmod(0o600), {"large": "mode"}),
    "time": (lambda tree: os.utime(tree / "large", ns=(1, 1)), {"large": "time"}),
    "time of a link": (
        lambda tree: os.utime(tree / "broken", ns=(1, 1), follow_symlinks=False),
        {"broken": "time"},
    ),
    "attributes": (
        lambda tree: os.setxattr(tree / "large", "user.a", b"b"),
        {"large": "extended attributes"},
    ),
    "acl": (
        lambda tree: os.removexattr(tree / "folder", "system.posix_acl_default"),
        {"folder": "extended attributes"},
    ),
    "missing": (
        lambda tree: _unchanged_time(tree, lambda p: (p / "large").unlink()),
        {"large": "missing"},
    ),
    "missing folder": (
        lambda tree: _unchanged_time(tree, lambda p: (p / "empty folder").rmdir()),
        {"empty folder": "missing"},
    ),
    "extraneous": (
        lambda tree: _unchanged_time(tree, lambda p: (p / "new").touch()),
        {"new": "extraneous"},
    ),
    "kind": (
        lambda tree: _unchanged_time(tree, lambda p: replace_by_folder(p / "fifo")),
        {"fifo": "kind"},
    ),
    "hard link": (
        lambda tree: _unchanged_time(
            tree / "folder",
            lambda p: replace_by_file(p / "other name", (p / "file").read_bytes()),
        ),
        {"folder/other name": "hard link"},
    ),
    "through a link": (
        lambda tree: _unchanged_time(
            tree,
            lambda p: (p / "folder")
            .rename(p.parent / "elsewhere")
            .parent.joinpath("copy/folder")
            .symlink_to("../elsewhere"),
        ),
        {
            "folder": "kind",
            "folder/empty": "missing",
            "folder/file": "missing",
            "folder/other name": "missing",
        },
    ),
    "the tree": (lambda tree: tree.chmod(0o700), {".": "mode"}),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_differences(
    trees: tuple[bytes, Path],
    change: t.Callable[[Path], object],
    expected: dict[str, str],
) -> None:
    data, tree = trees
    change(tree)
    assert differences(data, tree) == expected


def test_what_is_left_out_is_no_difference(trees: tuple[bytes, Path]) -> None:
    data, tree = trees
    _unchanged_time(tree, lambda p: (p / "a.tmp").touch())
    assert differences(data, tree, TreeOptions(exclude=("*.tmp",))) == {}


def test_many_are_counted(trees: tuple[bytes, Path]) -> None:
    data, tree = trees
    for number in range(300):
        (tree / "empty folder" / str(number)).touch()
    found = compare(pieces(data), str(tree), ALL)
    assert found.counts["extraneous"] == 300
    assert len(found.samples) == 100


@pytest.mark.parametrize("what", ["missing", "file"])
def test_no_folder(tmp_path: Path, trees: tuple[bytes, Path], what: str) -> None:
    (tmp_path / "file").touch()
    found = compare(pieces(trees[0]), str(tmp_path / what), ALL)
    assert dict(found.counts) == {"missing" if what == "missing" else "kind": 1}


def test_a_file(tmp_path: Path, trees: tuple[bytes, Path]) -> None:
    data = archive_of(trees[1] / "large")
    put(data, tmp_path / "other", is_file=True)
    assert not len(compare(pieces(data), str(tmp_path / "other"), ALL, is_file=True))
    _change_one_byte(tmp_path / "other")
    found = compare(pieces(data), str(tmp_path / "other"), ALL, is_file=True)
    assert set(found.counts) == {"time", "contents"}
