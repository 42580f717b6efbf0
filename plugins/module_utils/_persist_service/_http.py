# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A request and its answer, as far as the service looks at them."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ._failures import STATUS, Document, ServiceError

Role: t.TypeAlias = t.Literal["save", "full"]

JSON: t.Final = "application/json"
EVENT_STREAM: t.Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """``raw_path``: as it was sent. ``parameters``: parts of the path; ``query`` and ``body`` have been checked."""

    method: str
    raw_path: bytes
    role: Role
    address: str
    parameters: t.Mapping[str, str] = field(default_factory=dict)
    query: t.Mapping[str, str] = field(default_factory=dict)
    body: t.Mapping[str, t.Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """``stream``: what is sent instead of ``body``, piece by piece. ``sent`` is called when it was, or the client is gone."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: t.Mapping[str, str] = field(default_factory=dict)
    stream: t.AsyncIterator[bytes] | None = None
    sent: t.Callable[[], None] | None = None


def respond(
    document: t.Any, status: int = 200, headers: t.Mapping[str, str] | None = None
) -> HttpResponse:
    """In ASCII, since the name of a file may be no text."""
    body = json.dumps(document).encode() + b"\n"
    return HttpResponse(status, body, headers=headers or {})


def failure(error: ServiceError) -> HttpResponse:
    return failed(error.document, error.headers)


def failed(
    document: Document, headers: t.Mapping[str, str] | None = None
) -> HttpResponse:
    return respond(document, STATUS[document["code"]], headers)
