# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes what the image is built of, one tar file. The same source gives the same bytes.

Runs on the controller, whose Python may be older than what the program needs.

Usage: make_context.py COLLECTION REQUIREMENTS WHEELS FILE

WHEELS is a folder with all wheels that are required, for builds that reach no package index; or empty.
"""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

FILES = Path(__file__).resolve().parent
PACKAGE = "longshore"
MAIN = f"""\
import sys

from {PACKAGE}._persist_service._main import main

sys.exit(main())
"""


def make_program(collection: Path) -> bytes:
    """A zip of what is put into the image, which Python runs."""
    files = {
        "__main__.py": MAIN.encode(),
        "healthy.py": (FILES / "healthy.py").read_bytes(),
        "COPYING": (collection / "COPYING").read_bytes(),
        f"{PACKAGE}/__init__.py": b"",
    }
    modules = collection / "plugins" / "module_utils"
    for path in modules.rglob("*.py"):
        files[f"{PACKAGE}/{path.relative_to(modules).as_posix()}"] = path.read_bytes()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in sorted(files.items()):
            # without the time: it begins with the earliest that there is
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def make_context(
    collection: Path, requirements: Path, wheels: Path | None, destination: Path
) -> None:
    with tarfile.open(destination, "w", format=tarfile.USTAR_FORMAT) as archive:

        def add(name: str, data: bytes) -> None:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))

        add("Containerfile", (FILES / "Containerfile").read_bytes())
        add("requirements.txt", requirements.read_bytes())
        add("program.zip", make_program(collection))
        folder = tarfile.TarInfo("wheels")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for path in sorted(wheels.glob("*.whl")) if wheels else []:
            add(f"wheels/{path.name}", path.read_bytes())


if __name__ == "__main__":
    collection, requirements, wheels, file = sys.argv[1:]
    make_context(
        Path(collection),
        Path(requirements),
        Path(wheels) if wheels else None,
        Path(file),
    )
