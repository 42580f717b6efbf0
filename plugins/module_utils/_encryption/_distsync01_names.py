# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Names of distsync's objects: plain, or encrypted as ``ZD…``.

An encrypted name is ``base64url("d0" || IV || ciphertext || tag)`` with its padding, sealed as a chunk
of a distsync01 file is. The IV is random, so the same name gives another key each time.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import typing as t

from ._algorithms import AES_128_CBC_HMAC_SHA_256, InvalidTagError
from ._envelope import Random
from ._failures import DamagedError, NameRefusedError, WrongSecretError
from ._names import check_file_name
from ._secret import SharedSecret

#: The object that is written anew after each upload, to be polled.
TOUCHED: t.Final = ".distsync"

_PREFIX: t.Final = b"d0"

#: "d0" begins so in base64; the shortest encrypted name has 50 bytes, which are 67 characters.
_ENCRYPTED: t.Final = re.compile(r"ZD[A-D][A-Za-z0-9_=-]{64,}")


def encrypt_name(
    secret: SharedSecret, name: str, *, random: Random = os.urandom
) -> str:
    """The key of a file's object. Raises ``NameRefusedError`` for what is no file's name."""
    aead = AES_128_CBC_HMAC_SHA_256.make(secret.raw)
    iv = random(AES_128_CBC_HMAC_SHA_256.nonce_size)
    sealed = aead.seal(iv, _checked(name).encode(), b"")
    return base64.urlsafe_b64encode(_PREFIX + sealed).decode()


def read_name(secret: SharedSecret, key: str) -> str:
    """The file's name of an object's key, whether that is encrypted or plain.

    What looks encrypted must be so with this secret: ``WrongSecretError`` or ``DamagedError``. Raises
    ``NameRefusedError`` for a name that no file can have, and for ``.distsync``.
    """
    if not is_encrypted(key):
        return _checked(key)
    data = _decode(key)
    aead = AES_128_CBC_HMAC_SHA_256.make(secret.raw)
    try:
        name = aead.open(data[len(_PREFIX) :], b"")
    except InvalidTagError:
        raise WrongSecretError(
            f"The name {key!r} was not encrypted with this secret, or it was altered.",
            hint="Check that SharedSecret is the same where it was published and here.",
        ) from None
    # What is not UTF-8 is refused by the check.
    return _checked(name.decode("utf-8", "surrogateescape"))


def is_encrypted(key: str) -> bool:
    """Whether a key looks like an encrypted name; no likely file's name does."""
    return _ENCRYPTED.fullmatch(key) is not None


def _decode(key: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(key)
    except binascii.Error:
        data = b""
    # There are many ways to write the same bytes, and one is right.
    if base64.urlsafe_b64encode(data).decode() != key:
        raise DamagedError(f"the name {key!r}", "was cut or altered")
    return data


def _checked(name: str) -> str:
    if name == TOUCHED:
        raise NameRefusedError(
            f"The name {TOUCHED!r} is refused: distsync keeps it for its own use."
        )
    return check_file_name(name)
