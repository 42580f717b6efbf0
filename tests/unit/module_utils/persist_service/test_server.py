# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that take their time, with the server's patience made short."""

from __future__ import annotations

import asyncio
import io
import socket
import typing as t

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ansible_collections.longshore.storage.plugins.module_utils._event_log import Log
from ansible_collections.longshore.storage.plugins.module_utils._persist_service import (
    _reading,
    _server,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._failures import (
    ServiceError,
)

ASKED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def never() -> t.Any:
    await asyncio.Event().wait()


def test_who_does_not_get_to_the_end_of_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_server, "_PATIENCE", 0.3)

    async def ask(port: int, head: bytes) -> bytes:
        """All that comes until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        found = await reader.read()
        writer.close()
        return found

    async def story(listener: socket.socket) -> None:
        server = _server._server(Response(b"well"), Log(io.StringIO()), listener)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        port = listener.getsockname()[1]
        while not server.started:
            await asyncio.sleep(0.01)
        # nothing; a part of the first; a part of the second; what is there already is answered
        assert await ask(port, b"") == b""
        assert await ask(port, ASKED[:-2]) == b""
        for rest in (b"", ASKED[:-2]):
            found = await ask(port, ASKED + rest)
            assert found.startswith(b"HTTP/1.1 200 OK") and found.endswith(b"well")
        server.should_exit = True
        await serving

    with _server.listen("127.0.0.1", 0) as listener:
        asyncio.run(story(listener))


def test_a_body_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reading, "_PATIENCE", 0.01)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"9")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, never)
    with pytest.raises(ServiceError) as caught:
        asyncio.run(_reading.read_body(request, {}))
    assert caught.value.code == "timeout"
    # what is left of it could not be told from another request
    assert caught.value.headers == {"Connection": "close"}
