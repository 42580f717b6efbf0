# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is sent and answered, as JSON Schema, and what is sent checked by it.

One description serves ``/openapi.json`` and the checks, so that they cannot differ.
"""

from __future__ import annotations

import re
import typing as t

from ._failures import STATUS, ServiceError
from ._request import KINDS

Schema: t.TypeAlias = t.Mapping[str, t.Any]

_TYPES: t.Final[t.Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
}


def check(value: t.Any, schema: Schema, name: str) -> None:
    """Raises ``ServiceError`` for a value that is none of the schema; only what is used below is understood."""
    fault = _fault(value, schema)
    if fault:
        raise ServiceError("bad_request", f"{name} {fault}.")
    if schema["type"] == "object":
        _check_fields(value, schema, name)
    elif schema["type"] == "array":
        for number, one in enumerate(value):
            check(one, schema["items"], f"{name}[{number}]")


def _check_fields(value: dict[str, t.Any], schema: Schema, name: str) -> None:
    known: Schema = schema["properties"]
    for one in value:
        if one not in known:
            raise ServiceError(
                "bad_request",
                f"{name} has no field {one[:80]!r}.",
                hint=f"There are {', '.join(known)}.",
            )
    for one in schema.get("required", ()):
        if one not in value:
            raise ServiceError("bad_request", f"{name} lacks {one}.")
    for one, written in value.items():
        check(written, known[one], one if name == "the body" else f"{name}.{one}")


def _fault(value: t.Any, schema: Schema) -> str:
    kind: str = schema["type"]
    size = len(value) if isinstance(value, (str, list, dict)) else 0
    # a bool is an int, and no number here
    if not isinstance(value, _TYPES[kind]) or (
        kind == "integer" and isinstance(value, bool)
    ):
        return f"must be of type {kind}"
    if "enum" in schema and value not in schema["enum"]:
        return f"must be one of {', '.join(schema['enum'])}"
    if "pattern" in schema and not re.search(schema["pattern"], str(value)):
        return f"must match {schema['pattern']}"
    if "minimum" in schema and value < schema["minimum"]:
        return f"must be {schema['minimum']} or more"
    if "maximum" in schema and value > schema["maximum"]:
        return f"must be {schema['maximum']} or less"
    if size > schema.get("maxLength", size) or size > schema.get("maxItems", size):
        return "is too long"
    if size < schema.get("minProperties", 0):
        return "is empty"
    return ""


def _object(required: t.Sequence[str], **properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


_BOOLEAN: t.Final[Schema] = {"type": "boolean"}
_TEXT: t.Final[Schema] = {"type": "string"}
_NUMBER: t.Final[Schema] = {"type": "integer", "minimum": 0}
_PATH: t.Final[Schema] = {
    "type": "string",
    "pattern": "^/",
    "maxLength": 4095,
    "description": "An absolute path, of a volume or of something in it.",
}
_WANTED: t.Final[Schema] = {
    "type": "string",
    "maxLength": 64,
    "description": "latest, the id of a snapshot, or a time (ISO 8601).",
}
SNAPSHOT_ID: t.Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[0-9a-f]{8}$",
    "maxLength": 32,
}
JOB_ID: t.Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9a-f]{16}$",
    "maxLength": 16,
}
_COUNT: t.Final[Schema] = {"type": "integer", "minimum": -1, "maximum": 1_000_000}
_KEEP: t.Final[Schema] = {
    **_object(
        (),
        **{
            f"keep_{one}": _COUNT
            for one in ("last", "hourly", "daily", "weekly", "monthly", "yearly")
        },
        keep_within={"type": "string", "maxLength": 32},
    ),
    "minProperties": 1,
}

PATH_QUERY: t.Final[t.Mapping[str, Schema]] = {"path": _PATH}

SAVE: t.Final = _object(("path",), path=_PATH, prune=_BOOLEAN)
RESTORE: t.Final = _object(
    ("path", "mode"),
    path=_PATH,
    mode={"type": "string", "enum": ["merge", "replace"]},
    snapshot=_WANTED,
    include={
        "type": "array",
        "maxItems": 100,
        "items": {"type": "string", "maxLength": 500},
    },
    check=_BOOLEAN,
)
VERIFY: t.Final = _object(("path",), path=_PATH, snapshot=_WANTED, compare=_BOOLEAN)
PRUNE: t.Final = _object(("path",), path=_PATH, keep=_KEEP, check=_BOOLEAN)


# -- answers


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_ANYTHING: t.Final[Schema] = {"type": "object"}
_TIME: t.Final[Schema] = {"type": "string", "format": "date-time"}

_ERROR: t.Final = _object(
    ("error", "hint", "code"),
    error=_TEXT,
    hint=_TEXT,
    code={"type": "string", "enum": list(STATUS)},
)
_JOB_FIELDS: t.Final[Schema] = {
    "id": JOB_ID,
    "kind": {"type": "string", "enum": list(KINDS)},
    "path": _TEXT,
    "layout": {"type": "string", "enum": ["snapshots", "single"]},
    "snapshot": _maybe(_TEXT),
    "mode": _maybe({"type": "string", "enum": ["merge", "replace"]}),
    "check": _BOOLEAN,
    "origin": {"type": "string", "enum": ["v1", "legacy", "schedule", "start"]},
    "state": {
        "type": "string",
        "enum": ["queued", "running", "succeeded", "failed", "cancelled"],
    },
    "created": _TIME,
    "started": _maybe(_TIME),
    "ended": _maybe(_TIME),
    "bytes": _NUMBER,
    "result": _maybe(_ANYTHING),
    "error": _maybe(_ref("Error")),
}
_SERVICE_FIELDS: t.Final[Schema] = {
    "role": {"type": "string", "enum": ["save", "full"]},
    "host": _TEXT,
    "store": _TEXT,
    "encryption": _maybe({"type": "string", "enum": ["envelope", "age"]}),
    "schedule": _maybe(_TEXT),
    "next_save": _maybe(_TIME),
    "retention": _maybe(_KEEP),
    "legacy_get": _BOOLEAN,
}
_VOLUME_FIELDS: t.Final[Schema] = {
    "path": _TEXT,
    "kind": _maybe({"type": "string", "enum": ["directory", "file"]}),
    "size": _maybe(_NUMBER),
    "free": _maybe(_NUMBER),
    "job": _maybe(JOB_ID),
    "last": {"type": "object", "additionalProperties": _ref("Job")},
}
_SNAPSHOT_FIELDS: t.Final[Schema] = {
    "id": SNAPSHOT_ID,
    "time": _TIME,
    "counts": {"type": "object", "additionalProperties": _NUMBER},
    "bytes": _NUMBER,
    "stored_bytes": _NUMBER,
    "format": {"type": "string", "enum": ["tar", "chunks"]},
    "compression": _TEXT,
    "encryption": _maybe(_TEXT),
    "verified": _BOOLEAN,
    "problems": _NUMBER,
}
_SNAPSHOTS_FIELDS: t.Final[Schema] = {
    "path": _TEXT,
    "host": _TEXT,
    "latest": _maybe(SNAPSHOT_ID),
    "age": _maybe({"type": "integer"}),
    "stored_bytes": _NUMBER,
    "snapshots": {"type": "array", "items": _ref("Snapshot")},
    "broken": {
        "type": "array",
        "items": _object(("id", "fault"), id=_TEXT, fault=_TEXT),
    },
    "unfinished": {"type": "array", "items": _TEXT},
}
_HEALTH: t.Final = _object(
    ("ok", "problems"), ok=_BOOLEAN, problems={"type": "array", "items": _TEXT}
)

COMPONENTS: t.Final[Schema] = {
    "Error": _ERROR,
    "Job": _object(tuple(_JOB_FIELDS), **_JOB_FIELDS),
    "JobEvent": _object(("event", "data"), event={"const": "job"}, data=_TEXT),
    "Jobs": _object(("jobs",), jobs={"type": "array", "items": _ref("Job")}),
    "Service": _object(tuple(_SERVICE_FIELDS), **_SERVICE_FIELDS),
    "Volume": _object(tuple(_VOLUME_FIELDS), **_VOLUME_FIELDS),
    "Volumes": _object(
        ("volumes",), volumes={"type": "array", "items": _ref("Volume")}
    ),
    "Snapshot": _object(tuple(_SNAPSHOT_FIELDS), **_SNAPSHOT_FIELDS),
    "Snapshots": _object(tuple(_SNAPSHOTS_FIELDS), **_SNAPSHOTS_FIELDS),
    "Health": _HEALTH,
}
