# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A function in a process of its own, beside this one's work: two processors instead of one."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import typing as t

Result = t.TypeVar("Result")


class Forked(t.Generic[Result]):
    """Calls ``function`` in a copy of this process; its result must be picklable.

    Where other threads run, which a copy would lack, it is called here. What it raises is not told:
    its result is None then.
    """

    def __init__(self, function: t.Callable[[], Result]) -> None:
        self._result: Result | None = None
        self._process = 0
        if threading.active_count() > 1:
            self._result = function()
            return
        reading, writing = os.pipe()
        self._process = os.fork()
        if not self._process:
            _work(function, writing)
        os.close(writing)
        self._answer = os.fdopen(reading, "rb")

    def result(self) -> Result | None:
        """Waits for it."""
        if self._process:
            # no answer, or half of one: it failed
            with contextlib.suppress(EOFError, pickle.UnpicklingError):
                self._result = pickle.load(self._answer)
            self._end()
        return self._result

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            self._end()

    def _end(self) -> None:
        self._answer.close()
        os.waitpid(self._process, 0)
        self._process = 0


def _work(function: t.Callable[[], object], writing: int) -> t.NoReturn:
    """The copy's life; nothing of this process's ends with it."""
    try:
        with os.fdopen(writing, "wb") as answer:
            pickle.dump(function(), answer, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)
