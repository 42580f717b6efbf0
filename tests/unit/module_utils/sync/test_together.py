# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sync by several hosts, which are threads here."""

from __future__ import annotations

import json
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LongshoreError,
    PlanRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._share import (
    Share,
)
from ansible_collections.longshore.storage.plugins.module_utils._report import Report
from ansible_collections.longshore.storage.plugins.module_utils._sync._options import (
    ShardOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._together import (
    _is_like,
)
from tests.unit.module_utils.sync.helpers import (
    Folder,
    Place,
    Sync,
    counts,
    remote,
)

COUNT = 3
SHARDS = [ShardOptions(Share(index, COUNT), "20s") for index in range(COUNT)]
SITE = {f"{n}.{'html' if n % 3 == 0 else 'txt'}": b"%d" % n for n in range(24)}


class Together:
    """Each with a cache of its own, and a source of its own if there are several."""

    def __init__(self, folder: Path) -> None:
        self._syncs = [Sync(folder / f"cache{index}") for index in range(COUNT)]

    def __call__(
        self, sources: Place | t.Sequence[Place], destination: Place, **options: t.Any
    ) -> list[Report | LongshoreError]:
        chosen = [sources] * COUNT if isinstance(sources, Place) else sources

        def run(index: int) -> Report | LongshoreError:
            try:
                return self._syncs[index](
                    chosen[index], destination, shard=SHARDS[index], **options
                )
            except LongshoreError as exc:
                return exc

        with ThreadPoolExecutor(COUNT) as pool:
            return list(pool.map(run, range(COUNT)))


@pytest.fixture()
def together(tmp_path: Path) -> Together:
    return Together(tmp_path)


def total(results: t.Sequence[Report | LongshoreError]) -> dict[str, int]:
    found: dict[str, int] = {}
    for result in results:
        if isinstance(result, LongshoreError):
            raise result
        for kind, number in counts(result).items():
            found[kind] = found.get(kind, 0) + number
    return found


def test_each_does_its_part(together: Together, tmp_path: Path) -> None:
    source, destination = Folder(tmp_path / "site", SITE), remote({"old": b""})
    checked = together(source, destination, check_mode=True)
    assert total(checked) == {"created": 24, "deleted": 1}
    assert destination.tree() == {"old": b""}

    assert total(together(source, destination)) == total(checked)
    assert destination.tree() == SITE
    again = together(source, destination)
    assert total(again) == {"unchanged": 24}
    assert not any(isinstance(r, Report) and r.changed for r in again)

    source.put({"0.html": b"new"})
    source.remove("1.txt")
    changed = {"updated": 1, "deleted": 1, "unchanged": 22}
    assert total(together(source, destination)) == changed
    assert destination.tree() == source.tree()


def test_rules_and_siblings(together: Together, tmp_path: Path) -> None:
    site = {f"{n}.js": b"let tide;" * 40 for n in range(9)} | {"small.js": b"1"}
    source, destination = Folder(tmp_path / "site", site), remote({})
    rules = ({"match": "*.js", "compress": ["gzip"], "siblings": True},)
    assert total(together(source, destination, rules=rules)) == {"created": 19}
    there = destination.tree()
    assert there.keys() == site.keys() | {f"{n}.js.gz" for n in range(9)}
    assert total(together(source, destination, rules=rules)) == {"unchanged": 19}


def test_what_is_in_the_way_may_be_anothers(together: Together, tmp_path: Path) -> None:
    source = Folder(tmp_path / "site", {f"{n}": b"a file" for n in range(9)})
    destination = Folder(
        tmp_path / "www", {f"{n}/{m}": b"in a folder" for n in range(9) for m in "ab"}
    )
    assert total(together(source, destination)) == {"created": 9, "deleted": 18}
    assert destination.tree() == source.tree()


def test_limits_are_for_the_whole(together: Together, tmp_path: Path) -> None:
    """All deletions are one host's, and more than the share of its own names."""
    mine = [n for n in SITE if SHARDS[1].share.owns(n)][:3]
    source = Folder(tmp_path / "site", {n: SITE[n] for n in SITE if n not in mine})
    destination = remote(SITE)
    for refused in together(source, destination, max_delete="12%"):
        assert isinstance(refused, PlanRefusedError)
        assert "3 of the 24" in refused.message
    assert destination.tree() == SITE
    assert total(together(source, destination, max_delete="13%"))["deleted"] == 3


def test_an_empty_source(together: Together, tmp_path: Path) -> None:
    source, destination = Folder(tmp_path / "site", {}), remote(SITE)
    for refused in together(source, destination):
        assert isinstance(refused, PlanRefusedError)
    assert destination.tree() == SITE
    assert total(together(source, destination, allow_empty=True)) == {"deleted": 24}


def test_sources_that_differ(together: Together, tmp_path: Path) -> None:
    sources = [
        Folder(tmp_path / f"site{index}", {**SITE, f"own{index}": b""})
        for index in range(COUNT)
    ]
    destination = remote({"old": b""})
    for refused in together(sources, destination):
        assert isinstance(refused, LongshoreError)
        assert "do not see the same source" in refused.message or (
            "has failed" in refused.message
        )
    assert destination.tree() == {"old": b""}


def test_one_fails_and_nothing_is_deleted(together: Together, tmp_path: Path) -> None:
    source, destination = Folder(tmp_path / "site", SITE), remote({"old": b""})
    page = "0.html"
    failure = PlanRefusedError("the disk of the store is full")
    destination.traits.failures["write", page] = failure
    results = together(source, destination)
    texts = {str(result) for result in results if isinstance(result, LongshoreError)}
    assert len(texts) == COUNT
    (owner,) = [s.share.index for s in SHARDS if s.share.owns(page)]
    assert sum(failure.message in text for text in texts) == 1
    others = [text for text in texts if failure.message not in text]
    assert all(f"index {owner} has failed" in text for text in others)
    assert "old" in destination.tree()

    destination.traits.failures.clear()
    total(together(source, destination))
    assert destination.tree() == SITE


def test_what_is_superseded_stays_for_a_while(
    together: Together, tmp_path: Path
) -> None:
    source, destination = Folder(tmp_path / "site", SITE), remote({})
    together(source, destination, prune_after="1h")
    source.remove(*list(SITE)[:9])
    kept = total(together(source, destination, prune_after="1h"))
    assert kept == {"unchanged": 15} and destination.tree() == SITE
    total(together(source, destination, prune_after="0s"))
    assert destination.tree() == source.tree()


@pytest.mark.parametrize(
    "options, text",
    [
        ({"manifest": "never"}, "shard and manifest=never exclude each other"),
        ({"manifest": "rebuild"}, "shard and manifest=rebuild exclude each other"),
        ({"shard": ShardOptions(Share(0, 2), "soon")}, "shard.wait must be a duration"),
        ({"shard": ShardOptions(Share(0, 2), "0s")}, "such as 90s or 10m, not '0s'"),
    ],
)
def test_what_is_refused(
    sync: Sync, tmp_path: Path, options: dict[str, t.Any], text: str
) -> None:
    source, destination = Folder(tmp_path / "site", SITE), remote({})
    chosen = {"shard": SHARDS[0], **options}
    with pytest.raises(ConfigurationError, match=text):
        sync(source, destination, **chosen)


def test_a_store_without_conditional_writes(sync: Sync, tmp_path: Path) -> None:
    source, destination = Folder(tmp_path / "site", SITE), remote({}, conditional=False)
    with pytest.raises(ConfigurationError, match="Hosts cannot share a sync to"):
        sync(source, destination, shard=SHARDS[0])


SAID: dict[str, t.Any] = {
    **{"agreed": "a", "steps": [1, 0], "files": 3, "objects": 3, "removed": 0},
    **{"stale": ["a"], "due": True},
}


@pytest.mark.parametrize(
    "other",
    [
        {"steps": [1]},
        {"steps": [1, -1]},
        {"steps": [1, "2"]},
        {"steps": 7},
        {"removed": -5},
        {"removed": None},
        {"stale": [7]},
        {"more": 1},
    ],
)
def test_what_a_store_makes_of_what_was_told(other: dict[str, t.Any]) -> None:
    assert _is_like(json.loads(json.dumps(SAID)), SAID)
    assert not _is_like({**SAID, **other}, SAID)
