# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``distsync`` shows while it is at it, and how it goes on after it was killed."""

from __future__ import annotations

import random
import signal
import subprocess
import typing as t

from tests.integration.distsync_command.program import Fleet, Program
from tests.integration.networks import Tripwire

MIB = 1024 * 1024
LARGE = random.Random(3).randbytes(64 * MIB)


# -- progress


def test_a_bar_on_a_terminal(program: Program, local: Fleet) -> None:
    shown = program.on_terminal("upload", "--version=1", local.file("app", bytes(MIB)))
    assert "━" in shown.errors and "Publishing app" in shown.errors
    assert shown.errors.count("\x1b[?25l") == shown.errors.count("\x1b[?25h") == 1
    assert shown.output == "Published app 1 (1.0 MiB).\n"
    shown = program.on_terminal("download", "app")
    assert "━" in shown.errors and "100%" not in shown.output
    assert not program.on_terminal("download", "app", "--json").errors
    # in a file, and on a terminal that can do nothing
    piped = program.done("download", "app", "-o", "piped")
    assert piped.errors == "Fetching app (1.0 MiB)\n"
    program.environment["TERM"] = "dumb"
    dumb = program.on_terminal("download", "app", "-o", "dumb")
    assert dumb.errors == "Fetching app (1.0 MiB)\r\n"


def test_lines_without_a_terminal(program: Program, local: Fleet) -> None:
    ended = program.done("upload", local.file("app", LARGE))
    said = ended.errors.splitlines()
    assert said[0] == "Publishing app (64.0 MiB)"
    tenths = [f"Publishing app: {n}0 % of 64.0 MiB" for n in range(1, 10)]
    assert set(said[1:]) <= set(tenths) and len(said) > 5


def test_nothing_that_a_terminal_obeys(program: Program, local: Fleet) -> None:
    ended = program.run("download", "app", "--version", "\x1b[2J")
    assert ended.code == 5 and "\x1b" not in ended.errors
    program.done("upload", "--version=1", local.file("a\u202eb\x9bm", b"1"))
    listed = program.done("list").output
    assert "a\\u202eb\\x9bm" in listed and "\u202e" not in listed


# -- killed


def _killed(
    fleet: Fleet, counted: t.Any, after: int, *arguments: str
) -> tuple[Tripwire, t.Callable[[], int]]:
    """The way that a run took until it was killed, and the next run, which says how many bytes passed."""
    program = fleet.program
    running: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        running[0].kill()

    way = Tripwire(fleet.place.server.port, after, kill, counted)
    fleet.write(port=way.port)

    def run() -> int:
        before = way.passed[counted]
        program.done(*arguments)
        return way.passed[counted] - before

    with_way = way.__enter__()
    # it waits for the first connection until the process is known
    running.append(program.start(*arguments))
    assert program.ended(running[0]).code == -signal.SIGKILL
    assert with_way.tripped.is_set()
    return way, run


def test_a_killed_upload(program: Program, fleet: Fleet) -> None:
    arguments = ["upload", "--version=1", fleet.file("app", LARGE)]
    way, run_again = _killed(fleet, "up", 48 * MIB, *arguments)
    with way:
        assert not [key for key in fleet.place.keys() if key.startswith("feed/")]
        (upload,) = fleet.place.client.list_multipart_uploads(Bucket=fleet.place.name)[
            "Uploads"
        ]
        which = {name: upload[name] for name in ("Key", "UploadId")}
        answer = fleet.place.client.list_parts(Bucket=fleet.place.name, **which)
        stored = sum(part["Size"] for part in answer["Parts"])
        assert 0 < stored < len(LARGE)
        assert run_again() < len(LARGE) - stored + MIB
        program.done("download", "app")
    assert (program.folder / "app").read_bytes() == LARGE


def test_a_killed_download(program: Program, fleet: Fleet) -> None:
    program.done("upload", "--version=1", fleet.file("app", LARGE))
    way, run_again = _killed(fleet, "down", 56 * MIB, "download", "app")
    with way:
        assert not (program.folder / "app").exists()
        assert run_again() < len(LARGE) - 8 * MIB
    assert (program.folder / "app").read_bytes() == LARGE
    assert [path.name for path in program.folder.iterdir()] == ["app"]
