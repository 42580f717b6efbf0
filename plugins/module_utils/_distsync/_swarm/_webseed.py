# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The bucket as a web seed (BEP 19).

The library's requests come to a server on loopback, and what they are answered with is read from the store there
and then. So each request to the bucket is signed when it is made, and no signature can expire however long a
fetch takes; temporary credentials are renewed, proxies, certificates and retries are those of the store; and
neither the library nor its messages ever see an address that grants access.
"""

from __future__ import annotations

import http.server
import re
import secrets
import sys
import threading
import typing as t

from ..._drivers._base import Store
from ..._errors import LongshoreError
from ._library import LOOPBACK

_RANGE: t.Final = re.compile(r"bytes=(\d{1,18})-(\d{1,18})")


class Origin:
    """One object of the store. ``drawn`` are the bytes that were read of it; ``error`` the last failure."""

    def __init__(self, store: Store, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._lock = threading.Lock()
        self.size = size
        self.drawn = 0
        self.error: LongshoreError | None = None

    def read(self, start: int, length: int) -> t.Iterator[bytes]:
        """Raises what the store does, and ``ValueError`` for an object that is another by now."""
        opened = self._store.read(self._key, start, length)
        if opened.info.size != self.size:
            raise ValueError("it has another size")
        for chunk in opened.chunks:
            with self._lock:
                self.drawn += len(chunk)
            yield chunk


class WebSeed:
    """Serves objects while it is entered. Who does not know an object's address cannot find it."""

    def __init__(self) -> None:
        self._origins: dict[str, Origin] = {}
        self._server = _Server(
            (LOOPBACK, 0), _handler(self._origins), bind_and_activate=False
        )

    def __enter__(self) -> t.Self:
        self._server.server_bind()
        self._server.server_activate()
        threading.Thread(
            target=self._server.serve_forever, name="longshore-webseed", daemon=True
        ).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def offer(self, origin: Origin) -> str:
        """The URL that it has from now on."""
        token = secrets.token_urlsafe(24)
        self._origins[token] = origin
        # a folder: the library adds the torrent's name
        return f"http://{LOOPBACK}:{self._server.server_port}/{token}/"

    def withdraw(self, url: str) -> None:
        """What is being read is read to its end."""
        self._origins.pop(url.split("/")[-2], None)


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Of a thread's. The library ends connections whenever it likes, and that is not worth a word."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(
    origins: t.Mapping[str, Origin],
) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        # the name is the base class's
        def do_GET(self) -> None:
            origin = origins.get(self.path.split("/")[1])
            span = _RANGE.fullmatch(self.headers.get("Range", ""))
            if origin is None or span is None:
                self.send_error(404)
                return
            start, end = int(span[1]), min(int(span[2]), origin.size - 1)
            if start > end:
                self.send_error(416)
                return
            self._answer(origin, start, end)

        def _answer(self, origin: Origin, start: int, end: int) -> None:
            chunks = origin.read(start, end + 1 - start)
            try:
                chunk = next(chunks, b"")
            except (LongshoreError, ValueError) as error:
                if isinstance(error, LongshoreError):
                    origin.error = error
                self.send_error(503)
                return
            self.send_response(206)
            self.send_header("Content-Length", str(end + 1 - start))
            self.send_header("Content-Range", f"bytes {start}-{end}/{origin.size}")
            self.end_headers()
            try:
                while chunk:
                    self.wfile.write(chunk)
                    chunk = next(chunks, b"")
            except LongshoreError as error:
                origin.error = error
                self.close_connection = True
            except OSError:
                # the library has it from elsewhere by now
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the addresses are nobody's affair."""

    return Handler
