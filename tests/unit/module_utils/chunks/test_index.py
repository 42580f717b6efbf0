# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of chunks as bytes, and back."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._chunks._cutter import (
    MAX_SIZE,
    MIN_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._failures import (
    IndexFormatError,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._index import (
    Index,
)
from tests.unit.module_utils.chunks.helpers import index_from, index_of, noise

SIZES = st.integers(MIN_SIZE, MAX_SIZE)
INDEXES = st.builds(
    lambda sizes, last: index_from([bytes(size) for size in [*sizes, *last]]),
    st.lists(SIZES, max_size=8),
    st.lists(st.integers(1, MAX_SIZE), max_size=1),
)


@given(INDEXES)
def test_it_comes_back(index: Index) -> None:
    assert Index.decode(index.encode()) == index


@given(INDEXES, st.data())
def test_no_byte_can_be_altered(index: Index, data: st.DataObject) -> None:
    encoded = bytearray(index.encode())
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(
        st.integers(1, 255)
    )
    with pytest.raises(IndexFormatError):
        Index.decode(bytes(encoded))


@given(INDEXES, st.data())
def test_it_cannot_be_cut(index: Index, data: st.DataObject) -> None:
    encoded = index.encode()
    with pytest.raises(IndexFormatError):
        Index.decode(encoded[: data.draw(st.integers(0, len(encoded) - 1))])


@given(INDEXES, st.binary(min_size=1))
def test_nothing_can_follow_it(index: Index, more: bytes) -> None:
    with pytest.raises(IndexFormatError):
        Index.decode(index.encode() + more)


@given(st.binary(max_size=300), st.sampled_from([b"", b"lschunks", b"lschunks\1"]))
def test_anything_else_is_refused(data: bytes, begin: bytes) -> None:
    with pytest.raises(IndexFormatError):
        Index.decode(begin + data)


def test_sizes_that_nobody_cuts_are_refused() -> None:
    index = index_from([bytes(MIN_SIZE - 1), bytes(MIN_SIZE)])
    with pytest.raises(IndexFormatError, match="sizes"):
        Index.decode(index.encode())


def test_a_newer_version_says_so() -> None:
    with pytest.raises(IndexFormatError, match="version 2.*update"):
        Index.decode(b"lschunks\2" + bytes(64))


def test_the_bytes_are_what_is_documented() -> None:
    pieces = [b"a" * 5000, b"b" * 65536, b"c"]
    body = b"lschunks\1" + hashlib.sha256(b"".join(pieces)).digest()
    body += bytes.fromhex("1387 ffff 0000")
    body += b"".join(hashlib.sha256(piece).digest() for piece in pieces)
    assert index_from(pieces).encode() == body + hashlib.sha256(body).digest()


def test_of_a_stream() -> None:
    data = noise(7, 2 * 1024 * 1024)
    index = index_of(data)
    assert index.digest == hashlib.sha256(data).digest()
    assert index.size == len(data)
    for chunk in index:
        part = data[chunk.offset : chunk.offset + chunk.length]
        assert chunk.digest == hashlib.sha256(part).digest()
    assert len(index.encode()) < 0.0025 * len(data)


def test_of_nothing() -> None:
    index = index_of(b"")
    assert (index.size, len(index), list(index)) == (0, 0, [])
    assert Index.decode(index.encode()) == index


@given(INDEXES, st.data())
def test_the_chunks_within_a_part(index: Index, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, index.size))
    length = data.draw(st.integers(0, index.size - offset))
    assert list(index.within(offset, length)) == [
        number
        for number, chunk in enumerate(index)
        if offset <= chunk.offset and chunk.offset + chunk.length <= offset + length
    ]
