# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives hold everything, are standard, and tell what happened while they were made."""

from __future__ import annotations

import os
import socket
import subprocess
import tarfile
import tempfile
import typing as t
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    SourceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive import (
    PIECE,
    Archive,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._walk import (
    TreeOptions,
)
from tests.unit.machine import (
    Child,
    become_ordinary_user,
    give_to_ordinary_user,
    small_disk_at,
)
from tests.unit.module_utils.persist.archive_helpers import (
    ALL,
    DIRECTORY,
    MIB,
    archive_of,
    fill_with_everything,
    picture,
    put,
    tar_of,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    fill_with_everything(tmp_path / "tree")
    return tmp_path / "tree"


def test_there_and_back(tree: Path, tmp_path: Path) -> None:
    data = archive_of(tree)
    restored = put(data, tmp_path / "new")
    assert picture(tmp_path / "new") == picture(tree)
    assert not len(restored.problems)
    assert archive_of(tmp_path / "new") == data, "the same tree is the same bytes"


def test_gnu_tar_restores_it(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    options = "--xattrs --xattrs-include=* --acls --numeric-owner -xpf - -C".split()
    command: list[str | Path] = ["tar", *options, tmp_path / "new"]
    subprocess.run(command, input=archive_of(tree), check=True)
    assert picture(tmp_path / "new") == picture(tree)


def test_what_gnu_tar_made_is_restored(tree: Path, tmp_path: Path) -> None:
    options = "--format=pax --xattrs --acls --sparse --numeric-owner -cf - -C".split()
    done = subprocess.run(["tar", *options, tree, "."], stdout=-1, check=True)
    put(done.stdout, tmp_path / "new")
    assert picture(tmp_path / "new") == picture(tree)


@pytest.mark.parametrize("kind", ["gnu", "oldgnu", "ustar", "v7"])
def test_older_archives(tmp_path: Path, kind: str) -> None:
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    if kind != "v7":
        (tree / ("n" * 99) / ("m" * 80)).mkdir(parents=True)
        (tree / ("n" * 99) / ("m" * 80) / "file").write_text("deep")
    (tree / "folder" / "file").write_text("contents")
    (tree / "folder" / "link").symlink_to("file")
    if "gnu" in kind:
        with open(tree / "sparse", "wb") as file:
            for place in range(30):
                file.seek(place * MIB)
                file.write(b"island")
    for folder, _unused, files in os.walk(tree):
        for name in (*files, "."):
            way = Path(folder, name)
            os.utime(way, (1_500_000_000, 1_500_000_000), follow_symlinks=False)
    options = ["--numeric-owner", *(["--sparse"] if "gnu" in kind else [])]
    command: list[str | Path] = [
        "tar",
        f"--format={kind}",
        *options,
        "-cf",
        "-",
        "-C",
        tree,
        ".",
    ]
    data = subprocess.run(command, stdout=-1, check=True).stdout
    put(data, tmp_path / "new")
    assert picture(tmp_path / "new") == picture(tree)


def test_what_python_made_is_restored(tree: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "tar", "w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(tree, ".")
    put((tmp_path / "tar").read_bytes(), tmp_path / "new")
    new, old = picture(tmp_path / "new"), picture(tree)
    assert new.keys() == old.keys()
    assert [facts[:3] for facts in new.values()] == [
        facts[:3] for facts in old.values()
    ]


def test_a_file(tree: Path, tmp_path: Path) -> None:
    put(archive_of(tree / "large"), tmp_path / "deep" / "other", is_file=True)
    assert picture(tmp_path / "deep" / "other") == picture(tree / "large")
    with tarfile.open(fileobj=BytesIO(archive_of(tree / "large"))) as tar:
        assert tar.getnames() == ["large"]


def test_pieces_are_short(tree: Path) -> None:
    with Archive(str(tree), ALL) as archive:
        sizes = [len(piece) for piece in archive.stream()]
        assert max(sizes) < 3 * PIECE
        assert archive.summary.stream_bytes == sum(sizes)
        assert archive.summary.counts.bytes > 60 * MIB > 10 * sum(sizes)


def test_left_out(tree: Path) -> None:
    options = TreeOptions(exclude=("/folder/", "sparse"))
    with tarfile.open(fileobj=BytesIO(archive_of(tree, options))) as tar:
        names = tar.getnames()
    assert not any("folder/" in name or "sparse" in name for name in names)
    assert "./empty folder" in names


def test_ten_thousand_deep(tmp_path: Path) -> None:
    def work() -> bool:
        os.chdir(tmp_path)
        os.mkdir("tree")
        os.chdir("tree")
        for _depth in range(10_000):
            os.mkdir("d")
            os.chdir("d")
        Path("file").write_text("bottom")
        data = archive_of(tmp_path / "tree")
        put(data, tmp_path / "new")
        os.chdir(tmp_path / "new")
        for _depth in range(10_000):
            os.chdir("d")
        there = Path("file").read_text()
        # what was there before has to be removed
        put(tar_of(("./", DIRECTORY)), tmp_path / "new")
        return there == "bottom" and not os.listdir(tmp_path / "new")

    assert Child(work, small_disk_at(tmp_path, 200 * MIB)).result()


def test_a_path_that_is_too_long_for_a_restore_is_not_saved(tmp_path: Path) -> None:
    def work() -> str:
        os.chdir(tmp_path)
        for _depth in range(200):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        with pytest.raises(SourceError, match="longer") as error:
            archive_of(tmp_path)
        return str(error.value)

    assert len(Child(work, small_disk_at(tmp_path, MIB)).result()) < 500


# -- changes meanwhile


def _saved_while(
    tree: Path, change: t.Callable[[Path], object]
) -> tuple[dict[str, int], bytes]:
    """Problems and archive, if this happens while the first large file is read."""
    (tree / "a").write_bytes(b"x" * 9 * MIB)
    with Archive(str(tree), ALL) as archive:
        stream = archive.stream()
        parts = [next(stream)]
        change(tree)
        parts += stream
    return dict(archive.summary.problems.counts), b"".join(parts)


def _append(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(b"more")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda tree: _append(tree / "a"), "grew"),
        (lambda tree: os.truncate(tree / "a", 5 * MIB + 5), "shrank"),
        (lambda tree: (tree / "a").chmod(0o600), "changed"),
        (lambda tree: (tree / "large").unlink(), "vanished"),
    ],
)
def test_a_file_that_changes(
    tree: Path,
    tmp_path: Path,
    change: t.Callable[[Path], object],
    problem: str,
) -> None:
    problems, data = _saved_while(tree, change)
    assert problems == {problem: 1}
    put(data, tmp_path / "new")
    assert (tmp_path / "new" / "a").stat().st_size == 9 * MIB
    assert (tmp_path / "new" / "large").exists() is (problem != "vanished")
    if problem == "shrank":
        there = (tmp_path / "new" / "a").read_bytes()
        assert there[: 5 * MIB] == b"x" * 5 * MIB
        assert there[-2 * MIB :] == bytes(2 * MIB)


def test_a_folder_that_is_moved_stops_it(tree: Path) -> None:
    (tree / "0").mkdir()
    (tree / "0" / "a").write_bytes(bytes(9 * MIB))
    (tree / "0" / "a").write_bytes(b"x" * 9 * MIB)
    with Archive(str(tree), ALL) as archive:
        stream = archive.stream()
        next(stream)
        (tree / "0").rename(tree / "empty folder" / "0")
        with pytest.raises(SourceError, match="moved"):
            list(stream)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_unreadable(tmp_path: Path, what: str) -> None:
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "file").write_text("a")
    (tree / "last").write_text("a")
    give_to_ordinary_user(tmp_path)
    (tree / what).chmod(0)

    def work() -> tuple[str, dict[str, int], bytes]:
        with pytest.raises(SourceError, match=what) as error:
            archive_of(tree)
        with Archive(str(tree), ALL, allow_unreadable=True) as archive:
            data = b"".join(archive.stream())
        return str(error.value), dict(archive.summary.problems.counts), data

    text, problems, data = Child(work, lambda: _descend(tmp_path)).result()
    assert "Permission denied" in text
    assert problems == {"unreadable": 1}
    put(data, tmp_path / "new")
    assert (tmp_path / "new" / "last").exists()
    assert (tmp_path / "new" / "file").exists() is (what == "folder")


def _descend(path: Path) -> None:
    """The folders above belong to root alone."""
    for folder in path.parents[:-2]:
        folder.chmod(folder.stat().st_mode | 0o011)
    become_ordinary_user()


def test_sockets_are_counted(tree: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(tree)
        server.bind("socket")
        os.chdir(here)
    with Archive(str(tree), ALL) as archive:
        list(archive.stream())
    assert archive.summary.counts.kinds["socket"] == 1
    assert not len(archive.summary.problems)


# -- any tree

NAMES = st.binary(min_size=1, max_size=30).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b"..")
)
FILES = st.tuples(
    st.just("file"),
    st.lists(st.tuples(st.integers(0, 40_000), st.binary(max_size=60)), max_size=3),
    st.integers(0, 0o7777),
    st.integers(-(2**33), 2**33),
)
LINKS = st.tuples(
    st.just("link"), NAMES.map(lambda name: name * 8), st.just(0), st.just(1)
)
TREES = st.recursive(
    FILES | LINKS,
    lambda inner: st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def _make(path: bytes, tree: t.Any) -> None:
    if isinstance(tree, dict):
        os.mkdir(path)
        for name, below in tree.items():
            _make(os.path.join(path, name), below)
    elif tree[0] == "link":
        os.symlink(tree[1], path)
    else:
        with open(path, "wb") as file:
            for offset, data in tree[1]:
                file.seek(offset)
                file.write(data)
        os.chmod(path, tree[2])
        os.utime(path, ns=(0, tree[3] * 1_000_000_007))


@settings(max_examples=40)
@given(tree=st.dictionaries(NAMES, TREES, max_size=5))
def test_any_tree(tree: dict[bytes, t.Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        old, new = Path(place, "old"), Path(place, "new")
        _make(os.fsencode(old), tree)
        data = archive_of(old)
        put(data, new)
        assert picture(new) == picture(old)
        put(data, new, "merge")
        assert picture(new) == picture(old)
