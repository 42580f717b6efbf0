# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one with the key could make and nobody should: right tags around wrong things."""

from __future__ import annotations

import hashlib
import hmac
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
    ALGORITHMS,
    Algorithm,
    InvalidTagError,
)
from tests.unit.module_utils.encryption import reference

KEY = bytes(range(32))
ALGORITHM = st.sampled_from(ALGORITHMS)


@given(ALGORITHM, st.binary(max_size=100), st.binary(max_size=40))
def test_as_the_reference(
    algorithm: Algorithm, plain: bytes, associated: bytes
) -> None:
    nonce = bytes(algorithm.nonce_size)
    sealed = algorithm.make(KEY).seal(nonce, plain, associated)
    assert sealed == reference.seal_chunk(algorithm.name, KEY, nonce, plain, associated)
    assert algorithm.make(KEY).open(sealed, associated) == plain


@given(ALGORITHM, st.binary(max_size=100), st.binary(max_size=40), st.data())
def test_other_associated_data(
    algorithm: Algorithm, plain: bytes, associated: bytes, data: st.DataObject
) -> None:
    nonce = bytes(algorithm.nonce_size)
    sealed = algorithm.make(KEY).seal(nonce, plain, associated)
    other = data.draw(st.binary(max_size=40).filter(lambda text: text != associated))
    with pytest.raises(InvalidTagError):
        algorithm.make(KEY).open(sealed, other)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
@pytest.mark.parametrize("size", [0, 1, 16, 27, 28, 31, 32, 47])
def test_what_is_too_short(algorithm: Algorithm, size: int) -> None:
    with pytest.raises(InvalidTagError):
        algorithm.make(KEY).open(bytes(size), b"")


def _tagged(body: bytes) -> bytes:
    bits = struct.pack(">Q", 0)
    return body + hmac.digest(KEY[16:], body + bits, hashlib.sha256)[:16]


def _encrypted(padded: bytes) -> bytes:
    iv = bytes(16)
    encryptor = Cipher(algorithms.AES(KEY[:16]), modes.CBC(iv)).encryptor()
    return iv + encryptor.update(padded)


@pytest.mark.parametrize("more", [1, 5, 15])
def test_a_right_tag_over_no_whole_blocks(more: int) -> None:
    aead = AES_128_CBC_HMAC_SHA_256.make(KEY)
    body = _encrypted(b"\1" * 32)
    assert aead.open(_tagged(body), b"") == b"\1" * 31
    with pytest.raises(InvalidTagError):
        aead.open(_tagged(body[: 32 + more]), b"")
    with pytest.raises(InvalidTagError):
        aead.open(_tagged(body + bytes(more)), b"")
    with pytest.raises(InvalidTagError):
        aead.open(_tagged(body[:16]), b"")


@pytest.mark.parametrize(
    "end", [b"\0", b"\x11" * 17, b"\xff", b"\1\2", b"\3\4\4\4", b"\1" + b"\x10" * 15]
)
def test_a_right_tag_over_a_wrong_padding(end: bytes) -> None:
    aead = AES_128_CBC_HMAC_SHA_256.make(KEY)
    with pytest.raises(InvalidTagError):
        aead.open(_tagged(_encrypted(end.rjust(32, b"x"))), b"")
