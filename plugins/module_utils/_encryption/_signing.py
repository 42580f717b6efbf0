# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Signatures: Ed25519 (RFC 8032), for one purpose each.

What is signed is ``longshore.storage/1/signature/<purpose>``, a zero byte, and the message: a signature for one
purpose is worth nothing for another. Keys as text: ``ed25519:`` or ``ed25519-signing:``, then 48
characters as of a SharedSecret.
"""

from __future__ import annotations

import hashlib
import os
import typing as t
from dataclasses import dataclass, field

from . import _checked_text
from ._failures import SecretError, SignatureError, capital
from ._primitives import cryptography_needed

SIGNATURE_SIZE: t.Final = 64
_PUBLIC: t.Final = "ed25519:"
_SIGNING: t.Final = "ed25519-signing:"
_CONTEXT: t.Final = "longshore.storage/1/signature/"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who holds it can verify. 32 bytes, as RFC 8032 has them."""

    raw: bytes

    @classmethod
    def decode(cls, text: str) -> t.Self:
        """From a configuration's text. Raises ``SecretError``, which does not show it."""
        hint = f"It is the text that begins with {_PUBLIC} where the publisher's keys were made."
        return cls(_decode(text, _PUBLIC, "public key", hint))

    def encode(self) -> str:
        return _PUBLIC + _checked_text.encode(self.raw)

    @property
    def fingerprint(self) -> str:
        """16 hex digits to tell keys apart by: the beginning of the SHA-256 of ``raw``."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def verify(
        self, purpose: str, message: bytes, signature: bytes, *, label: str
    ) -> None:
        """Raises ``SignatureError`` unless this key's owner signed exactly this for this purpose."""
        with cryptography_needed():
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import (
                Ed25519PublicKey,
            )

        try:
            key = Ed25519PublicKey.from_public_bytes(self.raw)
            key.verify(signature, _signed(purpose, message))
        # a key that is no point of the curve
        except (InvalidSignature, ValueError):
            raise SignatureError(
                f"{capital(label)} is not signed by the key {self.fingerprint}, or it was altered since.",
                hint="Nothing of it is used. If the publisher's signing key was changed, give its new "
                "public key here; if not, somebody else wrote it.",
            ) from None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Who holds it can sign. 32 bytes, the seed of RFC 8032; ``repr`` does not show them."""

    raw: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> t.Self:
        """A new one from the system's random source."""
        return cls(os.urandom(_checked_text.SIZE))

    @classmethod
    def decode(cls, text: str) -> t.Self:
        """From a configuration's text. Raises ``SecretError``, which does not show it."""
        hint = f"It is the text that begins with {_SIGNING} in the publisher's configuration."
        return cls(_decode(text, _SIGNING, "signing key", hint))

    def encode(self) -> str:
        return _SIGNING + _checked_text.encode(self.raw)

    @property
    def public(self) -> PublicKey:
        with cryptography_needed():
            from cryptography.hazmat.primitives.asymmetric.ed25519 import (
                Ed25519PrivateKey,
            )
            from cryptography.hazmat.primitives.serialization import (
                Encoding,
                PublicFormat,
            )

        key = Ed25519PrivateKey.from_private_bytes(self.raw).public_key()
        return PublicKey(key.public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, purpose: str, message: bytes) -> bytes:
        """64 bytes; the same each time. ``purpose`` holds no zero byte."""
        with cryptography_needed():
            from cryptography.hazmat.primitives.asymmetric.ed25519 import (
                Ed25519PrivateKey,
            )

        key = Ed25519PrivateKey.from_private_bytes(self.raw)
        return key.sign(_signed(purpose, message))


def _signed(purpose: str, message: bytes) -> bytes:
    if "\0" in purpose:
        raise ValueError("a purpose holds no zero byte")
    return f"{_CONTEXT}{purpose}\0".encode() + message


def _decode(text: str, prefix: str, what: str, hint: str) -> bytes:
    text = text.strip()
    if not text.startswith(prefix):
        raise SecretError(f"The {what} does not begin with {prefix!r}.", hint=hint)
    return _checked_text.decode(text.removeprefix(prefix), what, hint)
