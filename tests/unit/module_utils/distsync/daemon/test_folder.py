# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder that a daemon keeps: its lock, its notes, and that it is the same one all the time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._folder import (
    Folder,
    Note,
    Pending,
    mark_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    BusyError,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LocalWriteError,
)


def test_one_daemon_for_one_folder(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    with pytest.raises(
        BusyError, match=f"Another daemon keeps the folder '{tmp_path}'"
    ):
        Folder(str(tmp_path))
    folder.close()
    Folder(str(tmp_path)).close()


def test_one_that_is_not_there_or_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not there, or no folder"):
        Folder(str(tmp_path / "missing"))
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is not there, or no folder"):
        Folder(str(tmp_path / "file"))


def test_notes(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    assert folder.note("stable", "app") == Note("stable", "app")
    note = Note("stable", "app", "1", "ab", 7, (1, 2, 3), Pending("2", "cd", 1))
    folder.keep(note)
    assert folder.note("stable", "app") == note
    assert folder.note("canary", "app") == Note("canary", "app")
    (path,) = (tmp_path / ".distsync").glob("*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    for damage in (b"", b"[]", b'{"format": 1}', b"\xff", path.read_bytes()[:-9]):
        path.write_bytes(damage)
        assert folder.note("stable", "app") == Note("stable", "app")
    folder.close()


def test_another_one_in_its_place(tmp_path: Path) -> None:
    """As when a mount is gone, and back."""
    path, aside = tmp_path / "output", tmp_path / "aside"
    path.mkdir()
    folder = Folder(str(path))
    folder.check()
    path.rename(aside)
    with pytest.raises(LocalWriteError, match="is gone"):
        folder.check()
    path.mkdir()
    with pytest.raises(LocalWriteError, match="is gone"):
        folder.check()
    assert not os.listdir(path)
    path.rmdir()
    aside.rename(path)
    folder.check()
    folder.close()


def test_one_that_was_put_back_from_a_copy(tmp_path: Path) -> None:
    """A disk that was mounted anew has other inodes, and all that is ours."""
    path = tmp_path / "output"
    path.mkdir()
    folder = Folder(str(path))
    path.rename(tmp_path / "aside")
    (path / ".distsync").mkdir(parents=True)
    (path / ".distsync" / "lock").touch()
    folder.check()
    with pytest.raises(BusyError):
        Folder(str(path))
    folder.close()


def test_marks(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert mark_of(str(path)) == ()
    path.write_bytes(b"one")
    before = mark_of(str(path))
    assert before == mark_of(str(path))
    (tmp_path / "other").write_bytes(b"two")
    (tmp_path / "other").rename(path)
    assert mark_of(str(path)) != before
