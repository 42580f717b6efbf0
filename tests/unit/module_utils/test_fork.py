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


def test_its_result_comes_from_another_process() -> None:
    with Forked(lambda: (os.getpid(), {"a": b"1"})) as forked:
        found = forked.result()
        assert found is not None
        process, value = found
        assert forked.result() == found
    assert value == {"a": b"1"}
    assert process != os.getpid()
    with pytest.raises(ChildProcessError):
        os.waitpid(process, 0)


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
    with Forked(function) as forked:
        assert forked.result() is None
    assert capfd.readouterr() == ("", "")


def test_nobody_waits_for_what_is_not_asked_for() -> None:
    def wait() -> int:
        time.sleep(3600)
        return 0

    with Forked(wait) as forked:
        process = forked._process
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
