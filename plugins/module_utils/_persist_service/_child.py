# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A process for one piece of work: it gets a line, and tells lines of JSON until the last one, the answer."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
import traceback
import typing as t

from .._persist._stoppable import StoppedError, stoppable
from ._environment import Settings
from ._failures import Document, document_of, error_document
from ._request import Request
from ._work import Answer, work

#: Seconds between two lines that only say how many bytes went by.
_PAUSE: t.Final = 0.25


def serve(settings: Settings, connection: socket.socket) -> None:
    """For the main thread. SIGTERM has to be ignored before."""
    stream = connection.makefile("rb")
    line = stream.readline()
    if not line:
        return
    request = Request.decode(line)
    teller = _Teller(connection)
    answer: Answer | None = None
    try:
        with stoppable():
            threading.Thread(target=_watch, args=(stream,), daemon=True).start()
            answer = work(settings, request, teller.progress)
    except StoppedError as error:
        # what was done by then stays done
        answer = answer or {"error": document_of(error, request.path)}
    # somebody waits for an answer, whatever it is; its text may hold anything
    except Exception as error:  # noqa: BLE001
        answer = {"error": _unexpected(error)}
    teller.tell({"answer": answer, "bytes": teller.bytes})


def _watch(stream: t.BinaryIO) -> None:
    """Another line, or the end: nobody wants the answer any more."""
    with contextlib.suppress(OSError):
        stream.readline()
    os.kill(os.getpid(), signal.SIGTERM)


class _Teller:
    """``bytes``: how many went by."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._next = 0.0
        self.bytes = 0

    def progress(self, size: int) -> None:
        self.bytes += size
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PAUSE
            self.tell({"bytes": self.bytes})

    def tell(self, document: t.Mapping[str, t.Any]) -> None:
        """Where nobody listens any more, nothing is told."""
        with contextlib.suppress(OSError):
            self._connection.sendall(json.dumps(document).encode() + b"\n")


def _unexpected(error: Exception) -> Document:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return error_document(
        "failed",
        f"An error that was not expected: {type(error).__name__} in {os.path.basename(where.filename)}, line {where.lineno}.",
        "This is a fault of the service itself: please report it with this text and what was asked for.",
    )
