# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench-fleet``: one artifact to 1, 2, 4 and 8 hosts, each from the bucket, and all in a swarm.

Hosts and store are namespaces of this machine's with shaped links; see ``fleet_network``. Takes root.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from tests.servers._process import REPOSITORY

from . import fleet_report, results
from .fleet_network import Network, Node
from .fleet_report import Fleet, Run

STORE_RATE = 100_000_000
HOST_RATE = 200_000_000
_SIZE = 100_000_000
_COUNTS = (1, 2, 4, 8)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-fleet", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each")
    parser.add_argument("--hosts", type=int, nargs="*", help="a trial")
    arguments = parser.parse_args()
    runs = [
        Run(hosts, swarm, *_measured(hosts, swarm))
        for _unused in range(arguments.runs)
        for hosts in arguments.hosts or _COUNTS
        for swarm in (False, True)
    ]
    circumstances = results.circumstances(in_memory=True)
    fleet = Fleet(circumstances, _SIZE, STORE_RATE, HOST_RATE, runs)
    sys.stdout.write(fleet_report.table(fleet) + "\n")
    if not arguments.hosts:
        fleet_report.keep(results.FOLDER, fleet)
        fleet_report.draw(REPOSITORY / "docs", fleet)


def _measured(hosts: int, swarm: bool) -> tuple[float, int, float]:
    """Seconds until the last host has it, bytes that left the store, and processor seconds of all hosts."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="longshore-fleet-", dir="/dev/shm"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        network = stack.enter_context(Network([STORE_RATE] + [HOST_RATE] * hosts))
        store, *nodes = network.nodes
        (folder / "store").mkdir()
        server = stack.enter_context(
            _running(store, folder / "store", "store", str(_SIZE))
        )
        release = json.dumps(_line(server))
        peers = ",".join(node.address for node in nodes) if swarm else ""
        running = []
        for number, node in enumerate(nodes):
            (folder / f"host{number}").mkdir()
            running.append(
                stack.enter_context(
                    _running(node, folder / f"host{number}", "host", peers, release)
                )
            )
        for one in running:
            _line(one)
        before = network.sent(store)
        for one in running:
            _pipe(one.stdin).write("go\n")
            _pipe(one.stdin).flush()
        said = [_line(one) for one in running]
        for answer in said:
            for warning in answer["warnings"]:
                sys.stderr.write(f"{warning}\n")
        sent = network.sent(store) - before
        seconds = max(one["seconds"] for one in said)
        processor = sum(one["processor"] for one in said)
        sys.stderr.write(f"{hosts} hosts, swarm {swarm}: {seconds:.1f} s, {sent:,}\n")
        return seconds, sent, processor


@contextlib.contextmanager
def _running(
    node: Node, folder: Path, role: str, *arguments: str
) -> t.Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-m", f"{__package__}.fleet_node", role]
    process = subprocess.Popen(
        node.command(*program, str(folder), node.address, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    try:
        yield process
    finally:
        _pipe(process.stdin).close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _pipe(process.stdout).close()


def _line(process: subprocess.Popen[str]) -> dict[str, t.Any]:
    line = _pipe(process.stdout).readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended.")
    found: dict[str, t.Any] = json.loads(line)
    return found


def _pipe(pipe: t.IO[str] | None) -> t.IO[str]:
    if pipe is None:
        raise RuntimeError("A process has no pipe.")
    return pipe


if __name__ == "__main__":
    main()
