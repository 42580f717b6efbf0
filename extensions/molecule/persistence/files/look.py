# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints a line for all there is in a folder, with everything that a restore has to give back. In a container, as root.

Usage: look.py FOLDER
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import typing as t


def look(folder: str) -> t.Iterator[str]:
    yield line(folder, folder)
    for here, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = os.path.join(here, name)
            yield line(path, os.path.relpath(path, folder))


def line(path: str, name: str) -> str:
    status = os.lstat(path)
    contents = ""
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            contents = hashlib.file_digest(file, "sha1").hexdigest()
    elif stat.S_ISLNK(status.st_mode):
        contents = os.readlink(path)
    xattrs = {
        key: os.getxattr(path, key, follow_symlinks=False)
        for key in os.listxattr(path, follow_symlinks=False)
    }
    links = 1 if stat.S_ISDIR(status.st_mode) else status.st_nlink
    mode, owner = stat.filemode(status.st_mode), f"{status.st_uid}:{status.st_gid}"
    return f"{name!r} {mode} {owner} {links} {status.st_mtime_ns} {contents} {xattrs}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{each}\n" for each in sorted(look(sys.argv[1])))
