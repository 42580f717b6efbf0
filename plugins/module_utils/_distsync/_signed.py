# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Small things that are signed, then sealed: heads of feeds, and records of releases.

The sealed message is the signer's public key (32 bytes), the signature (64), the number of hand-overs
(2, big-endian), the hand-overs (192 each: old key, new key, the signature of each), and the payload.
What is signed is the context, a zero byte, and the payload, so what was made for one place is
worth nothing in another. Nothing of the payload is parsed before the signature was verified.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._encryption._algorithms import Algorithm
from .._encryption._failures import FormatError, SignatureError, capital
from .._encryption._message import open_message, seal_message
from .._encryption._secret import SharedSecret
from .._encryption._signing import SIGNATURE_SIZE, PublicKey, SigningKey

_KEY_SIZE: t.Final = 32
_COUNT_SIZE: t.Final = 2
_HANDOVER: t.Final = "key rotation"
_HANDOVER_SIZE: t.Final = 2 * (_KEY_SIZE + SIGNATURE_SIZE)


class Handover(t.NamedTuple):
    """A publisher's old key says that a new one takes its place, and the new one agrees."""

    old: PublicKey
    new: PublicKey
    by_old: bytes
    by_new: bytes

    @classmethod
    def make(cls, old: SigningKey, new: SigningKey) -> t.Self:
        message = old.public.raw + new.public.raw
        return cls(
            old.public,
            new.public,
            old.sign(_HANDOVER, message),
            new.sign(_HANDOVER, message),
        )

    def holds(self) -> bool:
        """Whether both keys signed it."""
        message = self.old.raw + self.new.raw
        with contextlib.suppress(SignatureError):
            self.old.verify(_HANDOVER, message, self.by_old, label="the hand-over")
            self.new.verify(_HANDOVER, message, self.by_new, label="the hand-over")
            return True
        return False

    def encode(self) -> bytes:
        return self.old.raw + self.new.raw + self.by_old + self.by_new

    @classmethod
    def decode(cls, data: bytes) -> t.Self:
        old, rest = data[:_KEY_SIZE], data[_KEY_SIZE:]
        new, signatures = rest[:_KEY_SIZE], rest[_KEY_SIZE:]
        return cls(
            PublicKey(old),
            PublicKey(new),
            signatures[:SIGNATURE_SIZE],
            signatures[SIGNATURE_SIZE:],
        )


class Signed(t.NamedTuple):
    """What was verified: who signed it, how that key came into its place, and what it says."""

    key: PublicKey
    handovers: tuple[Handover, ...]
    payload: bytes


def seal_signed(
    secret: SharedSecret,
    context: str,
    purpose: str,
    payload: bytes,
    key: SigningKey,
    algorithm: Algorithm,
    handovers: t.Sequence[Handover] = (),
) -> bytes:
    """The bytes to store. Raises ``ConfigurationError`` for what is larger than 16 MiB."""
    signature = key.sign(purpose, _message(context, payload))
    message = b"".join(
        [
            key.public.raw,
            signature,
            len(handovers).to_bytes(_COUNT_SIZE, "big"),
            *(one.encode() for one in handovers),
            payload,
        ]
    )
    return seal_message(secret, context, message, algorithm)


def open_signed(
    secret: SharedSecret,
    context: str,
    purpose: str,
    sealed: bytes,
    trusted: t.Sequence[PublicKey],
    *,
    label: str,
) -> Signed:
    """What the owner of one of the trusted keys, or of a key that the last was handed over to, has signed.

    Raises ``SignatureError``, and what ``open_message`` raises.
    """
    found = _split(open_message(secret, context, sealed, label=label), label)
    key, signature, handovers, payload = found
    if not any(signature):
        raise SignatureError(
            f"{capital(label)} is not signed.",
            hint="Nothing of it is used: somebody who has the secret wrote it, and not the publisher.",
        )
    if key not in trusted and not _reaches(trusted[-1], key, handovers):
        raise SignatureError(
            f"{capital(label)} is signed by the key {key.fingerprint}, and the one to trust here is {trusted[-1].fingerprint}.",
            hint="Nothing of it is used. If the publisher's signing key was changed without handing over, give "
            "its new public key here; if not, somebody else wrote it.",
        )
    key.verify(purpose, _message(context, payload), signature, label=label)
    return Signed(key, handovers, payload)


def read_unverified(
    secret: SharedSecret, context: str, sealed: bytes, *, label: str
) -> bytes:
    """What it says, whoever signed it: only for knowing what not to delete."""
    return _split(open_message(secret, context, sealed, label=label), label)[3]


def _message(context: str, payload: bytes) -> bytes:
    return context.encode() + b"\0" + payload


def _split(
    message: bytes, label: str
) -> tuple[PublicKey, bytes, tuple[Handover, ...], bytes]:
    fixed = _KEY_SIZE + SIGNATURE_SIZE
    begin = fixed + _COUNT_SIZE
    count = int.from_bytes(message[fixed:begin], "big")
    end = begin + count * _HANDOVER_SIZE
    if len(message) < end or len(message) < begin:
        raise FormatError(f"{capital(label)} is not made as a signed thing is.")
    handovers = tuple(
        Handover.decode(message[start : start + _HANDOVER_SIZE])
        for start in range(begin, end, _HANDOVER_SIZE)
    )
    key = PublicKey(message[:_KEY_SIZE])
    return key, message[_KEY_SIZE:fixed], handovers, message[end:]


def _reaches(
    pinned: PublicKey, key: PublicKey, handovers: t.Sequence[Handover]
) -> bool:
    """Whether ``key`` is the pinned one, or its successor; in the order of the hand-overs."""
    current = pinned
    for one in handovers:
        if current == key:
            break
        if one.old == current and one.holds():
            current = one.new
    return current == key
