# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is done to an envelope: it opens no more, and what came out before was what went in."""

from __future__ import annotations

import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    ALGORITHMS,
    Algorithm,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    FormatError,
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    HEADER_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._streams import (
    seal_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.encryption.helpers import (
    CHUNK,
    CONTEXT,
    SECRET,
    chunks,
    opened,
    opener,
    sealed,
    sealer,
)
from tests.unit.module_utils.encryption.reference import pattern

ALGORITHM = st.sampled_from(ALGORITHMS)
#: Up to seven chunks, which are four batches; often close to where chunks and batches end.
SIZE = st.one_of(
    st.integers(0, 6 * CHUNK),
    st.builds(
        lambda count, off: max(0, count * (CHUNK - 28) - off),
        st.integers(0, 6),
        st.integers(0, 120),
    ),
)


def refused(envelope: bytes, original: bytes, plain: bytes, workers: Workers) -> None:
    """It does not open; what came out is a beginning of what was sealed."""
    assume(envelope != original)
    result = opened(envelope, workers)
    assert result.error is not None
    assert plain.startswith(result.plain)


@given(ALGORITHM, SIZE, st.integers(1, 3 * CHUNK))
def test_untouched_it_opens(algorithm: Algorithm, size: int, piece_size: int) -> None:
    with Workers(2) as workers:
        plain = pattern(size)
        envelope = sealed(plain, algorithm, workers)
        assert opened(envelope, workers, piece_size=piece_size) == (plain, None)


@given(ALGORITHM, SIZE, st.data())
def test_a_flipped_byte(algorithm: Algorithm, size: int, data: st.DataObject) -> None:
    with Workers(2) as workers:
        plain = pattern(size)
        envelope = bytearray(sealed(plain, algorithm, workers))
        original = bytes(envelope)
        place = data.draw(st.integers(0, len(envelope) - 1))
        envelope[place] ^= data.draw(st.integers(1, 255))
        refused(bytes(envelope), original, plain, workers)


@given(ALGORITHM, SIZE, st.data())
def test_a_cut(algorithm: Algorithm, size: int, data: st.DataObject) -> None:
    with Workers(2) as workers:
        plain = pattern(size)
        envelope = sealed(plain, algorithm, workers)
        boundaries = st.sampled_from(
            [0, HEADER_SIZE, *range(CHUNK, len(envelope), CHUNK)]
        )
        place = data.draw(st.one_of(st.integers(0, len(envelope) - 1), boundaries))
        refused(envelope[:place], envelope, plain, workers)


@given(ALGORITHM, SIZE, st.binary(min_size=1, max_size=2 * CHUNK))
def test_something_appended(algorithm: Algorithm, size: int, more: bytes) -> None:
    with Workers(2) as workers:
        plain = pattern(size)
        envelope = sealed(plain, algorithm, workers)
        refused(envelope + more, envelope, plain, workers)


@given(ALGORITHM, SIZE, st.data())
def test_chunks_in_another_order_missing_or_twice(
    algorithm: Algorithm, size: int, data: st.DataObject
) -> None:
    with Workers(2) as workers:
        plain = pattern(size)
        envelope = sealed(plain, algorithm, workers)
        parts = chunks(envelope)
        chosen = data.draw(st.lists(st.sampled_from(parts), max_size=len(parts) + 2))
        changed = envelope[:HEADER_SIZE] + b"".join(chosen)
        refused(changed, envelope, plain, workers)


@given(ALGORITHM, SIZE, SIZE, st.data())
def test_a_chunk_of_another_file_with_the_same_secret(
    algorithm: Algorithm, size: int, other_size: int, data: st.DataObject
) -> None:
    with Workers(2) as workers:
        plain = pattern(size)
        envelope = sealed(plain, algorithm, workers)
        parts = chunks(envelope)
        other = chunks(sealed(pattern(other_size), algorithm, workers))
        place = data.draw(st.integers(0, min(len(parts), len(other)) - 1))
        parts[place] = other[place]
        changed = envelope[:HEADER_SIZE] + b"".join(parts)
        refused(changed, envelope, plain, workers)


@given(ALGORITHM, SIZE)
def test_the_header_of_another_file(algorithm: Algorithm, size: int) -> None:
    with Workers(2) as workers:
        plain = pattern(size)
        envelope = sealed(plain, algorithm, workers)
        other = sealed(plain, algorithm, workers)
        refused(other[:HEADER_SIZE] + envelope[HEADER_SIZE:], envelope, plain, workers)


@given(ALGORITHM, SIZE, st.integers(0, 31), st.integers(1, 255))
def test_another_secret(
    algorithm: Algorithm, size: int, place: int, change: int
) -> None:
    raw = bytearray(SECRET.raw)
    raw[place] ^= change
    with Workers(2) as workers:
        envelope = sealed(pattern(size), algorithm, workers)
        result = opened(envelope, workers, secret=SharedSecret(bytes(raw)))
    assert result.plain == b""
    assert isinstance(result.error, WrongSecretError)


@given(ALGORITHM, SIZE, st.text())
def test_another_name(algorithm: Algorithm, size: int, context: str) -> None:
    assume(context != CONTEXT)
    with Workers(2) as workers:
        envelope = sealed(pattern(size), algorithm, workers)
        result = opened(envelope, workers, context=context)
    assert result.plain == b""
    assert isinstance(result.error, WrongSecretError)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
def test_every_single_byte(algorithm: Algorithm, workers: Workers) -> None:
    plain = b"attack at dawn"
    envelope = sealed(plain, algorithm, workers)
    for place in range(len(envelope)):
        flipped = bytearray(envelope)
        flipped[place] ^= 1
        for changed in (bytes(flipped), envelope[:place]):
            result = opened(changed, workers)
            assert result.plain == b""
            assert result.error is not None


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
def test_what_was_wrong_is_said(algorithm: Algorithm, workers: Workers) -> None:
    plain = pattern(3 * CHUNK)
    envelope = sealed(plain, algorithm, workers)

    def said(changed: bytes) -> str:
        result = opened(changed, workers)
        assert isinstance(result.error, DamagedError)
        assert result.error.hint
        return result.error.message

    flipped = bytearray(envelope)
    flipped[CHUNK + 5] ^= 1
    begin = "The encrypted object "
    assert said(bytes(flipped)) == (
        f"{begin}is not what was encrypted: chunk 1, bytes {CHUNK} to {2 * CHUNK - 1}, "
        "was altered, cut, or belongs elsewhere."
    )
    assert said(envelope[: 2 * CHUNK]) == (
        f"{begin}is incomplete: it ends after chunk 1, and more should follow."
    )
    assert said(envelope[:HEADER_SIZE]) == (
        f"{begin}is incomplete: it ends before chunk 0."
    )
    assert said(envelope[:30]) == f"{begin}ends within its header, after 30 bytes."
    full = sealer(algorithm).layout.plain_offset(2)
    longer = sealed(pattern(full), algorithm, workers) + b"more"
    assert said(longer) == f"{begin}goes on after its last chunk, which is chunk 1."


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
def test_one_with_the_secret_who_seals_otherwise(
    algorithm: Algorithm, workers: Workers
) -> None:
    """Tags are right, sizes are not: offsets would be wrong, and an end could have two forms."""
    short = sealer(algorithm)
    nonce = short.random(algorithm.nonce_size)
    first = short.seal(0, b"x" * 100, nonce, last=False)
    nonce = short.random(algorithm.nonce_size)
    empty = short.seal(1, b"", nonce, last=True)
    with pytest.raises(DamagedError, match="chunk 0 of a wrong size"):
        opener(first).open(0, first[HEADER_SIZE:], last=False)
    with pytest.raises(DamagedError, match="chunk 1 of a wrong size"):
        opener(first).open(1, empty, last=True)
    nonce = short.random(algorithm.nonce_size)
    long = short.seal(1, bytes(CHUNK), nonce, last=True)
    with pytest.raises(DamagedError, match="chunk 1 of a wrong size"):
        opener(first).open(1, long, last=True)


def _with(envelope: bytes, offset: int, replacement: bytes) -> bytes:
    return envelope[:offset] + replacement + envelope[offset + len(replacement) :]


def test_what_is_no_envelope(workers: Workers) -> None:
    envelope = sealed(b"x", ALGORITHMS[0], workers)
    for changed, expected in (
        (b"", "is empty"),
        (b"P", "is not encrypted in the format of longshore.storage"),
        (bytes(1000), "is not encrypted in the format of longshore.storage"),
        (b"distsync01" + bytes(100), 'set Format = "distsync01"'),
        (_with(envelope, 9, b"\2"), "in version 2 of the encrypted format"),
        (_with(envelope, 10, b"\0\7"), "with algorithm 7"),
        (_with(envelope, 12, bytes(4)), "chunks are of 0 bytes"),
        (_with(envelope, 12, b"\xff\xff\xff\xff"), "chunks are of 4294967295 bytes"),
        (_with(envelope, 12, b"\0\0\x10\1"), "chunks are of 4097 bytes"),
    ):
        result = opened(changed, workers)
        assert isinstance(result.error, FormatError)
        assert expected in str(result.error)


def test_two_sealings_of_the_same_are_unlike(workers: Workers) -> None:
    for algorithm in ALGORITHMS:
        one, two = (sealed(bytes(CHUNK), algorithm, workers) for _n in range(2))
        assert one[16:48] != two[16:48]
        assert one[HEADER_SIZE:] != two[HEADER_SIZE:]


def test_a_context_stays_out_of_the_envelope(workers: Workers) -> None:
    context = "artifact with-a-long-and-telling-name/1"
    made = Sealer(SECRET, context, ALGORITHMS[0])
    envelope = b"".join(seal_stream(io.BytesIO(b"x"), made, workers))
    assert b"telling" not in envelope
