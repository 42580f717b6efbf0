# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""A few pages for programs on this host, on the loopback interface alone."""

from __future__ import annotations

import http.server
import socketserver
import typing as t

_HOST: t.Final = "127.0.0.1"
#: Seconds that a client may take for its question.
_PATIENCE: t.Final = 5.0

#: Status, content type, body.
Page = tuple[int, str, bytes]


class PageServer(http.server.ThreadingHTTPServer):
    """Answers GET with what the function of the path returns. Raises ``OSError`` for a port that is taken."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, pages: t.Mapping[str, t.Callable[[], Page]]) -> None:
        self.pages = pages
        super().__init__((_HOST, port), _Handler)

    def server_bind(self) -> None:
        # the usual one asks the name service who this is
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, int(self.server_address[1])

    def handle_error(self, *_args: object) -> None:
        """A client that hangs up is no event."""


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server_version = "distsync"
    sys_version = ""

    def do_GET(self) -> None:
        page = t.cast(PageServer, self.server).pages.get(self.path)
        status, kind, body = page() if page else (404, "text/plain", b"Not here.\n")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Who asked is no event either."""
