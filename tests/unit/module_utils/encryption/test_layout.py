# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where what is, against envelopes as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    ALGORITHMS,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    Layout,
)
from tests.unit.module_utils.encryption import reference

SIZES = st.integers(0, 2**42)
LAYOUTS = st.builds(
    Layout, st.sampled_from(ALGORITHMS), st.integers(12, 24).map(lambda n: 2**n)
)


@given(LAYOUTS, st.integers(0, 2**20))
def test_capacities_are_what_chunks_take(layout: Layout, index: int) -> None:
    name, size = layout.algorithm.name, layout.chunk_size
    assert layout.capacity(index) == reference.capacity(name, size, index)


@given(LAYOUTS, SIZES)
def test_each_byte_is_in_the_chunk_that_has_it(layout: Layout, offset: int) -> None:
    index = layout.chunk_at(offset)
    assert layout.plain_offset(index) <= offset < layout.plain_offset(index + 1)


@given(LAYOUTS, SIZES)
def test_the_size_of_an_envelope(layout: Layout, size: int) -> None:
    sealed_size = layout.sealed_size(size)
    last = layout.chunk_at(max(size - 1, 0))
    assert layout.chunk_count(sealed_size) == last + 1
    assert layout.sealed_offset(last) < sealed_size <= layout.sealed_offset(last + 1)
    # A chunk more begins where the last one is full.
    full = layout.plain_offset(last + 1)
    assert layout.sealed_size(full) == (last + 1) * layout.chunk_size
    assert layout.chunk_count(layout.sealed_size(full + 1)) == last + 2


@given(LAYOUTS, SIZES, st.data())
def test_one_goes_on_with_a_chunk_that_there_is(
    layout: Layout, size: int, data: st.DataObject
) -> None:
    have = data.draw(st.integers(0, size))
    sealed_size = layout.sealed_size(size)
    index = layout.resume_at(have, sealed_size)
    assert index < layout.chunk_count(sealed_size)
    assert layout.plain_offset(index) <= have


@given(LAYOUTS, st.integers(0, 100))
def test_one_who_has_everything_reads_the_last_chunk_again(
    layout: Layout, last: int
) -> None:
    size = layout.plain_offset(last + 1)
    assert layout.resume_at(size, layout.sealed_size(size)) == last
