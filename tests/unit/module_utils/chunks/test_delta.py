# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept, and what is fetched."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._chunks import (
    _delta,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._delta import (
    Copy,
    DeltaPlan,
    Range,
    plan_delta,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    Layout,
)
from tests.unit.module_utils.chunks.helpers import (
    LAYOUT,
    index_from,
    index_of,
    noise,
)


@pytest.fixture(autouse=True, scope="module")
def cheap_requests() -> t.Iterator[None]:
    """So that a delta is worth while for small files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_delta, "REQUEST_COST", 100)
        yield


def _piece(label: int) -> bytes:
    """Of a size of its own."""
    return bytes([label]) * (5000 + 777 * label)


#: Files as lists of labels; the same label is the same chunk.
FILES = st.lists(st.integers(0, 12), max_size=30)


@given(FILES, FILES)
def test_copies_and_fetches_make_the_new_file(
    before: list[int], after: list[int]
) -> None:
    old = b"".join(map(_piece, before))
    new = b"".join(map(_piece, after))
    index = index_from([_piece(label) for label in after])
    have = index_from([_piece(label) for label in before])
    plan = plan_delta(index, have, LAYOUT)
    made = bytearray(len(new))
    covered: set[int] = set()
    for copy in plan.copies:
        kept = old[copy.old_offset : copy.old_offset + copy.length]
        made[copy.new_offset : copy.new_offset + copy.length] = kept
        covered.update(index.within(copy.new_offset, copy.length))
    for part in plan.fetches:
        made[part.offset : part.end] = new[part.offset : part.end]
        covered.update(index.within(part.offset, part.length))
    assert made == new
    assert covered == set(range(len(after)))


@given(FILES, FILES)
def test_fetches_are_chunks_of_the_envelope(
    before: list[int], after: list[int]
) -> None:
    index = index_from([_piece(label) for label in after])
    have = index_from([_piece(label) for label in before])
    plan = plan_delta(index, have, LAYOUT)
    boundaries = {LAYOUT.plain_offset(number) for number in range(200)}
    position = -1
    for part in plan.fetches:
        assert position < part.offset < part.end
        position = part.end
        assert part.offset in boundaries
        assert part.end in boundaries | {index.size}
    cost = sum(part.length + 100 for part in plan.fetches)
    assert plan.whole or cost <= 0.6 * (index.size + 100)
    assert plan.fetched == sum(part.length for part in plan.fetches)


def _plan(new: bytes, old: bytes) -> DeltaPlan:
    return plan_delta(index_of(new), index_of(old), LAYOUT)


def test_nothing_changed() -> None:
    data = noise(1, 300_000)
    plan = _plan(data, data)
    assert plan.copies == (Copy(0, 0, len(data)),)
    assert plan.fetches == ()


def test_everything_changed() -> None:
    plan = _plan(noise(1, 300_000), noise(2, 300_000))
    assert plan.whole
    assert plan.fetches == (Range(0, 300_000),)


@pytest.mark.parametrize(("old", "fetched"), [(b"", 100_000), (noise(9, 70), 100_000)])
def test_nothing_that_is_of_use(old: bytes, fetched: int) -> None:
    plan = _plan(noise(1, 100_000), old)
    assert plan.whole
    assert plan.fetched == fetched


def test_an_empty_file() -> None:
    plan = _plan(b"", noise(1, 100_000))
    assert (plan.copies, plan.fetches) == ((), ())


def test_an_insertion_is_one_small_fetch() -> None:
    data = noise(3, 1_000_000)
    plan = _plan(data[:500_000] + b"more" + data[500_000:], data)
    assert len(plan.fetches) == 1
    assert len(plan.copies) == 2
    assert plan.fetched < 100_000


def test_a_repeated_chunk_does_not_break_a_copy() -> None:
    labels = [0, 1, 0, 2, 0, 3]
    index = index_from([_piece(label) for label in labels])
    assert len(plan_delta(index, index, LAYOUT).copies) == 1


def _fetches(new: str, layout: Layout) -> tuple[Range, ...]:
    """Of a new file of 10 chunks of 10,000 bytes: "x" is a chunk that the old one has not."""
    pieces = [bytes([n]) * 10_000 for n in range(10)]
    changed = [
        bytes([n + 100]) * 10_000 if mark == "x" else pieces[n]
        for n, mark in enumerate(new)
    ]
    return plan_delta(index_from(changed), index_from(pieces), layout).fetches


def test_neighbours_are_one_fetch() -> None:
    assert len(_fetches("..xx......", LAYOUT)) == 1
    assert len(_fetches("..x..x....", LAYOUT)) == 2


def test_a_gap_that_costs_less_than_a_request_is_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_delta, "REQUEST_COST", 20_000)
    assert len(_fetches("..x..x....", LAYOUT)) == 1


def test_too_much_is_fetched_as_a_whole() -> None:
    assert _fetches("xxxxxx....", LAYOUT) == (Range(0, 100_000),)
    assert len(_fetches("xxxxx.....", LAYOUT)) == 1
    assert _fetches("xxxxx.....", LAYOUT) != (Range(0, 100_000),)


def test_too_many_requests_are_worse_than_a_whole_fetch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(_fetches("x..x..x..x", LAYOUT)) == 4
    monkeypatch.setattr(_delta, "REQUEST_COST", 10_000)
    assert _fetches("x..x..x..x", LAYOUT) == (Range(0, 100_000),)


def test_small_chunks_of_the_envelope_save_more() -> None:
    small, large = (
        sum(part.length for part in _fetches("....x.....", Layout(AES_256_GCM, size)))
        for size in (4096, 16384)
    )
    assert 10_000 <= small < large
