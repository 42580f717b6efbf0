# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes ``docs/benchmarks.md`` and its plot."""

from __future__ import annotations

import os
import platform
import typing as t
from pathlib import Path

from .cases import Case
from .measure import Series
from .tools import Tool

_HEAD = """<!--
Copyright (c) 2026, the longshore.storage authors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Benchmarks

Written by `make bench`, which runs everything below on one machine, in one run, against one SeaweedFS. In each round
every tool runs once, each round beginning with another one. Figures are medians of whole processes; memory is the
peak of the largest process; *ratio* is wall time against the best peer's. Every tool gets {workers} workers where it can be
told; the peers compare by size alone where there is nothing to do, ours by digest.

*static_container* is the module's process, as Ansible starts it on a host; the *whole ansible command* is what a user
waits for, Ansible's own start of about a second included.

Measured on {machine}.

![Wall time of every tool in every case](benchmarks.svg)
"""


def write(
    docs: Path,
    results: t.Sequence[tuple[Case, t.Mapping[str, Series]]],
    known: t.Mapping[str, Tool],
    workers: int,
) -> str:
    """Write both files; returns the text of the tables."""
    tables = "\n".join(_table(case, series, known) for case, series in results)
    head = _HEAD.format(machine=_machine(), workers=workers)
    (docs / "benchmarks.md").write_text(f"{head}\n{tables}")
    _plot(docs / "benchmarks.svg", results, known)
    return tables


def best_peer(
    series: t.Mapping[str, Series], known: t.Mapping[str, Tool], figure: str
) -> float:
    """The lowest median among the others."""
    return min(s.median(figure) for name, s in series.items() if not known[name].ours)


def _table(
    case: Case, series: t.Mapping[str, Series], known: t.Mapping[str, Tool]
) -> str:
    best = best_peer(series, known, "wall")
    rows = [
        f"| {name} | {one.median('wall'):.2f} | {one.spread()} | {one.median('wall') / best:.2f} "
        f"| {one.median('processor'):.2f} | {one.median('memory'):.0f} |"
        for name, one in series.items()
    ]
    return "\n".join(
        [
            f"## {case.title}",
            "",
            f"{case.runs} runs each.",
            "",
            "| tool | wall, s | fastest–slowest, s | ratio | processor, s | memory, MB |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _machine() -> str:
    version = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return f"{os.cpu_count()} cores, {version}, Python {platform.python_version()}"


def _plot(
    path: Path,
    results: t.Sequence[tuple[Case, t.Mapping[str, Series]]],
    known: t.Mapping[str, Tool],
) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "longshore"
    from matplotlib import pyplot

    figure, rows = pyplot.subplots(
        len(results),
        figsize=(8, 2.4 * len(results)),
        layout="constrained",
        squeeze=False,
    )
    for axes, (case, series) in zip(rows[:, 0], results, strict=True):
        names = list(series)[::-1]
        walls = [series[name].median("wall") for name in names]
        colours = ["#1b6ca8" if known[name].ours else "#b9c4cc" for name in names]
        bars = axes.barh(names, walls, color=colours)
        axes.bar_label(bars, fmt="%.2f s", padding=3)
        axes.set_title(case.title, loc="left", fontsize=10)
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
