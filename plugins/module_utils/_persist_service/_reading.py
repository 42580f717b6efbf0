# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a request brings beside its path, read with bounds and checked."""

from __future__ import annotations

import asyncio
import json
import typing as t
from urllib.parse import parse_qsl

from ._failures import ServiceError
from ._http import JSON
from ._schemas import Schema, check

if t.TYPE_CHECKING:
    from starlette.requests import Request

    from ._routes import Operation

#: Bytes, and seconds in which they have to come.
_LARGEST: t.Final = 64 * 1024
_PATIENCE: t.Final = 10.0


def refuse_body(request: Request) -> None:
    """Raises ``ServiceError``."""
    length = request.headers.get("content-length", "0")
    if length != "0" or "transfer-encoding" in request.headers:
        raise ServiceError(
            "bad_request", f"A {request.method} has no body.", hint="Leave it out."
        )


def refuse_large(request: Request) -> None:
    """By what it says itself. Raises ``ServiceError``."""
    # the server has seen that it is a number
    if int(request.headers.get("content-length", "0")) > _LARGEST:
        raise _too_large()


async def read_body(request: Request, schema: Schema) -> dict[str, t.Any]:
    """A JSON object. Raises ``ServiceError``."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind.strip().lower() != JSON:
        raise ServiceError("unsupported_media_type", f"The body must be {JSON}.")
    refuse_large(request)
    data = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for piece in request.stream():
                data += piece
                if len(data) > _LARGEST:
                    raise _too_large()
    except TimeoutError:
        raise ServiceError(
            "timeout",
            f"The body did not come within {_PATIENCE:g} seconds.",
            headers={"Connection": "close"},
        ) from None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ServiceError("bad_request", "The body is no JSON.") from None
    check(document, schema, "the body")
    return t.cast("dict[str, t.Any]", document)


def read_query(request: Request, operation: Operation) -> dict[str, str]:
    """Each of its parameters once, and no other. Raises ``ServiceError``."""
    written = request.scope["query_string"].decode("utf-8", "surrogateescape")
    found = parse_qsl(written, keep_blank_values=True, errors="surrogateescape")
    names = [name for name, _value in found]
    if sorted(names) != sorted(operation.query):
        wanted = " and ".join(operation.query) or "none"
        raise ServiceError(
            "bad_request",
            "The parameters of the query are not those that are needed.",
            hint=f"Needed: {wanted}.",
        )
    for name, value in found:
        check(value, operation.query[name], name)
    for name, value in request.path_params.items():
        check(value, operation.parameters[name], name)
    return dict(found)


def _too_large() -> ServiceError:
    return ServiceError("too_large", f"The body has more than {_LARGEST:,} bytes.")
