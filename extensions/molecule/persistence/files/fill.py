# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills folders with what is hard to restore, and all but the first with 2 GiB besides. In a container, as root.

Usage: fill.py FOLDER…
"""

from __future__ import annotations

import os
import random
import struct
import sys
from pathlib import Path

GIB = 1 << 30
# cap_net_bind_service, effective and permitted
CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)


def fill(folder: Path) -> None:
    for number in range(60):
        file = folder / f"app/{number % 7}/page {number} é.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"page {number}\n" * number)
        os.chown(file, 33, 33 + number % 3)
        file.chmod((0o600, 0o644, 0o4755, 0o2755, 0o000)[number % 5])
    os.chown(folder / "app", 33, 33)
    (folder / "app").chmod(0o2775)
    (folder / "index.js").write_text("console.log('here')\n")
    (folder / "link").symlink_to("app/1")
    os.lchown(folder / "link", 33, 33)
    os.link(folder / "index.js", folder / "same.js")
    os.mkfifo(folder / "pipe", 0o620)
    (folder / "server").write_bytes(b"\x7fELF")
    (folder / "server").chmod(0o755)
    os.setxattr(folder / "server", "security.capability", CAPABILITY)
    (folder / ".hidden").mkdir(0o1777)
    os.utime(folder / "index.js", (1_000_000_000, 1_000_000_000.5))
    os.chown(folder, 33, 33)
    folder.chmod(0o2770)


def fill_large(folder: Path) -> None:
    """With contents that are quick to compress, and no holes."""
    block = random.Random(8).randbytes(1 << 10) * (1 << 10)
    with open(folder / "large", "wb") as file:
        for _number in range(2 * GIB // len(block)):
            file.write(block)


if __name__ == "__main__":
    folders = [Path(name) for name in sys.argv[1:]]
    for each in folders:
        fill(each)
    for each in folders[1:]:
        fill_large(each)
