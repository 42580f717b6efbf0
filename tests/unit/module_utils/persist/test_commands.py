# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist._commands import (
    Command,
    CommandError,
    run_command,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._stoppable import (
    StoppedError,
    stoppable,
)
from tests.waiting import wait_until

LONG = 300.0


def run(*argv: str, timeout: float = LONG) -> None:
    run_command(Command(argv, timeout))


def failed(*argv: str, timeout: float = LONG) -> str:
    with pytest.raises(CommandError) as caught:
        run(*argv, timeout=timeout)
    return str(caught.value)


def test_arguments_are_not_a_shell_s(tmp_path: Path) -> None:
    run("touch", str(tmp_path / "a; b $HOME"))
    assert os.listdir(tmp_path) == ["a; b $HOME"]


def test_failures_say_what_the_program_wrote() -> None:
    text = failed("sh", "-c", "echo one; echo no such table >&2; exit 3", "hunter2")
    assert "'sh' failed with exit status 3" in text
    assert text.endswith("no such table") and "hunter2" not in text
    assert "ended by signal 9" in failed("sh", "-c", "kill -9 $$")
    assert len(failed("sh", "-c", "yes | head -c 100000; exit 1")) < 700


def test_what_cannot_be_started(tmp_path: Path) -> None:
    assert "No such file" in failed(str(tmp_path / "nothing"))
    (tmp_path / "text").write_text("x")
    assert "Permission denied" in failed(str(tmp_path / "text"))
    assert "could not be started" in failed("a\0b")


def test_all_of_its_group_ends_with_its_time(tmp_path: Path) -> None:
    fifo = tmp_path / "held"
    os.mkfifo(fifo)
    # both hold the pipe open, and one does not listen
    script = f"trap '' TERM; exec 9<>{fifo}; (sleep 600) & sleep 600; sleep 600"
    before = threading.active_count()
    started = Command(("sh", "-c", script), 0.3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "ansible_collections.longshore.storage.plugins.module_utils._process_group._GRACE",
            0.2,
        )
        with pytest.raises(CommandError, match="did not end in 0.3 s"):
            run_command(started)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    # no writer is left: the end is there at once
    wait_until(lambda: _is_at_end(reading))
    os.close(reading)
    assert threading.active_count() == before


def _is_at_end(reading: int) -> bool:
    try:
        return os.read(reading, 1) == b""
    except BlockingIOError:
        return False


def test_who_stays_in_the_background_keeps_nobody_waiting(tmp_path: Path) -> None:
    note = tmp_path / "process"
    run("sh", "-c", f"sleep 600 & echo $! >{note}")
    # it is there still, or this raises
    os.kill(int(note.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_command_too(number: signal.Signals) -> None:
    former = signal.getsignal(number)
    cleaned = []
    with pytest.raises(StoppedError, match=number.name):
        with stoppable():
            threading.Timer(0.2, os.kill, [os.getpid(), number]).start()
            try:
                run("sleep", "600")
            finally:
                # another one does not interrupt the clean-up
                os.kill(os.getpid(), number)
                cleaned.append(True)
    assert cleaned and signal.getsignal(number) is former


def test_signals_are_the_main_thread_s() -> None:
    entered = []

    def work() -> None:
        with stoppable():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [signal.getsignal(signal.SIGTERM)]
