# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, kept as JSON beside this file, so that cases can be measured one by one."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import platform
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tests.servers._process import REPOSITORY

from .cases import CASES, Case
from .measure import Measure, Series

FOLDER = Path(__file__).with_name("results")
_STORE = {True: ", the store in memory", False: ", the store on disk"}


@dataclass(frozen=True, slots=True)
class Result:
    """Of one case. ``steps`` are counts of files with every tool's series; the last is the case's own."""

    case: Case
    circumstances: str
    steps: t.Sequence[tuple[int, t.Mapping[str, Series]]]

    @property
    def series(self) -> t.Mapping[str, Series]:
        """Every tool's, of all files."""
        return self.steps[-1][1]


def keep(folder: Path, result: Result) -> None:
    """Write a result, in place of the one before."""
    folder.mkdir(exist_ok=True)
    steps = [
        {
            "files": files,
            "tools": {name: dataclasses.asdict(one) for name, one in series.items()},
        }
        for files, series in result.steps
    ]
    kept = {"circumstances": result.circumstances, "steps": steps}
    path = folder / f"{result.case.name}.json"
    path.write_text(f"{json.dumps(kept, ensure_ascii=False, indent=1)}\n")


def kept(folder: Path) -> list[Result]:
    """All results that there are, in the order of the cases."""
    paths = {case: folder / f"{case.name}.json" for case in CASES}
    return [_read(case, path) for case, path in paths.items() if path.exists()]


def circumstances(*, in_memory: bool | None = None) -> str:
    """When, on what and of what it is measured, and whether the store is in memory, if there is one."""
    version = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    changes = _git("status", "--porcelain", "--", "plugins")
    store = "" if in_memory is None else _STORE[in_memory]
    return (
        f"{datetime.date.today()}, commit {_git('rev-parse', '--short', 'HEAD')}"
        f"{' with changes' if changes else ''}, {os.cpu_count()} cores, {version}, "
        f"Python {platform.python_version()}{store}"
    )


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(REPOSITORY), *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.strip()


def _read(case: Case, path: Path) -> Result:
    found = json.loads(path.read_text())
    steps = [
        (step["files"], {name: _series(one) for name, one in step["tools"].items()})
        for step in found["steps"]
    ]
    return Result(case, found["circumstances"], steps)


def _series(found: t.Mapping[str, t.Any]) -> Series:
    return Series([Measure(**one) for one in found["measures"]], found["traffic"])
