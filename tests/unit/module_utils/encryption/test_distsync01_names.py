# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of distsync's objects."""

from __future__ import annotations

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01_names import (
    encrypt_name,
    is_encrypted,
    read_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    EncryptionError,
    NameRefusedError,
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from tests.unit.module_utils.encryption import reference
from tests.unit.module_utils.encryption.helpers import SECRET

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"),
    min_size=1,
    max_size=60,
).filter(lambda name: name not in (".", "..", ".distsync"))
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(NAMES)
def test_there_and_back(name: str) -> None:
    key = encrypt_name(SECRET, name)
    assert key.startswith("ZD")
    assert is_encrypted(key)
    assert read_name(SECRET, key) == name


def test_the_same_name_gives_another_key() -> None:
    assert encrypt_name(SECRET, "a") != encrypt_name(SECRET, "a")


@pytest.mark.parametrize("name", ["app-1.2.3.tar.gz", "ZDNet.zip", "ZD", "ZDABCDEF"])
def test_plain_names(name: str) -> None:
    assert not is_encrypted(name)
    assert read_name(SECRET, name) == name


@given(NAMES, st.data())
def test_another_character(name: str, data: st.DataObject) -> None:
    key = encrypt_name(SECRET, name)
    place = data.draw(st.integers(3, len(key.rstrip("=")) - 1))
    letter = data.draw(st.sampled_from(_BASE64))
    changed = key[:place] + letter + key[place + 1 :]
    assume(letter != key[place])
    with pytest.raises(EncryptionError):
        read_name(SECRET, changed)


@given(NAMES, st.data())
def test_a_cut_or_longer_one(name: str, data: st.DataObject) -> None:
    key = encrypt_name(SECRET, name)
    with pytest.raises(EncryptionError):
        read_name(SECRET, key + data.draw(st.sampled_from("AZ09-_")))
    # Where it can be seen that it was an encrypted name; a shorter one is any text.
    at = data.draw(st.integers(67, len(key) - 1))
    with pytest.raises(EncryptionError):
        read_name(SECRET, key[:at])


@given(NAMES)
def test_another_secret(name: str) -> None:
    with pytest.raises(WrongSecretError, match="not encrypted with this secret"):
        read_name(SharedSecret(bytes(32)), encrypt_name(SECRET, name))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\0", "a\nb", "x" * 256, "ü" * 128, "a\ud800"],
)
def test_hostile_names(name: str) -> None:
    with pytest.raises(NameRefusedError):
        encrypt_name(SECRET, name)
    with pytest.raises(NameRefusedError):
        read_name(SECRET, name)
    encoded = name.encode("utf-8", "surrogatepass").decode("latin-1")
    # Sealed by one who has the secret, and still no file's name.
    sealed = reference.seal_chunk(
        reference.CBC, SECRET.raw, bytes(16), encoded.encode("latin-1"), b""
    )
    key = base64.urlsafe_b64encode(b"d0" + sealed).decode()
    with pytest.raises(NameRefusedError):
        read_name(SECRET, key)


def test_the_name_that_distsync_keeps() -> None:
    with pytest.raises(NameRefusedError, match="keeps it for its own use"):
        encrypt_name(SECRET, ".distsync")
    with pytest.raises(NameRefusedError, match="keeps it for its own use"):
        read_name(SECRET, ".distsync")
