# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Threads that work through items, a few at a time."""

from __future__ import annotations

import queue
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

Item = t.TypeVar("Item")
Result = t.TypeVar("Result")


class _Failure(t.NamedTuple):
    error: BaseException


class _Finished:
    """A worker has no more to do."""


class Workers:
    """``count`` threads; what they hold at once is bounded by their number."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="longshore")

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._pool.shutdown()

    def start(self, function: t.Callable[[], Result]) -> t.Callable[[], Result]:
        """Call ``function`` in a thread; the returned function waits for its result."""
        return self._pool.submit(function).result

    def run(
        self, function: t.Callable[[Item], Result], items: t.Iterable[Item]
    ) -> t.Iterator[tuple[Item, Result]]:
        """``(item, function(item))`` for each item, as they are done.

        After the first failure no item is begun; those under way are finished and yielded, then
        the failure is raised.
        """
        remaining = iter(items)
        lock = threading.Lock()
        stop = threading.Event()
        done: queue.SimpleQueue[tuple[Item, Result] | _Failure | _Finished] = (
            queue.SimpleQueue()
        )

        def work() -> None:
            try:
                while not stop.is_set():
                    with lock:
                        try:
                            item = next(remaining)
                        except StopIteration:
                            break
                    done.put((item, function(item)))
            # raised again by the caller's thread
            except BaseException as exc:  # noqa: BLE001
                stop.set()
                done.put(_Failure(exc))
            done.put(_Finished())

        running = self.count
        failure: _Failure | None = None
        try:
            for _unused in range(running):
                self._pool.submit(work)
            while running:
                outcome = done.get()
                if isinstance(outcome, _Finished):
                    running -= 1
                elif isinstance(outcome, _Failure):
                    failure = failure or outcome
                else:
                    yield outcome
        finally:
            stop.set()
        if failure is not None:
            raise failure.error
