# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way to a server that counts the bytes of requests to some of its paths."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import typing as t
import urllib.parse

_REQUEST = re.compile(rb"[A-Z]+ (\S+) HTTP/1\.1\r\n")


class Meter:
    """``passed`` are the bytes, both ways and with their headers, of requests whose path has ``part`` in it.

    It takes clients to send their requests on a connection one after the other, as HTTP/1.1
    clients do, so all that goes by belongs to the request that began last.
    """

    def __init__(self, port: int, part: str) -> None:
        self._target = port
        self._part = part
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.passed = 0

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
            counts = threading.Event()  # whether the connection's present request does
            for source, sink, asks in ((client, server, True), (server, client, False)):
                arguments = (source, sink, counts, asks)
                threading.Thread(
                    target=self._pass_on, args=arguments, daemon=True
                ).start()

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
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
