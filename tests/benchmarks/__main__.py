# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: every tool in every case, side by side."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.servers._process import REPOSITORY, build_directory
from tests.servers.seaweedfs import SeaweedFS

from . import report
from .cases import Case, lay_out, measure
from .tools import WORKERS, tools

_ALL = (
    "static_container",
    "static_container, whole ansible command",
    "rclone",
    "s5cmd",
    "aws s3 sync",
)

CASES = (
    Case("first", "First sync, 10,000 files of 4 KiB", 10_000, 4096, False, _ALL, 5),
    Case("nothing", "Nothing to do, 100,000 files", 100_000, 200, True, _ALL, 5),
)


def main() -> None:
    """Measure the cases asked for; all of them are needed to write the page."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("cases", nargs="*", help="names of cases; all by default")
    parser.add_argument("--runs", type=int, help="runs of each tool")
    arguments = parser.parse_args()
    chosen = [
        replace(case, runs=arguments.runs or case.runs)
        for case in CASES
        if not arguments.cases or case.name in arguments.cases
    ]
    results = []
    data = build_directory() / "bench" / "data"
    data.mkdir(parents=True, exist_ok=True)
    for case in chosen:
        source = lay_out(data, case)
        with tempfile.TemporaryDirectory(prefix="longshore-bench-") as folder:
            work = Path(folder)
            with SeaweedFS(work) as server:
                known = tools(server, work)
                picked = [known[name] for name in case.tools]
                results.append((case, measure(case, picked, source, server)))
    docs = REPOSITORY / "docs"
    if len(chosen) < len(CASES) or arguments.runs:
        docs = Path(tempfile.mkdtemp(prefix="longshore-bench-docs-"))
    print(report.write(docs, results, known, WORKERS))
    print(f"Written to {docs}.")


if __name__ == "__main__":
    main()
