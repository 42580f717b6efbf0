# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts by type, and the biggest."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._sync._sizes import (
    Sizes,
)


@given(
    st.dictionaries(
        st.sampled_from([f"{n}.{e}" for n in range(9) for e in ("css", "html", "x")]),
        st.integers(0, 5),
    ),
    st.integers(0, 6),
    st.randoms(use_true_random=False),
)
def test_in_whatever_order_they_come(
    tree: dict[str, int], most: int, chance: random.Random
) -> None:
    names = list(tree)
    chance.shuffle(names)
    sizes = Sizes(most)
    for name in names:
        sizes.add(name, tree[name])
    wanted = sorted(tree, key=lambda name: (-tree[name], name))[:most]
    assert [one.name for one in sizes.biggest] == wanted
    assert [one.size for one in sizes.biggest] == [tree[name] for name in wanted]
    assert sizes.total.objects == len(tree)
    assert sizes.total.bytes == sum(size.bytes for _kind, size in sizes.by_type)
    by_type = [size.bytes for _kind, size in sizes.by_type]
    assert by_type == sorted(by_type, reverse=True)


def test_a_sibling_has_the_type_of_its_original() -> None:
    sizes = Sizes(1)
    sizes.add("app.js.gz", 7, "app.js")
    assert list(sizes.types) == ["text/javascript"]
    assert sizes.biggest[0].name == "app.js.gz"
