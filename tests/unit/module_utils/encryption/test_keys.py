# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets and signing keys as text, derived keys, signatures, ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    SecretError,
    SignatureError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._names import (
    keyed_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    PublicKey,
    SigningKey,
)
from tests.unit.module_utils.encryption import reference
from tests.unit.module_utils.encryption.helpers import SECRET

RAW = st.binary(min_size=32, max_size=32)
KEY = SigningKey(bytes(range(32)))


@given(RAW)
def test_a_secret_there_and_back(raw: bytes) -> None:
    text = SharedSecret(raw).encode()
    assert len(text) == 48
    assert text == reference.checked_text(raw)
    assert SharedSecret.decode(f" {text}\n").raw == raw


@given(RAW, st.integers(0, 47), st.characters(codec="utf-8"))
def test_a_slip_of_the_hand(raw: bytes, place: int, letter: str) -> None:
    text = SharedSecret(raw).encode()
    changed = text[:place] + letter + text[place + 1 :]
    if changed.strip() == text:
        return
    with pytest.raises(SecretError) as caught:
        SharedSecret.decode(changed)
    assert changed not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: "", "is 0 characters long instead of 48"),
        (lambda text: text[:-1], "is 47 characters long instead of 48"),
        (lambda text: text + text, "is 96 characters long instead of 48"),
        (lambda text: text[:-1] + "+", "a character that is none of"),
        (lambda text: "ü" + text[1:], "a character that is none of"),
        (lambda text: text[:2] + text[3] + text[2] + text[4:], "its checksum is wrong"),
    ],
)
def test_texts_that_are_no_secret(change: object, expected: str) -> None:
    assert callable(change)
    text = change(SECRET.encode())
    for decode in (
        lambda: SharedSecret.decode(text),
        lambda: PublicKey.decode(f"ed25519:{text}"),
        lambda: SigningKey.decode(f"ed25519-signing:{text}"),
    ):
        with pytest.raises(SecretError, match=expected) as caught:
            decode()
        assert caught.value.hint
        assert not text or text not in str(caught.value)


def test_no_secret_is_shown() -> None:
    for key in (SECRET, KEY):
        for shown in (repr(key), str(key), f"{key!r}"):
            assert repr(key.raw) not in shown
            assert key.encode() not in shown


def test_secrets_are_made_anew() -> None:
    assert SharedSecret.generate() != SharedSecret.generate()
    assert SigningKey.generate() != SigningKey.generate()


def test_a_secret_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SharedSecret(b"short")


@given(st.text(max_size=20), st.text(max_size=20), RAW, st.integers(1, 255))
def test_derived_keys(one: str, two: str, salt: bytes, length: int) -> None:
    key = SECRET.derive(one, salt, length)
    assert key == reference.hkdf(SECRET.raw, one, salt, length)
    assert (SECRET.derive(one) == SECRET.derive(two)) == (one == two)
    assert SECRET.derive(one, salt + b"x") != SECRET.derive(one)


def test_the_kinds_of_keys_are_not_mixed_up() -> None:
    with pytest.raises(SecretError, match="does not begin with 'ed25519:'"):
        PublicKey.decode(KEY.encode())
    with pytest.raises(SecretError, match="does not begin with 'ed25519-signing:'"):
        SigningKey.decode(KEY.public.encode())
    with pytest.raises(SecretError, match="does not begin with"):
        SigningKey.decode(SECRET.encode())


@given(RAW, st.binary(max_size=200), st.text("abc/-", max_size=9), st.data())
def test_signatures(
    raw: bytes, message: bytes, purpose: str, data: st.DataObject
) -> None:
    key = SigningKey.decode(SigningKey(raw).encode())
    public = PublicKey.decode(key.public.encode())
    signature = key.sign(purpose, message)
    assert len(signature) == 64
    public.verify(purpose, message, signature, label="the record")
    bad = bytearray(signature)
    bad[data.draw(st.integers(0, 63))] ^= data.draw(st.integers(1, 255))
    for arguments in (
        (purpose, message, bytes(bad)),
        (purpose, message, signature[:-1]),
        (purpose, message, signature + b"\0"),
        (purpose, message, b""),
        (purpose, message + b"\0", signature),
        (purpose + "x", message, signature),
        (purpose + "m", message[1:], signature),
    ):
        with pytest.raises(SignatureError, match="^The record is not signed by"):
            public.verify(*arguments, label="the record")


def test_a_signature_of_another_key() -> None:
    other = SigningKey(bytes(32)).public
    with pytest.raises(SignatureError, match=other.fingerprint):
        other.verify("release", b"x", KEY.sign("release", b"x"), label="it")


def test_a_public_key_that_is_no_point() -> None:
    with pytest.raises(SignatureError):
        PublicKey(b"\xff" * 32).verify("a", b"x", KEY.sign("a", b"x"), label="it")


def test_a_purpose_cannot_reach_into_the_message() -> None:
    with pytest.raises(ValueError, match="no zero byte"):
        KEY.sign("release\0x", b"")


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_ids(one: list[str], two: list[str]) -> None:
    name = keyed_id(SECRET, "artifact", *one)
    assert len(name) == 40
    assert set(name) <= set("0123456789abcdef")
    assert (name == keyed_id(SECRET, "artifact", *two)) == (one == two)
    assert name != keyed_id(SECRET, "release", *one)
    assert name != keyed_id(SharedSecret(bytes(32)), "artifact", *one)
