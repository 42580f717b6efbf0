# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written is brought to the disk meanwhile."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LocalWriteError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist import (
    _flushing,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._flushing import (
    flushing,
)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_flushing, "_PAUSE", 0)


@pytest.mark.usefixtures("at_once")
def test_again_and_again_until_it_ends() -> None:
    calls = threading.Semaphore(0)
    with flushing(calls.release) as finish:
        for _unused in range(3):
            calls.acquire()
        finish()
    threads = [one.name for one in threading.enumerate()]
    assert "longshore-flushing" not in threads


def test_what_is_soon_over_is_synced_once() -> None:
    calls: list[None] = []
    with flushing(lambda: calls.append(None)) as finish:
        finish()
    assert len(calls) == 1


@pytest.mark.usefixtures("at_once")
def test_a_fault_is_told_in_the_end_unless_there_is_another_one() -> None:
    called = threading.Event()

    def sync() -> None:
        called.set()
        raise LocalWriteError("the disk is broken")

    with flushing(sync) as finish:
        called.wait()
        with pytest.raises(LocalWriteError, match="broken"):
            finish()
    with pytest.raises(ValueError, match="first"):
        with flushing(sync):
            called.wait()
            raise ValueError("first")
