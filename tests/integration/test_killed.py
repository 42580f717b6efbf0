# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed leaves whole objects only, and the next one does the rest."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import typing as t

import pytest

from tests.integration import program
from tests.integration.module import Counts, sync, written
from tests.integration.networks import Tripwire
from tests.integration.places import Places

FILES = 300
KILLS = 5
MIB = 1024 * 1024


def _site(seed: int) -> dict[str, bytes]:
    """Many small files, some pages among them, and one that goes in parts."""
    dice = random.Random(seed)
    site = {
        f"{number % 7}/{number:03}.{'html' if number % 10 == 0 else 'bin'}": (
            dice.randbytes(dice.randrange(1, 40_000))
        )
        for number in range(FILES - 1)
    }
    return site | {"3/large.bin": dice.randbytes(20 * MIB)}


def _run_and_kill(
    source: t.Any, destination: t.Any, port: int, after: int, direction: t.Any
) -> bool:
    """Run until so many bytes have passed the networked side; whether that was the end of it."""
    process: subprocess.Popen[bytes] | None = None

    def kill() -> None:
        assert process is not None
        process.kill()

    with Tripwire(port, after, kill, direction) as way:
        url = f"http://127.0.0.1:{way.port}"
        ends = [written(source), written(destination)]
        arguments = dict(zip(("source", "destination"), ends, strict=True))
        for end in ends:
            if "endpoint" in end:
                end["endpoint"] = url
        with subprocess.Popen(
            [sys.executable, program.__file__, json.dumps(arguments)],
            stdout=subprocess.DEVNULL,
        ) as process:
            process.wait()
        return way.tripped.is_set()


def _moments(seed: int) -> list[int]:
    dice = random.Random(seed)
    return [dice.randrange(1000, 5 * MIB) for _unused in range(KILLS)]


@pytest.mark.parametrize("existing", [False, True], ids=["first", "update"])
def test_killed_on_the_way_to_a_store(places: Places, existing: bool) -> None:
    source, destination = places("local"), places("seaweedfs")
    site, old = _site(1), _site(2)
    extraneous = {"extraneous.txt": b"deleted last"} if existing else {}
    source.fill(old if existing else site)
    if existing:
        sync(source, destination)
        destination.put("extraneous.txt", b"deleted last")
        for name, data in site.items():
            source.put(name, data)
    done = 0
    for after in _moments(3):
        assert _run_and_kill(source, destination, destination.server.port, after, "up")
        there = destination.tree()
        new = {name for name, data in there.items() if data == site.get(name)}
        for name in there.keys() - new - extraneous.keys():
            assert existing and there[name] == old[name], f"{name} is not whole"
        assert extraneous.keys() <= there.keys()
        assert len(new) >= done, "what was finished stays"
        done = len(new)
    assert 0 < done < FILES

    last = sync(source, destination)

    missing = FILES - done
    if existing:
        assert last.counts == Counts(updated=missing, deleted=1, unchanged=done)
    else:
        assert last.counts == Counts(created=missing, unchanged=done)
    assert destination.tree() == site
    assert not sync(source, destination).changed


def test_killed_on_the_way_to_a_folder(places: Places) -> None:
    source, destination = places("seaweedfs"), places("local")
    site = _site(4)
    source.fill(site)
    done = 0
    for after in _moments(5):
        assert _run_and_kill(source, destination, source.server.port, after, "down")
        there = {
            name: data
            for name, data in destination.tree().items()
            if ".longshore-incoming-" not in name
        }
        assert there.items() <= site.items()
        assert len(there) >= done
        done = len(there)
    assert 0 < done < FILES

    last = sync(source, destination)

    assert last.counts == Counts(created=FILES - done, unchanged=done)
    assert destination.tree() == site
    assert not any("incoming" in key for key in destination.keys())
    assert not sync(source, destination).changed
