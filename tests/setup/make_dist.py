# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the command ``distsync`` one file, as the role ``distribution`` does for its hosts.

Usage: make_dist.py FILE
"""

from __future__ import annotations

import runpy
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "plugins" / "module_utils"

_role = runpy.run_path(str(ROOT / "roles/distribution/files/make_program.py"))
#: What ``module_utils`` is called in the file.
PACKAGE: str = _role["PACKAGE"]


def needed() -> dict[tuple[str, ...], Path]:
    """Every module that is in the file, with the packages they are in."""
    return t.cast("dict[tuple[str, ...], Path]", _role["needed"](MODULES))


def make_dist(destination: Path) -> None:
    _role["make_program"](MODULES, destination)


if __name__ == "__main__":
    make_dist(Path(sys.argv[1]).absolute())
