# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a restore that was told to end had been put in place."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._persist._restore import (
    restore,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._top import (
    Top,
    own_names,
)


def _archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


def test_replaced(tmp_path: Path) -> None:
    for there in ((), ("a",), ("a", "b")):
        path = tmp_path / f"with{len(there)}"
        path.mkdir()
        for name in there:
            (path / name).touch()
        before = Top(str(path))
        (path / "lost+found").mkdir()
        assert not before.is_replaced()
        restore([_archive("a", "c")], str(path), mode="replace")
        assert before.is_replaced()


def test_others_write_there(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).touch()
    before = Top(str(tmp_path))
    (tmp_path / "new").touch()
    (tmp_path / "new").rename(tmp_path / "a")
    (tmp_path / ".longshore-restore").mkdir()
    assert not before.is_replaced()
    assert sorted(own_names(str(tmp_path))) == ["a", "b"]


def test_a_file_and_nothing(tmp_path: Path) -> None:
    for there in (True, False):
        path = tmp_path / "file"
        path.touch() if there else path.unlink()
        before = Top(str(path))
        assert not before.is_replaced()
        (tmp_path / "new").touch()
        (tmp_path / "new").rename(path)
        assert before.is_replaced()
