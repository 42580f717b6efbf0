# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The service while it runs: what comes before it listens, the server (by the library uvicorn), and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import typing as t

from .._errors import ConfigurationError, MissingLibraryError
from .._event_log import Log
from ._environment import Settings
from ._jobs import Call
from ._request import Request
from ._schedule import fill, keep_schedule
from ._service import Service
from ._zygote import Zygote

if t.TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

_SIGNALS: t.Final = (signal.SIGTERM, signal.SIGINT)
#: Connections at once.
_MOST_CONNECTIONS: t.Final = 1000
#: Bytes of a request's line and headers.
_LARGEST_HEAD: t.Final = 32 * 1024
#: Seconds that a client may take for them, and may say nothing between two requests.
_PATIENCE: t.Final = 20.0
_KEEP_ALIVE: t.Final = 15
#: Seconds for answers on their way when the service ends.
_GRACE: t.Final = 2


async def serve(
    settings: Settings, zygote: Zygote, listener: socket.socket, log: Log
) -> None:
    """Until SIGTERM or SIGINT, or until the zygote is gone. Raises ``LongshoreError`` for what keeps it from beginning."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in _SIGNALS:
        loop.add_signal_handler(one, stop.set)
    loop.add_reader(zygote.fileno(), stop.set)
    stopping = asyncio.create_task(stop.wait())
    preparing = Call(zygote, Request("prepare"))
    prepared = asyncio.create_task(preparing.answer())
    await asyncio.wait((prepared, stopping), return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        preparing.cancel()
        await prepared
        return
    _check(prepared.result(), log)
    await _serve(Service(settings, zygote, log), listener, stopping)


def _check(answer: t.Mapping[str, t.Any], log: Log) -> None:
    error = answer.get("error")
    if error is not None:
        raise ConfigurationError(
            f"The store cannot be used: {error['error']}",
            hint=f"{error['hint']} See S3_BUCKET_NAME, AWS_… and S3_ENDPOINT_URL, or STORE_….".strip(),
        )
    result = answer["result"]
    for path, done in result["recovered"].items():
        log.warning("recovered", path=path, done=done)
    for path, text in result["failed"].items():
        log.error("recovery_failed", path=path, text=text)


async def _serve(
    service: Service, listener: socket.socket, stopping: asyncio.Task[t.Any]
) -> None:
    from ._app import application

    settings = service.settings
    server = _server(application(service), service.log, listener)
    # first, so that nobody is told that all is well before
    beside = [asyncio.create_task(fill(service))]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    if settings.schedule is not None:
        beside.append(asyncio.create_task(keep_schedule(service, settings.schedule)))
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    await service.jobs.stop()
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    server.should_exit = True
    await serving


def _server(app: ASGIApp, log: Log, listener: socket.socket) -> uvicorn.Server:
    """Raises ``MissingLibraryError``."""
    try:
        import uvicorn
    except ImportError:
        raise MissingLibraryError(["uvicorn"], "to run the service") from None

    class Server(uvicorn.Server):
        """Signals are the service's own affair."""

        @contextlib.contextmanager
        def capture_signals(self) -> t.Iterator[None]:
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            log.info("started", port=listener.getsockname()[1])

    config = uvicorn.Config(
        app,
        http=_protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
    )
    return Server(config)


def _protocol() -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Patient(H11Protocol):
        """Hangs up on those who do not get to the end of a request's head; the server itself would wait for ever."""

        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: t.Any) -> None:
            super().connection_made(transport)
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._wait_no_more()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._wait()

        def _wait(self) -> None:
            self._wait_no_more()
            self._waiting = self.loop.call_later(_PATIENCE, self._give_up)

        def _wait_no_more(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()

        def _give_up(self) -> None:
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    return Patient


def listen(address: str, port: int) -> socket.socket:
    """Raises ``ConfigurationError``."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # where the protocol is named, asyncio sees to it that answers are sent at once
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"PORT {port} of LISTEN_ADDRESS {address} cannot be listened on: {error.strerror}.",
            hint="Something else has it, or this user may not: give another one.",
        ) from None
    return listener
