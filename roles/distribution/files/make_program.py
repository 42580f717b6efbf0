# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the program ``distsync`` one file, of the folder ``module_utils``. The same source gives the same bytes.

Runs on the controller, whose Python may be older than what the program needs.

Usage: make_program.py MODULE_UTILS FILE
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PACKAGE = "longshore"
MAIN = f"""\
import sys

if sys.version_info < (3, 11):
    sys.exit("distsync needs Python 3.11 or newer, and this is %d.%d." % sys.version_info[:2])

from {PACKAGE}._distsync_command._main import main

sys.exit(main())
"""


def make_program(modules: Path, destination: Path) -> None:
    files = {"__main__.py": MAIN.encode(), f"{PACKAGE}/__init__.py": b""}
    for path in modules.rglob("*.py"):
        files[f"{PACKAGE}/{path.relative_to(modules).as_posix()}"] = path.read_bytes()
    with zipfile.ZipFile(destination, "w") as archive:
        for name, data in sorted(files.items()):
            # without the time: it begins with the earliest that there is
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    make_program(Path(sys.argv[1]), Path(sys.argv[2]))
