# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs, one for each path, with processes that do nothing but answer; and the schedule that begins them."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import threading
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._event_log import (
    Log,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service import (
    _cron,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._environment import (
    Settings,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._failures import (
    ServiceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._jobs import (
    Jobs,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._request import (
    Request,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._schedule import (
    fill,
    keep_schedule,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._service import (
    Service,
)

Reply = t.Callable[[Request], t.Sequence[bytes]]


def told(**answer: t.Any) -> bytes:
    return json.dumps({"bytes": 1, "answer": answer}).encode() + b"\n"


def well(_request: Request) -> t.Sequence[bytes]:
    return [told(result={"changed": True})]


class Children:
    """``hold``: none of them answers before it is set."""

    def __init__(self, reply: Reply = well) -> None:
        self._reply = reply
        self.requests: list[Request] = []
        self.hold = threading.Event()
        self.hold.set()

    def begin(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
        return ours

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            if not (line := stream.readline()):
                return
            request = Request.decode(line)
            self.requests.append(request)
            self.hold.wait()
            for line in self._reply(request):
                connection.sendall(line)


def jobs_of(children: Children, most: int = 1) -> Jobs:
    log = Log(io.StringIO())
    return Jobs(children, most, ["/a"], log, lambda _job: None)


def test_a_path_has_one_job() -> None:
    async def story() -> None:
        children = Children()
        children.hold.clear()
        jobs = jobs_of(children)
        one = jobs.begin(Request("save", "/a/b"), "v1")
        for path in ("/a/b", "/a", "/a/b/c"):
            with pytest.raises(ServiceError) as caught:
                jobs.begin(Request("save", path), "v1")
            assert caught.value.code == "busy"
        two = jobs.begin(Request("save", "/a/bc"), "v1")
        assert jobs.counts() == {"queued": 1, "running": 1}
        assert (one.state, two.state) == ("running", "queued")
        children.hold.set()
        await two.finished()
        assert (one.state, two.state) == ("succeeded", "succeeded")
        assert [job.id for job in jobs.all()] == [two.id, one.id]
        assert jobs.counts() == {"queued": 0, "running": 0}
        three = jobs.begin(Request("save", "/a"), "v1")
        await three.finished()
        assert jobs.last("/a") == {"save": three}

    asyncio.run(story())


@pytest.mark.parametrize(
    "lines", [[], [b'{"bytes": 1'], [b"nonsense\n"], [b'{"bytes": 1}\n']]
)
def test_a_process_that_ends_without_a_word(lines: list[bytes]) -> None:
    async def story() -> None:
        jobs = jobs_of(Children(lambda _request: lines))
        job = jobs.begin(Request("save", "/a"), "v1")
        await job.finished()
        assert job.state == "failed" and job.error is not None
        assert job.error["code"] == "failed"
        # the path is free again
        jobs.begin(Request("save", "/a"), "v1")

    asyncio.run(story())


def test_only_so_many_are_remembered_and_wait() -> None:
    async def story() -> None:
        children = Children()
        jobs = jobs_of(children, most=8)
        for number in range(250):
            job = jobs.begin(Request("save", f"/a/{number}"), "legacy")
            await job.finished()
        assert len(jobs.all()) == 200
        children.hold.clear()
        begun = [jobs.begin(Request("save", f"/a/{n}"), "v1") for n in range(108)]
        with pytest.raises(ServiceError) as caught:
            jobs.begin(Request("save", "/b"), "v1")
        assert caught.value.code == "full"
        jobs.cancel(begun[-1])
        assert begun[-1].state == "cancelled"
        children.hold.set()
        await begun[-2].finished()
        await jobs.stop()
        with pytest.raises(ServiceError) as caught:
            jobs.begin(Request("save", "/b"), "v1")
        assert caught.value.code == "stopping"

    asyncio.run(story())


def service_of(folder: Path, children: Children, **settings: t.Any) -> Service:
    roots = (f"{folder}/one", f"{folder}/two")
    made = Settings(
        Endpoint("MEMORY", "volumes"),
        roots,
        schedule_paths=roots,
        jitter=0.0,
        **settings,
    )
    return Service(made, children, Log(io.StringIO()))


def test_the_schedule_saves_and_prunes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0, 0, 3600])

    def soon(_schedule: str, after: datetime) -> datetime:
        return after + timedelta(seconds=next(times))

    monkeypatch.setattr(_cron, "next_time", soon)

    async def story() -> None:
        children = Children()
        service = service_of(tmp_path, children, keep={"keep_last": 3})
        children.hold.clear()
        # what is busy is saved when it is free
        busy = service.jobs.begin(Request("restore", f"{tmp_path}/one/a"), "v1")
        task = asyncio.create_task(keep_schedule(service, "* * * * *"))
        await asyncio.sleep(0)
        children.hold.set()
        await busy.finished()
        while service.next_save is None or service.next_save < datetime.now(UTC):
            # the clock
            await asyncio.sleep(0.01)
        task.cancel()
        saves = [one for one in children.requests if one.work == "save"]
        assert [one.path for one in saves] == [*service.allowed.roots] * 2
        assert all(one.keep == {"keep_last": 3} for one in saves)
        assert {job.origin for job in service.jobs.all()} == {"v1", "schedule"}

    asyncio.run(story())


def test_it_is_not_well_where_it_could_not_fill(tmp_path: Path) -> None:
    def reply(request: Request) -> t.Sequence[bytes]:
        if request.path.endswith("two"):
            error = {"error": "The store is away.", "hint": "", "code": "store"}
            return [told(error=error)]
        return well(request)

    async def story() -> None:
        service = service_of(tmp_path, Children(reply), restore_on_start=True)
        filling = asyncio.create_task(fill(service))
        await asyncio.sleep(0)
        assert len(service.problems) == 2
        await filling
        assert list(service.problems) == [f"{tmp_path}/two"]
        assert "The store is away." in service.problems[f"{tmp_path}/two"]
        assert all(job.request.if_empty for job in service.jobs.all())

    asyncio.run(story())
