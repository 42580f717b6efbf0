# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts a folder's wheels into one file, since each file takes a while to get to a host.

Usage: pack_wheels.py FOLDER FILE
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def pack_wheels(folder: Path, destination: Path) -> None:
    # as they are: they are compressed
    with zipfile.ZipFile(destination, "w") as archive:
        for wheel in sorted(folder.glob("*.whl")):
            archive.write(wheel, wheel.name)


if __name__ == "__main__":
    pack_wheels(Path(sys.argv[1]), Path(sys.argv[2]))
