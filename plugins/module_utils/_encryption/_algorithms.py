# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""The three ways to seal a chunk, each as one AEAD: ``nonce || ciphertext || tag``.

``AEAD_AES_128_CBC_HMAC_SHA_256``
    distsync's, from draft-mcgrew-aead-aes-cbc-hmac-sha2 with one change of its own: the first half
    of the key encrypts and the second authenticates (RFC 7518 has them the other way round).
    AES-128-CBC with PKCS #7 padding; the tag is the first half of HMAC-SHA256 over associated data,
    IV, ciphertext, and the number of associated bits as 8 bytes, big-endian.
``AES_256_GCM``
    NIST SP 800-38D.
``CHACHA20_POLY1305``
    RFC 8439.
"""

from __future__ import annotations

import abc
import hmac
import typing as t
from dataclasses import dataclass

from .._drivers._base import Buffer
from .._errors import ConfigurationError
from ._primitives import HmacSha256, cryptography_needed

TAG_SIZE: t.Final = 16
_BLOCK_SIZE: t.Final = 16

#: Bytes that a cipher wants behind what it writes.
MARGIN: t.Final = _BLOCK_SIZE


class InvalidTagError(Exception):
    """The sealed bytes are not what was sealed with this key, nonce and associated data."""


class Aead(abc.ABC):
    """One algorithm with one key. May be used from any thread."""

    @abc.abstractmethod
    def seal_into(
        self, nonce: bytes, plaintext: Buffer, associated: bytes, out: memoryview
    ) -> int:
        """``nonce || ciphertext || tag`` into the beginning of ``out``; how many bytes that are.

        ``out`` has room for ``MARGIN`` bytes more. A nonce must not be used again.
        """

    @abc.abstractmethod
    def open_into(self, sealed: Buffer, associated: bytes, out: memoryview) -> int:
        """The plaintext of ``nonce || ciphertext || tag`` into the beginning of ``out``; how many bytes that are.

        ``out`` is as large as ``sealed``, and nothing else of it is to be used. Raises ``InvalidTagError``;
        what ``out`` has then is worth nothing.
        """

    def seal(self, nonce: bytes, plaintext: Buffer, associated: bytes) -> bytes:
        """``nonce || ciphertext || tag``. A nonce must not be used again."""
        size = len(nonce) + len(plaintext) + TAG_SIZE + MARGIN
        with memoryview(bytearray(size + _BLOCK_SIZE)) as out:
            return bytes(out[: self.seal_into(nonce, plaintext, associated, out)])

    def open(self, sealed: Buffer, associated: bytes) -> bytes:
        """The plaintext of ``nonce || ciphertext || tag``. Raises ``InvalidTagError``."""
        with memoryview(bytearray(len(sealed))) as out:
            return bytes(out[: self.open_into(sealed, associated, out)])


class AesCbcHmac(Aead):
    """``AEAD_AES_128_CBC_HMAC_SHA_256`` with distsync's order of the key's halves."""

    def __init__(self, key: bytes) -> None:
        with cryptography_needed():
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        aes = algorithms.AES(key[:16])

        def cipher(iv: bytes) -> Cipher[modes.CBC]:
            return Cipher(aes, modes.CBC(iv))

        self._mac_key = key[16:]
        self._cipher = cipher

    def seal_into(
        self, nonce: bytes, plaintext: Buffer, associated: bytes, out: memoryview
    ) -> int:
        view = memoryview(plaintext)
        whole = len(view) - len(view) % _BLOCK_SIZE
        missing = _BLOCK_SIZE - len(view) % _BLOCK_SIZE
        out[:_BLOCK_SIZE] = nonce
        encryptor = self._cipher(nonce).encryptor()
        end = _BLOCK_SIZE + encryptor.update_into(view[:whole], out[_BLOCK_SIZE:])
        padded = bytes(view[whole:]) + bytes([missing]) * missing
        end += encryptor.update_into(padded, out[end:])
        out[end : end + TAG_SIZE] = self._tag(associated, out[:end])
        return end + TAG_SIZE

    def open_into(self, sealed: Buffer, associated: bytes, out: memoryview) -> int:
        view = memoryview(sealed)
        size = len(view) - _BLOCK_SIZE - TAG_SIZE
        if size < _BLOCK_SIZE or size % _BLOCK_SIZE:
            raise InvalidTagError
        tag = self._tag(associated, view[:-TAG_SIZE])
        if not hmac.compare_digest(tag, view[-TAG_SIZE:]):
            raise InvalidTagError
        decryptor = self._cipher(bytes(view[:_BLOCK_SIZE])).decryptor()
        decryptor.update_into(view[_BLOCK_SIZE:-TAG_SIZE], out)
        padding = out[size - 1]
        if (
            not 1 <= padding <= _BLOCK_SIZE
            or out[size - padding : size] != bytes([padding]) * padding
        ):
            raise InvalidTagError
        return size - padding

    def _tag(self, associated: bytes, sealed: Buffer) -> bytes:
        bits = (len(associated) * 8).to_bytes(8, "big")
        mac = HmacSha256(self._mac_key).update(associated, sealed, bits)
        return mac.digest()[:TAG_SIZE]


class _Library(t.Protocol):
    """What releases up to 38 take is ``bytes`` alone; later ones write to where they are told."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


class _Ready(Aead):
    """An AEAD that the library has whole."""

    _NONCE_SIZE: t.Final = 12

    def __init__(self, aead: _Library) -> None:
        with cryptography_needed():
            from cryptography.exceptions import InvalidTag

        self._aead = aead
        self._invalid = InvalidTag
        self._encrypt_into = getattr(aead, "encrypt_into", self._encrypt)
        self._decrypt_into = getattr(aead, "decrypt_into", self._decrypt)

    def seal_into(
        self, nonce: bytes, plaintext: Buffer, associated: bytes, out: memoryview
    ) -> int:
        size = len(nonce) + len(plaintext) + TAG_SIZE
        out[: len(nonce)] = nonce
        self._encrypt_into(nonce, plaintext, associated, out[len(nonce) : size])
        return size

    def open_into(self, sealed: Buffer, associated: bytes, out: memoryview) -> int:
        view = memoryview(sealed)
        size = len(view) - self._NONCE_SIZE - TAG_SIZE
        if size < 0:
            raise InvalidTagError
        nonce, rest = bytes(view[: self._NONCE_SIZE]), view[self._NONCE_SIZE :]
        try:
            self._decrypt_into(nonce, rest, associated, out[:size])
        except self._invalid:
            raise InvalidTagError from None
        return size

    def _encrypt(
        self, nonce: bytes, data: Buffer, associated: bytes, out: memoryview
    ) -> None:
        out[:] = self._aead.encrypt(nonce, bytes(data), associated)

    def _decrypt(
        self, nonce: bytes, data: Buffer, associated: bytes, out: memoryview
    ) -> None:
        out[:] = self._aead.decrypt(nonce, bytes(data), associated)


def _aes_256_gcm(key: bytes) -> Aead:
    with cryptography_needed():
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    return _Ready(AESGCM(key))


def _chacha20_poly1305(key: bytes) -> Aead:
    with cryptography_needed():
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    try:
        return _Ready(ChaCha20Poly1305(key))
    except UnsupportedAlgorithm:
        raise ConfigurationError(
            "This machine's OpenSSL does not offer CHACHA20_POLY1305.",
            hint="Use AES_256_GCM.",
        ) from None


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A way to seal; sizes in bytes. ``number`` stands for it in an envelope's header.

    ``block_size`` is what ciphertext is padded to a multiple of, with 1 byte at least; 0: no padding.
    ``make`` takes the 32 bytes of a key; it raises ``MissingLibraryError``, and ``ConfigurationError``
    where the machine cannot do it.
    """

    number: int
    name: str
    nonce_size: int
    block_size: int
    make: t.Callable[[bytes], Aead]


AES_128_CBC_HMAC_SHA_256: t.Final = Algorithm(
    1, "AEAD_AES_128_CBC_HMAC_SHA_256", 16, _BLOCK_SIZE, AesCbcHmac
)
AES_256_GCM: t.Final = Algorithm(2, "AES_256_GCM", 12, 0, _aes_256_gcm)
CHACHA20_POLY1305: t.Final = Algorithm(
    3, "CHACHA20_POLY1305", 12, 0, _chacha20_poly1305
)

ALGORITHMS: t.Final = (AES_128_CBC_HMAC_SHA_256, AES_256_GCM, CHACHA20_POLY1305)


def algorithm_named(name: str) -> Algorithm:
    """By its name in any case. Raises ``ConfigurationError`` with the names there are."""
    for algorithm in ALGORITHMS:
        if algorithm.name == name.strip().upper():
            return algorithm
    raise ConfigurationError(
        f"There is no encryption algorithm {name!r}.",
        hint=f"Use one of {', '.join(one.name for one in ALGORITHMS)}.",
    )
