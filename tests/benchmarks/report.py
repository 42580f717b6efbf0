# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes ``docs/benchmarks.md``."""

from __future__ import annotations

import textwrap
import typing as t
from pathlib import Path

from . import fleet_report
from .measure import Series
from .results import FOLDER, Result
from .tables import Section
from .tools import MODULE, OURS, WORKERS

_WIDTH: t.Final = 120

_HEAD = f"""<!--
Copyright (c) 2026, the longshore.storage authors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Benchmarks

Written by `make bench`, which runs all tools of a case on one machine, in one run, against one SeaweedFS. In each round
every tool runs once, each round beginning with another one. Figures are medians of whole processes; memory is the
peak of the largest process; *ratio* is wall time against the best peer's. Every tool gets {WORKERS} workers where it can be
told. Where there is nothing to do or one file is changed, the peers compare by size alone (community.aws.s3_sync by
size and time, which is its fastest way), ours by digest.

*{MODULE}* is the module's process, as Ansible starts it on a host; the *whole ansible command* is what a user
waits for, Ansible's own start of about a second included. With *verify: manifest* it believes its manifest, otherwise
it lists the bucket.

Big files go to and from a store in memory, where the machine has room for it, and come down to memory too: else it is
the disk that is measured.

What ours remember of local files between runs is empty before each first sync. Where there is nothing to do, ours have
run once before, untimed; where one file is changed, before each time. Then it is another file for each run of each
tool, rewritten just before with one byte more.

Where a file is encrypted, *of the plain rate* is the rate held against that of *{MODULE}*, the same engine
without encryption. rclone crypt uses XSalsa20-Poly1305, age ChaCha20-Poly1305.

The settings of a bucket are versioning, encryption, tags, policy, ownership and who pays: those that the store and both
modules have. A bucket that is deleted is another one for each run, filled outside what is measured.

![Wall time of every tool in every case](benchmarks.svg)
"""


def write(
    docs: Path, results: t.Sequence[Result], sections: t.Sequence[Section]
) -> str:
    """Write the page; returns the text of its tables."""
    tables = "\n".join(
        [*map(_section, results), *(section.text() for section in sections)]
    )
    fleet = fleet_report.section(FOLDER)
    page = f"{_HEAD}\n{tables}" + (f"\n{fleet}" if fleet else "")
    (docs / "benchmarks.md").write_text(_filled(page))
    return tables


def _filled(page: str) -> str:
    """No line is longer than those of other pages but a table's."""
    return "\n".join(
        (
            textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False)
            if len(line) > _WIDTH and not line.startswith("|")
            else line
        )
        for line in page.split("\n")
    )


def best_peer(series: t.Mapping[str, Series], figure: str) -> float:
    """The lowest median among the others."""
    return min(one.median(figure) for name, one in series.items() if name not in OURS)


def _section(result: Result) -> str:
    case = result.case
    counts = {len(one.measures) for one in result.series.values()}
    runs = " or ".join(str(count) for count in sorted(counts))
    lines = [f"## {case.title}", ""]
    lines += [
        f"{runs} {'run' if runs == '1' else 'runs'} each. {result.circumstances}."
    ]
    lines += [case.note] if case.note else []
    lines += ["", *_table(_columns(result))]
    if len(result.steps) > 1:
        lines += ["", *_scale(result)]
    return "\n".join([*lines, ""])


def _columns(result: Result) -> list[list[str]]:
    """Each with its heading."""
    every = result.series.values()
    best = best_peer(result.series, "wall")
    walls = [one.median("wall") for one in every]
    columns = [
        ["tool", *result.series],
        ["wall, s", *(f"{wall:.2f}" for wall in walls)],
        ["fastest–slowest, s", *(one.spread() for one in every)],
        ["ratio", *(f"{wall / best:.2f}" for wall in walls)],
    ]
    if result.case.rate:
        size = result.steps[-1][0] * result.case.size / 1e6
        columns.append(["MB/s", *(f"{size / wall:.0f}" for wall in walls)])
    if result.case.plain is not None:
        plain = result.series[result.case.plain].median("wall")
        columns.append(
            ["of the plain rate", *(f"{plain / wall:.2f}" for wall in walls)]
        )
    columns += [
        ["processor, s", *(f"{one.median('processor'):.2f}" for one in every)],
        ["memory, MB", *(f"{one.median('memory'):.0f}" for one in every)],
        ["requests", *(_known(one.requests()) for one in every)],
    ]
    if any(one.traffic is not None for one in every):
        columns.append(["manifest, kB", *(_known(_kilo(one.traffic)) for one in every)])
    return columns


def _scale(result: Result) -> list[str]:
    """What a file costs, by how many there are; the process itself, seen where there are none, left out."""
    (none, start), *steps = result.steps
    columns = [["tool", *result.series]]
    columns.append(
        [
            "no files, s",
            *(f"{start[name].median('wall'):.2f}" for name in result.series),
        ]
    )
    for files, series in steps:
        costs = (
            (one.median("wall") - start[name].median("wall")) / (files - none) * 1e6
            for name, one in series.items()
        )
        columns.append(
            [f"{files:,} files, µs each", *(f"{cost:.1f}" for cost in costs)]
        )
        memory = (f"{one.median('memory'):.0f}" for one in series.values())
        columns.append(["memory, MB", *memory])
    runs = ", ".join(
        str(len(next(iter(series.values())).measures))
        for _unused, series in result.steps
    )
    return [
        f"What one file costs, the wall time with no files taken off ({runs} runs each):",
        "",
        *_table(columns),
    ]


def _table(columns: t.Sequence[t.Sequence[str]]) -> list[str]:
    heading, *rows = (f"| {' | '.join(row)} |" for row in zip(*columns, strict=True))
    return [heading, f"|{'---|' * len(columns)}", *rows]


def _kilo(count: int | None) -> int | None:
    return None if count is None else round(count / 1000)


def _known(figure: int | None) -> str:
    return "" if figure is None else str(figure)
