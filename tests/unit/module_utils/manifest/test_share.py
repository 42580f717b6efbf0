# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    shard_number,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._share import (
    MAX_COUNT,
    Share,
)


@settings(max_examples=50)
@given(
    count=st.integers(1, 20),
    names=st.sets(st.text(max_size=8), max_size=30),
    more=st.integers(0, 2),
)
def test_every_name_is_in_one_part(count: int, names: set[str], more: int) -> None:
    parts = [Share(index, count) for index in range(count)]
    shards = parts[0].shards << more
    for name in names:
        (owner,) = [part for part in parts if part.owns(name)]
        number = shard_number(name, shards)
        assert [p for p in parts if number in p.numbers(shards)] == [owner]
        assert owner.part(names) >= {name}
    numbers = sorted(n for part in parts for n in part.numbers(shards))
    assert numbers == list(range(shards))


@pytest.mark.parametrize("count", range(1, 17))
def test_parts_are_about_the_same(count: int) -> None:
    sizes = [len(Share(index, count).numbers(4096)) for index in range(count)]
    assert max(sizes) <= 1.15 * min(sizes)


@pytest.mark.parametrize(
    "index, count, text",
    [
        (4, 4, "shard.index must be from 0 to 3 where shard.count is 4, not 4"),
        (-1, 4, "not -1"),
        (0, 0, f"shard.count must be from 1 to {MAX_COUNT}, not 0"),
        (0, MAX_COUNT + 1, "shard.count must be from 1"),
    ],
)
def test_what_is_refused(index: int, count: int, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        Share(index, count)
