# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the house, as ``docs/design.md`` has them."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
import typing as t
from pathlib import Path

from tests.servers._process import REPOSITORY

ROOMS: t.Final = REPOSITORY / "plugins" / "module_utils"
FILES: t.Final = sorted(ROOMS.rglob("*.py"))
_PACKAGE: t.Final = "ansible_collections.longshore.storage.plugins.module_utils"
#: The one file that knows Ansible.
ANSIBLE: t.Final = ROOMS / "_module.py"


class Import(t.NamedTuple):
    """``level``: how many dots; ``is_lazy``: it is not done, or only when a function is called."""

    module: str
    level: int
    is_lazy: bool


def imports(path: Path) -> list[Import]:
    tree = ast.parse(path.read_bytes())
    at_once = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        is_lazy = id(node) not in at_once
        if isinstance(node, ast.Import):
            found += [Import(one.name, 0, is_lazy) for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [one.name for one in node.names]
            found += [Import(name, node.level, is_lazy) for name in names]
    return found


def room(path: Path) -> str:
    """The folder or file of ``module_utils`` that it is in."""
    return path.relative_to(ROOMS).parts[0].removesuffix(".py")


def test_no_arrow_points_up() -> None:
    """What one room takes from another, that one takes nothing of, however far away."""
    arrows: dict[str, set[str]] = {}
    for path in FILES:
        for one in imports(path):
            if one.level:
                target = path.parents[one.level - 1].joinpath(*one.module.split("."))
                arrows.setdefault(room(path), set()).add(room(target))
    graph = {name: targets - {name} for name, targets in arrows.items()}
    # raises CycleError
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order.index("_errors") < order.index("_drivers") < order.index("_sync")


def test_what_is_not_ours_is_imported_when_it_is_used() -> None:
    for path in FILES:
        foreign = [
            one
            for one in imports(path)
            if not one.level and one.module.split(".")[0] not in sys.stdlib_module_names
        ]
        if path != ANSIBLE:
            assert all(one.is_lazy for one in foreign), path
            assert not [one for one in foreign if one.module.startswith("ansible")]


def test_an_import_loads_nothing_that_is_not_ours() -> None:
    names = [
        ".".join((_PACKAGE, *one.relative_to(ROOMS).with_suffix("").parts))
        for one in FILES
        if one not in (ANSIBLE, ROOMS / "__init__.py")
    ]
    program = f"""
import importlib, sys
before = set(sys.modules)
for name in {names!r}:
    importlib.import_module(name)
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert loaded - sys.stdlib_module_names == {"ansible_collections"}


def test_each_room_is_on_the_plan() -> None:
    page = (REPOSITORY / "docs" / "design.md").read_text()
    plan = page.split("## The house")[1].split("```")[1]
    packages = {path.parent.relative_to(ROOMS) for path in FILES} - {Path()}
    files = {path.stem for path in ROOMS.glob("*.py")}
    named = set(re.findall(r"(?<!\w)_\w+", plan))
    assert {one.name for one in packages} | files - {"__init__"} <= named
