# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._local_survey import (
    survey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._tree_cache import (
    GRAIN,
    TreeCache,
)
from ansible_collections.longshore.storage.plugins.module_utils._patterns import (
    Selection,
)
from tests.unit.machine import Child, become_ordinary_user

ALL = Selection((), ())
NAMES = ("a", "b-1", "b/c", "b/c.d", "b/e/f", "b/é\n", "z")


@pytest.fixture()
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name in NAMES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (root / "empty").mkdir()
    return root


@pytest.mark.parametrize("prefix", ["", "b/"])
def test_it_is_what_a_listing_would_be_remembered_as(
    tree: Path, tmp_path: Path, prefix: str
) -> None:
    store = LocalStore(Endpoint("LOCAL", str(tree), prefix=prefix))
    cache = TreeCache(str(tmp_path / "cache"), str(tree))
    with cache.saved(0):
        began = max(os.stat(tree / name).st_ctime_ns for name in NAMES) + GRAIN
        cache.see(store.list(prefix), began)
    found = survey(str(tree), prefix, ALL)
    assert found is not None
    assert found == TreeCache(str(tmp_path / "cache"), str(tree)).survey()
    assert found.keys() == {"", "b/", "b/e/"} - ({""} if prefix else set())


def grow(path: Path) -> None:
    path.write_bytes(b"something else")


def touch(path: Path) -> None:
    os.utime(path, (1, 1))


def rename(path: Path) -> None:
    path.rename(path.with_name("other"))


def replace(path: Path) -> None:
    new = path.with_name("new")
    new.write_bytes(path.read_bytes())
    new.rename(path)


@pytest.mark.parametrize("change", [grow, touch, rename, replace, Path.unlink])
def test_one_folder_is_another_after_a_change(
    tree: Path, change: t.Callable[[Path], None]
) -> None:
    before = survey(str(tree), "", ALL)
    change(tree / "b/c")
    after = survey(str(tree), "", ALL)
    assert before is not None and after is not None
    assert {path for path in before if before[path] != after[path]} == {"b/"}


def link(path: Path) -> None:
    path.symlink_to("a")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listen(path: Path) -> None:
    socket.socket(socket.AF_UNIX).bind(str(path))


@pytest.mark.parametrize("make", [link, pipe, listen])
def test_what_is_no_file_is_for_a_listing_to_explain(
    tree: Path, make: t.Callable[[Path], None]
) -> None:
    before = survey(str(tree), "", ALL)
    make(tree / "b/odd")
    assert survey(str(tree), "", ALL) is None
    assert survey(str(tree), "", Selection((), ("odd",))) == before


def test_so_is_what_may_not_be_read(tree: Path) -> None:
    os.chmod(tree / "b/c", 0)

    def look() -> tuple[bool, bool]:
        whole = survey(str(tree), "", ALL)
        return whole is None, survey(str(tree), "", Selection((), ("c",))) is None

    for folder in tree.parents:
        if not folder.stat().st_mode & 0o001:
            os.chmod(folder, 0o755)
    assert Child(look, become_ordinary_user).result() == (True, False)


def test_a_name_that_is_no_text(tree: Path) -> None:
    Path(os.fsdecode(os.fsencode(tree) + b"/\xff")).write_bytes(b"")
    assert survey(str(tree), "", ALL) is None


def test_no_folder_at_all(tmp_path: Path) -> None:
    assert survey(str(tmp_path / "none"), "", ALL) is None
