# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Try again what may work a moment later, with growing and jittered pauses."""

from __future__ import annotations

import random
import time
import typing as t

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0

_Result = t.TypeVar("_Result")


def pauses(
    retries: int, jitter: t.Callable[[], float] = random.random
) -> t.Iterator[float]:
    """Seconds to wait before each of ``retries`` further attempts: half fixed, half by chance."""
    for attempt in range(retries):
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)
        yield longest * (0.5 + 0.5 * jitter())


def retry(
    attempt: t.Callable[[], _Result],
    is_passing: t.Callable[[Exception], bool],
    retries: int,
    *,
    sleep: t.Callable[[float], None] = time.sleep,
) -> _Result:
    """The result of ``attempt``, which is called again after an exception that ``is_passing``.

    Any other exception passes through at once, and the last one when there are no retries left.
    """
    for pause in pauses(retries):
        try:
            return attempt()
        except Exception as error:
            if not is_passing(error):
                raise
        sleep(pause)
    return attempt()
