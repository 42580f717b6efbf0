# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The service as an application for a server (ASGI), by the library Starlette."""

from __future__ import annotations

import os
import traceback
import typing as t

from .._errors import MissingLibraryError
from ._failures import ServiceError, error_document
from ._guard import refuse_browsers, refuse_other_sites
from ._http import HttpRequest, HttpResponse, Role, failed, failure, respond
from ._legacy import METHODS, legacy
from ._openapi import openapi
from ._reading import read_body, read_query, refuse_body, refuse_large
from ._routes import OPERATIONS, Operation
from ._service import Service
from ._ui import CONTENT_SECURITY_POLICY, page

if t.TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS: t.Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)

_Answer: t.TypeAlias = t.Callable[["Request"], t.Awaitable[HttpResponse]]


def application(service: Service) -> ASGIApp:
    """Raises ``MissingLibraryError``."""
    try:
        from starlette.applications import Starlette
        from starlette.routing import Route
    except ImportError:
        raise MissingLibraryError(["starlette"], "to run the service") from None

    answers = _Answers(service)
    by_path: dict[str, dict[str, Operation]] = {}
    for one in OPERATIONS:
        by_path.setdefault(one.path, {})[one.method] = one
    found: dict[str, _Answer] = {
        path: answers.of(operations) for path, operations in by_path.items()
    }
    found |= {
        "/openapi.json": answers.description,
        "/ui": answers.page,
        "/ui/{name:path}": answers.page,
        "/v1/{rest:path}": answers.nothing,
        "/{rest:path}": answers.legacy,
    }
    app = Starlette(
        routes=[Route(path, _Endpoint(service, one)) for path, one in found.items()]
    )
    app.router.redirect_slashes = False
    return _Finish(app, service)


class _Answers:
    """From the framework's requests to answers. Each raises ``ServiceError``."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._description = respond(openapi())

    def of(self, operations: t.Mapping[str, Operation]) -> _Answer:
        """Those of one path, by their methods."""

        async def answer(request: Request) -> HttpResponse:
            method = request.method
            if method == "HEAD" and "GET" in operations:
                # what is open to all has no stream, and changes nothing
                method = "HEAD" if operations["GET"].role else "GET"
            if method not in operations:
                raise _not_allowed(operations)
            return await self._operation(operations[method], request)

        return answer

    async def _operation(self, one: Operation, request: Request) -> HttpResponse:
        refuse_other_sites(request.headers)
        role: Role = "save"
        if one.role is not None:
            role = await self._role(request)
        if role in (one.role, "full") or one.role is None:
            body: t.Mapping[str, t.Any] = {}
            if one.body is None:
                refuse_body(request)
            else:
                body = await read_body(request, one.body)
            http = HttpRequest(
                one.method,
                b"",
                role,
                _address(request),
                parameters=request.path_params,
                query=read_query(request, one),
                body=body,
            )
            return await one.handler(self._service, http)
        raise ServiceError("forbidden", "This token may save, and not do this.")

    async def legacy(self, request: Request) -> HttpResponse:
        if request.method not in METHODS:
            raise _not_allowed(METHODS)
        refuse_browsers(request.headers)
        role = await self._role(request)
        if request.method in ("GET", "HEAD"):
            refuse_body(request)
        refuse_large(request)
        if request.scope["query_string"]:
            raise ServiceError(
                "bad_request",
                "A query has no meaning here.",
                hint="A ? in the name of a file is written %3F.",
            )
        path = request.scope["raw_path"]
        return await legacy(
            self._service, HttpRequest(request.method, path, role, _address(request))
        )

    async def _role(self, request: Request) -> Role:
        return await self._service.guard.role(request.headers.get("authorization"))

    async def description(self, request: Request) -> HttpResponse:
        _refuse_changes(request)
        return self._description

    async def page(self, request: Request) -> HttpResponse:
        _refuse_changes(request)
        return page(request.path_params.get("name", ""))

    async def nothing(self, request: Request) -> HttpResponse:
        raise ServiceError(
            "not_found", "There is nothing here.", hint="See /openapi.json."
        )


def _refuse_changes(request: Request) -> None:
    if request.method not in ("GET", "HEAD"):
        raise _not_allowed(("GET", "HEAD"))


def _not_allowed(methods: t.Iterable[str]) -> ServiceError:
    allowed = ", ".join(sorted(methods))
    return ServiceError(
        "method_not_allowed",
        f"Here are allowed: {allowed}.",
        headers={"Allow": allowed},
    )


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


class _Endpoint:
    """An object, for which the framework leaves all methods to it."""

    def __init__(self, service: Service, answer: _Answer) -> None:
        self._service = service
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.requests import ClientDisconnect, Request
        from starlette.responses import Response, StreamingResponse

        try:
            found = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        except ServiceError as error:
            found = failure(error)
        # a fault of ours must not end the connection without a word; its text may hold anything
        except Exception as error:  # noqa: BLE001
            found = self._unexpected(error)
        headers = dict(found.headers)
        response: Response
        if found.stream is not None:
            response = StreamingResponse(
                found.stream, found.status, headers, found.content_type
            )
        else:
            response = Response(found.body, found.status, headers, found.content_type)
        try:
            await response(scope, receive, send)
        finally:
            if found.sent is not None:
                found.sent()

    def _unexpected(self, error: Exception) -> HttpResponse:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__} in {os.path.basename(where.filename)}, line {where.lineno}"
        self._service.log.error("bug", text=text)
        return failed(error_document("failed", f"A fault of the service: {text}."))


class _Finish:
    """Counts answers, and gives them the headers that all have."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._metrics = service.metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.answered(scope["method"], message["status"])
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, finish)
