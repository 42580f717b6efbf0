# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured within one process, as tables: kept as JSON beside the cases' results, part of the page."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """``rows``: the first is the heading; ``caption`` goes before it."""

    caption: str
    rows: list[list[str]]

    def text(self) -> str:
        heading, *rest = (f"| {' | '.join(row)} |" for row in self.rows)
        lines = [heading, f"|{'---|' * len(self.rows[0])}", *rest]
        return "\n".join([self.caption, "", *lines])


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page. ``circumstances`` as for a case; ``note`` says what its figures are."""

    title: str
    circumstances: str
    note: str
    tables: list[Table]

    def text(self) -> str:
        parts = [f"## {self.title}", f"{self.circumstances}. {self.note}"]
        return "\n\n".join([*parts, *(table.text() for table in self.tables)]) + "\n"


def keep(folder: Path, name: str, section: Section) -> None:
    """Write it, in place of the one before."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(asdict(section), ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(f"{text}\n")


def kept(folder: Path, names: t.Iterable[str]) -> list[Section]:
    """Those that there are, in the order of their names."""
    paths = [folder / f"{name}.json" for name in names]
    return [_read(path) for path in paths if path.exists()]


def _read(path: Path) -> Section:
    found = json.loads(path.read_text())
    tables = [Table(**table) for table in found.pop("tables")]
    return Section(**found, tables=tables)
