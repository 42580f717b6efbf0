# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers that the suite stands on: started or failed loudly, and never left running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from tests.servers import _process
from tests.servers._process import REPOSITORY, Command, Server, ServerError, free_ports


class FileServer(Server):
    """Python's own, with a child process that ignores requests to end."""

    name = "files"
    script = (
        "import http.server, subprocess, sys;"
        "subprocess.Popen([sys.executable, '-c',"
        " 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);'"
        " 'print(\"child is up\", flush=True); time.sleep(3600)']);"
        "http.server.test(port={port}, bind='127.0.0.1')"
    )

    def commands(self) -> t.Sequence[Command]:
        script = self.script.format(port=self.port)
        return [Command([sys.executable, "-c", script])]

    def is_ready(self) -> bool:
        return "child is up" in self.tail()


def _members(group: int) -> list[int]:
    """The processes of a group that still live (a zombie does not)."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _wait_until_gone(group: int, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while _members(group):
        assert time.monotonic() < deadline, f"left running: {_members(group)}"
        time.sleep(0.05)


def _group(server: Server) -> int:
    return server._processes[0]._popen.pid


def test_nothing_is_left_after_the_end(tmp_path: Path) -> None:
    with FileServer(tmp_path) as server:
        group = _group(server)
        assert len(_members(group)) == 3  # guard, server and its child
    # a busy machine may take a moment for what was killed
    _wait_until_gone(group)


def test_nothing_is_left_after_an_interrupt(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        with FileServer(tmp_path) as server:
            group = _group(server)
            raise KeyboardInterrupt
    _wait_until_gone(group)


def test_nothing_is_left_when_the_run_is_killed(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from tests.conformance.test_servers import FileServer, _group\n"
        "with FileServer(pathlib.Path(sys.argv[1])) as server:\n"
        "    print(_group(server), flush=True)\n"
        "    time.sleep(3600)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    with run:
        assert run.stdout
        group = int(run.stdout.readline())
        assert len(_members(group)) == 3
        run.send_signal(signal.SIGKILL)
    _wait_until_gone(group)


def test_a_server_that_cannot_start_fails_with_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    class Broken(FileServer):
        script = "print('no such disk', flush=True); raise SystemExit(3)"

    with pytest.raises(ServerError, match="no such disk"):
        Broken(tmp_path).__enter__()


def test_a_server_that_never_answers_fails_with_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    class Silent(FileServer):
        start_seconds = 2.0
        script = "import time; print('thinking', flush=True); time.sleep(3600)"

    with pytest.raises(ServerError, match="thinking"):
        Silent(tmp_path).__enter__()


def test_a_port_that_was_snatched_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer(tmp_path / "first") as first:
        ports = iter([[first.port], free_ports(1)])
        monkeypatch.setattr(_process, "free_ports", lambda count: next(ports))

        class Second(FileServer):
            def is_ready(self) -> bool:
                return self.port != first.port and super().is_ready()

        with Second(tmp_path / "second") as second:
            assert second.port != first.port
