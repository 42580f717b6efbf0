# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases of a container on real stores: kept, returned to, pruned, cut off, and made by two at once."""

from __future__ import annotations

import json
import random
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration import program
from tests.integration.command import Ansible
from tests.integration.module import Counts, Result, call, sync, written
from tests.integration.networks import Gate, Tripwire, Way, by_way
from tests.integration.places import RESERVED, Headers, Places
from tests.integration.processes import Killable

KEPT = f"{RESERVED}releases/"
MOMENTS = 3
RULES = [
    {"match": "*.html", "compress": ["gzip"], "cache_control": "no-cache"},
    {"match": "*.css", "metadata": {"by": "us"}, "content_language": "en"},
]
PAGE = b"<p>harbour</p>" * 50


def _site(number: int, files: int = 6) -> dict[str, bytes]:
    """Mostly what every site has, and something of its own."""
    site = {f"same/{n}.bin": b"%d" % n * 500 for n in range(files)}
    site |= {f"own/{number}.css": b"p%d{}" % number, "index.html": PAGE * (number + 1)}
    return site


def _fill(source: t.Any, site: t.Mapping[str, bytes]) -> None:
    if not source.path.exists():
        source.make()
    for name in source.names() - site.keys():
        source.delete(name)
    for name, data in site.items():
        source.put(name, data)


def _back(destination: t.Any, **options: t.Any) -> Result:
    result = call(destination=written(destination), state="rolled_back", **options)
    assert not result.failed, result.msg
    return result


def _kept(destination: t.Any, kind: str = "contents") -> set[str]:
    there = f"{destination.prefix}{KEPT}{kind}/"
    return {key for key in destination.keys() if key.startswith(there)}


def _index(destination: t.Any) -> t.Any:
    return json.loads(destination.read(f"{destination.prefix}{KEPT}index"))


def _names(destination: t.Any) -> list[str]:
    return [one["name"] for one in _index(destination)["releases"]]


@pytest.mark.parametrize("kind", ["seaweedfs", "azurite", "local"])
def test_published_and_returned_to(places: Places, kind: str) -> None:
    source = places("local")
    destination = places(kind) if kind == "local" else places(kind, "web/")
    rules = [] if kind == "local" else RULES
    trees, headers = [], []
    for number in range(3):
        _fill(source, _site(number))
        options: dict[str, t.Any] = {"release": f"v{number}", "rules": rules}
        planned = sync(source, destination, check=True, **options)
        assert planned.changed and planned.values["release"] == f"v{number}"
        assert sync(source, destination, **options).changed
        trees.append(destination.tree())
        headers.append(_headers(destination, rules))
        again = sync(source, destination, **options)
        assert not again.changed and again.counts == Counts(unchanged=8)
    assert len(_kept(destination)) == 6 + 3 * 2, "each content once"
    everything = destination.everything()

    planned = _back(destination, _ansible_check_mode=True, _ansible_diff=True)
    assert destination.everything() == everything
    assert "release v2 (live)" in planned.values["diff"]["before"]
    assert "release v1 (live)" in planned.values["diff"]["after"]
    back = _back(destination)
    assert back.counts == planned.counts
    assert destination.tree() == trees[1]
    assert _headers(destination, rules) == headers[1]
    again = _back(destination)
    assert not again.changed and again.values["release"] == "v1"

    # what somebody did beside it is undone, and what is forward can be gone to
    destination.put("index.html", b"else")
    destination.put("beside.txt", b"too")
    assert _back(destination, release="v2").changed
    assert destination.tree() == trees[2]
    assert _headers(destination, rules) == headers[2]
    assert _back(destination, release="v0").values["release"] == "v0"
    assert _headers(destination, rules) == headers[0]
    assert not _back(destination, release="v0", verify="manifest").changed

    report = sync(
        source, destination, release="v3", rules=rules, keep_releases={"count": 2}
    )
    assert report.values["releases_pruned"] == ["v1", "v0"]
    assert _names(destination) == ["v3", "v2"]
    assert len(_kept(destination)) == 6 + 2 and len(_kept(destination, "lists")) == 2
    failed = call(destination=written(destination), state="rolled_back", release="v0")
    assert failed.failed and "There are v3, v2." in failed.msg
    assert _back(destination, release="v2").changed


def _headers(destination: t.Any, rules: list[t.Any]) -> dict[str, Headers]:
    if not rules:
        return {}
    return {n: destination.headers(destination.prefix + n) for n in destination.names()}


# -- cut off


def _attempt(
    destination: t.Any, after: int | None, **arguments: t.Any
) -> t.Mapping[str, int]:
    """A run that is killed after so many turns, or counted."""

    def kill() -> None:
        process.kill()

    port = destination.server.port
    with Way(port) if after is None else Tripwire(port, after, kill, "turns") as way:
        process = Killable(
            program, {"destination": by_way(way, destination), **arguments}
        )
        code = process.run()
    way.settle()
    assert (code == 0) == (after is None), process.output
    return way.passed


def test_killed_while_publishing(places: Places) -> None:
    """Releases that are kept stay whole, and the next run does the rest."""
    source, destination = places("local"), places("seaweedfs")
    destination.make()
    dice = random.Random(1)
    options: dict[str, t.Any] = {"transfers": 4, "keep_releases": {"count": 2}}
    turns = 0
    for number in range(MOMENTS + 2):
        site = _site(number, 20)
        site |= {f"more/{n}.bin": b"%d-%d" % (number, n) for n in range(10)}
        _fill(source, site)
        what = {"source": written(source), "release": f"v{number}", **options}
        if number < 2:
            turns = _attempt(destination, None, **what)["turns"]
            continue
        before = destination.tree()
        after = dice.randrange(turns // 4, turns - 10)
        _attempt(destination, after, **what)
        there = destination.tree()
        for name, data in there.items():
            assert data in (site.get(name), before.get(name)), f"{name} is not whole"
        if number % 2 and _names(destination)[0] != f"v{number}":
            # instead, back to what was there
            assert _back(destination, release=f"v{number - 1}")
            assert destination.tree() == before
        sync(source, destination, release=f"v{number}", **options)
        assert destination.tree() == site
        assert not sync(source, destination, release=f"v{number}", **options).changed
        assert _names(destination) == [f"v{number}", f"v{number - 1}"]
        assert len(_kept(destination)) == 20 + 2 * 12, "nothing is left over"


def test_killed_while_rolling_back(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    sites = []
    for number in range(2):
        sites.append(_site(number, 10))
        sites[number] |= {f"more/{n}.bin": b"%d%d" % (number, n) for n in range(10)}
        _fill(source, sites[number])
        sync(source, destination, release=f"v{number}")
    back = {"state": "rolled_back", "transfers": 2}
    turns = _attempt(destination, None, **back)["turns"]
    dice = random.Random(2)
    for _unused in range(MOMENTS):
        _back(destination, release="v1")
        _attempt(destination, dice.randrange(turns // 4, turns - 2), **back)
        there = destination.tree()
        new = {name for name, data in there.items() if data == sites[0].get(name)}
        for name in there.keys() - new:
            assert there[name] == sites[1][name], f"{name} is not whole"
        if "index.html" in new:
            assert sites[0].keys() == new, "pages are last"
        elif sites[0].keys() != new:
            assert sites[1].keys() <= there.keys(), "deletions are last"
        assert _back(destination).values["release"] == "v0"
        assert destination.tree() == sites[0]
        assert not _back(destination).changed


# -- two at once


@pytest.mark.parametrize(
    "kind, numbers",
    [("seaweedfs", (2, 2)), ("seaweedfs", (1, 1)), ("azurite", (2, 1))],
)
def test_two_at_once(places: Places, kind: str, numbers: tuple[int, int]) -> None:
    """``numbers``: which write of the index, the mark or the commit, of each waits for the other's. One is told that it lost."""
    destination = places(kind)
    destination.make()
    sources = [places("local") for _unused in range(3)]
    for number, source in enumerate(sources):
        _fill(source, _site(number))
    sync(sources[2], destination, release="first")
    both, first_came = threading.Barrier(2), threading.Event()

    def meet() -> None:
        first_came.set()
        both.wait(120)

    def run(number: int) -> Result:
        with Gate(
            destination.server.port, f"{KEPT}index", numbers[number], meet
        ) as way:
            arguments = {
                "source": written(sources[number]),
                "destination": by_way(way, destination),
                "release": f"v{number}",
                "keep_releases": {"count": 1},
            }
            process = Killable(program, arguments)
            process.run()
            return Result(json.loads(process.output))

    # the second has to have published before the first goes on, or it would lose sooner
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, 0)
        assert first_came.wait(120)
        results = [pool.submit(run, 1).result(), first.result()]

    failed = [result for result in results if result.failed]
    assert len(failed) == 1, results
    assert "another run has published or rolled back" in failed[0].msg
    assert "un again" in failed[0].msg
    (winner,) = _names(destination)
    assert _back(destination, release=winner)
    assert destination.tree() == _site(int(winner[1]))
    loser = 1 - int(winner[1])
    sync(sources[loser], destination, release=f"v{loser}")
    assert _back(destination).values["release"] == winner
    assert destination.tree() == _site(int(winner[1]))
    assert _names(destination) == [f"v{loser}", winner]


def test_the_playbook(places: Places, ansible: Ansible) -> None:
    """The guide's, run as it is."""
    source, destination = places("local"), places("seaweedfs")
    variables = {"site": str(source.path), "www": written(destination)}

    def play(**more: t.Any) -> Result:
        run = ansible.documented("releases.yml", {**variables, **more})
        assert run.code == 0 and "WARNING" not in run.text, run.text
        return run.result

    _fill(source, _site(0))
    sync(source, destination, release="v0")
    _fill(source, _site(1))
    assert play(release="v1").changed
    assert play(back="").values["release"] == "v0"
    assert destination.tree() == _site(0)


def test_a_missing_source_is_said_so(places: Places) -> None:
    destination = places("local")
    for state in ("published", None):
        result = call(
            destination=written(destination), **({"state": state} if state else {})
        )
        assert result.failed and "source is missing" in result.msg
