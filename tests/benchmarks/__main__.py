# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: every tool in every case, side by side."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.servers._process import REPOSITORY, build_directory
from tests.servers.seaweedfs import SeaweedFS

from . import (
    daemon,
    delta,
    encryption,
    image,
    many_hosts,
    plot,
    report,
    results,
    service,
    tables,
)
from .cases import CASES, Case, choose
from .rounds import measure
from .tree import laid_out

#: Where the store, and what is fetched from it, is faster than the tools; it may take so many bytes.
_MEMORY = Path("/dev/shm")
_ROOM = 8 << 30


def main() -> None:
    """Measure the cases asked for, and make the page of all that was ever measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = ", ".join([*(case.name for case in CASES), *_SECTIONS])
    parser.add_argument(
        "cases", nargs="*", help=f"cases, or how they begin, of: {names}"
    )
    parser.add_argument("--runs", type=int, help="runs of each tool; a trial")
    parser.add_argument("--files", type=int, help="files of each case; a trial")
    arguments = parser.parse_args()
    chosen = choose(arguments.cases)
    sections = [
        name
        for name in _SECTIONS
        if (
            name.startswith(tuple(arguments.cases))
            if arguments.cases
            else name not in _ON_DEMAND
        )
    ]
    if not chosen and not sections:
        parser.error(f"there are only: {names}")
    docs, kept = REPOSITORY / "docs", results.FOLDER
    if arguments.runs or arguments.files:
        docs = Path(tempfile.mkdtemp(prefix="longshore-bench-trial-"))
        kept = docs / "results"
    for case in chosen:
        case = replace(case, runs=arguments.runs or case.runs)
        case = case.sized(arguments.files or case.files)
        print(f"{case.title} …", flush=True)
        results.keep(kept, _measured(case))
    for name in sections:
        tables.keep(kept, name, _section(name, arguments.runs))
    found = results.kept(kept)
    print(report.write(docs, found, tables.kept(kept, _SECTIONS)))
    if found:
        plot.draw(docs, found)
    print(f"Written to {docs}.")


#: What is no comparison of tools, by the names of results.
_SECTIONS = {
    "encryption": encryption,
    "delta": delta,
    "daemon": daemon,
    "many-hosts": many_hosts,
    "service": service,
    "image": image,
}
#: Only measured when they are named.
_ON_DEMAND = ("image",)


def _section(name: str, rounds: int | None) -> tables.Section:
    part = _SECTIONS[name]
    print(f"{part.TITLE} …", flush=True)
    settings = part.Settings()
    made = part.tables(settings._replace(rounds=rounds or settings.rounds))
    return tables.Section(part.TITLE, results.circumstances(), part.NOTE, made)


def _measured(case: Case) -> results.Result:
    bench = build_directory() / "bench"
    bench.mkdir(parents=True, exist_ok=True)
    place = _MEMORY if case.rate and _has_room(_MEMORY) else bench
    circumstances = results.circumstances(in_memory=place is _MEMORY)
    steps = []
    for files, runs in case.steps():
        with (
            laid_out(bench / "data", case, files) as tree,
            tempfile.TemporaryDirectory(prefix="longshore-", dir=place) as folder,
            SeaweedFS(Path(folder)) as server,
        ):
            steps.append((files, measure(case, tree, runs, server, Path(folder))))
    return results.Result(case, circumstances, steps)


def _has_room(folder: Path) -> bool:
    return folder.is_dir() and shutil.disk_usage(folder).free > _ROOM


if __name__ == "__main__":
    main()
