# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is being done, waits to be done, or was done: one job at a time for each path."""

from __future__ import annotations

import asyncio
import collections
import json
import secrets
import socket
import typing as t
from datetime import UTC, datetime

from .._event_log import Log
from ._failures import Document, ServiceError, error_document
from ._mounts import is_in
from ._paths import shown
from ._request import Kind, Layout, Mode, Request

Origin: t.TypeAlias = t.Literal["v1", "legacy", "schedule", "start"]
State: t.TypeAlias = t.Literal["queued", "running", "succeeded", "failed", "cancelled"]

#: Jobs that ended are known as long as there are not so many later ones.
_KNOWN: t.Final = 200
#: So many may wait.
_MOST_WAITING: t.Final = 100
#: Seconds in which a job that is cancelled has ended, as a rule.
_PATIENCE: t.Final = 6.0
#: The longest line that a child tells, bytes.
_LONGEST_LINE: t.Final = 64 * 1024 * 1024


class Children(t.Protocol):
    """Who does the work: see ``Zygote``."""

    def begin(self) -> socket.socket:
        """A process that gets a request there, and answers."""


class Call:
    """One request to a process of its own."""

    def __init__(self, children: Children, request: Request) -> None:
        self._children = children
        self._request = request
        self._writer: asyncio.StreamWriter | None = None
        self._is_cancelled = False

    async def answer(
        self, heard: t.Callable[[int], None] | None = None
    ) -> dict[str, t.Any]:
        """``result``, ``error`` or both. ``heard`` is told how many bytes went by until then."""
        try:
            reader, self._writer = await asyncio.open_connection(
                sock=self._children.begin(), limit=_LONGEST_LINE
            )
        except OSError:
            return {"error": _LOST}
        try:
            self._writer.write(self._request.encode())
            if self._is_cancelled:
                self.cancel()
            async for line in reader:
                told = json.loads(line)
                if heard is not None:
                    heard(told["bytes"])
                if "answer" in told:
                    return t.cast("dict[str, t.Any]", told["answer"])
        except (ConnectionError, ValueError):
            pass  # it has ended in the midst of a line
        finally:
            self._writer.close()
        return {"error": _LOST}

    def cancel(self) -> None:
        """The answer comes all the same."""
        self._is_cancelled = True
        if self._writer is not None:
            self._writer.write(b"\n")


_LOST: t.Final[Document] = error_document(
    "failed",
    "The process that did it has ended without a word.",
    "It was killed, perhaps for its memory. Run it again: what was cut off is brought to its end first.",
)
_NOT_BEGUN: t.Final[Document] = error_document(
    "cancelled", "The job was cancelled before it began."
)


class Job:
    """Of one request that a client, or the schedule, has made."""

    def __init__(self, request: Request, origin: Origin, call: Call) -> None:
        self.id = secrets.token_hex(8)
        self.request = request
        self.origin: Origin = origin
        self.state: State = "queued"
        self.created = datetime.now(UTC)
        self.started: datetime | None = None
        self.ended: datetime | None = None
        self.bytes = 0
        self.result: dict[str, t.Any] | None = None
        self.error: Document | None = None
        self.call = call
        #: Is set when something is other than it is now, and is another one then.
        self.changed = asyncio.Event()

    @property
    def kind(self) -> Kind:
        return t.cast(Kind, self.request.work)

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def seconds(self) -> float:
        """For which it worked."""
        if self.started is None or self.ended is None:
            return 0.0
        return (self.ended - self.started).total_seconds()

    def document(self) -> dict[str, t.Any]:
        """As clients see it."""
        request, result = self.request, self.result or {}
        layout: Layout = request.layout
        mode: Mode | None = request.mode
        return {
            "id": self.id,
            "kind": self.kind,
            "path": self.path,
            "layout": layout,
            "snapshot": result.get("snapshot") or request.snapshot,
            "mode": mode,
            "check": request.check,
            "origin": self.origin,
            "state": self.state,
            "created": _written(self.created),
            "started": _written(self.started),
            "ended": _written(self.ended),
            "bytes": self.bytes,
            "result": self.result,
            "error": self.error,
        }

    def start(self) -> None:
        self.state, self.started = "running", datetime.now(UTC)
        self.tell()

    def heard(self, size: int) -> None:
        """So many bytes went by."""
        self.bytes = size
        self.tell()

    def end(self, answer: t.Mapping[str, t.Any]) -> None:
        self.result, self.error = answer.get("result"), answer.get("error")
        self.ended = datetime.now(UTC)
        if self.error is None:
            self.state = "succeeded"
        else:
            code = self.error["code"]
            self.state = "cancelled" if code == "cancelled" else "failed"
        self.tell()

    def tell(self) -> None:
        """Whoever waits looks at it again."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    async def finished(self) -> None:
        while self.ended is None:
            await self.changed.wait()


class Jobs:
    """``ended`` is told of each one as it ends."""

    def __init__(
        self,
        children: Children,
        most: int,
        roots: t.Collection[str],
        log: Log,
        ended: t.Callable[[Job], None],
    ) -> None:
        self._children = children
        self._roots = frozenset(roots)
        self._log = log
        self._told = ended
        self._most = most
        self._waiting: collections.deque[Job] = collections.deque()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._active: dict[str, Job] = {}
        self._past: collections.OrderedDict[str, Job] = collections.OrderedDict()
        self._last: dict[str, dict[Kind, Job]] = {}
        self._is_stopping = False

    def begin(self, request: Request, origin: Origin) -> Job:
        """Raises ``ServiceError`` for a path that is busy, and when there are too many, or the service ends."""
        if self._is_stopping:
            raise ServiceError("stopping", "The service is about to end.")
        other = self.holder(request.path)
        if other is not None:
            raise ServiceError(
                "busy",
                f"{shown(request.path)} is busy: job {other.id} ({other.kind}) has {shown(other.path)}.",
                hint="Wait until that one has ended, or cancel it.",
            )
        if len(self._waiting) >= _MOST_WAITING:
            raise ServiceError(
                "full", f"{_MOST_WAITING} jobs wait already.", hint="Come again later."
            )
        job = Job(request, origin, Call(self._children, request))
        self._active[job.id] = job
        self._waiting.append(job)
        self._advance()
        return job

    def holder(self, path: str) -> Job | None:
        """The job that has the path, something in it, or what it is in."""
        for job in self._active.values():
            if is_in(job.path, path) or is_in(path, job.path):
                return job
        return None

    async def free(self, path: str) -> None:
        """Until no job has it."""
        while (job := self.holder(path)) is not None:
            await job.finished()

    def get(self, job_id: str) -> Job:
        """Raises ``ServiceError``."""
        job = self._active.get(job_id) or self._past.get(job_id)
        if job is None:
            raise ServiceError(
                "not_found",
                "There is no such job.",
                hint=f"The last {_KNOWN} are known, until the service ends.",
            )
        return job

    def all(self) -> list[Job]:
        """The newest first."""
        jobs = [*self._active.values(), *self._past.values()]
        return sorted(jobs, key=lambda job: job.created, reverse=True)

    def last(self, path: str) -> t.Mapping[Kind, Job]:
        """Of one of the roots, those that ended last."""
        return self._last.get(path, {})

    def counts(self) -> dict[str, int]:
        """Of those that have not ended."""
        return {"queued": len(self._waiting), "running": len(self._tasks)}

    def cancel(self, job: Job) -> None:
        """Raises ``ServiceError`` when it has ended."""
        if job.ended is not None:
            raise ServiceError("busy", f"Job {job.id} has ended: it is {job.state}.")
        if job in self._waiting:
            self._waiting.remove(job)
            self._end(job, {"error": _NOT_BEGUN})
        else:
            job.call.cancel()

    async def stop(self) -> None:
        """No more of them, and those that there are cancelled. Those that do not hear of it are left after a while."""
        self._is_stopping = True
        for job in list(self._active.values()):
            self.cancel(job)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=_PATIENCE)

    def _advance(self) -> None:
        while self._waiting and len(self._tasks) < self._most:
            job = self._waiting.popleft()
            job.start()
            self._tasks[job.id] = asyncio.create_task(self._run(job))

    async def _run(self, job: Job) -> None:
        answer = await job.call.answer(job.heard)
        del self._tasks[job.id]
        self._end(job, answer)
        self._advance()

    def _end(self, job: Job, answer: t.Mapping[str, t.Any]) -> None:
        del self._active[job.id]
        self._past[job.id] = job
        if len(self._past) > _KNOWN:
            self._past.popitem(last=False)
        if job.path in self._roots:
            self._last.setdefault(job.path, {})[job.kind] = job
        job.end(answer)
        self._told(job)
        self._log.info(
            "job",
            id=job.id,
            kind=job.kind,
            path=job.path,
            origin=job.origin,
            state=job.state,
            bytes=job.bytes,
            seconds=round(job.seconds, 3),
            error=job.error and job.error["error"],
        )


def _written(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="microseconds")
