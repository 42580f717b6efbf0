# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once to one destination: one wins, the other says so, and nobody is misled after."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    decode_root,
    decode_shard,
)
from tests.integration import program
from tests.integration.module import Result, sync, written
from tests.integration.networks import Gate, by_way
from tests.integration.places import RESERVED, Place, Places
from tests.integration.processes import Killable

ROOT = f"{RESERVED}manifest/root"
ROUNDS = 3


def _site(seed: int) -> dict[str, bytes]:
    """Half of its names are every site's; their sizes too, so that only the contents tell."""
    dice = random.Random(seed)
    names = [f"{n}.html" for n in range(10)] + [f"{seed}/{n}.bin" for n in range(10)]
    return {name: dice.randbytes(1000) for name in names}


class _Meeting:
    """Where both runs wait for each other; whoever comes when the other has ended goes on."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)
        self.came = 0

    def wait(self) -> None:
        self.came += 1
        with contextlib.suppress(threading.BrokenBarrierError):
            self._barrier.wait()

    def leave(self) -> None:
        self._barrier.abort()


def _run(source: Place, destination: t.Any, number: int, meeting: _Meeting) -> Result:
    """A run whose ``number``-th write of the root waits for the other run's."""
    port = destination.server.port
    try:
        with Gate(port, ROOT, number, meeting.wait) as way:
            arguments = {
                "source": written(source),
                "destination": by_way(way, destination),
                "manifest": "always",
            }
            process = Killable(program, arguments)
            process.run()
            return Result(json.loads(process.output))
    finally:
        meeting.leave()


def _run_both(
    sources: t.Sequence[Place], destination: t.Any, numbers: t.Sequence[int]
) -> tuple[list[Result], int]:
    """What both say, and how many came to the meeting."""
    meeting = _Meeting()
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(_run, source, destination, number, meeting)
            for source, number in zip(sources, numbers, strict=True)
        ]
        return [run.result() for run in runs], meeting.came


def _recorded(destination: Place) -> dict[str, str]:
    """The manifest: the SHA-256 of each name."""
    root = decode_root(destination.read(ROOT))
    digests: dict[str, str] = {}
    for name in root.shards:
        if name is not None:
            data = destination.read(f"{RESERVED}manifest/shards/{name}")
            digests |= {
                n: entry.digest for n, entry in decode_shard(name, data).items()
            }
    return digests


def _digests(tree: t.Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in tree.items()}


@pytest.mark.parametrize("kind", ["seaweedfs", "azurite"])
@pytest.mark.parametrize(
    "existing, numbers",
    [(False, (1, 1)), (True, (1, 1)), (True, (2, 1)), (True, (2, 2))],
    ids=["first", "marks", "commit_and_mark", "commits"],
)
def test_two_runs_at_once(
    places: Places, kind: str, existing: bool, numbers: tuple[int, int]
) -> None:
    """``numbers``: which write of the root of each run waits for the other's. First runs write
    it at their end; others mark it before they change anything, and commit it at their end.
    """
    sites = [_site(1), _site(2), _site(3)]
    sources = [places("local") for _unused in sites]
    for source, site in zip(sources, sites, strict=True):
        source.fill(site)
    for number in range(ROUNDS):
        destination = places(kind)
        destination.make()
        if existing:
            sync(sources[2], destination, manifest="always")

        results, came = _run_both(sources[:2], destination, numbers)

        failed = [result for result in results if result.failed]
        assert failed, "both cannot have won"
        for result in failed:
            assert "another run" in result.msg and "Run again" in result.msg
        if numbers == (1, 1):
            assert came == 2
        if existing and numbers == (1, 1):
            # the other was told before it had changed anything
            assert len(failed) == 1
            assert destination.tree() == sites[results[0].failed]
        assert _recorded(destination) in [_digests(site) for site in sites]

        order = (0, 1) if number % 2 else (1, 0)
        for which in order:
            sync(sources[which], destination, manifest="always", verify="manifest")
            assert destination.tree() == sites[which]
            for verify in ("manifest", "listing"):
                after = sync(
                    sources[which], destination, manifest="always", verify=verify
                )
                assert not after.changed
