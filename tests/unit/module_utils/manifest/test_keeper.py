# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import threading
import typing as t
from collections import Counter

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers import _memory
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
    Features,
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConditionFailedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest import _format
from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    Entry,
    ManifestError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._keeper import (
    Manifest,
    ManifestKeeper,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

_numbers = itertools.count()


class Store(MemoryStore):
    """Notes what is written and deleted, and is as conditional as it is told to be."""

    def __init__(self, endpoint: Endpoint, conditional: bool) -> None:
        super().__init__(endpoint)
        self.features = Features(conditional_write=conditional)
        self.calls: Counter[str] = Counter()
        self.written: list[str] = []

    def read(self, *args: t.Any) -> t.Any:
        self.calls["read"] += 1
        return super().read(*args)

    def write(self, key: str, *args: t.Any, **options: t.Any) -> ObjectInfo:
        self.calls["write"] += 1
        self.written.append(key)
        if not self.features.conditional_write:
            assert options.get("condition") is None
        return super().write(key, *args, **options)

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        self.calls["delete"] += 1
        return super().delete(keys)


@pytest.fixture(params=[True, False], ids=["conditional", "comparing"])
def store(request: pytest.FixtureRequest) -> t.Iterator[Store]:
    endpoint = Endpoint("MEMORY", f"keeper{next(_numbers)}", prefix="web/")
    opened = Store(endpoint, request.param)
    opened.create_container()
    yield opened
    _memory._containers.clear()


@pytest.fixture()
def workers() -> t.Iterator[Workers]:
    with Workers(3) as pool:
        yield pool


def entries(number: int, of: str = "e") -> dict[str, Entry]:
    return {f"f{n}": Entry(n, "", "", n, f"{of}{n}") for n in range(number)}


def shards(store: Store) -> set[str]:
    return {i.key for i in store.list("web/.longshore/manifest/shards/")}


def read(store: Store, workers: Workers) -> Manifest:
    manifest = ManifestKeeper(store, workers).read()
    assert manifest is not None
    return manifest


@pytest.fixture()
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_format, "ENTRIES_PER_SHARD", 10)


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("number", [0, 1, 10, 11, 200])
def test_what_is_committed_is_read(store: Store, workers: Workers, number: int) -> None:
    keeper = ManifestKeeper(store, workers)
    assert keeper.read() is None
    assert keeper.commit(entries(number), settled=True)
    manifest = read(store, workers)
    assert manifest.entries == entries(number) and manifest.settled
    assert all(i.key.startswith("web/.longshore/manifest/") for i in store.list())


def test_no_container_is_no_manifest(workers: Workers) -> None:
    assert (
        ManifestKeeper(Store(Endpoint("MEMORY", "none"), True), workers).read() is None
    )


@pytest.mark.usefixtures("small_shards")
def test_a_commit_that_changes_nothing_writes_nothing(
    store: Store, workers: Workers
) -> None:
    ManifestKeeper(store, workers).commit(entries(50), settled=True)
    store.calls.clear()
    keeper = ManifestKeeper(store, workers)
    keeper.read()
    assert keeper.commit(entries(50), settled=True) is False
    assert store.calls["write"] == store.calls["delete"] == 0


@pytest.mark.usefixtures("small_shards")
def test_one_change_moves_one_shard_and_the_next_mark_deletes_the_old_one(
    store: Store, workers: Workers
) -> None:
    keeper = ManifestKeeper(store, workers)
    keeper.commit(entries(100), settled=True)
    before = shards(store)
    changed = entries(100) | {"f7": Entry(0, "x", "", 0, "")}
    keeper = ManifestKeeper(store, workers)
    keeper.read()
    store.written.clear()
    assert keeper.commit(changed, settled=True)
    assert len(store.written) == 2
    assert len(shards(store) - before) == 1 and before < shards(store)
    assert read(store, workers).entries == changed
    again = changed | {"f7": Entry(0, "y", "", 0, "")}
    keeper.mark()
    assert len(before - shards(store)) == 1
    assert keeper.commit(again, settled=True)
    assert read(store, workers).entries == again


def test_a_commit_that_loses_deletes_nothing(store: Store, workers: Workers) -> None:
    ManifestKeeper(store, workers).commit(entries(3, "a"), settled=True)
    winner, loser = ManifestKeeper(store, workers), ManifestKeeper(store, workers)
    winner.read()
    winner.commit(entries(3, "b"), settled=True)
    loser.read()
    winner.mark()
    with pytest.raises(ConditionFailedError):
        loser.mark()
    winner.commit(entries(3, "a"), settled=True)
    with pytest.raises(ConditionFailedError):
        loser.commit(entries(4), settled=True)
    assert read(store, workers).entries == entries(3, "a")


def test_a_foreign_object_among_the_shards_is_left_alone(
    store: Store, workers: Workers
) -> None:
    keeper = ManifestKeeper(store, workers)
    keeper.commit(entries(3), settled=True)
    keeper.mark()
    foreign = "web/.longshore/manifest/shards/notes.txt"
    store.write(foreign, b"", Attributes("text/plain"))
    keeper = ManifestKeeper(store, workers)
    keeper.read()
    keeper.mark()
    assert keeper.commit(entries(4), settled=True)
    assert read(store, workers).entries == entries(4)
    assert foreign in shards(store)


@pytest.mark.usefixtures("small_shards")
def test_growing_and_shrinking_leaves_no_litter(store: Store, workers: Workers) -> None:
    keeper = ManifestKeeper(store, workers)
    for number in (5, 100, 20, 0, 30):
        keeper.commit(entries(number), settled=True)
        manifest = read(store, workers)
        assert manifest.entries == entries(number)
        used = {name for name in manifest.root.shards if name is not None}
        there = {key.rpartition("/")[2] for key in shards(store)}
        assert there == used | {*manifest.root.superseded}
        assert not used & {*manifest.root.superseded}


def test_a_mark_says_that_entries_are_not_the_whole_truth(
    store: Store, workers: Workers
) -> None:
    keeper = ManifestKeeper(store, workers)
    keeper.commit(entries(3), settled=True)
    keeper.mark()
    manifest = read(store, workers)
    assert not manifest.settled and manifest.entries == entries(3)
    assert keeper.commit(entries(3), settled=False) is False
    assert keeper.commit(entries(3), settled=True)
    assert read(store, workers).settled


@pytest.mark.parametrize("earlier", [True, False])
def test_of_two_keepers_the_loser_changes_nothing(
    store: Store, workers: Workers, earlier: bool
) -> None:
    if earlier:
        ManifestKeeper(store, workers).commit(entries(3), settled=True)
    winner, loser = ManifestKeeper(store, workers), ManifestKeeper(store, workers)
    for keeper in (winner, loser):
        keeper.read()
    winner.commit(entries(5, "winner"), settled=True)
    for attempt in (
        lambda: loser.commit(entries(4, "loser"), settled=True),
        lambda: loser.commit({}, settled=True),
        lambda: loser.commit(entries(4, "loser"), settled=False),
        loser.mark,
    ):
        with pytest.raises(ConditionFailedError, match="another run"):
            attempt()
        manifest = read(store, workers)
        assert manifest.entries == entries(5, "winner") and manifest.settled


def test_the_loser_may_say_that_objects_were_changed(
    store: Store, workers: Workers
) -> None:
    winner, loser = ManifestKeeper(store, workers), ManifestKeeper(store, workers)
    loser.distrust()
    winner.commit(entries(5), settled=True)
    loser.distrust()
    manifest = read(store, workers)
    assert not manifest.settled and manifest.entries == entries(5)


def test_a_commit_just_then_is_not_trusted_either(
    store: Store, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner, loser = ManifestKeeper(store, workers), ManifestKeeper(store, workers)
    winner.commit(entries(5), settled=False)
    read_root = loser._read_root

    def overtaken() -> bool:
        there = read_root()
        winner.commit(entries(5), settled=True)
        return there

    monkeypatch.setattr(loser, "_read_root", overtaken)
    loser.distrust()
    manifest = read(store, workers)
    assert not manifest.settled and manifest.entries == entries(5)


def test_distrust_gives_up_when_it_is_overtaken_each_time(
    store: Store, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner, loser = ManifestKeeper(store, workers), ManifestKeeper(store, workers)
    winner.commit(entries(5), settled=True)
    read_root, settled = loser._read_root, itertools.cycle((False, True))

    def overtaken() -> bool:
        there = read_root()
        winner.commit(entries(5), settled=next(settled))
        return there

    monkeypatch.setattr(loser, "_read_root", overtaken)
    with pytest.raises(ConditionFailedError):
        loser.distrust()


def test_one_of_many_at_once_wins(workers: Workers) -> None:
    store = Store(Endpoint("MEMORY", f"race{next(_numbers)}"), True)
    store.create_container()
    number = 8
    together = threading.Barrier(number)
    won: list[int] = []

    def race(which: int) -> None:
        with Workers(1) as own:
            keeper = ManifestKeeper(store, own)
            keeper.read()
            together.wait(60)
            try:
                keeper.commit(entries(9, f"r{which}-"), settled=True)
            except ConditionFailedError:
                return
            won.append(which)

    threads = [threading.Thread(target=race, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert read(store, workers).entries == entries(9, f"r{won[0]}-")


def test_a_missing_shard_is_a_damaged_manifest(store: Store, workers: Workers) -> None:
    ManifestKeeper(store, workers).commit(entries(3), settled=True)
    store.delete(sorted(shards(store)))
    with pytest.raises(ManifestError, match="shard .* is missing"):
        ManifestKeeper(store, workers).read()


def test_litter_is_no_reason_to_fail(
    store: Store, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = ManifestKeeper(store, workers)
    keeper.commit(entries(3), settled=True)

    def refuse(keys: t.Sequence[str]) -> dict[str, str]:
        raise AccessDeniedError("delete objects", "container", "not you")

    monkeypatch.setattr(store, "delete", refuse)
    assert keeper.commit(entries(4), settled=True)
    assert read(store, workers).entries == entries(4)
