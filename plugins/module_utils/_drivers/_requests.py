# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How many requests went to a store."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import typing as t

_counts: contextvars.ContextVar[bool] = contextvars.ContextVar("counts", default=True)


@contextlib.contextmanager
def uncounted() -> t.Iterator[None]:
    """What is sent in this context counts for no ``RequestCounter``."""
    token = _counts.set(False)
    try:
        yield
    finally:
        _counts.reset(token)


class RequestCounter:
    """Counts requests to a store, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def add(self, number: int = 1) -> None:
        if not _counts.get():
            return
        with self._lock:
            self._count += number

    @property
    def count(self) -> int:
        return self._count
