# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is spared for speed makes no difference: attributes of new files, sums of headers."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._persist._tar_writer import (
    BLOCK,
    checksum,
)
from tests.unit.machine import (
    Child,
    become_ordinary_user,
    give_to_ordinary_user,
)
from tests.unit.module_utils.persist.archive_helpers import (
    DIRECTORY,
    FILE,
    IS_ROOT,
    put,
    tar_of,
)


@given(st.binary(max_size=BLOCK))
@settings(max_examples=50)
@example(b"\xff" * BLOCK)
def test_sum_of_a_header(block: bytes) -> None:
    assert checksum(block) == sum(block)


@pytest.mark.parametrize("umask", [0, 0o022, 0o027, 0o077])
def test_modes_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    modes = [0o000, 0o400, 0o600, 0o644, 0o666, 0o777, 0o1644, 0o2755, 0o4755, 0o7777]
    entries = [
        (f"./{owner}-{mode:o}", FILE | {"mode": mode, "uid": owner, "gid": owner})
        for mode in modes
        for owner in (os.geteuid(), 1234 if IS_ROOT else os.geteuid())
    ]
    data = tar_of(("./", DIRECTORY), *dict(entries).items())

    def work() -> None:
        os.umask(umask)
        put(data, tmp_path / "new")

    Child(work).result()
    for name, wanted in entries:
        status = (tmp_path / "new" / name).stat()
        there = stat.S_IMODE(status.st_mode), status.st_uid
        assert there == (wanted["mode"], wanted["uid"])


def test_what_a_folder_would_pass_on_is_not_given(tmp_path: Path) -> None:
    acl = {
        "SCHILY.acl.default": "user::rwx,user:99:rwx,group::rwx,mask::rwx,other::rwx"
    }
    shared = DIRECTORY | {"mode": 0o2775, "gid": 1234 if IS_ROOT else os.getegid()}
    private = FILE | {"mode": 0o640, "gid": os.getegid()}
    data = tar_of(
        ("./", DIRECTORY),
        ("./open/", DIRECTORY | {"pax_headers": acl}),
        ("./shared/", shared),
        ("./other", private),
        ("./open/late", private),
        ("./shared/late", private),
    )
    put(data, tmp_path / "new")
    for name in ("open/late", "shared/late"):
        late = tmp_path / "new" / name
        assert os.listxattr(late) == []
        assert stat.S_IMODE(late.stat().st_mode) == 0o640
        assert late.stat().st_gid == os.getegid()


def test_folders_that_are_closed_to_their_owner(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    give_to_ordinary_user(place)

    def descend() -> None:
        # the folders above belong to root alone
        for folder in place.parents[:-2]:
            folder.chmod(folder.stat().st_mode | 0o011)
        become_ordinary_user()

    def work() -> tuple[int, int]:
        mine = {"uid": os.geteuid(), "gid": os.getegid()}
        data = tar_of(
            ("./", DIRECTORY | mine),
            ("./closed/", DIRECTORY | mine | {"mode": 0o000}),
            ("./closed/below/", DIRECTORY | mine | {"mode": 0o200}),
            ("./closed/below/file", FILE | mine),
            ("./closed/file", FILE | mine),
            ("./file", FILE | mine),
        )
        restored = put(data, place / "new")
        return restored.counts.kinds["file"], len(restored.problems)

    assert Child(work, descend).result() == (3, 0)
    closed = place / "new" / "closed"
    assert stat.S_IMODE(closed.stat().st_mode) == 0
    # whoever runs the tests has to remove it
    closed.chmod(0o700)
    (closed / "below").chmod(0o700)
