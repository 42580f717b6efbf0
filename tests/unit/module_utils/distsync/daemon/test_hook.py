# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hooks: what they are given, what they may do, and how they are ended with all that they start."""

from __future__ import annotations

import os
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._hook import (
    Hook,
    HookError,
    HookStoppedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

Run = t.Callable[..., str]


@pytest.fixture()
def run(tmp_path: Path) -> Run:
    def run(
        text: str, timeout: float = 30.0, stop: threading.Event | None = None
    ) -> str:
        path = tmp_path / "hook"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        hook = Hook([str(path), "an argument"], timeout, stop or threading.Event())
        return hook.run({"DISTSYNC_NAME": "app"}, str(tmp_path))

    return run


def is_gone(pid: int) -> bool:
    """Whether it has ended; what nobody has waited for counts as such."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def test_what_it_is_given(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-show")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    output = run('echo "$1"; pwd; env; cat')
    lines = output.splitlines()
    assert lines[:2] == ["an argument", str(tmp_path)]
    assert "DISTSYNC_NAME=app" in lines
    assert "do-not-show" not in output and "NOTIFY_SOCKET" not in output


def test_the_end_of_its_output_is_kept(run: Run) -> None:
    output = run("yes 0123456789 | head -c 1000000; echo the end >&2")
    assert output.endswith("the end\n") and len(output) == 4096


def test_failure(run: Run) -> None:
    with pytest.raises(
        HookError, match="exit status 3.* It wrote: no database"
    ) as caught:
        run("echo trying; echo no database; exit 3")
    assert caught.value.output == "trying\nno database\n"


def test_ended_by_a_signal(run: Run) -> None:
    with pytest.raises(HookError, match="ended by signal 9"):
        run("kill -9 $$")


def test_a_time_limit_for_all_that_it_started(run: Run, tmp_path: Path) -> None:
    with pytest.raises(HookError, match="did not end in 0.5 s"):
        run(
            "sleep 600 & echo $! > child; trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > deaf; sleep 600'",
            0.5,
        )
    for name in ("child", "deaf"):
        assert is_gone(int((tmp_path / name).read_text()))


def test_what_it_leaves_in_the_background_is_not_waited_for(
    run: Run, tmp_path: Path
) -> None:
    assert run("sleep 600 & echo $! > child; echo done") == "done\n"
    pid = int((tmp_path / "child").read_text())
    assert not is_gone(pid)
    os.kill(pid, 9)


def test_ended_with_the_daemon(run: Run) -> None:
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    with pytest.raises(HookStoppedError):
        run("sleep 600", 600.0, stop)
    with pytest.raises(HookStoppedError):
        run("true", 600.0, stop)


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "hook"
    path.write_text("#!/bin/sh\nmkdir busy && sleep 0.1 && rmdir busy\n")
    path.chmod(0o755)
    hook = Hook([str(path)], 30.0, threading.Event())
    failures: list[HookError] = []

    def work() -> None:
        try:
            hook.run({}, str(tmp_path))
        except HookError as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _unused in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "is not there"),
        ("folder", "is a folder"),
        ("plain", "may not be run by the user"),
    ],
)
def test_one_that_cannot_be_run(tmp_path: Path, kind: str, words: str) -> None:
    path = tmp_path / "hook"
    if kind == "folder":
        path.mkdir()
    elif kind == "plain":
        path.write_text("#!/bin/sh\n")
        path.chmod(0o644)
    hook = Hook([str(path)], 30.0, threading.Event())
    with pytest.raises(ConfigurationError, match=words):
        hook.check()
    with pytest.raises(HookError, match=words):
        hook.run({}, str(tmp_path))


def test_what_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "hook"
    path.write_bytes(b"\x7fELF, but not really")
    path.chmod(0o755)
    hook = Hook([str(path)], 30.0, threading.Event())
    hook.check()
    with pytest.raises(HookError, match="could not be started"):
        hook.run({}, str(tmp_path))


def test_a_program_on_the_path() -> None:
    hook = Hook(["true"], 30.0, threading.Event())
    hook.check()
    assert hook.run({}, "/") == ""
