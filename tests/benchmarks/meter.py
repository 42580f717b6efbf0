# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way to a server that counts the bytes of requests to some of its paths."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import urllib.parse

from tests.relay import Relay, end_of

_REQUEST = re.compile(rb"[A-Z]+ (\S+) HTTP/1\.1\r\n")


class Meter(Relay):
    """``passed`` are the bytes, both ways and with their headers, of requests whose path has ``part`` in it.

    It takes clients to send their requests on a connection one after the other, as HTTP/1.1
    clients do, so all that goes by belongs to the request that began last.
    """

    def __init__(self, port: int, part: str) -> None:
        super().__init__(port)
        self._part = part
        self._lock = threading.Lock()
        self.passed = 0

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        counts = threading.Event()  # whether the connection's present request does
        self._start(self._pass_on, client, server, counts, True)
        self._start(self._pass_on, server, client, counts, False)

    def _pass_on(
        self,
        source: socket.socket,
        sink: socket.socket,
        counts: threading.Event,
        asks: bool,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                begun = _REQUEST.match(data) if asks else None
                if begun is not None:
                    path = urllib.parse.unquote(begun[1].decode("ascii"))
                    if self._part in path.partition("?")[0]:
                        counts.set()
                    else:
                        counts.clear()
                if counts.is_set():
                    with self._lock:
                        self.passed += len(data)
                sink.sendall(data)
        end_of(sink)
