# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is delivered next, and again."""

from __future__ import annotations

import threading

from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._backlog import (
    Backlog,
    Task,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Listed,
)

KEY = ("stable", "app")


def listed(version: str | None, digest: str | None = None) -> Listed:
    return Listed("app", version, True, 1, 1, digest or version, 0, 0)


def taken(backlog: Backlog) -> Task:
    task = backlog.take()
    assert task is not None
    return task


def test_the_newest_of_an_artifact_alone() -> None:
    backlog = Backlog()
    backlog.add(KEY, listed("1"))
    backlog.add(("stable", "tool"), listed("7"))
    backlog.add(KEY, listed("2"))
    tasks = {task.key: task for task in (taken(backlog), taken(backlog))}
    assert tasks[KEY].wanted.version == "2" and len(tasks) == 2


def test_pauses_get_longer_and_end() -> None:
    backlog = Backlog(jitter=lambda: 1.0)
    backlog.add(KEY, listed("1"))
    task = taken(backlog)
    pauses = [backlog.failed(task)]
    for _unused in range(12):
        task.due = 0.0
        task = taken(backlog)
        pauses.append(backlog.failed(task))
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses == sorted(pauses) and pauses[-1] == 300.0
    half = Backlog(jitter=lambda: 0.0)
    half.add(KEY, listed("1"))
    assert half.failed(taken(half)) == 0.5


def test_the_same_again_goes_on_waiting_and_something_newer_does_not() -> None:
    backlog = Backlog(jitter=lambda: 1.0)
    backlog.add(KEY, listed("1"))
    task = taken(backlog)
    backlog.failed(task)
    backlog.add(KEY, listed("1"), verify=True)
    assert task.verify and task.failures == 1
    backlog.add(KEY, listed("2"))
    assert taken(backlog).wanted.version == "2"


def test_what_came_while_it_was_tried_takes_its_place() -> None:
    backlog = Backlog()
    backlog.add(KEY, listed("1"))
    task = taken(backlog)
    backlog.add(KEY, listed("2"))
    found: list[Task | None] = []
    thread = threading.Thread(target=lambda: found.append(backlog.take()))
    thread.start()
    backlog.failed(task)
    thread.join()
    assert found[0] is not None and found[0].wanted.version == "2"


def test_with_distsync01_it_is_looked_at_again() -> None:
    backlog = Backlog()
    unknown = Listed("app", None, True, None, 1, None, None, None)
    backlog.add(KEY, unknown)
    backlog.failed(taken(backlog))
    backlog.add(KEY, unknown)
    assert taken(backlog).failures == 0


def test_closed() -> None:
    backlog = Backlog()
    found: list[Task | None] = []
    thread = threading.Thread(target=lambda: found.append(backlog.take()))
    thread.start()
    backlog.close()
    thread.join()
    backlog.add(KEY, listed("1"))
    assert found == [None] and backlog.take() is None
