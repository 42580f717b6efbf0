# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Signals, taken one after the other by the main thread where it waits, and nowhere else."""

from __future__ import annotations

import select
import signal
import socket
import typing as t

_TAKEN: t.Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _note(_number: int, _frame: object) -> None:
    """The interpreter has written the number to the socket already."""


class Signals:
    """While it is entered, by the main thread, the process is not ended by these signals."""

    def __enter__(self) -> t.Self:
        self._ours, self._theirs = socket.socketpair()
        self._theirs.setblocking(False)
        self._ours.setblocking(False)
        self._former = {one: signal.signal(one, _note) for one in _TAKEN}
        self._descriptor = signal.set_wakeup_fd(
            self._theirs.fileno(), warn_on_full_buffer=False
        )
        return self

    def __exit__(self, *_exc: object) -> None:
        signal.set_wakeup_fd(self._descriptor)
        for one, former in self._former.items():
            signal.signal(one, former)
        self._ours.close()
        self._theirs.close()

    def wait(self, seconds: float | None) -> set[signal.Signals]:
        """Those that came, for so long (None: until one comes)."""
        select.select([self._ours], [], [], seconds)
        try:
            numbers = self._ours.recv(4096)
        except BlockingIOError:
            return set()
        return {one for one in _TAKEN if one in numbers}
