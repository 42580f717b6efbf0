# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lays wheels out as an index of packages, with a folder for each project, which any web server can serve.

Usage: index.py WHEELS INDEX
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def main(wheels: Path, index: Path) -> None:
    for wheel in wheels.glob("*.whl"):
        project = re.sub("[-_.]+", "-", wheel.name.split("-")[0]).lower()
        folder = index / project
        folder.mkdir(exist_ok=True)
        os.link(wheel, folder / wheel.name)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
