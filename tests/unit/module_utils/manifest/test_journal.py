# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    Entry,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._journal import (
    Journal,
)

ONE = Entry(1, "d1", "", 1, "e1", "gzip/abc")
TWO = Entry(2, "d2", "s", 2, "e2", "", 7)


@pytest.fixture()
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


def test_what_was_added_is_read_by_the_next(folder: str) -> None:
    journal = Journal(folder, "place")
    journal.add("a\n\u00e9", ONE)
    journal.add("b", ONE)
    journal.add("b", TWO)
    # not closed: as if it had been killed
    assert Journal(folder, "place").read() == {"a\n\u00e9": ONE, "b": TWO}
    assert Journal(folder, "elsewhere").read() == {}
    (file,) = os.scandir(folder)
    assert file.stat().st_mode & 0o777 == 0o600
    journal.close(remove=False)
    assert len(Journal(folder, "place").read()) == 2
    journal.close(remove=True)
    assert Journal(folder, "place").read() == {}
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    "rest", [b'["c",1', b"rubbish\n", b"{}\n", b"[]\n", b"[1]\n", b"\xff\n"]
)
def test_a_broken_line_is_none(folder: str, rest: bytes) -> None:
    Journal(folder, "place").add("a", ONE)
    (file,) = Path(folder).iterdir()
    with file.open("ab") as more:
        more.write(rest)
    assert Journal(folder, "place").read() == {"a": ONE}


def test_without_a_folder_there_is_none(tmp_path: Path) -> None:
    journal = Journal(None, "place")
    journal.add("a", ONE)
    assert journal.read() == {}
    journal.close(remove=True)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    journal = Journal(str(tmp_path / "file" / "cache"), "place")
    journal.add("a", ONE)
    journal.add("b", TWO)
    assert journal.read() == {}
    journal.close(remove=True)
