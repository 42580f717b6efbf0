# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tracemalloc
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._bucket._contents import (
    Measured,
    Size,
    measure,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)

KEYS = {"a": 1, "b/c": 2, "b/d/e": 4, "b/d/f/g": 8, "b/": 16, "/x": 32, "h//i": 64}


def listing(sizes: t.Mapping[str, int]) -> t.Iterator[ObjectInfo]:
    return (ObjectInfo(key, size) for key, size in sizes.items())


def test_nothing() -> None:
    assert measure(iter(())) == Measured()
    assert measure(iter(()), depth=2) == Measured()


@pytest.mark.parametrize(
    ("depth", "prefixes"),
    [
        (0, {}),
        (1, {"": (1, 1), "b/": (4, 30), "/": (1, 32), "h/": (1, 64)}),
        (
            2,
            {
                "": (1, 1),
                "b/": (2, 18),
                "b/d/": (2, 12),
                "/": (1, 32),
                "h//": (1, 64),
            },
        ),
    ],
)
def test_sizes_by_prefix(depth: int, prefixes: dict[str, tuple[int, int]]) -> None:
    found = measure(listing(KEYS), depth)
    assert found.total == Size(7, 127)
    assert found.prefixes == {name: Size(*size) for name, size in prefixes.items()}


@given(
    st.dictionaries(st.from_regex(r"[ab/]{1,6}", fullmatch=True), st.integers(0, 9)),
    st.integers(1, 4),
)
def test_every_object_is_counted_in_one_prefix_of_its_key(
    sizes: dict[str, int], depth: int
) -> None:
    found = measure(listing(sizes), depth)
    parts = found.prefixes.values()
    assert sum(part.objects for part in parts) == found.total.objects == len(sizes)
    assert sum(part.bytes for part in parts) == found.total.bytes
    for prefix in found.prefixes:
        assert any(key.startswith(prefix) for key in sizes)
        assert prefix.count("/") <= depth and prefix[-1:] in ("", "/")


def test_what_is_held_grows_with_prefixes_and_not_with_objects() -> None:
    def many() -> t.Iterator[ObjectInfo]:
        for number in range(50_000):
            yield ObjectInfo(f"{number % 10}/{number}", 1)

    tracemalloc.start()
    try:
        found = measure(many(), depth=1)
        _unused, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.total == Size(50_000, 50_000) and len(found.prefixes) == 10
    assert peak < 100_000
