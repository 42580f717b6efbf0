# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the service begins by itself: saves at their times, and restores of what is empty as it starts."""

from __future__ import annotations

import asyncio
import random
import typing as t
from datetime import UTC, datetime

from .._errors import LongshoreError
from ._failures import ServiceError
from ._jobs import Job, Origin
from ._paths import shown
from ._request import Request
from ._service import Service

#: A clock may be set while it sleeps: the longest sleep, seconds.
_SLEEP: t.Final = 30.0


async def fill(service: Service) -> None:
    """Restore into every volume that is empty. Until it is done, and where it failed, the service is not well."""
    if not service.settings.restore_on_start:
        return
    roots = service.settings.allowed
    for path in roots:
        service.problems[path] = f"{shown(path)} is being looked at, or filled."
    for path in roots:
        request = Request("restore", path, snapshot="latest", if_empty=True)
        job = await _do(service, request, "start")
        if job is None or job.state == "succeeded":
            service.problems.pop(path, None)
        else:
            said = job.error["error"] if job.error else job.state
            service.problems[path] = f"{shown(path)} could not be filled: {said}"


async def keep_schedule(service: Service, schedule: str) -> None:
    """Save and prune at each time, until it is cancelled. A time that comes while the last one's saves run is left out."""
    from ._cron import next_time

    settings = service.settings
    while True:
        try:
            coming = next_time(schedule, datetime.now(UTC))
        except LongshoreError as error:
            service.log.error("schedule", text=str(error))
            return
        service.next_save = coming
        await _sleep_until(coming)
        await asyncio.sleep(random.uniform(0, settings.jitter))
        service.log.info("schedule", paths=" ".join(settings.schedule_paths))
        for path in settings.schedule_paths:
            await _do(service, Request("save", path, keep=settings.keep), "schedule")


async def _sleep_until(time: datetime) -> None:
    while (left := (time - datetime.now(UTC)).total_seconds()) > 0:
        await asyncio.sleep(min(left, _SLEEP))


async def _do(service: Service, request: Request, origin: Origin) -> Job | None:
    """As soon as the path is free; None: it could not be begun."""
    try:
        await service.jobs.free(request.path)
        job = service.jobs.begin(request, origin)
    except ServiceError as error:
        service.log.warning(origin, path=request.path, text=str(error))
        return None
    await job.finished()
    return job
