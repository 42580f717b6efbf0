# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command as a whole process and takes its measure."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
import typing as t
from dataclasses import dataclass, field


class BenchmarkError(RuntimeError):
    """A command failed, or did not do what was to be measured."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Of one run: wall clock and processor time in seconds, peak resident memory in MB, requests sent.

    Memory is that of the largest single process. ``requests`` None: the command does not say.
    """

    wall: float
    processor: float
    memory: float
    requests: int | None = None


@dataclass(slots=True)
class Series:
    """The measures of one tool in one case.

    ``traffic`` are bytes to and from its manifest, in a run of its own.
    """

    measures: list[Measure] = field(default_factory=list)
    traffic: int | None = None

    def median(self, figure: str) -> float:
        """The median of ``wall``, ``processor`` or ``memory``."""
        figures: list[float] = [getattr(one, figure) for one in self.measures]
        return statistics.median(figures)

    def spread(self) -> str:
        """Fastest and slowest run."""
        walls = [measure.wall for measure in self.measures]
        return f"{min(walls):.2f}–{max(walls):.2f}"

    def requests(self) -> int | None:
        """The most that a run sent."""
        counts = [one.requests for one in self.measures if one.requests is not None]
        return max(counts, default=None)


def run(
    command: t.Sequence[str],
    environment: t.Mapping[str, str],
    *,
    ours: bool,
    unchanged: bool = False,
) -> Measure:
    """Run a command to its end. Raises ``BenchmarkError`` with its output when it fails.

    ``ours``: it ends with our module's result, which may say how many requests were sent.
    ``unchanged``: it is a module that must have nothing to do.
    """
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _unused, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{text[-2000:]}")
    if unchanged and '"changed": false' not in text:
        raise BenchmarkError(f"{' '.join(command)} found something to do:\n{text}")
    return Measure(
        round(wall, 3),
        round(usage.ru_utime + usage.ru_stime, 3),
        round(usage.ru_maxrss / 1024, 1),
        _result(text).get("requests") if ours else None,
    )


def _result(text: str) -> dict[str, t.Any]:
    """The module's result, after what Ansible may say before it."""
    result: dict[str, t.Any] = json.loads(text[text.index("{") :])
    return result
