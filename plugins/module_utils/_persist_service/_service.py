# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What all requests have in common: the settings, the jobs, and what is known of the service itself."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import stat
import typing as t
from datetime import datetime

from .._event_log import Log
from ._environment import Settings
from ._failures import ServiceError
from ._guard import Guard, Rate
from ._http import HttpRequest
from ._jobs import Call, Children, Job, Jobs, Origin
from ._metrics import Metrics
from ._paths import Allowed, normal
from ._request import Layout, Request

#: So many listings of the store are made at once, and so many may wait.
_LISTINGS: t.Final = 4
_MOST_LISTINGS: t.Final = 100
#: So many streams of events may be open.
_MOST_STREAMS: t.Final = 64


class Service:
    """``problems``: by path, why it is not well. ``next_save``: when the schedule comes next, UTC."""

    def __init__(self, settings: Settings, children: Children, log: Log) -> None:
        self.settings = settings
        self.log = log
        self.allowed = Allowed(settings.allowed)
        self.guard = Guard(settings.token, settings.save_token)
        self.metrics = Metrics(settings.allowed)
        self.jobs = Jobs(
            children, settings.max_jobs, settings.allowed, log, self._ended
        )
        self.metrics.watch(self.jobs.counts)
        self.problems: dict[str, str] = {}
        self.next_save: datetime | None = None
        self._children = children
        self._rate = Rate(settings.rate)
        self._listings = asyncio.Semaphore(_LISTINGS)
        self._waiting = 0
        self._streams = 0

    @property
    def is_encrypted(self) -> bool:
        settings = self.settings
        return bool(settings.encryption.name or settings.keys.identities)

    @property
    def legacy_layout(self) -> Layout:
        """An object of micro-s3-persistence is never encrypted."""
        return "snapshots" if self.is_encrypted else "single"

    def path(self, written: str, *, must_exist: bool = False) -> str:
        """Raises ``ServiceError`` for a path that may not be touched."""
        return self.allowed.check(normal(written), must_exist=must_exist)

    def begin(self, http: HttpRequest, request: Request, origin: Origin) -> Job:
        """Raises ``ServiceError``."""
        self._rate.take(http.address)
        return self.jobs.begin(dataclasses.replace(request, prompt=True), origin)

    async def list(self, path: str) -> dict[str, t.Any]:
        """The snapshots of a path. Raises ``ServiceError``."""
        if self._waiting >= _MOST_LISTINGS:
            raise ServiceError("full", "Too many listings wait.")
        self._waiting += 1
        try:
            async with self._listings:
                request = Request("list", path, prompt=True)
                answer = await Call(self._children, request).answer()
        finally:
            self._waiting -= 1
        error = answer.get("error")
        if error is not None:
            raise ServiceError(error["code"], error["error"], hint=error["hint"])
        return t.cast("dict[str, t.Any]", answer["result"])

    def open_stream(self) -> None:
        """Raises ``ServiceError`` when there are too many."""
        if self._streams >= _MOST_STREAMS:
            raise ServiceError("full", f"{_MOST_STREAMS} streams are open already.")
        self._streams += 1

    def close_stream(self) -> None:
        self._streams -= 1

    def _ended(self, job: Job) -> None:
        self.metrics.ended(job)
        if job.state == "succeeded" and job.kind in ("save", "restore"):
            # somebody has seen to it
            self.problems.pop(job.path, None)


class Room(t.NamedTuple):
    """What is at a path, and how many bytes its file system has; None: nobody knows."""

    kind: t.Literal["directory", "file"] | None = None
    size: int | None = None
    free: int | None = None


def room_of(path: str) -> Room:
    """It may take a while, where the file system is another machine's."""
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
        room = os.statvfs(path)
    except OSError:
        return Room()
    size, free = room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
    return Room("directory" if is_folder else "file", size, free)
