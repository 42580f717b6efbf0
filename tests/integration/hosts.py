# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several hosts that run the same task: processes, each with a cache and a way to the store of its own."""

from __future__ import annotations

import json
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration import program
from tests.integration.module import Result, written
from tests.integration.networks import Direction, Way, by_way
from tests.integration.processes import Killable

Seen = t.Callable[[int, bytes], object]


class _Listener(Way):
    """Tells of what a host sends, before it is passed on."""

    def __init__(self, port: int, told: t.Callable[[bytes], object]) -> None:
        super().__init__(port)
        self._told = told

    def seen(self, data: bytes, direction: Direction) -> None:
        if direction == "up":
            self._told(data)


class Hosts:
    """``count`` of them, with the same source and destination.

    ``seen`` is called with a host's index, and what it sends, before that is passed on.
    """

    def __init__(
        self,
        source: t.Any,
        destination: t.Any,
        count: int,
        folder: Path,
        seen: Seen = lambda index, data: None,
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

        def told(data: bytes) -> None:
            self._seen(index, data)

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
