# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A first sync that several processes share, as several hosts would. Part of ``make bench``."""

from __future__ import annotations

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from tests.integration.places import S3Place
from tests.servers.seaweedfs import SeaweedFS

from .measure import BenchmarkError
from .tables import Table

TITLE: t.Final = "A first sync of many small files, shared by several processes"
NOTE: t.Final = (
    "All processes and the store are on the same machine, so this shows what sharing costs; what it saves takes hosts of "
    "their own. Medians of the rounds. Processor time is that of all processes, without the store's."
)

_HEADING: t.Final = [
    "processes",
    "time, s",
    "of one alone, %",
    "processor, s",
    "requests",
]


class Settings(t.NamedTuple):
    """``files`` of ``size`` bytes each; ``processes``: how many share the sync."""

    rounds: int = 3
    files: int = 10_000
    size: int = 4096
    processes: tuple[int, ...] = (1, 2, 4)


class _Run(t.NamedTuple):
    """Wall clock and processor time in seconds."""

    wall: float
    processor: float
    requests: int


def tables(settings: Settings) -> list[Table]:
    """One process without others, then so many that share it."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        site, server_folder = folder / "site", folder / "server"
        _lay_out(site, settings)
        server_folder.mkdir()
        with SeaweedFS(server_folder) as server:
            runs: dict[int, list[_Run]] = {
                count: [] for count in (0, *settings.processes)
            }
            for _unused in range(settings.rounds):
                for count, found in runs.items():
                    found.append(_measured(site, S3Place(server), count))
    caption = (
        f"{settings.files:,} files of {settings.size:,} bytes, to an empty bucket:"
    )
    return [Table(caption, [_HEADING, *_rows(runs)])]


def _lay_out(site: Path, settings: Settings) -> None:
    for number in range(settings.files):
        path = site / f"{number % 100}" / f"{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(8, "big") * (settings.size // 8))


def _measured(site: Path, place: S3Place, count: int) -> _Run:
    """``count`` 0: one process that shares it with nobody."""
    place.make()
    with tempfile.TemporaryDirectory() as caches, contextlib.ExitStack() as stack:
        stack.callback(place.discard)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        begun = [_begin(site, place, caches, i, count) for i in range(max(1, count))]
        results = [_ended(process) for process in begun]
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Run(wall, used, sum(result["requests"] for result in results))


def _begin(
    site: Path, place: S3Place, caches: str, index: int, count: int
) -> subprocess.Popen[bytes]:
    arguments: dict[str, t.Any] = {
        "source": str(site),
        "destination": place.endpoint(),
        "cache_path": f"{caches}/{index}",
    }
    if count:
        arguments["shard"] = {"index": index, "count": count}
    command = [sys.executable, "-m", "tests.benchmarks.module", "static_container"]
    return subprocess.Popen([*command, json.dumps(arguments)], stdout=subprocess.PIPE)


def _ended(process: subprocess.Popen[bytes]) -> dict[str, t.Any]:
    output, _unused = process.communicate()
    if process.returncode:
        raise BenchmarkError(output.decode())
    result: dict[str, t.Any] = json.loads(output)
    return result


def _rows(runs: t.Mapping[int, t.Sequence[_Run]]) -> t.Iterator[list[str]]:
    alone = statistics.median(run.wall for run in runs[0])
    for count, found in runs.items():
        wall = statistics.median(run.wall for run in found)
        yield [
            f"{count} with `shard`" if count else "1",
            f"{wall:.2f}",
            f"{100 * wall / alone:.0f}",
            f"{statistics.median(run.processor for run in found):.2f}",
            f"{statistics.median(run.requests for run in found):,.0f}",
        ]
