# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import itertools
import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    PlanRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._order import (
    Order,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._plan import (
    Plan,
    Write,
    make_plan,
)


def infos(*names: str) -> dict[str, ObjectInfo]:
    return {name: ObjectInfo(f"p/{name}", 1) for name in names}


def plan(
    source: str, destination: str = "", different: str = "", **options: object
) -> Plan:
    options.setdefault("delete", True)
    options.setdefault("order", Order(None))
    return make_plan(
        infos(*source.split()),
        infos(*destination.split()),
        frozenset(different.split()),
        **options,  # type: ignore[arg-type]  # any option
    )


def names(writes: object) -> list[str]:
    return [getattr(item, "name", None) or item.key[2:] for item in writes]  # type: ignore[attr-defined]  # either kind


def test_new_different_equal_and_extraneous() -> None:
    made = plan("new same other", "same other old", "other")
    assert names(made.writes) == ["new", "other"]
    assert [w.replaced is None for w in made.writes] == [True, False]
    assert names(made.removed) == ["old"]
    assert made.unchanged == 1
    assert not made.empty
    assert plan("a", "a").empty


def test_pages_are_written_after_what_they_refer_to() -> None:
    made = plan("index.html a.css B.HTM img/x.png old/page.HTML html x.html.gz")
    assets, pages = made.phases
    assert names(assets) == ["a.css", "html", "img/x.png", "x.html.gz"]
    assert names(pages) == ["B.HTM", "index.html", "old/page.HTML"]
    assert names(made.writes) == names(assets) + names(pages)


def test_groups_are_written_in_their_order_after_all_the_rest() -> None:
    order = Order([["*.js", "*.css"], "*.html"])
    made = plan("z a.js b/c.css b/x.html feed.xml index.html", order=order)
    assert [names(phase) for phase in made.phases] == [
        ["feed.xml", "z"],
        ["a.js", "b/c.css"],
        ["b/x.html", "index.html"],
    ]


def test_nothing_is_deleted_without_delete_nor_what_is_kept() -> None:
    assert names(plan("a", "a b c", delete=False).removed) == []
    assert names(plan("a", "a b c", kept=frozenset({"b"})).removed) == ["c"]


def test_names_that_only_begin_alike_are_not_in_each_others_way() -> None:
    made = plan("a ab/c", "a/x ab", hierarchical=True)
    assert names(made.make_way) == ["a/x", "ab"]
    assert names(made.late) == ["a", "ab/c"]
    apart = plan("a ab/c", "a-b/x a.b", hierarchical=True)
    assert not apart.make_way and not apart.late


def test_a_file_gives_way_to_a_folder_and_a_folder_to_a_file() -> None:
    made = plan("a/b/c d index.html", "a d/e/f d/g z", hierarchical=True)
    assert names(made.make_way) == ["a", "d/e/f", "d/g"]
    assert names(made.late) == ["a/b/c", "d"]
    assert names(made.deletions) == ["z"]
    assert names(made.phases[1]) == ["index.html"]


def test_what_may_stay_as_it_is_elsewhere_stands_in_the_way_of_nothing() -> None:
    made = plan("a/b d", "a d/e")
    assert not made.make_way and not made.late
    assert names(made.deletions) == ["a", "d/e"]


@pytest.mark.parametrize(
    "options",
    [
        {"delete": False},
        {"kept": frozenset({"a"})},
    ],
)
def test_what_must_stay_and_is_in_the_way_refuses_the_plan(
    options: dict[str, object],
) -> None:
    with pytest.raises(PlanRefusedError, match="'a/b'.*'a'"):
        plan("a/b", "a", "", hierarchical=True, **options)


@pytest.mark.parametrize(
    ("source", "others"), [("a/b", "a"), ("a", "a/b/c"), ("x/y/z", "x/y")]
)
def test_names_the_sync_is_not_about_are_not_overrun(source: str, others: str) -> None:
    with pytest.raises(PlanRefusedError) as caught:
        plan(source, hierarchical=True, others=others.split())
    assert repr(source) in str(caught.value) and repr(others) in str(caught.value)
    assert names(plan(source, others=others.split()).writes) == [source]


def test_a_source_that_needs_a_file_and_a_folder_of_one_name_is_refused() -> None:
    with pytest.raises(PlanRefusedError, match="'a'.*'a/b/c'"):
        plan("a a/b/c", hierarchical=True)
    assert names(plan("a a/b/c").writes) == ["a", "a/b/c"]


TREES = st.dictionaries(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join),
    st.builds(ObjectInfo, st.just(""), st.integers(0, 3)),
)


def in_conflict(names: t.Iterable[str]) -> bool:
    return any(b.startswith(f"{a}/") for a, b in itertools.permutations(names, 2))


@given(TREES, TREES, st.data(), st.booleans(), st.booleans())
def test_plan_is_pure_and_leads_to_the_source(
    source: dict[str, ObjectInfo],
    destination: dict[str, ObjectInfo],
    data: st.DataObject,
    delete: bool,
    hierarchical: bool,
) -> None:
    source = {name: info._replace(key=name) for name, info in source.items()}
    destination = {name: info._replace(key=name) for name, info in destination.items()}
    both = sorted(source.keys() & destination.keys())
    different = frozenset(data.draw(st.sets(st.sampled_from(both))) if both else ())
    kept = frozenset(
        data.draw(st.sets(st.sampled_from(sorted(destination)))) if destination else ()
    )
    assume(not (hierarchical and in_conflict(destination)))
    before = copy.deepcopy((source, destination))
    arguments = {
        "order": Order(None),
        "delete": delete,
        "kept": kept,
        "hierarchical": hierarchical,
    }
    try:
        made = make_plan(source, destination, different, **arguments)  # type: ignore[arg-type]  # any option
    except PlanRefusedError:
        assert hierarchical
        return
    finally:
        assert (source, destination) == before
    assert made == make_plan(source, destination, different, **arguments)  # type: ignore[arg-type]  # any option

    after = dict(destination)
    steps: list[tuple[Write | ObjectInfo, ...]] = [*made.phases, made.make_way]
    for step in (*steps, made.late, made.deletions):
        for item in step:
            if isinstance(item, ObjectInfo):
                del after[item.key]
            else:
                assert item.replaced == destination.get(item.name)
                after[item.name] = item.source
                assert not (hierarchical and in_conflict(after))
    stays = {
        name: info
        for name, info in destination.items()
        if name not in source and (not delete or name in kept)
    }
    same = {name: destination[name] for name in set(both) - different}
    assert after == source | stays | same
    assert made.unchanged == len(same)
    assert all(names(phase) == sorted(names(phase)) for phase in made.phases)
