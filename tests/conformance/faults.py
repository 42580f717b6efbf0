# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks that fail: a port where nobody listens, a host that never answers, a cut connection."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import typing as t

from tests.relay import Relay


@contextlib.contextmanager
def closed_port() -> t.Iterator[int]:
    """A port of 127.0.0.1 that is bound and does not listen, so nobody else can take it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextlib.contextmanager
def silent_port() -> t.Iterator[int]:
    """A port whose connections are accepted (by the kernel) and never answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield listener.getsockname()[1]


class CuttingProxy(Relay):
    """Passes a server's bytes on, and cuts each connection after so many in one direction.

    ``down`` counts what the server answers, ``up`` what the client sends. ``abrupt`` cuts with a
    reset; else the connection is closed as if the body were complete.
    """

    def __init__(
        self,
        port: int,
        *,
        down: int | None = None,
        up: int | None = None,
        abrupt: bool = False,
    ) -> None:
        super().__init__(port)
        self._limits = {"down": down, "up": up}
        self._abrupt = abrupt
        self.cuts = 0
        self._lock = threading.Lock()

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        both = (client, server)
        self._start(self._pass_on, client, server, both, self._limits["up"])
        self._start(self._pass_on, server, client, both, self._limits["down"])

    def _pass_on(
        self,
        source: socket.socket,
        sink: socket.socket,
        both: tuple[socket.socket, socket.socket],
        limit: int | None,
    ) -> None:
        left = limit
        try:
            while left is None or left > 0:
                data = source.recv(65536 if left is None else min(left, 65536))
                if not data:
                    break
                sink.sendall(data)
                left = None if left is None else left - len(data)
            else:
                with self._lock:
                    self.cuts += 1
                if self._abrupt:
                    client, _server = both
                    client.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
        except OSError:
            pass  # the other direction closed them
        for one in both:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
