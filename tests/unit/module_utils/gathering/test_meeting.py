# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members in threads, each with a store of its own, that meet in memory."""

from __future__ import annotations

import itertools
import threading
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers import _memory
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    SourceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._gathering._board import (
    DamagedGatheringError,
)
from ansible_collections.longshore.storage.plugins.module_utils._gathering._failures import (
    GatheringError,
)
from ansible_collections.longshore.storage.plugins.module_utils._gathering._meeting import (
    Meeting,
)

FOLDER = "web/gathering/"
COUNT = 3
#: Seconds: long enough for a thread that has to wait for its turn.
PATIENT, SHORT = 30.0, 1.2

_numbers = itertools.count()
Work = t.Callable[[Meeting], object]


class Room:
    """Where members meet."""

    def __init__(self) -> None:
        self._endpoint = Endpoint("MEMORY", f"room{next(_numbers)}")
        self.store = MemoryStore(self._endpoint)
        self.store.create_container()
        self._pool = ThreadPoolExecutor(8)

    def meeting(
        self, index: int, limit: float = PATIENT, count: int = COUNT
    ) -> Meeting:
        return Meeting(MemoryStore(self._endpoint), FOLDER, index, count, limit)

    def member(
        self, index: int, work: Work, limit: float = PATIENT, count: int = COUNT
    ) -> Future[str]:
        """What it raises; else the gathering's id."""

        def run() -> str:
            try:
                with self.meeting(index, limit, count) as meeting:
                    work(meeting)
                    return meeting.id
            except (GatheringError, SourceError) as exc:
                return str(exc)

        return self._pool.submit(run)

    def keys(self) -> set[str]:
        return {info.key.removeprefix(FOLDER) for info in self.store.list()}


@pytest.fixture()
def room() -> t.Iterator[Room]:
    yield Room()
    _memory._containers.clear()


def through(*stages: int) -> Work:
    """Wait at each stage, and leave."""

    def work(meeting: Meeting) -> None:
        for stage in stages:
            meeting.wait(stage)
        meeting.leave()

    return work


def results(futures: t.Iterable[Future[str]]) -> list[str]:
    begun = list(futures)
    return [future.result(60) for future in begun]


def test_all_arrive_before_anybody_goes_on(room: Room) -> None:
    log: list[tuple[str, int]] = []

    def work(meeting: Meeting) -> None:
        for stage in (1, 2, 5):
            log.append(("arrived", stage))
            meeting.wait(stage)
            log.append(("passed", stage))
        meeting.leave()

    ids = results(room.member(index, work) for index in range(COUNT))
    assert len(set(ids)) == 1
    for stage in (1, 2, 5):
        passed = log.index(("passed", stage))
        assert log[:passed].count(("arrived", stage)) == COUNT

    # who comes after the end begins another one, and clears away what was left
    again = results(room.member(index, work) for index in range(COUNT))
    assert len(set(again)) == 1 and set(again).isdisjoint(ids)
    left = {key.partition("/")[0] for key in room.keys()}
    assert left == {"head", again[0]}


def test_what_each_has_told(room: Room) -> None:
    told: list[t.Any] = []

    def work(meeting: Meeting) -> None:
        meeting.tell({"objects": 7})
        told.append(meeting.wait(1))
        meeting.leave()

    results(room.member(index, work) for index in range(COUNT))
    assert told == [dict.fromkeys(range(COUNT), {"objects": 7})] * COUNT


def test_the_others_stop_when_one_fails(room: Room) -> None:
    def fail(meeting: Meeting) -> None:
        meeting.wait(1)
        raise SourceError("no such file")

    failing = room.member(1, fail)
    others = [room.member(index, through(1, 2)) for index in (0, 2)]
    assert failing.result(60) == "no such file"
    for text in results(others):
        assert "index 1 has failed" in text and "Run the same task again" in text

    ids = results(room.member(index, through(1, 2)) for index in range(COUNT))
    assert len(set(ids)) == 1, "they gather anew"


def test_one_does_not_come(room: Room) -> None:
    for text in results(room.member(index, through(1), SHORT) for index in (0, 1)):
        assert "index 2 is missing, not heard of for 1.2 s" in text
        assert "forks of at least 3" in text


def killed(room: Room, index: int, stage: int, limit: float) -> Meeting:
    """A member that is not heard of any more, after it has come that far."""
    meeting = room.meeting(index, limit)
    meeting._member.arrive(stage)
    meeting._show()
    return meeting


def test_who_was_killed_may_come_back(room: Room) -> None:
    passed = threading.Event()

    def work(meeting: Meeting) -> None:
        meeting.wait(1)
        passed.set()
        meeting.wait(2)
        meeting.leave()

    first = killed(room, 1, 1, SHORT)
    others = [room.member(index, work) for index in (0, 2)]
    again = room.member(1, work)
    ids = results([*others, again])
    assert set(ids) == {first.id}
    assert passed.is_set()


def test_those_who_were_all_killed_do_not_count(room: Room) -> None:
    """Each had been further than the new ones are, who begin from the start."""
    for index in range(COUNT):
        killed(room, index, 5, SHORT)
    log: list[str] = []

    def work(meeting: Meeting) -> None:
        log.append("arrived")
        meeting.wait(1)
        log.append("passed")
        meeting.leave()

    assert len(set(results(room.member(index, work) for index in range(COUNT)))) == 1
    assert log == ["arrived"] * COUNT + ["passed"] * COUNT


def test_two_hosts_with_one_index(room: Room) -> None:
    joined = threading.Event()

    def work(meeting: Meeting) -> None:
        joined.set()
        meeting.wait(1)

    first = room.member(0, work, SHORT)
    assert joined.wait(60)
    second = room.member(0, through(1), SHORT)
    assert "two hosts have index 0" in second.result(60)
    assert "index 1, 2 is missing" in first.result(60)


def test_counts_that_differ(room: Room) -> None:
    joined = threading.Event()

    def work(meeting: Meeting) -> None:
        joined.set()
        meeting.wait(1)

    first = room.member(0, work)
    assert joined.wait(60)
    second = room.member(1, through(1), count=COUNT + 1)
    for text in results([first, second]):
        assert "some were told that shard.count is 3, and others 4" in text


def test_another_count_after_all_were_killed(room: Room) -> None:
    for index in range(COUNT):
        killed(room, index, 1, SHORT)
    alone = room.member(0, through(1, 2), count=1)
    assert len(alone.result(60)) == 16


@pytest.mark.parametrize(
    "head",
    [
        *(b"", b"[]", b'{"version": 2}', b'{"version": 1}'),
        b'{"version": 1, "id": "../../other", "count": 3, "beat": 1}',
        b'{"version": 1, "id": "0123456789abcdef", "count": 0, "beat": 1}',
        b'{"version": 1, "id": "0123456789abcdef", "count": 3, "beat": 0}',
        b'{"version": 1, "id": "0123456789abcdef", "count": 3, "beat": NaN}',
        b'{"version": 1, "id": "0123456789abcdef", "count": 3, "beat": 1e9}',
        b'{"version": 1, "id": 7, "count": 3, "beat": 1}',
    ],
)
def test_a_damaged_head(room: Room, head: bytes) -> None:
    room.store.write(f"{FOLDER}head", head)
    with pytest.raises(DamagedGatheringError, match="web/gathering/head.*Delete it"):
        room.meeting(0)
