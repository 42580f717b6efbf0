# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws ``docs/benchmarks.svg``: a panel for every case, with its own scale."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .results import Result
from .tools import OURS

_BAR, _TITLE = 0.26, 0.62  # inches


def draw(docs: Path, results: t.Sequence[Result]) -> None:
    """Write the plot."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "longshore"
    from matplotlib import pyplot

    heights = [_TITLE + _BAR * len(result.series) for result in results]
    figure, rows = pyplot.subplots(
        len(results),
        figsize=(8, sum(heights)),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    for axes, result in zip(rows[:, 0], results, strict=True):
        names = list(result.series)[::-1]
        walls = [result.series[name].median("wall") for name in names]
        colours = ["#1b6ca8" if name in OURS else "#b9c4cc" for name in names]
        bars = axes.barh(names, walls, color=colours)
        axes.bar_label(bars, fmt="%.2f s", padding=3)
        axes.set_title(result.case.title, loc="left", fontsize=10)
        axes.margins(x=0.15)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(docs / "benchmarks.svg", metadata={"Date": None})
