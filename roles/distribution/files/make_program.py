# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the command ``distsync`` one file, which Python runs: what it imports of ours, and where it begins.

The same source gives the same bytes. Third-party libraries are not in it. Runs on the controller, too, whose Python
may be older than what the program needs.

Usage: make_program.py MODULE_UTILS FILE
"""

from __future__ import annotations

import ast
import sys
import typing as t
import zipfile
from pathlib import Path

#: What ``module_utils`` is called in the file.
PACKAGE = "longshore"
#: In the folder of the collection.
LICENCE = "COPYING"
MAIN = f"""\
import sys

if sys.version_info < (3, 11):
    sys.exit("distsync needs Python 3.11 or newer, and this is %d.%d." % sys.version_info[:2])

from {PACKAGE}._distsync_command._main import main

sys.exit(main())
"""

#: A module below ``module_utils``.
Name = tuple[str, ...]

FIRST: Name = ("_distsync_command", "_main")


def file_of(modules: Path, name: Name) -> Path | None:
    """A module's or package's file; None if there is no such."""
    path = modules.joinpath(*name)
    if path.is_dir():
        return path / "__init__.py"
    path = path.with_suffix(".py")
    return path if path.is_file() else None


def imported(name: Name, path: Path) -> t.Iterator[Name]:
    """The modules of ours that a module's import statements name, wherever they stand."""
    above = name if path.name == "__init__.py" else name[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = above[: len(above) - node.level + 1]
            base = (*package, *(node.module.split(".") if node.module else ()))
            yield base
            yield from ((*base, alias.name) for alias in node.names)


def needed(modules: Path) -> dict[Name, Path]:
    """Every module that can be imported from the first one on, with the packages they are in."""
    found: dict[Name, Path] = {}
    left = [FIRST]
    while left:
        name = left.pop()
        path = file_of(modules, name)
        if not name or name in found or path is None:
            continue
        found[name] = path
        left.append(name[:-1])
        left.extend(imported(name, path))
    return found


def contents(modules: Path) -> dict[str, bytes]:
    """The files in the archive, by name."""
    files = {"__main__.py": MAIN.encode(), f"{PACKAGE}/__init__.py": b""}
    licence = modules.parents[1] / LICENCE
    if licence.is_file():
        files[LICENCE] = licence.read_bytes()
    for path in needed(modules).values():
        files[f"{PACKAGE}/{path.relative_to(modules).as_posix()}"] = path.read_bytes()
    return dict(sorted(files.items()))


def make_program(modules: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    aside = destination.with_name(f".{destination.name}.new")
    with open(aside, "wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in contents(modules).items():
                # without the time: it begins with the earliest that there is
                archive.writestr(
                    zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED
                )
    aside.chmod(0o755)
    aside.replace(destination)


if __name__ == "__main__":
    make_program(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
