# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Every request that the service knows beside those for paths: who may send it, what it takes, what it answers."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from . import _schemas as schemas
from . import _v1 as v1
from ._failures import Code
from ._http import EVENT_STREAM, HttpRequest, HttpResponse, Role
from ._schemas import Schema
from ._service import Service

Handler: t.TypeAlias = t.Callable[[Service, HttpRequest], t.Awaitable[HttpResponse]]


@dataclass(frozen=True, slots=True)
class Operation:
    """``role``: None: everybody. ``answers``: by status a name out of ``COMPONENTS``, or a content type.

    ``errors`` beside those that every operation may have.
    """

    method: t.Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    summary: str
    handler: Handler
    answers: t.Mapping[int, str]
    role: Role | None = "save"
    parameters: t.Mapping[str, Schema] = field(default_factory=dict)
    query: t.Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    errors: tuple[Code, ...] = ()


_OF_PATHS: t.Final[tuple[Code, ...]] = ("forbidden", "not_found")
_BEGINS: t.Final[tuple[Code, ...]] = (*_OF_PATHS, "busy", "stopping")

OPERATIONS: t.Final[t.Sequence[Operation]] = (
    Operation(
        "GET",
        "/v1/service",
        "getService",
        "What the service is set to do, and the role of the token.",
        v1.describe,
        {200: "Service"},
    ),
    Operation(
        "GET",
        "/v1/volumes",
        "listVolumes",
        "What can be saved and restored.",
        v1.list_volumes,
        {200: "Volumes"},
    ),
    Operation(
        "GET",
        "/v1/snapshots",
        "listSnapshots",
        "The snapshots of a path.",
        v1.list_snapshots,
        {200: "Snapshots"},
        query=schemas.PATH_QUERY,
        errors=(*_OF_PATHS, "store", "full"),
    ),
    Operation(
        "POST",
        "/v1/snapshots",
        "save",
        "Begin to save a path.",
        v1.save,
        {202: "Job"},
        body=schemas.SAVE,
        errors=_BEGINS,
    ),
    Operation(
        "DELETE",
        "/v1/snapshots/{id}",
        "deleteSnapshot",
        "Begin to remove a snapshot.",
        v1.delete,
        {202: "Job"},
        role="full",
        parameters={"id": schemas.SNAPSHOT_ID},
        query=schemas.PATH_QUERY,
        errors=_BEGINS,
    ),
    Operation(
        "POST",
        "/v1/restores",
        "restore",
        "Begin to restore a path, or with check to say what that would change.",
        v1.restore,
        {202: "Job"},
        role="full",
        body=schemas.RESTORE,
        errors=_BEGINS,
    ),
    Operation(
        "POST",
        "/v1/verifications",
        "verify",
        "Begin to read a snapshot to its end, and to compare it with what is there.",
        v1.verify,
        {202: "Job"},
        body=schemas.VERIFY,
        errors=_BEGINS,
    ),
    Operation(
        "POST",
        "/v1/prunings",
        "prune",
        "Begin to remove snapshots that a retention does not keep.",
        v1.prune,
        {202: "Job"},
        role="full",
        body=schemas.PRUNE,
        errors=_BEGINS,
    ),
    Operation(
        "GET",
        "/v1/jobs",
        "listJobs",
        "Jobs, the newest first.",
        v1.list_jobs,
        {200: "Jobs"},
    ),
    Operation(
        "GET",
        "/v1/jobs/{id}",
        "getJob",
        "A job.",
        v1.get_job,
        {200: "Job"},
        parameters={"id": schemas.JOB_ID},
        errors=("not_found",),
    ),
    Operation(
        "DELETE",
        "/v1/jobs/{id}",
        "cancelJob",
        "Cancel a job.",
        v1.cancel,
        {202: "Job"},
        parameters={"id": schemas.JOB_ID},
        errors=("forbidden", "not_found", "busy"),
    ),
    Operation(
        "GET",
        "/v1/jobs/{id}/events",
        "watchJob",
        "A job's document as a server-sent event each time that it changes, until it has ended.",
        v1.watch,
        {200: EVENT_STREAM},
        parameters={"id": schemas.JOB_ID},
        errors=("not_found", "full"),
    ),
    Operation(
        "GET",
        "/healthz",
        "getHealth",
        "Whether the service is well.",
        v1.health,
        {200: "Health", 503: "Health"},
        role=None,
    ),
    Operation(
        "GET",
        "/metrics",
        "getMetrics",
        "Numbers for Prometheus.",
        v1.metrics,
        {200: "text/plain"},
    ),
)
