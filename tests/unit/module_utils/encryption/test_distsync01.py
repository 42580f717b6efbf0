# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of distsync: whatever is done to one ends in an error, and other chunk sizes are read."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption import (
    _distsync01,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01 import (
    CHUNK_SIZE,
    open_distsync01,
    seal_distsync01,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    EncryptionError,
    FormatError,
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.encryption import reference
from tests.unit.module_utils.encryption.helpers import (
    SECRET,
    Outcome,
    Trickle,
    in_pieces,
    outcome,
)

#: As distsync wrote them when its reader gave it little at a time.
PARTS = st.lists(st.binary(min_size=1, max_size=5000), max_size=6)


def file_of(parts: list[bytes]) -> bytes:
    return reference.distsync01(SECRET.raw, parts, reference.counting())


def frames_of(file: bytes) -> list[bytes]:
    """Length and sealed bytes of each chunk."""
    frames, place = [], 10
    while (size := struct.unpack_from(">I", file, place)[0]) > 0:
        frames.append(file[place : place + 4 + size])
        place += 4 + size
    return frames


def opened(
    file: bytes, secret: SharedSecret = SECRET, piece_size: int = 777
) -> Outcome:
    with Workers(2) as workers:
        return outcome(open_distsync01(in_pieces(file, piece_size), secret, workers))


@given(PARTS, st.integers(1, 10_000))
def test_chunks_of_any_size_are_read(parts: list[bytes], piece_size: int) -> None:
    result = opened(file_of(parts), piece_size=piece_size)
    assert result == (b"".join(parts), None)


@given(PARTS, st.data())
def test_a_flipped_byte(parts: list[bytes], data: st.DataObject) -> None:
    file = bytearray(file_of(parts))
    place = data.draw(st.integers(0, len(file) - 1))
    file[place] ^= data.draw(st.integers(1, 255))
    result = opened(bytes(file))
    assert result.error is not None
    assert b"".join(parts).startswith(result.plain)


@given(PARTS, st.data())
def test_a_cut(parts: list[bytes], data: st.DataObject) -> None:
    file = file_of(parts)
    result = opened(file[: data.draw(st.integers(0, len(file) - 1))])
    assert result.error is not None
    assert b"".join(parts).startswith(result.plain)


@given(PARTS, st.binary(min_size=1, max_size=100))
def test_something_appended(parts: list[bytes], more: bytes) -> None:
    assert isinstance(opened(file_of(parts) + more).error, DamagedError)


@given(PARTS, PARTS, st.data())
def test_chunks_in_another_order_missing_twice_or_foreign(
    parts: list[bytes], others: list[bytes], data: st.DataObject
) -> None:
    file = file_of(parts)
    frames = frames_of(file)
    foreign = frames_of(reference.distsync01(SECRET.raw, others, lambda n: b"x" * n))
    assume(frames or foreign)
    chosen = data.draw(st.lists(st.sampled_from(frames + foreign), max_size=8))
    changed = file[:10] + b"".join(chosen) + file[-36:]
    assume(changed != file)
    assert opened(changed).error is not None


@given(PARTS, st.integers(0, 31), st.integers(1, 255))
def test_another_secret(parts: list[bytes], place: int, change: int) -> None:
    raw = bytearray(SECRET.raw)
    raw[place] ^= change
    result = opened(file_of(parts), SharedSecret(bytes(raw)))
    assert result.error is not None
    # With the half that authenticates right and the other one wrong, the padding tells in most cases,
    # and the file's own HMAC in all.
    if place >= 16 or not parts:
        assert result.plain == b""
        assert isinstance(result.error, WrongSecretError)


def test_every_single_byte() -> None:
    file = file_of([b"attack ", b"at dawn"])
    for place in range(len(file)):
        flipped = bytearray(file)
        flipped[place] ^= 1
        for changed in (bytes(flipped), file[:place]):
            result = opened(changed)
            assert isinstance(result.error, EncryptionError)
            assert b"attack at dawn".startswith(result.plain)


@pytest.mark.parametrize("size", [1, 15, 16, CHUNK_SIZE, CHUNK_SIZE + 1, 2_300_000])
def test_written_as_distsync_does(size: int, workers: Workers) -> None:
    plain = reference.pattern(size)
    parts = [plain[at : at + CHUNK_SIZE] for at in range(0, size, CHUNK_SIZE)]
    pieces = seal_distsync01(
        Trickle(plain, 65_536), SECRET, workers, random=reference.counting()
    )
    file = b"".join(pieces)
    assert file == file_of(parts)
    assert opened(file, piece_size=1_000_000) == (plain, None)


def test_the_same_twice_is_unlike(workers: Workers) -> None:
    one, two = (
        b"".join(seal_distsync01(io.BytesIO(b"x"), SECRET, workers)) for _n in range(2)
    )
    assert one != two


def test_no_more_is_held_than_said(workers: Workers) -> None:
    source = Trickle(bytes(12 * CHUNK_SIZE), CHUNK_SIZE)
    given_out = 0
    for piece in seal_distsync01(source, SECRET, workers):
        assert source.taken <= given_out + (workers.count + 2) * CHUNK_SIZE
        given_out += len(piece)


def test_what_was_wrong_is_said() -> None:
    file = file_of([b"a" * 100, b"b" * 100])
    frames = frames_of(file)

    def said(changed: bytes) -> str:
        error = opened(changed).error
        assert error is not None
        return str(error)

    assert "distsync02, which nobody can read" in said(b"distsync02" + file[10:])
    assert "Publish the file again" in said(b"distsync02" + file[10:])
    assert isinstance(opened(b"distsync02").error, FormatError)
    assert "not in the format distsync01" in said(b"PK" + file[2:])
    assert 'Format = "longshore"' in said(b"longshore\1" + bytes(100))
    assert "is empty" in said(b"")
    assert "ends within its header" in said(file[:4])
    assert "ends in or after chunk 1" in said(file[:-100])
    assert "chunks are missing, or in another order" in said(
        file[:10] + frames[1] + frames[0] + file[-36:]
    )
    assert "goes on after its end" in said(file + b"x")
    huge = struct.pack(">I", _distsync01.MAX_SEALED + 16)
    assert "chunk 0 is of 10000016 bytes" in said(file[:10] + huge + file[14:])
    altered = bytearray(file)
    altered[10 + len(frames[0]) + 30] ^= 1
    assert "chunk 1 was altered" in said(bytes(altered))
