# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How bodies are cut into the parts of an upload."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_parts import (
    MOST_PARTS,
    Buffers,
    cut,
    part_size,
)

MIB = 1024 * 1024
BASE = 8 * MIB
TIB = 1024 * 1024 * MIB


@given(st.lists(st.binary(max_size=40)), st.integers(1, 20))
def test_cut(chunks: list[bytes], size: int) -> None:
    buffers = Buffers(1)
    parts, last = [], []
    for part in cut(chunks, lambda _: size, buffers):
        parts.append(bytes(part.data))
        last.append(part.is_last)
        part.buffer.release()
    assert b"".join(parts) == b"".join(chunks)
    assert all(len(part) == size for part in parts[:-1])
    assert last == [False] * (len(parts) - 1) + [True]
    assert parts[-1] or len(parts) == 1


def test_a_part_has_its_memory_to_itself() -> None:
    buffers = Buffers(2)
    parts = cut([b"aabbcc"], lambda _: 2, buffers)
    first, second = next(parts), next(parts)
    assert (bytes(first.data), bytes(second.data)) == (b"aa", b"bb")
    first.buffer.release()
    first.buffer.release()
    assert bytes(next(parts).data) == b"cc"
    assert bytes(second.data) == b"bb"


def test_what_was_not_taken_is_given_back() -> None:
    buffers = Buffers(1)
    for _unused in range(3):
        parts = cut([b"aabbcc"], lambda _: 2, buffers)
        next(parts)
        parts.close()
    with pytest.raises(MemoryError):
        buffers.take(1 << 62)
    buffers.take(5).release()


def test_a_failing_body_passes_through() -> None:
    def body() -> object:
        yield b"x"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(cut(body(), lambda _: 10, Buffers(1)))  # type: ignore[arg-type]  # what it yields are bytes


@pytest.mark.parametrize(
    "size", (1, BASE, BASE * MOST_PARTS, BASE * MOST_PARTS + 1, 5 * TIB)
)
def test_an_announced_size_fits_in_even_parts(size: int) -> None:
    needed = -(-size // part_size(1, BASE, size))
    assert needed <= MOST_PARTS
    assert part_size(needed, BASE, size) == part_size(1, BASE, size) >= BASE


def test_the_largest_object_fits_unannounced() -> None:
    sizes = [part_size(number, BASE, None) for number in range(1, MOST_PARTS + 1)]
    assert sizes[0] == sizes[999] == BASE
    assert max(sizes) <= 5 * 1024 * MIB
    assert sum(sizes) >= 5 * TIB
