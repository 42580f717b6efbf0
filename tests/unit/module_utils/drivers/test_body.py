# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A body's beginning, and its parts."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers import (
    _body,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._body import (
    PART_SIZE,
    first_part,
    parts_of,
)


@pytest.mark.parametrize("length", (0, 1, 5))
def test_a_short_body_is_one_part(length: int) -> None:
    chunks: t.Iterable[bytes] = [b"x"] * length
    assert first_part(chunks) == (b"x" * length, None)


def test_a_long_body_is_kept_whole() -> None:
    chunks = [b"x" * PART_SIZE, b"y", b"z", b"z"]
    first, rest = first_part(iter(chunks))
    assert rest is not None
    assert first + b"".join(rest) == b"".join(chunks)


def test_bytes_are_not_copied() -> None:
    short, long = b"x" * PART_SIZE, b"x" * (PART_SIZE + 1)
    assert first_part(short) == (short, None)
    first, rest = first_part(long)
    assert first is long
    assert rest is not None and not list(rest)


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_parts_are_the_body(chunks: list[bytes], size: int) -> None:
    whole = b"".join(chunks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_body, "PART_SIZE", size)
        head, rest = first_part(chunks)
        if rest is None:
            assert head == whole
            return
        parts = list(parts_of(head, rest))
    assert b"".join(parts) == whole
    assert all(len(part) == size for part in parts[:-1])
    assert 1 <= len(parts[-1]) <= size


def test_parts_grow_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_body, "PART_SIZE", 2)
    monkeypatch.setattr(_body, "_PARTS_OF_ONE_SIZE", 3)
    parts = [len(part) for part in parts_of(b"x" * 40, iter(()))]
    assert parts == [2, 2, 2, 4, 4, 4, 8, 8, 6]
