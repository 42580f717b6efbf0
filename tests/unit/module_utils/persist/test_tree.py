# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints change with whatever a restore would bring back, and with nothing else."""

from __future__ import annotations

import os
import socket
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    SourceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive import (
    Archive,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._tree import (
    TreeOptions,
    look,
)
from tests.unit.machine import Child, small_disk_at
from tests.unit.module_utils.persist.archive_helpers import (
    ACL,
    ALL,
    MIB,
    fill_with_everything,
    replace_by_file,
    replace_by_link,
)

CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# a cache"


def fingerprints(path: Path, options: TreeOptions = ALL) -> tuple[str, str]:
    tree = look(str(path), options)
    return tree.fingerprint(), tree.fingerprint(checksum=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    fill_with_everything(tmp_path / "tree")
    return tmp_path / "tree"


def test_an_unchanged_tree_stays_the_same(tree: Path) -> None:
    first = fingerprints(tree)
    (tree / "large").read_bytes()
    assert fingerprints(tree) == first
    assert first[0] != first[1]


def test_counts(tree: Path) -> None:
    counts = look(str(tree), ALL).counts
    assert counts.kinds["hardlink"] == 2
    assert counts.kinds["symlink"] == 2
    assert counts.kinds["directory"] == 5
    assert counts.bytes > 60 * MIB


def _same_times(path: Path, change: t.Callable[[], object]) -> None:
    status = path.lstat()
    change()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, t.Callable[[Path], object]] = {
    "contents": lambda tree: (tree / "folder" / "file").write_bytes(b"new"),
    "contents, size and time kept": lambda tree: _same_times(
        tree / "large", lambda: (tree / "large").write_bytes(bytes(3 * MIB + 7))
    ),
    "a file": lambda tree: (tree / "new").touch(),
    "a folder": lambda tree: (tree / "new").mkdir(),
    "gone": lambda tree: (tree / "folder" / "empty").unlink(),
    "mode": lambda tree: (tree / "large").chmod(0o600),
    "mode of a folder": lambda tree: (tree / "folder").chmod(0o700),
    "mode of the tree": lambda tree: tree.chmod(0o700),
    "time": lambda tree: os.utime(tree / "large", ns=(1, 1)),
    "time of a link": lambda tree: os.utime(
        tree / "link", ns=(1, 1), follow_symlinks=False
    ),
    "attribute": lambda tree: os.setxattr(tree / "large", "user.a", b"b"),
    "attribute of a folder": lambda tree: os.setxattr(tree / "folder", "user.a", b"b"),
    "acl": lambda tree: os.setxattr(tree / "large", "system.posix_acl_access", ACL),
    "link": lambda tree: replace_by_link(tree / "broken", "elsewhere"),
    "hard link": lambda tree: (tree / "another").hardlink_to(tree / "large"),
    "hard link made two": lambda tree: replace_by_file(
        tree / "folder" / "other name", b"contents\n" * 100
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_each_change_shows(tree: Path, change: t.Callable[[Path], object]) -> None:
    plain, checked = fingerprints(tree)
    change(tree)
    new_plain, new_checked = fingerprints(tree)
    assert new_plain != plain
    assert new_checked != checked


def test_what_came_and_went_does_not_show(tree: Path) -> None:
    first = fingerprints(tree)
    (tree / "folder" / "temporary").touch()
    (tree / "folder" / "temporary").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(tree)
        server.bind("socket")
        os.chdir(here)
    assert fingerprints(tree) == first
    assert look(str(tree), ALL).counts.kinds["socket"] == 1


def test_checksums_do_not_believe_in_ctimes(tree: Path) -> None:
    plain, checked = fingerprints(tree)
    (tree / "large").chmod(0o600)
    (tree / "large").chmod(0o644)
    new_plain, new_checked = fingerprints(tree)
    assert new_plain != plain
    assert new_checked == checked


def test_excluded(tree: Path) -> None:
    options = TreeOptions(exclude=("*.tmp", "/cache/", "!keep.tmp"))
    first = fingerprints(tree, options)
    (tree / "folder" / "a.tmp").touch()
    (tree / "cache").mkdir()
    (tree / "cache" / "keep.tmp").touch()
    assert fingerprints(tree, options) == first
    (tree / "keep.tmp").touch()
    assert fingerprints(tree, options) != first


def test_caches(tree: Path) -> None:
    (tree / "cache").mkdir()
    (tree / "cache" / "CACHEDIR.TAG").write_text(CACHE_TAG)
    (tree / "no cache").mkdir()
    (tree / "no cache" / "CACHEDIR.TAG").write_text("something else")
    options = TreeOptions(exclude_caches=True)
    first = fingerprints(tree, options)
    (tree / "cache" / "thing").touch()
    assert fingerprints(tree, options) == first
    (tree / "no cache" / "thing").touch()
    assert fingerprints(tree, options) != first


@pytest.mark.parametrize("one", [True, False])
def test_one_file_system(tree: Path, one: bool) -> None:
    def work() -> tuple[bool, dict[str, int]]:
        options = TreeOptions(one_file_system=one)
        before = fingerprints(tree, options)
        (tree / "empty folder" / "file").touch()
        kinds = look(str(tree), options).counts.kinds
        return fingerprints(tree, options) == before, kinds

    same, kinds = Child(work, small_disk_at(tree / "empty folder", MIB)).result()
    assert same is one
    assert kinds["directory"] == 5


def test_a_file(tree: Path) -> None:
    first = fingerprints(tree / "large")
    (tree / "folder" / "file").write_text("new")
    assert fingerprints(tree / "large") == first
    (tree / "large").write_text("new")
    assert fingerprints(tree / "large")[1] != first[1]


@pytest.mark.parametrize("name", ["missing", "link", "fifo"])
def test_what_is_no_tree(tree: Path, name: str) -> None:
    with pytest.raises(SourceError, match=name):
        look(str(tree / name), ALL)


def test_a_wrong_pattern(tree: Path) -> None:
    with pytest.raises(ConfigurationError, match="exclude"):
        look(str(tree), TreeOptions(exclude=("!",)))


def test_the_fingerprint_is_made_on_the_way(tree: Path) -> None:
    (tree / "just now").touch()
    with Archive(str(tree), ALL, look=True) as archive:
        stream = archive.stream()
        assert archive.summary.fingerprint is None
        for _piece in stream:
            pass
        assert archive.summary.fingerprint == look(str(tree), ALL).fingerprint()


def test_what_changes_behind_the_look_shows_in_the_next(tree: Path) -> None:
    (tree / "a").write_bytes(b"x" * 9 * MIB)
    with Archive(str(tree), ALL, look=True) as archive:
        stream = archive.stream()
        next(stream)
        (tree / "a").write_bytes(b"y" * 9 * MIB)
        for _piece in stream:
            pass
        assert archive.summary.fingerprint != look(str(tree), ALL).fingerprint()
