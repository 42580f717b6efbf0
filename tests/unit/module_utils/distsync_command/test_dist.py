# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one file: what is in it, and that it is always the same."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

from tests.setup.make_dist import MODULES, PACKAGE, make_dist, needed


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_dist(tmp_path / "new" / name)
    one, two = (tmp_path / "new" / name for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert stat.S_IMODE(one.stat().st_mode) == 0o755
    assert sorted(path.name for path in one.parent.iterdir()) == ["one", "two"]


def test_what_is_in_it(tmp_path: Path) -> None:
    make_dist(tmp_path / "distsync")
    with zipfile.ZipFile(tmp_path / "distsync") as archive:
        names = set(archive.namelist())
    assert {"__main__.py", "COPYING", f"{PACKAGE}/__init__.py"} <= names
    # found by statements within functions, and in whole packages
    for name in (
        "_drivers/_s3.py",
        "_distsync/_setup.py",
        "_distsync_command/_list.py",
    ):
        assert f"{PACKAGE}/{name}" in names
    for name in ("_module.py", "_sync/_run.py"):
        assert f"{PACKAGE}/{name}" not in names
    for module in needed():
        for length in range(1, len(module)):
            package = MODULES.joinpath(*module[:length], "__init__.py")
            assert f"{PACKAGE}/{package.relative_to(MODULES)}" in names
