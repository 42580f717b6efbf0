# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers import _memory
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    Entry,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._keeper import (
    Manifest,
    ManifestKeeper,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._share import (
    Share,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._shared_keeper import (
    SharedKeeper,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

COUNT = 3
SHARES = [Share(index, COUNT) for index in range(COUNT)]
_numbers = itertools.count()


class Hosts:
    """Keepers of one manifest."""

    def __init__(self, workers: Workers) -> None:
        self.store = MemoryStore(Endpoint("MEMORY", f"shared{next(_numbers)}"))
        self.store.create_container()
        self._workers = workers

    def alone(self) -> ManifestKeeper:
        return ManifestKeeper(self.store, self._workers)

    def one(self, share: Share, gathering: str = "g") -> SharedKeeper:
        """It has read what is there, and met the others."""
        keeper = SharedKeeper(self.store, self._workers, share)
        keeper.read()
        keeper.gather(gathering, 30)
        return keeper

    def all(self) -> list[SharedKeeper]:
        return [self.one(share) for share in SHARES]

    def manifest(self) -> Manifest:
        found = self.alone().read()
        assert found is not None
        return found

    def shards(self) -> set[str]:
        prefix = ".longshore/manifest/shards/"
        return {i.key.removeprefix(prefix) for i in self.store.list(prefix)}


@pytest.fixture()
def hosts() -> t.Iterator[Hosts]:
    with Workers(4) as workers:
        yield Hosts(workers)
    _memory._containers.clear()


def entries(number: int, digest: str = "d") -> dict[str, Entry]:
    return {f"f{n}": Entry(n, digest, "", n, "e") for n in range(number)}


def part(share: Share, all_entries: t.Mapping[str, Entry]) -> dict[str, Entry]:
    return {n: entry for n, entry in all_entries.items() if share.owns(n)}


@pytest.mark.parametrize("existing", [False, True])
def test_each_commits_its_own(hosts: Hosts, existing: bool) -> None:
    if existing:
        hosts.alone().commit(entries(25, "old"), settled=True)
    keepers = hosts.all()
    new = entries(30)
    with Workers(COUNT) as together:
        for _unused in together.run(SharedKeeper.mark, keepers):
            pass
        marked = hosts.manifest()
        assert marked.root.pending == "g"
        assert marked.entries == (entries(25, "old") if existing else {})

        def commit(number: int) -> bool:
            return keepers[number].commit(part(SHARES[number], new), settled=False)

        assert all(changed for _n, changed in together.run(commit, range(COUNT)))
    committed = hosts.manifest()
    assert committed.entries == new and not committed.settled

    settling = [2, 1, 0]
    for number in settling:
        assert not hosts.manifest().settled
        assert keepers[number].commit(part(SHARES[number], new), settled=True)
    settled = hosts.manifest()
    assert settled.settled and settled.entries == new
    assert len(settled.root.shards) == SHARES[0].shards
    used = {name for name in settled.root.shards if name is not None}
    assert hosts.shards() == used | {*settled.root.superseded}
    assert not used & {*settled.root.superseded}

    # and what is of no more use is gone once the next ones have settled
    again = hosts.all()
    for keeper in again:
        keeper.mark()
    changed = new | {"f1": Entry(9, "x", "", 9, "e")}
    commits = [
        k.commit(part(s, changed), settled=False)
        for k, s in zip(again, SHARES, strict=True)
    ]
    assert sum(commits) == 1
    again[0].commit(part(SHARES[0], changed), settled=True)
    assert hosts.manifest().entries == changed
    assert len(hosts.manifest().root.superseded) == 1
    assert len(hosts.shards()) == len(used) + 1


def test_who_was_killed_goes_on(hosts: Hosts) -> None:
    keepers, new = hosts.all(), entries(30)
    for keeper, share in zip(keepers, SHARES, strict=True):
        keeper.mark()
        keeper.commit(part(share, new), settled=False)
    back = hosts.one(SHARES[1])
    back.mark()
    assert back.commit(part(SHARES[1], new), settled=False) is False
    keepers[0].commit(part(SHARES[0], new), settled=True)
    assert hosts.manifest().settled and hosts.manifest().entries == new


def test_those_who_gather_anew_go_on(hosts: Hosts) -> None:
    for keeper in hosts.all():
        keeper.mark()
    for share in SHARES:
        late = hosts.one(share, "another")
        late.mark()
        late.commit(part(share, entries(30)), settled=False)
    assert hosts.manifest().entries == entries(30)
    assert hosts.manifest().root.pending == "another"


@pytest.mark.parametrize("when", ["before mark", "before commit", "at the end"])
def test_another_run_is_noticed(hosts: Hosts, when: str) -> None:
    hosts.alone().commit(entries(5, "old"), settled=True)
    keeper, foreign = hosts.one(SHARES[0]), hosts.alone()
    mine = part(SHARES[0], entries(30))
    steps: dict[str, t.Callable[[], object]] = {
        "before mark": keeper.mark,
        "before commit": lambda: keeper.commit(mine, settled=False),
        "at the end": lambda: keeper.commit(mine, settled=True),
    }
    for name, step in steps.items():
        if name == when:
            foreign.read()
            foreign.mark()
            with pytest.raises(ConditionFailedError, match="another run"):
                step()
            break
        step()
    keeper.distrust()
    assert not hosts.manifest().settled
