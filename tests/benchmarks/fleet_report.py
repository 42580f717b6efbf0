# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make bench-fleet`` measured: kept as JSON, as a section of the page, and as a plot."""

from __future__ import annotations

import dataclasses
import json
import statistics
import typing as t
from dataclasses import dataclass
from pathlib import Path

_NAME = "fleet.json"


@dataclass(frozen=True, slots=True)
class Run:
    """``seconds`` until the last of ``hosts`` had it; ``sent``: bytes that left the store, with all headers;
    ``processor``: seconds of all hosts together."""

    hosts: int
    swarm: bool
    seconds: float
    sent: int
    processor: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """``size``: bytes of the artifact; rates are bit/s."""

    circumstances: str
    size: int
    store_rate: int
    host_rate: int
    runs: t.Sequence[Run]

    def median(self, hosts: int, swarm: bool, figure: str) -> float:
        found = [one for one in self.runs if (one.hosts, one.swarm) == (hosts, swarm)]
        return statistics.median(float(getattr(one, figure)) for one in found)

    @property
    def counts(self) -> list[int]:
        return sorted({one.hosts for one in self.runs})


def keep(folder: Path, fleet: Fleet) -> None:
    """Write it, in place of the one before."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(dataclasses.asdict(fleet), ensure_ascii=False, indent=1)
    (folder / _NAME).write_text(f"{text}\n")


def read(folder: Path) -> Fleet:
    """What was kept."""
    found = json.loads((folder / _NAME).read_text())
    runs = [Run(**one) for one in found.pop("runs")]
    return Fleet(runs=runs, **found)


def section(folder: Path) -> str:
    """Its part of the page; empty where nothing was measured."""
    if not (folder / _NAME).exists():
        return ""
    fleet = read(folder)
    count = len(fleet.runs) // (2 * len(fleet.counts))
    return "\n".join(
        [
            f"## {fleet.size // 10**6} MB to a fleet",
            "",
            f"{count} runs each, medians. {fleet.circumstances}. Every host is a network namespace with a link of "
            f"{fleet.host_rate // 10**6} Mbit/s in either direction, the store's has {fleet.store_rate // 10**6} Mbit/s. "
            "Time is until the last host has the file in its place, decrypted and verified. *From the store* is what "
            "left its interface, with the headers of all layers, as a multiple of the artifact. All hosts share this "
            "machine's cores. Written by `make bench-fleet`.",
            "",
            table(fleet),
            "",
            "![Time and traffic by the number of hosts](benchmarks-fleet.svg)",
            "",
        ]
    )


def table(fleet: Fleet) -> str:
    """A row for each number of hosts."""
    lines = [
        "| hosts | bucket alone, s | swarm, s | against 1 host | bucket alone, from the store | swarm, from the store "
        "| processor of a host in the swarm, s |",
        "|---|---|---|---|---|---|---|",
    ]
    one = fleet.median(fleet.counts[0], True, "seconds")
    for hosts in fleet.counts:
        plain, swarm = (fleet.median(hosts, how, "seconds") for how in (False, True))
        sent = [
            f"{fleet.median(hosts, how, 'sent') / fleet.size:.2f} ×"
            for how in (False, True)
        ]
        processor = fleet.median(hosts, True, "processor") / hosts
        lines.append(
            f"| {hosts} | {plain:.1f} | {swarm:.1f} | {swarm / one:.2f} | {sent[0]} | {sent[1]} | {processor:.1f} |"
        )
    return "\n".join(lines)


def draw(docs: Path, fleet: Fleet) -> None:
    """Write the plot."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "longshore"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained")
    titles = ("until the last host has it, s", "from the store, × the artifact")
    scales = (1.0, float(fleet.size))
    for axes, title, name, scale in zip(
        panels, titles, ("seconds", "sent"), scales, strict=True
    ):
        for swarm, label, colour in (
            (False, "bucket alone", "#b9c4cc"),
            (True, "swarm", "#1b6ca8"),
        ):
            figures = [fleet.median(one, swarm, name) / scale for one in fleet.counts]
            axes.plot(fleet.counts, figures, marker="o", color=colour, label=label)
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlabel("hosts", fontsize=8)
        axes.set_xticks(fleet.counts)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, fontsize=8)
    figure.savefig(docs / "benchmarks-fleet.svg", metadata={"Date": None})
