# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every role is held to: one place for each default, no option unused, requirements as tested."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from tests.unit import documentation

ROOT: t.Final = Path(__file__).resolve().parents[3]


def read_yaml(path: Path) -> t.Any:
    return documentation.read_yaml(path.read_text())


def options(role: Path) -> dict[str, t.Any]:
    specs = read_yaml(role / "meta" / "argument_specs.yml")
    return t.cast("dict[str, t.Any]", specs["argument_specs"]["main"]["options"])


def documented_defaults(role: Path) -> dict[str, t.Any]:
    return {
        name: option["default"]
        for name, option in options(role).items()
        if "default" in option
    }


def defaults(role: Path) -> t.Any:
    return read_yaml(role / "defaults" / "main.yml")


def variables(role: Path) -> set[str]:
    """Its public ones that its tasks, templates and own variables use."""
    files = (
        file
        for part in ("tasks", "templates", "vars")
        for file in role.glob(f"{part}/*")
    )
    text = "".join(file.read_text() for file in files)
    return set(re.findall(rf"(?<![_\w]){role.name}_[a-z_]+", text))


def pins(path: Path) -> set[str]:
    lines = path.read_text().lower().replace("_", "-").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def constraints() -> set[str]:
    return pins(ROOT / "tests" / "constraints.txt")
