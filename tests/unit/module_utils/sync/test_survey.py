# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to a listing, and what a manifest says of it."""

from __future__ import annotations

import typing as t
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    ABSENT,
    Entry,
    shard_number,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync import _survey
from ansible_collections.longshore.storage.plugins.module_utils._sync._drift import (
    Drift,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._survey import (
    Survey,
)

NAMES = st.sampled_from(
    [f"{folder}{n}" for folder in ("", "a/", "a/b/", "\udcff/") for n in range(4)]
)
#: Size and hash; of some none is told.
OBJECTS = st.dictionaries(
    NAMES, st.tuples(st.integers(0, 2), st.sampled_from(["x", "y", None]))
)


def listing(tree: t.Mapping[str, tuple[int, str | None]]) -> list[ObjectInfo]:
    return [ObjectInfo(name, size, md5=md5) for name, (size, md5) in tree.items()]


@settings(max_examples=40)
@given(OBJECTS, st.integers(0, 3))
def test_folders_and_duplicates(
    tree: dict[str, tuple[int, str | None]], most: int
) -> None:
    with Survey(1) as survey:
        survey.fill(iter(listing(tree)))
        count, folders = survey.folders(most)
        found = survey.duplicates(most, 2)
    sizes: Counter[str] = Counter()
    for name, (size, _md5) in tree.items():
        sizes[name.partition("/")[0] + "/" if "/" in name else ""] += size
    assert count == len(sizes)
    assert [(n, size.bytes) for n, size in folders] == sorted(
        sizes.items(),
        key=lambda one: (-one[1], one[0].encode(errors="surrogateescape")),
    )[:most]
    told = Counter(one for one in tree.values() if one[0] and one[1])
    twice = {one: number for one, number in told.items() if number > 1}
    assert found.groups == len(twice)
    assert found.objects == sum(twice.values())
    assert found.wasted == sum(size * (n - 1) for (size, _md5), n in twice.items())
    assert len(found.sample) == min(most, len(twice))
    for group in found.sample:
        (content,) = {tree[name] for name in group.names}
        assert (group.size, group.objects) == (content[0], twice[content])
        assert len(group.names) == 2 and group.names == sorted(group.names)
    alike = Counter(size for size, _md5 in tree.values())
    silent = [size for size, md5 in tree.values() if size and md5 is None]
    assert found.unknown == sum(alike[size] > 1 for size in silent)


def test_what_is_untold_comes_once(monkeypatch: t.Any) -> None:
    monkeypatch.setattr(_survey, "_BATCH", 2)
    tree: dict[str, tuple[int, str | None]] = {f"n{n}": (5, None) for n in range(7)}
    tree |= {
        "alone": (6, None),
        "told": (5, "x"),
        "empty": (0, None),
        "void": (0, None),
    }
    seen = []
    with Survey(1) as survey:
        survey.fill(listing(tree))
        for rows in survey.untold():
            assert len(rows) <= 2
            seen += [row.info.key for row in rows]
            survey.tell({row.id: "x" for row in rows if row.info.key != "n3"})
        found = survey.duplicates(9, 9)
    assert sorted(seen) == [f"n{n}" for n in range(7)]
    assert (found.groups, found.objects, found.unknown) == (1, 7, 1)


def test_names_are_found_by_their_shard() -> None:
    tree: dict[str, tuple[int, str | None]] = {f"n{n}": (n, None) for n in range(50)}
    with Survey(4) as survey:
        survey.fill(listing(tree))
        for number in range(4):
            names = {row.info.key for row in survey.shard(number)}
            assert names == {n for n in tree if shard_number(n, 4) == number}


STATE = st.dictionaries(NAMES, st.sampled_from(["1", "2"]))


@settings(max_examples=60)
@given(STATE, STATE, st.sets(NAMES), st.integers(0, 3))
def test_drift(
    published: dict[str, str], there: dict[str, str], absent: set[str], most: int
) -> None:
    entries = {n: Entry(1, f"d{etag}", "", 1, etag) for n, etag in published.items()}
    entries |= {n: Entry(1, "", "", ABSENT, "") for n in absent - published.keys()}
    drift = Drift(most)
    with Survey(1) as survey:
        survey.fill(ObjectInfo(name, 1, etag) for name, etag in there.items())
        contents = drift.compare(entries, survey.shard(0))
    same = {n for n in published.keys() & there.keys() if published[n] == there[n]}
    wanted = (
        (drift.changed, (published.keys() & there.keys()) - same),
        (drift.vanished, published.keys() - there.keys()),
        (drift.beside, there.keys() - published.keys()),
    )
    for found, names in wanted:
        assert found.count == len(names)
        assert found.first == sorted(names)[:most]
    assert drift.entries == len(published)
    assert sorted(contents.values()) == sorted(f"d{there[n]}" for n in same)
