# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed leaves whole objects only, and the next one does the rest."""

from __future__ import annotations

import gzip
import json
import random
import typing as t

import pytest

from tests.integration import program
from tests.integration.module import Counts, sync
from tests.integration.networks import Tripwire, Way, by_way
from tests.integration.places import Places
from tests.integration.processes import Killable

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
    source: t.Any,
    destination: t.Any,
    port: int,
    after: int,
    counted: t.Any,
    **options: t.Any,
) -> bool:
    """Run until so much has passed the networked side; whether that was the end of it."""

    def kill() -> None:
        process.kill()

    with Tripwire(port, after, kill, counted) as way:
        arguments = {
            "source": by_way(way, source),
            "destination": by_way(way, destination),
            **options,
        }
        process = Killable(program, arguments)
        code = process.run()
    way.settle()
    if not way.tripped.is_set():
        assert code == 0
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


# -- at any point of any run

MOMENTS = 25
TRANSFERS = 8
MANIFEST = ".longshore/manifest/"
RULES = [{"match": "*.html", "compress": ["gzip"]}]
NAMES = [f"{n % 5}/{n:02}.{'html' if n % 2 else 'bin'}" for n in range(60)]
PARTED = "3/large.bin"
DEEDS = ("create", "update", "delete", "commit")


class _Author:
    """Changes a source; ``versions`` are all contents that each name ever had."""

    def __init__(self, source: t.Any, seed: int) -> None:
        self._source = source
        self._dice = random.Random(seed)
        self.tree: dict[str, bytes] = {}
        self.versions: dict[str, set[bytes]] = {}
        source.make()

    def do(self, deed: str) -> None:
        """Change as much as makes the next run mostly that: each time the same amount."""
        there = sorted(self.tree.keys() - {PARTED})
        if deed == "create":
            self._write([*NAMES, PARTED])
        elif deed == "update":
            self._write([*self._dice.sample(there, 30), PARTED])
        elif deed == "delete":
            for name in self._dice.sample(there, 20):
                self._source.delete(name)
                del self.tree[name]
            self._write([sorted(self.tree)[0]])
        else:
            self._write([self._dice.choice(there)])

    def _write(self, names: t.Sequence[str]) -> None:
        for name in names:
            data = self._contents(name)
            self._source.put(name, data)
            self.tree[name] = data
            self.versions.setdefault(name, set()).add(data)

    def _contents(self, name: str) -> bytes:
        if name == PARTED:
            return self._dice.randbytes(9 * MIB)
        # of the pages some are too small to be worth compressing
        data = self._dice.randbytes(self._dice.choice((3, 300, 5000)))
        return data.hex().encode() if name.endswith(".html") else data


def _published(destination: t.Any) -> dict[str, bytes]:
    """What readers of the store get, by name: decoded where it says that it is encoded."""
    found = {}
    for name in destination.names():
        answer = destination.client.get_object(
            Bucket=destination.name, Key=destination.prefix + name
        )
        data = answer["Body"].read()
        encoded = answer.get("ContentEncoding") == "gzip"
        found[name] = gzip.decompress(data) if encoded else data
    return found


def _shards(destination: t.Any) -> set[str]:
    """The names of all shards that are there."""
    there = f"{destination.prefix}{MANIFEST}shards/"
    return {
        key.removeprefix(there) for key in destination.keys() if key.startswith(there)
    }


def _named_shards(destination: t.Any) -> set[str]:
    """The names that the root knows: of those in use, and of those to be deleted by the next commit."""
    root = f"{destination.prefix}{MANIFEST}root"
    if root not in destination.keys():
        return set()
    answer = destination.client.get_object(Bucket=destination.name, Key=root)
    document = json.load(answer["Body"])
    return {*filter(None, document["shards"]), *document["superseded"]}


def _empty(destination: t.Any) -> None:
    keys = [{"Key": key} for key in destination.keys()]
    if keys:
        destination.client.delete_objects(
            Bucket=destination.name, Delete={"Objects": keys}
        )


@pytest.mark.parametrize("rules", [[], RULES], ids=["plain", "compressed"])
@pytest.mark.parametrize("manifest", ["always", "auto"])
def test_killed_at_any_moment(
    places: Places, manifest: str, rules: list[dict[str, t.Any]]
) -> None:
    source, destination = places("local"), places("seaweedfs")
    destination.make()
    seed = 2 * (manifest == "auto") + bool(rules)
    dice, author = random.Random(seed), _Author(source, seed)
    options: dict[str, t.Any] = {
        "manifest": manifest,
        "rules": rules,
        "transfers": TRANSFERS,
    }
    port = destination.server.port
    # what a listing has no comparable hash of; only a manifest tells that it is there
    opaque = {PARTED, *(name for name in NAMES if rules and name.endswith(".html"))}
    passed: dict[str, t.Mapping[str, int]] = {}
    for deed in DEEDS:
        author.do(deed)
        with Way(port) as way:
            sync(source, by_way(way, destination), **options)
        passed[deed] = way.passed

    kills = attempts = 0
    while kills < MOMENTS:
        deed = DEEDS[attempts % len(DEEDS)]
        attempts += 1
        before = {} if deed == "create" else dict(author.tree)
        if deed == "create":
            _empty(destination)
        author.do(deed)
        counted = dice.choice(("turns", "turns", "up"))
        after = dice.randrange(passed[deed][counted])
        kills += _run_and_kill(source, destination, port, after, counted, **options)

        there, site = _published(destination), author.tree
        for name, data in there.items():
            assert data in author.versions[name], f"{name} is not whole"
        stale = {name for name, data in site.items() if there.get(name) != data}
        if before.keys() - there.keys():
            assert not stale, "deletions come last"
        # stored, and the run was killed before it could write down so
        in_flight = {
            name
            for name in (opaque & site.keys()) - stale
            if before.get(name) != site[name]
        }
        verify, other = dice.sample(("listing", "manifest"), 2)
        again = sync(source, destination, verify=verify, **options).counts
        done = again.created + again.updated
        again_in_vain = done - len(stale)
        assert 0 <= again_in_vain <= min(len(in_flight), 2 * TRANSFERS)
        assert _shards(destination) <= _named_shards(destination)
        assert _published(destination) == site
        assert not sync(source, destination, verify=other, **options).changed
