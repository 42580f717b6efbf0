# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers


@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_item_once_with_its_result(count: int) -> None:
    with Workers(count) as workers:
        found = dict(workers.run(lambda n: n * n, range(200)))
        assert found == {n: n * n for n in range(200)}
        assert list(workers.run(str, [])) == []


def test_no_more_than_count_at_once_and_that_many() -> None:
    together = threading.Barrier(3)
    lock = threading.Lock()
    running = most = 0

    def work(_unused: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(30)
        with lock:
            running -= 1

    with Workers(3) as workers:
        assert len(list(workers.run(work, range(30)))) == 30
    assert most == 3


def test_items_are_taken_only_when_a_worker_is_free() -> None:
    taken: list[int] = []
    go_on = threading.Semaphore(0)

    def items() -> t.Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    def work(_unused: int) -> None:
        assert go_on.acquire(timeout=30)

    with Workers(2) as workers:
        running = workers.run(work, items())
        go_on.release()
        next(running)
        assert len(taken) <= 3
        go_on.release(200)
        assert len(list(running)) == 99


def test_after_a_failure_nothing_is_begun_and_what_runs_is_finished() -> None:
    begun: list[int] = []
    both = threading.Barrier(2)
    failed = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        both.wait(30)
        if number == 0:
            failed.set()
            raise KeyError("first")
        assert failed.wait(30)
        return number

    done = []
    with Workers(2) as workers:
        with pytest.raises(KeyError, match="first"):
            for item, _unused in workers.run(work, range(100)):
                done.append(item)
        assert sorted(begun) == [0, 1]
        assert done == [1]
        assert dict(workers.run(abs, [-1])) == {-1: 1}, "they can be used again"


def test_items_are_taken_by_one_worker_at_a_time() -> None:
    def items() -> t.Iterator[int]:
        for number in range(1000):
            time.sleep(0)  # lets another thread in
            yield number

    with Workers(4) as workers:
        assert len(dict(workers.run(abs, items()))) == 1000


def test_a_failure_of_the_items_is_raised() -> None:
    def items() -> t.Iterator[int]:
        yield 1
        raise ValueError("no more")

    done = []
    with Workers(2) as workers, pytest.raises(ValueError, match="no more"):
        for item, _unused in workers.run(abs, items()):
            done.append(item)
    assert done == [1]


def test_even_an_interrupt_in_a_worker_reaches_the_caller() -> None:
    def work(_unused: int) -> None:
        raise KeyboardInterrupt

    with Workers(2) as workers, pytest.raises(KeyboardInterrupt):
        list(workers.run(work, range(5)))


@pytest.mark.parametrize("how", ["close", "raise", "break"])
def test_who_stops_listening_stops_the_work(how: str) -> None:
    begun: list[int] = []

    def items() -> t.Iterator[int]:
        number = 0
        while True:
            begun.append(number)
            yield number
            number += 1

    with Workers(2) as workers:
        running = workers.run(abs, items())
        if how == "close":
            next(running)
            t.cast("t.Generator[object, None, None]", running).close()
        elif how == "break":
            for _unused in running:
                break
            del running
        else:
            with pytest.raises(ZeroDivisionError):
                for number, _size in workers.run(abs, items()):
                    number / 0
            t.cast("t.Generator[object, None, None]", running).close()
        assert dict(workers.run(abs, [-1])) == {-1: 1}
    assert not [x for x in threading.enumerate() if x.name.startswith("longshore")]


def test_start_runs_beside_and_gives_the_result_or_the_error() -> None:
    go_on = threading.Event()

    def work() -> int:
        assert go_on.wait(30)
        return 5

    def fail() -> int:
        raise KeyError("it")

    with Workers(2) as workers:
        result = workers.start(work)
        go_on.set()
        assert result() == 5
        with pytest.raises(KeyError, match="it"):
            workers.start(fail)()


def test_one_worker_is_enough_for_a_start_and_a_run() -> None:
    with Workers(1) as workers:
        result = workers.start(lambda: 5)
        assert dict(workers.run(abs, [-1, -2])) == {-1: 1, -2: 2}
        assert result() == 5


def test_an_interrupt_before_all_have_begun_ends_those_that_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = threading.Event()
    interrupted = threading.Event()
    done: list[int] = []

    def work(number: int) -> None:
        begun.set()
        interrupted.wait(30)
        done.append(number)

    submit = ThreadPoolExecutor.submit

    def submit_once(pool: ThreadPoolExecutor, function: t.Callable[[], None]) -> object:
        if begun.is_set():
            raise KeyboardInterrupt
        submitted = submit(pool, function)
        begun.wait(30)
        return submitted

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit_once)
    with Workers(2) as workers:
        with pytest.raises(KeyboardInterrupt):
            list(workers.run(work, range(1000)))
        interrupted.set()
    assert len(done) == 1
