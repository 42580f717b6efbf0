# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sync, shared by several hosts, on a real store."""

from __future__ import annotations

import random
import re
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration.command import Ansible
from tests.integration.hosts import Hosts
from tests.integration.module import Counts, Result, refused, sync
from tests.integration.places import Places

COUNT = 4
OLD = {f"extraneous{number}.txt": b"deleted last" for number in range(20)}


def _site(seed: int) -> dict[str, bytes]:
    dice = random.Random(seed)
    return {
        f"{number % 7}/{number:03}.{'html' if number % 4 == 0 else 'bin'}": (
            dice.randbytes(dice.randrange(1, 9000))
        )
        for number in range(120)
    }


def _total(results: t.Sequence[Result]) -> Counts:
    for result in results:
        assert not result.failed, result.msg
    return Counts(*map(sum, zip(*(result.counts for result in results), strict=True)))


class _Witness:
    """Looks at the store when the first page, and the first deletion, is on its way; kills a host before that."""

    def __init__(self, destination: t.Any, victim: int) -> None:
        self._destination = destination
        self._victim = victim
        self._left = 6
        self._lock = threading.Lock()
        self.hosts: Hosts | None = None
        self.at_page: set[str] = set()
        self.at_deletion: set[str] = set()

    def __call__(self, index: int, data: bytes) -> None:
        with self._lock:
            if re.match(rb"PUT \S+\.bin ", data) and index == self._victim:
                self._left -= 1
                if not self._left and self.hosts is not None:
                    self.hosts.kill(index)
            if re.match(rb"PUT \S+\.html ", data):
                self.at_page = self.at_page or self._destination.names()
            if b"extraneous" in data:
                self.at_deletion = self.at_deletion or self._destination.names()


def test_phases_hold_across_hosts_and_one_is_killed(
    places: Places, tmp_path: Path
) -> None:
    source, destination = places("local"), places("seaweedfs")
    site = _site(1)
    source.fill(site)
    destination.fill(OLD)
    witness = _Witness(destination, victim=2)
    hosts = witness.hosts = Hosts(
        source, destination, COUNT, tmp_path, witness, transfers=2
    )

    with ThreadPoolExecutor(COUNT) as pool:
        others = [pool.submit(hosts.run, index) for index in (0, 1, 3)]
        assert hosts.run(2) is None, "it was killed"
        again = hosts.run(2)
        results = [run.result() for run in others]

    assert again is not None and not any(result is None for result in results)
    done = _total([r for r in (*results, again) if r is not None])
    assert destination.tree() == site
    assert done.deleted == len(OLD)
    assets = {name for name in site if name.endswith(".bin")}
    assert assets <= witness.at_page
    assert site.keys() | OLD.keys() == witness.at_deletion

    assert _total(hosts.all()) == Counts(unchanged=len(site))
    for verify in ("manifest", "listing"):
        alone = sync(source, destination, verify=verify, manifest="always")
        assert not alone.changed and alone.counts.unchanged == len(site)


def test_one_is_missing_and_then_all_come(places: Places, tmp_path: Path) -> None:
    source, destination = places("local"), places("seaweedfs")
    site = _site(2)
    source.fill(site)
    destination.fill(OLD)
    hosts = Hosts(source, destination, COUNT, tmp_path)

    checked = _total(hosts.all(_ansible_check_mode=True))
    assert checked == Counts(created=len(site), deleted=len(OLD))
    assert destination.keys() == OLD.keys(), "a check writes nothing"

    for result in hosts.all(3, shard={"wait": "3s"}):
        assert result.failed
        assert "index 3 is missing, not heard of for 3 s" in result.msg
        assert "Run the same task again on all of them" in result.msg
    assert destination.tree() == OLD

    assert _total(hosts.all()) == checked
    assert destination.tree() == site


def test_counts_that_differ(places: Places, tmp_path: Path) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill(_site(3))
    destination.make()
    joined = threading.Event()

    def seen(index: int, data: bytes) -> None:
        if b".longshore/gathering/" in data and data.startswith(b"PUT"):
            joined.set()

    hosts = Hosts(source, destination, 2, tmp_path, seen)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(hosts.run, 0)
        assert joined.wait(60)
        second = hosts.run(1, shard={"count": 3})
        for result in (first.result(), second):
            assert result is not None and result.failed
            assert "shard.count is 2, and others 3" in result.msg
    assert not destination.names()


def test_an_index_that_is_none(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill({"a": b"1"})
    for index in (-1, 4):
        text = refused(source, destination, shard={"index": index, "count": 4})
        assert "shard.index must be from 0 to 3" in text and f"not {index}." in text


def test_the_playbook_of_the_guide(ansible: Ansible, places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    site = _site(4)
    source.fill(site)
    destination.make()
    variables = {
        "folder": source.endpoint()["container"],
        "provider": destination.endpoint(),
        "publishers": "all",
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    run = ansible.documented(
        "many_hosts.yml", variables, "--inventory", "one,two,three,"
    )
    assert run.code == 0, run.text
    assert "WARNING" not in run.text
    created = [int(n) for n in re.findall(r'"created": (\d+)', run.output)]
    assert len(created) == 3 and all(created) and sum(created) == len(site)
    assert destination.tree() == site
