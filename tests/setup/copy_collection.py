# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes an exact copy of this repository's files where Ansible's tools want them.

They take a collection only in a folder named ``ansible_collections/longshore/storage``, a clone can
lie anywhere, and some tools leave files behind. The copy is a Git repository of its own, since many
tools ask Git which files there are.

Usage: copy_collection.py DESTINATION
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def git(directory: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", os.fspath(directory), *arguments],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


def list_files(root: Path) -> set[Path]:
    """Relative paths of the files that are tracked, or would be if added."""
    output = git(root, "ls-files", "-z", "-co", "--exclude-standard")
    paths = {Path(os.fsdecode(name)) for name in output.split(b"\0") if name}
    return {path for path in paths if os.path.lexists(root / path)}


def remove_others(destination: Path, keep: set[Path]) -> None:
    for directory, folders, files in os.walk(destination, topdown=False):
        here = Path(directory)
        relative = here.relative_to(destination)
        if relative.parts[:1] == (".git",):
            continue
        links = [name for name in folders if (here / name).is_symlink()]
        for name in [*files, *links]:
            if relative / name not in keep:
                (here / name).unlink()
        if here != destination and not os.listdir(here):
            here.rmdir()


def is_same(source: Path, copy: Path) -> bool:
    if not os.path.lexists(copy):
        return False
    ours, theirs = source.lstat(), copy.lstat()
    return (ours.st_mode, ours.st_size, ours.st_mtime_ns) == (
        theirs.st_mode,
        theirs.st_size,
        theirs.st_mtime_ns,
    )


def copy_collection(root: Path, destination: Path) -> None:
    files = list_files(root)
    destination.mkdir(parents=True, exist_ok=True)
    remove_others(destination, files)
    for path in files:
        source, copy = root / path, destination / path
        if not is_same(source, copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    if not (destination / ".git").exists():
        git(destination, "init", "--quiet")
    git(destination, "add", "--all", "--force")


if __name__ == "__main__":
    copy_collection(Path(__file__).resolve().parents[2], Path(sys.argv[1]).absolute())
