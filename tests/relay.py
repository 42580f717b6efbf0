# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A port that leads to another one."""

from __future__ import annotations

import abc
import contextlib
import socket
import threading
import typing as t


class Relay(abc.ABC):
    """While it is a context, each connection to ``port`` of 127.0.0.1 is given one to ``target``.

    ``port`` may be said, where not any will do.
    """

    def __init__(self, target: int, *, port: int = 0) -> None:
        self._target = target
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> t.Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_exc: object) -> None:
        # shutdown wakes the accepting thread, close alone does not
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def settle(self) -> None:
        """Wait until the server has ended every connection, and with it all that it was asked to do.

        To be called when the client has ended, outside of the ``with``.
        """
        while self._threads:
            self._threads.pop(0).join()

    @abc.abstractmethod
    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        """Start threads (by ``_start``) that pass on what comes."""

    def _start(self, function: t.Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _unused = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._connect(client, server)


def end_of(sink: socket.socket) -> None:
    """Tell the other side that nothing more comes, if it is still there."""
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
