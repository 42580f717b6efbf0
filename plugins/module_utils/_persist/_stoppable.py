# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Signals that end a process, so that it cleans up first."""

from __future__ import annotations

import contextlib
import signal
import threading
import types
import typing as t

from .._errors import LongshoreError

_SIGNALS: t.Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class StoppedError(LongshoreError):
    """The process was told to end."""


class _Stopped(BaseException):
    """No error of ours, nor anybody else's, so that nothing on the way takes it for one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def stoppable() -> t.Iterator[None]:
    """The first signal interrupts the body, whose clean-up no further one interrupts. Raises ``StoppedError`` then.

    Only the main thread hears of signals: elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {one: signal.signal(one, _stop) for one in _SIGNALS}
    try:
        yield
    except _Stopped as stopped:
        name = signal.Signals(stopped.number).name
        raise StoppedError(
            f"The process was told to end, by {name}.",
            hint="What was not finished has no effect. Run again.",
        ) from None
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


def _stop(number: int, _frame: types.FrameType | None) -> None:
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise _Stopped(number)
