# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where cuts fall, and that they never move."""

from __future__ import annotations

import hashlib
import io
import sys
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._chunks._cutter import (
    MAX_SIZE,
    MIN_SIZE,
    Cutter,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    MissingLibraryError,
)
from tests.unit.module_utils.chunks import reference
from tests.unit.module_utils.chunks.helpers import KEY, noise
from tests.unit.module_utils.encryption.helpers import Trickle

HIGH_KEY = b"\xff" * 8


def _lengths(data: bytes, key: bytes = KEY) -> list[int]:
    return [chunk.length for chunk in Cutter(key).cut(io.BytesIO(data))]


#: First lengths, number of chunks, and SHA-256 of all lengths as text, of SHAKE-256 output of 1 MiB.
KNOWN = {
    bytes(8): (
        [20093, 16435, 20383, 9956, 8925],
        56,
        "d6e4272b98fc069a405e5a1c80266dc35dd54eb1b8f0a77eda85189b980f01f7",
    ),
    KEY: (
        [15645, 23608, 19091, 16662, 20456],
        56,
        "6560e626d3c5ac518ee22cc32ba7a1ac2035b4b1544632569dae79f0360e8568",
    ),
    HIGH_KEY: (
        [12143, 16946, 6282, 23338, 25782],
        55,
        "cfbc366f943f9b53666c229af411eb1483b68712b2046601ed47efa68c2ce7c5",
    ),
}


@pytest.mark.parametrize("key", KNOWN, ids=bytes.hex)
def test_known_answers(key: bytes) -> None:
    data = hashlib.shake_256(b"longshore.storage chunks").digest(1024 * 1024)
    first, count, digest = KNOWN[key]
    lengths = _lengths(data, key)
    assert lengths[:5] == first
    assert len(lengths) == count
    text = " ".join(map(str, lengths))
    assert hashlib.sha256(text.encode()).hexdigest() == digest


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 256), st.integers(0, 70_000), st.integers(0, 2**32 - 1)
        ),
        max_size=3,
    ),
    st.binary(min_size=8, max_size=8),
)
def test_cuts_are_those_of_the_reference(
    parts: list[tuple[int, int, int]], key: bytes
) -> None:
    """Of noise, and of parts with few different bytes, or one."""
    data = b"".join(
        bytes(value % kinds for value in noise(seed, size))
        for kinds, size, seed in parts
    )
    assert _lengths(data, key) == reference.lengths(data, key)


def test_chunks_are_the_stream() -> None:
    data = noise(1, 500_000)
    position = 0
    for chunk, piece in Cutter(KEY).pieces(io.BytesIO(data)):
        part = data[position : position + chunk.length]
        assert (chunk.offset, bytes(piece)) == (position, part)
        assert chunk.digest == hashlib.sha256(part).digest()
        position += chunk.length
    assert position == len(data)


def test_sizes_keep_to_their_bounds() -> None:
    lengths = _lengths(noise(2, 1024 * 1024) + bytes(1024 * 1024))
    assert all(MIN_SIZE <= length <= MAX_SIZE for length in lengths[:-1])
    assert max(lengths) == MAX_SIZE


@pytest.mark.parametrize("size", [0, 1, MIN_SIZE])
def test_a_small_file_is_one_chunk(size: int) -> None:
    assert _lengths(noise(3, size)) == [size][:size]


def test_an_insertion_changes_few_chunks() -> None:
    data = noise(4, 1024 * 1024)
    digests = [
        {chunk.digest for chunk in Cutter(KEY).cut(io.BytesIO(version))}
        for version in (data, data[:300_000] + b"more" + data[300_000:])
    ]
    assert len(digests[1] - digests[0]) <= 2


def test_another_key_cuts_elsewhere() -> None:
    data = noise(5, 256 * 1024)
    assert _lengths(data) != _lengths(data, HIGH_KEY)


def test_a_stream_that_trickles_is_cut_as_it_comes() -> None:
    data = noise(6, 400_000)
    source = Trickle(data, 777)
    chunks = Cutter(KEY).cut(source)
    lengths = [next(chunks).length]
    assert source.taken <= 2 * MAX_SIZE
    lengths += [chunk.length for chunk in chunks]
    assert lengths == _lengths(data)


def test_a_failing_stream_fails_the_cut() -> None:
    class Broken(io.RawIOBase):
        def readinto(self, _buffer: object) -> int:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(Cutter(KEY).cut(Broken()))


def test_a_key_of_a_wrong_size() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        Cutter(b"short")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyfastcdc", None)
    with pytest.raises(MissingLibraryError, match="pip install pyfastcdc"):
        Cutter(KEY)


def test_a_library_without_its_compiled_part_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pyfastcdc.py import FastCDC

    plain = types.ModuleType("pyfastcdc")
    plain.FastCDC = FastCDC  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "pyfastcdc", plain)
    with pytest.raises(MissingLibraryError, match="compiled part"):
        Cutter(KEY)
