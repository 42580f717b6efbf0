# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Work on pieces in several threads at once, with the results in their order."""

from __future__ import annotations

import collections
import typing as t

from .._workers import Workers

Result = t.TypeVar("Result")


def in_order(
    workers: Workers, jobs: t.Iterable[t.Callable[[], Result]]
) -> t.Iterator[Result]:
    """The result of each job, in the jobs' order; no more than ``workers.count + 1`` are under way.

    The first failure, of a job or in making the next one, is raised in its place: after the results of
    all the jobs before it. The workers must not be ones whose threads wait for these results.
    """
    waiting: collections.deque[t.Callable[[], Result]] = collections.deque()
    failure: Exception | None = None
    remaining = iter(jobs)
    while True:
        try:
            job = next(remaining, None)
        # raised again when its turn comes
        except Exception as error:  # noqa: BLE001
            failure = error
            break
        if job is None:
            break
        waiting.append(workers.start(job))
        if len(waiting) > workers.count:
            yield waiting.popleft()()
    while waiting:
        yield waiting.popleft()()
    if failure is not None:
        raise failure
