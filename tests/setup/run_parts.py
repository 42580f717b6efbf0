# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs make targets one after the other, each under a heading, up to the first that fails.

Rows of targets with a "+" between them, such as "lint types + sanity", are worked through beside each
other: what one of them prints is shown when it has ended, and after a failure none is begun any more.

Usage: run_parts.py TARGET|ROWS...
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import typing as t

BUILD = ".build"


class Ended(t.NamedTuple):
    target: str
    code: int
    seconds: float
    output: t.IO[bytes] | None


class Make:
    """Runs targets; all that still run can be ended."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def run(
        self, target: str, *variables: str, output: t.IO[bytes] | None = None
    ) -> Ended:
        begun = time.monotonic()
        with subprocess.Popen(
            ["make", "--no-print-directory", target, *variables],
            stdout=output,
            stderr=output,
            # not the terminal's own, so that its Ctrl-C comes here, and to nobody twice
            process_group=0,
        ) as process:
            self._running[target] = process
            code = process.wait()
        del self._running[target]
        return Ended(target, code, time.monotonic() - begun, output)

    def end(self) -> None:
        for process in [*self._running.values()]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


class Row(threading.Thread):
    """Targets one after the other, beside other rows: in a copy of the source and a home of their own."""

    def __init__(
        self,
        make: Make,
        number: int,
        targets: t.Sequence[str],
        news: queue.Queue[Ended | None],
        failed: threading.Event,
    ) -> None:
        super().__init__(daemon=True)
        self._make = make
        folder = os.path.abspath(f"{BUILD}/row{number}")
        os.makedirs(f"{folder}/home", exist_ok=True)
        self._variables = (
            f"NAMESPACES={folder}/namespaces",
            f"TOOLS_HOME={folder}/home",
        )
        self._targets = targets
        self._news = news
        self._failed = failed

    def run(self) -> None:
        for target in self._targets:
            if self._failed.is_set():
                break
            # the reader's to close
            output = tempfile.TemporaryFile()
            ended = self._make.run(target, *self._variables, output=output)
            if ended.code:
                self._failed.set()
            self._news.put(ended)
        self._news.put(None)


def heading(text: str) -> None:
    print(f"\n======== {text} ========", flush=True)


def alone(make: Make, target: str) -> t.Iterator[Ended]:
    heading(target)
    yield make.run(target)


def beside_each_other(
    make: Make, rows: t.Sequence[t.Sequence[str]]
) -> t.Iterator[Ended]:
    heading(" beside ".join(" ".join(row) for row in rows))
    news: queue.Queue[Ended | None] = queue.Queue()
    failed = threading.Event()
    for number, row in enumerate(rows):
        Row(make, number, row, news, failed).start()
    running = len(rows)
    while running:
        ended = news.get()
        if ended is None:
            running -= 1
            continue
        heading(ended.target)
        if ended.output is not None:
            with ended.output as output:
                output.seek(0)
                sys.stdout.buffer.write(output.read())
                sys.stdout.flush()
        yield ended


def run_all(make: Make, steps: t.Sequence[str]) -> int:
    begun = time.monotonic()
    summary = []
    for step in steps:
        rows = [row.split() for row in step.split("+")]
        several = len(rows) > 1
        failures = []
        for ended in beside_each_other(make, rows) if several else alone(make, step):
            summary.append(f"{ended.seconds:6.0f} s  {ended.target}")
            if ended.code:
                failures.append(ended.target)
        if failures:
            for target in failures:
                heading(f'FAILED in {target}; "make {target}" runs it alone')
            return 1
    heading(f"all passed in {time.monotonic() - begun:.0f} s")
    print("\n".join(summary))
    return 0


def main() -> int:
    def stop(number: int, _frame: object) -> t.NoReturn:
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    make = Make()
    try:
        return run_all(make, sys.argv[1:])
    finally:
        make.end()


if __name__ == "__main__":
    sys.exit(main())
