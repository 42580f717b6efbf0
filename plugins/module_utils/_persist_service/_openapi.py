# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The description of the interface v1, in OpenAPI 3.1, made of the operations."""

from __future__ import annotations

import typing as t

from ._failures import STATUS, Code
from ._http import EVENT_STREAM, JSON
from ._routes import OPERATIONS, Operation
from ._schemas import COMPONENTS, Schema

#: Of the interface, not of the collection.
_VERSION: t.Final = "1.0.0"
_ALWAYS: t.Final[tuple[Code, ...]] = ("bad_request", "forbidden", "failed")
_WITH_TOKEN: t.Final[tuple[Code, ...]] = ("unauthorized", "too_many_requests")
_WITH_BODY: t.Final[tuple[Code, ...]] = (
    "timeout",
    "too_large",
    "unsupported_media_type",
)
_TEXT: t.Final[Schema] = {"type": "string"}
#: Of content types that are neither JSON nor just text.
_SCHEMAS: t.Final[t.Mapping[str, Schema]] = {
    EVENT_STREAM: {"$ref": "#/components/schemas/JobEvent"}
}


def openapi() -> dict[str, t.Any]:
    """The document."""
    paths: dict[str, dict[str, t.Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Persistence of volumes",
            "version": _VERSION,
            "description": "Saves volumes and restores them. Beside this, GET, POST and PUT on the path of a volume save and restore it.",
            "license": {
                "name": "GPL-3.0-or-later",
                "identifier": "GPL-3.0-or-later",
            },
        },
        "paths": paths,
        "components": {
            "schemas": dict(COMPONENTS),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation) -> dict[str, t.Any]:
    answers = {str(status): _answer(kind) for status, kind in one.answers.items()}
    codes = _ALWAYS + one.errors
    if one.role is not None:
        codes += _WITH_TOKEN
    if one.body is not None:
        codes += _WITH_BODY
    errors = {str(STATUS[code]): _answer("Error") for code in codes}
    described: dict[str, t.Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": _parameters(one),
        "responses": errors | answers,
        # the second: where the service has no tokens
        "security": [{"token": []}, {}] if one.role is not None else [],
    }
    if one.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": one.body}},
        }
    return described


def _parameters(one: Operation) -> list[Schema]:
    return [
        {"name": name, "in": place, "required": True, "schema": schema}
        for place, found in (("path", one.parameters), ("query", one.query))
        for name, schema in found.items()
    ]


def _answer(kind: str) -> Schema:
    """``kind``: a name out of ``COMPONENTS``, or a content type."""
    content_type, schema = kind, _SCHEMAS.get(kind, _TEXT)
    if kind in COMPONENTS:
        content_type, schema = JSON, {"$ref": f"#/components/schemas/{kind}"}
    return {
        "description": _description(kind),
        "content": {content_type: {"schema": schema}},
    }


def _description(kind: str) -> str:
    return "What went wrong." if kind == "Error" else f"{kind}."
