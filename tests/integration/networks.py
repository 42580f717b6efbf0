# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to a server that see what goes by, and do something about it."""

from __future__ import annotations

import collections
import contextlib
import socket
import threading
import typing as t
import urllib.parse

from tests.integration.module import written
from tests.relay import Relay, end_of

Direction = t.Literal["up", "down"]

#: Bytes that may wait for being passed on, of each connection.
_AHEAD: t.Final = 128 * 1024


class _Connection:
    """Who spoke last on it."""

    speaker: Direction | None = None


class Way(Relay):
    """Passes a server's bytes on, and counts what goes by on all connections together.

    ``passed["up"]`` are the bytes that the client sent, ``passed["down"]`` those that the server
    answered, ``passed["turns"]`` how often one of them began to speak.
    """

    def __init__(self, target: int, *, port: int = 0) -> None:
        super().__init__(target, port=port)
        self._lock = threading.Lock()
        self.passed: collections.Counter[str] = collections.Counter()
        # so that what a client has sent is not far ahead of what was passed on
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _AHEAD)

    def seen(self, data: bytes, direction: Direction) -> None:
        """For subclasses: this is passed on once they return."""

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        connection = _Connection()
        self._start(self._pass_on, connection, "up", client, server)
        self._start(self._pass_on, connection, "down", server, client)

    def _pass_on(
        self,
        connection: _Connection,
        direction: Direction,
        source: socket.socket,
        sink: socket.socket,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._lock:
                    self.passed[direction] += len(data)
                    self.passed["turns"] += connection.speaker != direction
                    connection.speaker = direction
                self.seen(data, direction)
                # whoever is gone is not told, but the other is heard to the end
                with contextlib.suppress(OSError):
                    sink.sendall(data)
        end_of(sink)


class Tripwire(Way):
    """``action`` is called once, when more than ``limit`` of ``counted`` have passed (see ``Way``).

    Nothing more that counts passes before the action has ended, so it comes at the same point of
    the conversation however slow the machine is.
    """

    def __init__(
        self,
        port: int,
        limit: int,
        action: t.Callable[[], object],
        counted: t.Literal["up", "down", "turns"] = "up",
    ) -> None:
        super().__init__(port)
        self._limit = limit
        self._action = action
        self._counted = counted
        self._acting = threading.Lock()
        self.tripped = threading.Event()

    def seen(self, data: bytes, direction: Direction) -> None:
        if self._counted not in (direction, "turns"):
            return
        with self._acting:
            if self.passed[self._counted] > self._limit and not self.tripped.is_set():
                self._action()
                self.tripped.set()


class Gate(Way):
    """The ``number``-th (from 1) PUT of a path that ends in ``ending`` waits for ``wait`` to return."""

    def __init__(
        self, port: int, ending: str, number: int, wait: t.Callable[[], object]
    ) -> None:
        super().__init__(port)
        self._ending = ending
        self._left = number
        self._wait = wait

    def seen(self, data: bytes, direction: Direction) -> None:
        method, _unused, rest = data.partition(b" ")
        if direction == "down" or method != b"PUT":
            return
        path = urllib.parse.unquote(rest.split(b" ", 1)[0].split(b"?", 1)[0])
        if path.endswith(self._ending):
            with self._lock:
                self._left -= 1
                waits = self._left == 0
            if waits:
                self._wait()


def by_way(way: Way, place: t.Any) -> t.Any:
    """A place as its user writes it, if it is a networked one, to be reached by this way."""
    endpoint = written(place)
    if "endpoint" in endpoint:
        return {**endpoint, "endpoint": f"http://127.0.0.1:{way.port}"}
    return endpoint
