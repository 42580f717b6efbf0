# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The persistence service beside the module, its answers while it restores, and its memory. Part of ``make bench``.

Volumes, store and state are in memory, so that nothing hides what the service takes. Its client is on the same machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from tests.integration.persistence_service.service import Service
from tests.integration.places import S3Place
from tests.servers.seaweedfs import SeaweedFS

from .cases import Case
from .measure import BenchmarkError, run
from .memory import Peak
from .tables import Table
from .tree import Tree, laid_out

TITLE: t.Final = "The persistence service"
NOTE: t.Final = (
    "Volumes, store and service are on the same machine, all data in memory. The module is timed as a whole process, "
    "the service from the request to the last event of its job; both restore in place, where one file has been changed. "
    "They take turns. Memory is that of the service and all its children together, each page counted once (PSS); "
    "the goal is 150 MB."
)

_MIB: t.Final = 1 << 20
_TOKEN: t.Final = "a token of the benchmark".replace(" ", "-")
#: Seconds after which a change of a file is beyond the grain of every clock.
_GRAIN: t.Final = 2.1
_MODULE, _SERVICE = "module", "service"
_WORKS: t.Final = ("first save", "save, unchanged", "restore")


class Settings(t.NamedTuple):
    """``file``: MiB of the volume that is one; ``files`` of 13,000 bytes the one of many.

    ``large``: MiB of the volume whose memory is taken. ``pauses``: seconds that a client waits between two questions.
    """

    rounds: int = 5
    file: int = 1024
    files: int = 20_000
    large: int = 2048
    clients: int = 50
    pauses: t.Sequence[float] = (1.0, 0.1, 0.0)


def tables(settings: Settings) -> list[Table]:
    """The same work side by side; answers while a large file is restored; memory."""
    many = f"{settings.files:,} files of 13,000 bytes"
    with _scene(settings.files, 13_000) as scene:
        beside = [_beside(many, _turns(scene, settings.rounds))]
    with _scene(1, settings.file * _MIB) as scene:
        turns = _turns(scene, settings.rounds)
        beside.append(_beside(f"One file of {settings.file} MiB", turns))
        answers = _answers(scene, settings)
    with _scene(1, settings.large * _MIB) as scene:
        memory = _memory(scene, f"One file of {settings.large} MiB")
    with _scene(settings.files, 13_000) as scene:
        memory += _memory(scene, many)
    heading = ["volume", "at rest, MB", *(f"{work}, MB" for work in _WORKS)]
    return [*beside, answers, Table("Memory at its peak:", [heading, *memory])]


class _Scene:
    """A volume, a store, and both ways to save and restore it."""

    def __init__(self, folder: Path, tree: Tree, place: S3Place) -> None:
        self.tree = tree
        self._place = place
        self._state = {name: folder / f"{name}-state" for name in (_MODULE, _SERVICE)}
        self.service = Service(
            folder,
            {
                "S3_BUCKET_NAME": place.name,
                "AWS_ACCESS_KEY_ID": place.server.key,
                "AWS_SECRET_ACCESS_KEY": place.server.secret,
                "S3_ENDPOINT_URL": place.url,
                "ALLOWED_PATHS": str(tree.folder),
                "STATE_PATH": str(self._state[_SERVICE]),
                "SNAPSHOT_HOST": _SERVICE,
                "AUTH_TOKEN": _TOKEN,
            },
        ).ready()

    def forget(self, tool: str) -> None:
        """What it has saved, and what it remembers."""
        folder = self._state[tool]
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for key in self._place.keys():
            self._place.remove(key)

    def timed(self, tool: str, restores: bool) -> float:
        """Seconds that it takes."""
        if tool == _MODULE:
            return self._by_module(restores)
        began = time.monotonic()
        path = {"path": str(self.tree.folder)}
        if restores:
            ended = self.service.done(
                "POST", "/v1/restores", {**path, "mode": "replace"}
            )
        else:
            ended = self.service.done("POST", "/v1/snapshots", path)
        if ended["state"] != "succeeded":
            raise BenchmarkError(f"The service failed: {ended['error']}")
        return time.monotonic() - began

    def _by_module(self, restores: bool) -> float:
        arguments = {
            "path": str(self.tree.folder),
            "host": _MODULE,
            "store": self._place.endpoint(),
            "cache_path": str(self._state[_MODULE]),
            **({"state": "restored", "mode": "replace"} if restores else {}),
        }
        command = [sys.executable, "-m", "tests.benchmarks.module", "volume_persist"]
        return run([*command, json.dumps(arguments)], {}, ours=True).wall

    def damage(self) -> None:
        """One file, which only a restore makes what it was."""
        self._damaged = next(self.tree.folder.rglob("*.bin"))
        os.truncate(self._damaged, self.tree.size - 1)

    def check(self, tool: str) -> None:
        if self._damaged.stat().st_size != self.tree.size:
            raise BenchmarkError(f"{tool} did not restore {self._damaged}.")


@contextlib.contextmanager
def _scene(files: int, size: int) -> t.Iterator[_Scene]:
    case = Case("service", "", "save", files, size, (), text=True)
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm", prefix="longshore-") as name,
        SeaweedFS(Path(name)) as server,
        laid_out(Path(name) / "data", case, files) as tree,
    ):
        place = S3Place(server)
        place.make()
        scene = _Scene(Path(name), tree, place)
        try:
            yield scene
        finally:
            scene.service.end()


# -- side by side


def _turns(scene: _Scene, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds, by work and tool. Who goes first changes with each round."""
    found: dict[str, dict[str, list[float]]] = {
        work: {_MODULE: [], _SERVICE: []} for work in _WORKS
    }
    for number in range(rounds):
        tools = (_MODULE, _SERVICE) if number % 2 else (_SERVICE, _MODULE)
        for tool in tools:
            for work, seconds in zip(_WORKS, _works(scene, tool), strict=True):
                found[work][tool].append(seconds)
    return found


def _works(scene: _Scene, tool: str) -> t.Iterator[float]:
    """Each of the works in turn: the seconds that it took."""
    scene.forget(tool)
    yield scene.timed(tool, False)
    time.sleep(_GRAIN)
    # by now it knows all files as they are
    scene.timed(tool, False)
    yield scene.timed(tool, False)
    scene.damage()
    yield scene.timed(tool, True)
    scene.check(tool)


def _beside(volume: str, found: dict[str, dict[str, list[float]]]) -> Table:
    rows = [["work", "module, s", "service, s", "service ÷ module"]]
    for work, seconds in found.items():
        middle = {tool: statistics.median(ones) for tool, ones in seconds.items()}
        ratio = middle[_SERVICE] / middle[_MODULE]
        rows.append(
            [work, *(_spread(ones) for ones in seconds.values()), f"{ratio:.2f}"]
        )
    return Table(f"{volume}; the median, and the fastest and slowest:", rows)


def _spread(seconds: t.Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"


# -- answers


def _answers(scene: _Scene, settings: Settings) -> Table:
    rows = [
        ["pause of each client", "restore, s", "answers", "half within, ms"]
        + ["99 % within, ms", "longest, ms"]
    ]
    scene.timed(_SERVICE, False)
    for pause in settings.pauses:
        scene.damage()
        began = time.monotonic()
        waits = asyncio.run(_asked(scene, settings.clients, pause))
        took = time.monotonic() - began
        scene.check(_SERVICE)
        cuts = statistics.quantiles(waits, n=100, method="inclusive")
        shown = [f"{one * 1000:.1f}" for one in (cuts[49], cuts[98], max(waits))]
        about = f"about {pause:g} s" if pause else "none"
        rows.append([about, f"{took:.1f}", f"{len(waits):,}", *shown])
    caption = f"{settings.clients} clients ask for the state of the job while one file of {settings.file} MiB is restored:"
    return Table(caption, rows)


async def _asked(scene: _Scene, clients: int, pause: float) -> list[float]:
    """Seconds that each answer took."""
    port = scene.service.port
    connections = [
        await asyncio.open_connection("127.0.0.1", port) for _unused in range(clients)
    ]
    body = {"path": str(scene.tree.folder), "mode": "replace"}
    job = scene.service.ask("POST", "/v1/restores", body).json["id"]
    found = await asyncio.gather(
        *(_client(*connection, job, pause) for connection in connections)
    )
    return [wait for waits in found for wait in waits]


async def _client(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, job: str, pause: float
) -> list[float]:
    head = f"GET /v1/jobs/{job} HTTP/1.1\r\nHost: localhost\r\n"
    request = f"{head}Authorization: Bearer {_TOKEN}\r\n\r\n".encode()
    waits = []
    await asyncio.sleep(random.uniform(0, pause))
    while True:
        began = time.perf_counter()
        writer.write(request)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        document = json.loads(await reader.readexactly(int(fields["content-length"])))
        waits.append(time.perf_counter() - began)
        if document["ended"] is not None:
            break
        await asyncio.sleep(random.uniform(0.5, 1.5) * pause)
    writer.close()
    if document["state"] != "succeeded":
        raise BenchmarkError(f"The restore failed: {document['error']}")
    return waits


# -- memory


def _memory(scene: _Scene, volume: str) -> list[list[str]]:
    """A row of MB."""
    process = scene.service.process.pid
    with Peak(process) as rest:
        # long enough for some looks at it
        time.sleep(1)
    figures = [rest.bytes]
    works = _works(scene, _SERVICE)
    for _work in _WORKS:
        with Peak(process) as peak:
            next(works)
        figures.append(peak.bytes)
    return [[volume, *(f"{one / 1e6:.1f}" for one in figures)]]
