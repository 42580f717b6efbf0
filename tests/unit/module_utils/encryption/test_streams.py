# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envelopes in pieces: in bounded memory, from threads, in ranges, and after an interruption."""

from __future__ import annotations

import io
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption import (
    _streams,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
    ALGORITHMS,
    Algorithm,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    MAX_CHUNKS,
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    HEADER_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._pieces import (
    Pieces,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._streams import (
    open_range,
    seal_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    SourceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.encryption import reference
from tests.unit.module_utils.encryption.helpers import (
    CHUNK,
    CONTEXT,
    SECRET,
    Trickle,
    in_pieces,
    opened,
    opener,
    outcome,
    sealed,
    sealer,
)
from tests.unit.module_utils.encryption.reference import pattern

ALGORITHM = st.sampled_from(ALGORITHMS)
BY_NAME = pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)


@given(
    ALGORITHM,
    st.integers(0, 5 * CHUNK),
    st.sampled_from([4096, 8192, 16384]),
    st.integers(1, 20_000),
    st.integers(1, 4),
)
def test_as_the_reference_seals_it(
    algorithm: Algorithm, size: int, chunk_size: int, at_once: int, threads: int
) -> None:
    plain = pattern(size)
    made = sealer(algorithm, chunk_size=chunk_size, random=reference.counting())
    with Workers(threads) as workers:
        envelope = b"".join(seal_stream(Trickle(plain, at_once), made, workers))
    expected = reference.seal(
        SECRET.raw, CONTEXT, algorithm.name, chunk_size, plain, reference.counting()
    )
    assert envelope == expected


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 30)))
def test_pieces_give_what_is_asked_for(
    given_pieces: list[bytes], sizes: list[int]
) -> None:
    whole = io.BytesIO(b"".join(given_pieces))
    pieces = Pieces(given_pieces)
    for size in sizes:
        assert bytes(pieces.read(size)) == whole.read(size)


@BY_NAME
def test_pieces_end_where_chunks_do(algorithm: Algorithm, workers: Workers) -> None:
    source = io.BytesIO(pattern(10 * CHUNK))
    pieces = list(seal_stream(source, sealer(algorithm), workers))
    assert {len(piece) for piece in pieces[:-1]} == {_streams.BATCH_SIZE}


@BY_NAME
def test_no_more_is_held_than_said(algorithm: Algorithm, workers: Workers) -> None:
    """Batches that were taken from the source, and not yet given out, while one is used."""
    batch = _streams.BATCH_SIZE
    bound = (workers.count + 3) * batch
    source = Trickle(pattern(40 * batch), batch)
    pieces: list[memoryview] = []
    for piece in seal_stream(source, sealer(algorithm), workers):
        done = sum(len(one) for one in pieces) * (CHUNK - 64) // CHUNK
        assert source.taken - done <= bound
        pieces.append(piece)
    taken = 0

    def arriving() -> t.Iterator[memoryview]:
        nonlocal taken
        for piece in pieces:
            taken += len(piece)
            yield piece

    done = 0
    for piece in _streams.open_stream(arriving(), SECRET, CONTEXT, workers):
        assert taken - done <= bound + batch
        done += len(piece)


@BY_NAME
def test_a_source_that_fails(algorithm: Algorithm, workers: Workers) -> None:
    def failing() -> t.Iterator[bytes]:
        yield bytes(10 * CHUNK)
        raise SourceError("gone")

    with pytest.raises(SourceError, match="gone"):
        list(seal_stream(Pieces(failing()), sealer(algorithm), workers))


@given(ALGORITHM, st.integers(0, 6 * CHUNK), st.data())
def test_a_range(algorithm: Algorithm, size: int, data: st.DataObject) -> None:
    plain = pattern(size)
    start = data.draw(st.integers(0, size + CHUNK))
    length = data.draw(st.integers(0, 3 * CHUNK))
    with Workers(2) as workers:
        envelope = sealed(plain, algorithm, workers)
        asked: list[tuple[int, int]] = []

        def fetch(offset: int, count: int) -> t.Iterable[bytes]:
            asked.append((offset, count))
            return in_pieces(envelope[offset : offset + count], 700)

        made = opener(envelope)
        found = open_range(fetch, made, len(envelope), start, length, workers)
        assert b"".join(found) == plain[start : start + length]
    # One request at most, inside of the envelope, for no more than the chunks it touches.
    assert len(asked) <= 1
    for offset, count in asked:
        assert 0 < count <= len(envelope) - offset
        assert count < length + 2 * CHUNK


@given(ALGORITHM, st.data())
def test_a_damaged_range(algorithm: Algorithm, data: st.DataObject) -> None:
    plain = pattern(5 * CHUNK)
    start = data.draw(st.integers(0, len(plain) - 1))
    length = data.draw(st.integers(1, 3 * CHUNK))
    with Workers(2) as workers:
        envelope = sealed(plain, algorithm, workers)
        made = opener(envelope)
        kind = data.draw(st.sampled_from(["flip", "short", "moved"]))
        touched: list[bool] = []

        def fetch(offset: int, count: int) -> t.Iterable[bytes]:
            body = bytearray(envelope[offset : offset + count])
            if kind == "flip":
                body[data.draw(st.integers(0, len(body) - 1))] ^= 1
            elif kind == "short":
                del body[data.draw(st.integers(0, len(body) - 1)) :]
            else:
                away = (
                    max(offset - CHUNK, HEADER_SIZE) if offset > HEADER_SIZE else CHUNK
                )
                body[:] = envelope[away : away + count]
            touched.append(True)
            return [bytes(body)]

        found = open_range(fetch, made, len(envelope), start, length, workers)
        result = outcome(found)
    assert touched
    assert isinstance(result.error, DamagedError)
    assert plain[start:].startswith(result.plain)


@BY_NAME
def test_a_range_knows_nothing_of_damage_elsewhere(
    algorithm: Algorithm, workers: Workers
) -> None:
    plain = pattern(5 * CHUNK)
    envelope = bytearray(sealed(plain, algorithm, workers))
    envelope[4 * CHUNK + 7] ^= 1

    def fetch(offset: int, count: int) -> t.Iterable[bytes]:
        return [bytes(envelope[offset : offset + count])]

    made = opener(bytes(envelope))
    assert b"".join(open_range(fetch, made, len(envelope), 10, 50, workers)) == (
        plain[10:60]
    )


@BY_NAME
@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_a_range_that_ends_early_between_chunks(
    algorithm: Algorithm, chunks: int, workers: Workers
) -> None:
    envelope = sealed(pattern(9 * CHUNK), algorithm, workers)

    def fetch(offset: int, count: int) -> t.Iterable[bytes]:
        return [envelope[offset:][: min(count, chunks * CHUNK)]]

    found = open_range(
        fetch, opener(envelope), len(envelope), CHUNK, 4 * CHUNK, workers
    )
    assert isinstance(outcome(found).error, DamagedError)


@given(ALGORITHM, st.integers(1, 6 * CHUNK), st.data())
def test_an_upload_goes_on(
    algorithm: Algorithm, size: int, data: st.DataObject
) -> None:
    plain = pattern(size)
    with Workers(2) as workers:
        envelope = sealed(plain, algorithm, workers)
        again = Sealer(SECRET, CONTEXT, algorithm, resume=envelope[:HEADER_SIZE])
        count = again.layout.chunk_count(len(envelope))
        first = data.draw(st.integers(0, count - 1))
        source = io.BytesIO(plain)
        source.seek(again.layout.plain_offset(first))
        rest = b"".join(seal_stream(source, again, workers, first=first))
        done = envelope[: first * CHUNK]
        assert len(done + rest) == len(envelope)
        # Sealed again under other nonces, and still one with what was there.
        assert rest[-40:] != envelope[-40:]
        assert opened(done + rest, workers) == (plain, None)


@BY_NAME
def test_an_upload_whose_file_is_shorter_now(
    algorithm: Algorithm, workers: Workers
) -> None:
    header = sealed(b"", algorithm, workers)[:HEADER_SIZE]
    again = Sealer(SECRET, CONTEXT, algorithm, resume=header)
    expected = f"ends before byte {again.layout.plain_offset(2) + 1}"
    with pytest.raises(SourceError, match=expected):
        list(seal_stream(io.BytesIO(b""), again, workers, first=2))


def test_an_upload_of_another_name_or_secret(workers: Workers) -> None:
    header = sealed(b"", AES_256_GCM, workers)[:HEADER_SIZE]
    with pytest.raises(WrongSecretError, match="^The upload was not encrypted with"):
        Sealer(SECRET, "another", AES_256_GCM, resume=header)


@pytest.mark.parametrize("size", [0, -4096, 2048, 4097, 2**25])
def test_chunk_sizes_that_cannot_be(size: int) -> None:
    with pytest.raises(ConfigurationError, match=f"chunk size of {size} bytes"):
        Sealer(SECRET, CONTEXT, AES_256_GCM, chunk_size=size)


def test_more_chunks_than_nonces_are_safe_for() -> None:
    with pytest.raises(ConfigurationError, match="Use larger chunks"):
        sealer(AES_256_GCM).seal(MAX_CHUNKS, b"x", bytes(12), last=True)
