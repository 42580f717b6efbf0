# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import threading
import time
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._fork import Forked
from tests.unit.machine import Child


def test_its_result_comes_from_another_process() -> None:
    def work() -> tuple[int, tuple[int, dict[str, bytes]] | None, bool]:
        with Forked(lambda: (os.getpid(), {"a": b"1"})) as forked:
            found = forked.result()
            assert forked.result() == found
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return os.getpid(), found, True
        return os.getpid(), found, False

    # in a process of its own, which has no other threads
    here, found, waited_for = Child(work).result()
    assert found is not None and waited_for
    there, value = found
    assert value == {"a": b"1"}
    assert there != here


def fail() -> int:
    raise ValueError("in there")


def die() -> int:
    os._exit(3)


def unpicklable() -> object:
    return lambda: 0


@pytest.mark.parametrize("function", [fail, die, unpicklable])
def test_a_failure_is_no_result(
    function: t.Callable[[], object], capfd: pytest.CaptureFixture[str]
) -> None:
    def work() -> object:
        with Forked(function) as forked:
            return forked.result()

    assert Child(work).result() is None
    assert capfd.readouterr() == ("", "")


def test_nobody_waits_for_what_is_not_asked_for() -> None:
    def wait() -> int:
        # until it is killed
        time.sleep(3600)
        return 0

    def work() -> int:
        with Forked(wait) as forked:
            return forked._process

    process = Child(work).result()
    assert process
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_beside_other_threads_it_is_done_here() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    with Forked(os.getpid) as forked:
        stop.set()
        thread.join()
        assert forked.result() == os.getpid()
