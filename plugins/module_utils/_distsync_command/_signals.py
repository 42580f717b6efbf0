# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Ctrl-C and SIGTERM: what is under way is let go in order, and if that takes long, not."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import types
import typing as t

#: Seconds in which what is under way may end.
_GRACE: t.Final = 2.0
_SIGNALS: t.Final = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR: t.Final = b"\x1b[?25h"


class StoppedBySignal(KeyboardInterrupt):
    """Raised once in the main thread; ``number`` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def stoppable(say: t.Callable[[int], object]) -> t.Iterator[None]:
    """In the body a signal raises ``StoppedBySignal``. A second one, or the end of the grace, ends the process.

    ``say`` is told the signal's number before the grace's end does. Nothing gets lost by that: whatever is
    on its way can be gone on with. To be used in the main thread.
    """
    # The interpreter's own handlers wait for the main thread, which may be within a library for long:
    # what writes to this socket does not.
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    former = {one: signal.signal(one, _stop) for one in _SIGNALS}
    former_descriptor = signal.set_wakeup_fd(theirs.fileno())
    threading.Thread(target=_guard, args=[ours, say], daemon=True).start()
    try:
        yield
    except StoppedBySignal:
        raise  # the guard stays until the process has ended
    except BaseException:
        _end(former, former_descriptor, theirs)
        raise
    else:
        _end(former, former_descriptor, theirs)


def _stop(number: int, _frame: types.FrameType | None) -> None:
    # the next one is the guard's alone
    for one in _SIGNALS:
        signal.signal(one, _nothing)
    raise StoppedBySignal(number)


def _nothing(_number: int, _frame: types.FrameType | None) -> None:
    """A signal that is seen to already."""


def _end(
    former: t.Mapping[signal.Signals, t.Any], fd: int, ours: socket.socket
) -> None:
    signal.set_wakeup_fd(fd)
    for one, handler in former.items():
        signal.signal(one, handler)
    ours.close()


def _guard(signals: socket.socket, say: t.Callable[[int], object]) -> None:
    first = _next(signals)
    if first is None:
        return
    signals.settimeout(_GRACE)
    try:
        _next(signals)
    except TimeoutError:
        say(first)
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os._exit(128 + first)


def _next(signals: socket.socket) -> int | None:
    """The number of the next signal that is ours; None when there will be none."""
    while data := signals.recv(1):
        if data[0] in _SIGNALS:
            return data[0]
    return None
