# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The interface of micro-s3-persistence: a path is saved by GET, and restored by POST and PUT."""

from __future__ import annotations

import typing as t

from ._failures import ServiceError
from ._http import HttpRequest, HttpResponse, failed, respond
from ._jobs import Job
from ._paths import path_of_url
from ._request import Mode, Request
from ._service import Service

METHODS: t.Final = ("GET", "HEAD", "POST", "PUT")

_MODES: t.Final[t.Mapping[str, Mode]] = {"POST": "merge", "PUT": "replace"}


async def legacy(service: Service, http: HttpRequest) -> HttpResponse:
    """Answers when the work is done. A client that does not wait for it changes nothing."""
    path = path_of_url(http.raw_path)
    if http.method == "HEAD":
        service.path(path, must_exist=True)
        return respond({"success": True})
    job = _begin(service, http, path)
    await job.finished()
    if job.error is not None:
        return failed({**job.error, "job": job.document()})
    document: dict[str, t.Any] = {"success": True}
    if job.kind == "save":
        document["data"] = (job.result or {}).get("stored", {})
    return respond({**document, "job": job.document()})


def _begin(service: Service, http: HttpRequest, path: str) -> Job:
    layout = service.legacy_layout
    if http.method == "GET":
        if not service.settings.legacy_get:
            raise ServiceError(
                "method_not_allowed",
                "Here GET does not save.",
                hint='Send POST to /v1/snapshots, with {"path": …}.',
                headers={"Allow": "HEAD, POST, PUT"},
            )
        path = service.path(path, must_exist=True)
        return service.begin(http, Request("save", path, layout), "legacy")
    if http.role != "full":
        raise ServiceError("forbidden", "This token may save, and not restore.")
    snapshot = "latest" if layout == "snapshots" else None
    request = Request(
        "restore", service.path(path), layout, snapshot, _MODES[http.method]
    )
    return service.begin(http, request, "legacy")
