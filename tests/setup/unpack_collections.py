# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacks some of the collections that a wheel has.

Usage: unpack_collections.py WHEEL FOLDER NAMESPACE.NAME…
"""

from __future__ import annotations

import sys
import zipfile


def unpack(wheel: str, folder: str, names: list[str]) -> None:
    begins = tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in names)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(begins):
                archive.extract(name, folder)


if __name__ == "__main__":
    unpack(sys.argv[1], sys.argv[2], sys.argv[3:])
