# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Brings to the disk what is written, while it is: in the end there is less to wait for."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from .._errors import LongshoreError

#: Seconds between the end of one and the beginning of the next.
_PAUSE: t.Final = 1.0


@contextlib.contextmanager
def flushing(sync: t.Callable[[], None]) -> t.Iterator[t.Callable[[], None]]:
    """Calls ``sync`` in a thread, again and again until this ends, and not at all if that is soon.

    Gives what is to be called once all is written: it calls ``sync`` for the last time, and raises what any of those
    calls raised, since of a fault in writing the system may tell only one of them.
    """
    ended = threading.Event()
    failures: list[LongshoreError] = []

    def work() -> None:
        try:
            while not ended.wait(_PAUSE):
                sync()
        except LongshoreError as error:
            failures.append(error)

    def end() -> None:
        ended.set()
        thread.join()

    def finish() -> None:
        end()
        if failures:
            raise failures[0]
        sync()

    thread = threading.Thread(target=work, name="longshore-flushing", daemon=True)
    thread.start()
    try:
        yield finish
    finally:
        end()
