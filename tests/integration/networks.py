# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way to a server on which something happens once so many bytes have gone by."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t


class Tripwire:
    """Passes a server's bytes on; ``action`` is called once, after ``limit`` bytes in ``direction``.

    ``up`` is what the client sends, ``down`` what the server answers; all connections count
    together. Nothing more passes in that direction before the action has ended, so it comes at
    the same point of the conversation however slow the machine is.
    """

    def __init__(
        self,
        port: int,
        limit: int,
        action: t.Callable[[], object],
        direction: t.Literal["up", "down"] = "up",
    ) -> None:
        self._target = port
        self._left = limit
        self._action = action
        self._direction = direction
        self._lock = threading.Lock()
        self.tripped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> t.Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        # shutdown wakes the accepting thread, close alone does not
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _unused = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for name, source, sink in (
                ("up", client, server),
                ("down", server, client),
            ):
                threading.Thread(
                    target=self._pass_on,
                    args=(source, sink, name == self._direction),
                    daemon=True,
                ).start()

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, counted: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    self._count(len(data))
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _count(self, passed: int) -> None:
        with self._lock:
            self._left -= passed
            if self._left < 0 and not self.tripped.is_set():
                self._action()
                self.tripped.set()
