# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The answers to requests for ``/v1``, ``/healthz`` and ``/metrics``."""

from __future__ import annotations

import asyncio
import json
import typing as t

from .._errors import ConfigurationError
from .._persist._retention import Retention
from ._failures import ServiceError
from ._http import EVENT_STREAM, HttpRequest, HttpResponse, respond
from ._jobs import Job
from ._request import Request
from ._service import Room, Service, room_of

#: Seconds after which a stream in which nothing happens says that it is still there.
_KEEP_ALIVE: t.Final = 15.0
#: What whoever may only save cannot begin, and not cancel either.
_FULL: t.Final = ("restore", "delete", "prune")


async def describe(service: Service, http: HttpRequest) -> HttpResponse:
    settings, coming = service.settings, service.next_save
    encryption = settings.encryption.name
    return respond(
        {
            "role": http.role,
            "host": settings.host,
            "store": settings.store.full_place,
            "encryption": encryption or ("age" if service.is_encrypted else None),
            "schedule": settings.schedule,
            "next_save": None if coming is None else coming.isoformat(),
            "retention": dict(settings.keep) or None,
            "legacy_get": settings.legacy_get,
        }
    )


async def list_volumes(service: Service, http: HttpRequest) -> HttpResponse:
    def look() -> list[Room]:
        return [room_of(path) for path in service.settings.allowed]

    rooms = await asyncio.to_thread(look)
    found = [
        _volume(service, path, room)
        for path, room in zip(service.settings.allowed, rooms, strict=True)
    ]
    return respond({"volumes": found})


def _volume(service: Service, path: str, room: Room) -> dict[str, t.Any]:
    holder, last = service.jobs.holder(path), service.jobs.last(path)
    return {
        "path": path,
        **room._asdict(),
        "job": None if holder is None else holder.id,
        "last": {kind: job.document() for kind, job in last.items()},
    }


async def list_snapshots(service: Service, http: HttpRequest) -> HttpResponse:
    return respond(await service.list(service.path(http.query["path"])))


# -- what begins a job


async def save(service: Service, http: HttpRequest) -> HttpResponse:
    path = service.path(http.body["path"], must_exist=True)
    keep = _keep(service) if http.body.get("prune") else {}
    return _begin(service, http, Request("save", path, keep=keep))


async def restore(service: Service, http: HttpRequest) -> HttpResponse:
    body = http.body
    include = tuple(body.get("include", ()))
    if include and body["mode"] == "replace":
        raise ServiceError(
            "bad_request",
            "include goes with mode merge: with replace all that is not included would be gone.",
        )
    request = Request(
        "restore",
        service.path(body["path"]),
        snapshot=body.get("snapshot", "latest"),
        mode=body["mode"],
        include=include,
        check=body.get("check", False),
    )
    return _begin(service, http, request)


async def verify(service: Service, http: HttpRequest) -> HttpResponse:
    request = Request(
        "verify",
        service.path(http.body["path"]),
        snapshot=http.body.get("snapshot", "latest"),
        compare=http.body.get("compare", True),
    )
    return _begin(service, http, request)


async def delete(service: Service, http: HttpRequest) -> HttpResponse:
    path = service.path(http.query["path"])
    return _begin(
        service, http, Request("delete", path, snapshot=http.parameters["id"])
    )


async def prune(service: Service, http: HttpRequest) -> HttpResponse:
    keep = http.body.get("keep") or _keep(service)
    try:
        Retention.parse(keep)
    except ConfigurationError as error:
        raise ServiceError("bad_request", error.message, hint=error.hint) from None
    path = service.path(http.body["path"])
    request = Request("prune", path, keep=keep, check=http.body.get("check", False))
    return _begin(service, http, request)


def _keep(service: Service) -> t.Mapping[str, t.Any]:
    if not service.settings.keep:
        raise ServiceError(
            "bad_request",
            "The service has no retention, so it cannot be said what goes.",
            hint="Set KEEP_LAST or another one of KEEP_…, or send keep.",
        )
    return service.settings.keep


def _begin(service: Service, http: HttpRequest, request: Request) -> HttpResponse:
    job = service.begin(http, request, "v1")
    return respond(job.document(), 202, {"Location": f"/v1/jobs/{job.id}"})


# -- jobs


async def list_jobs(service: Service, http: HttpRequest) -> HttpResponse:
    return respond({"jobs": [job.document() for job in service.jobs.all()]})


async def get_job(service: Service, http: HttpRequest) -> HttpResponse:
    return respond(service.jobs.get(http.parameters["id"]).document())


async def cancel(service: Service, http: HttpRequest) -> HttpResponse:
    found = service.jobs.get(http.parameters["id"])
    if found.kind in _FULL and http.role != "full":
        raise ServiceError(
            "forbidden", f"This token may not cancel what does a {found.kind}."
        )
    service.jobs.cancel(found)
    return respond(found.document(), 202)


async def watch(service: Service, http: HttpRequest) -> HttpResponse:
    found = service.jobs.get(http.parameters["id"])
    service.open_stream()
    return HttpResponse(
        content_type=EVENT_STREAM,
        headers={"X-Accel-Buffering": "no"},
        stream=_events(found),
        sent=service.close_stream,
    )


async def _events(job: Job) -> t.AsyncIterator[bytes]:
    is_last = False
    while not is_last:
        is_last, changed = job.ended is not None, job.changed
        yield f"event: job\ndata: {json.dumps(job.document())}\n\n".encode()
        while not (is_last or changed.is_set()):
            try:
                async with asyncio.timeout(_KEEP_ALIVE):
                    await changed.wait()
            except TimeoutError:
                yield b": nothing new\n\n"


# -- the service itself


async def health(service: Service, http: HttpRequest) -> HttpResponse:
    problems = list(service.problems.values())
    document = {"ok": not problems, "problems": problems}
    return respond(document, 503 if problems else 200)


async def metrics(service: Service, http: HttpRequest) -> HttpResponse:
    body, content_type = service.metrics.page()
    return HttpResponse(body=body, content_type=content_type)
