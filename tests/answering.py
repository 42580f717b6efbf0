# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of HTTP that are made here, and answer what they are told to."""

from __future__ import annotations

import http.server
import threading
import typing as t


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *arguments: t.Any) -> None:
        return None

    def body(self) -> bytes:
        """What came with the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(
        self, status: int, headers: t.Mapping[str, str], body: bytes = b""
    ) -> None:
        """One answer as a whole; its length is added."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class AnsweringServer(http.server.ThreadingHTTPServer):
    """On a port of 127.0.0.1, at work while it is a context."""

    daemon_threads = True

    def __init__(self, handler: type[QuietHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.root = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
