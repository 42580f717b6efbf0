# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several hosts that run the same task: processes, each with a cache and a way to the store of its own."""

from __future__ import annotations

import contextlib
import json
import threading
import typing as t
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration import program
from tests.integration.module import Result, written
from tests.integration.networks import Direction, Way, by_way
from tests.integration.processes import Killable

Seen = t.Callable[[int, str, str], object]


class _Listener(Way):
    """Tells of each request, by method and path, before it is passed on."""

    def __init__(self, port: int, told: t.Callable[[str, str], object]) -> None:
        super().__init__(port)
        self._told = told

    def seen(self, data: bytes, direction: Direction) -> None:
        method, _unused, rest = data.partition(b" ")
        if direction == "up" and method in (b"PUT", b"POST", b"GET", b"DELETE"):
            path = urllib.parse.unquote(rest.split(b" ", 1)[0].decode())
            self._told(method.decode(), path)


class Hosts:
    """``count`` of them, with the same source and destination.

    ``seen`` is called with a host's index, and the method and path of each of its requests.
    """

    def __init__(
        self,
        source: t.Any,
        destination: t.Any,
        count: int,
        folder: Path,
        seen: Seen = lambda index, method, path: None,
        **options: t.Any,
    ) -> None:
        self._source = source
        self._destination = destination
        self._count = count
        self._folder = folder
        self._seen = seen
        self._options = options
        self._running: dict[int, Killable] = {}

    def run(self, index: int, /, **options: t.Any) -> Result | None:
        """One of them, to its end; None when it was killed."""
        shard = {"index": index, "count": self._count, "wait": "20s"}
        shard |= options.pop("shard", {})
        port = self._destination.server.port

        def told(method: str, path: str) -> None:
            self._seen(index, method, path)

        with _Listener(port, told) as way:
            arguments = {
                "source": written(self._source),
                "destination": by_way(way, self._destination),
                "cache_path": str(self._folder / f"cache{index}"),
                "shard": shard,
                **self._options,
                **options,
            }
            process = self._running[index] = Killable(program, arguments)
            code = process.run()
        return None if code < 0 else Result(json.loads(process.output))

    def kill(self, index: int) -> None:
        self._running[index].kill()

    def all(self, *without: int, **options: t.Any) -> list[Result]:
        """All of them at the same time, but for these."""
        chosen = [index for index in range(self._count) if index not in without]
        with ThreadPoolExecutor(len(chosen)) as pool:
            runs = [pool.submit(self.run, index, **options) for index in chosen]
            return [result for run in runs if (result := run.result()) is not None]


class Once:
    """Calls a function the first time that it is called, while all who call it later wait."""

    def __init__(self, function: t.Callable[[], object]) -> None:
        self._function = function
        self._lock = threading.Lock()
        self.done = False

    def __call__(self) -> None:
        with self._lock, contextlib.ExitStack() as stack:
            if not self.done:
                stack.callback(setattr, self, "done", True)
                self._function()
