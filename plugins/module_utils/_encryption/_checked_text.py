# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""32 bytes as 48 characters that notice a slip of the hand.

``base64url(bytes[32] || CRC-32(bytes) as 4 bytes, big-endian)``: distsync's form of a SharedSecret.
36 bytes need no padding. The CRC is that of IEEE 802.3 and protects from typing errors, nothing else.
"""

from __future__ import annotations

import base64
import re
import typing as t
import zlib

from ._failures import SecretError

SIZE: t.Final = 32
LENGTH: t.Final = 48
_ALPHABET: t.Final = re.compile(r"[A-Za-z0-9_-]*")


def encode(raw: bytes) -> str:
    """The 48 characters of 32 bytes."""
    return base64.urlsafe_b64encode(raw + _checksum(raw)).decode()


def decode(text: str, what: str, hint: str) -> bytes:
    """The 32 bytes; white space around the text is ignored.

    Raises ``SecretError``, which says ``what`` is wrong and gives ``hint``, and never shows the text.
    """
    text = text.strip()
    if len(text) != LENGTH:
        raise SecretError(
            f"The {what} is {len(text)} characters long instead of {LENGTH}.", hint=hint
        )
    if not _ALPHABET.fullmatch(text):
        raise SecretError(
            f"The {what} holds a character that is none of A-Z, a-z, 0-9, '-' and '_'.",
            hint=hint,
        )
    decoded = base64.urlsafe_b64decode(text)
    raw = decoded[:SIZE]
    if decoded[SIZE:] != _checksum(raw):
        raise SecretError(
            f"The {what} is not as it was made: its checksum is wrong.", hint=hint
        )
    return raw


def _checksum(raw: bytes) -> bytes:
    return zlib.crc32(raw).to_bytes(4, "big")
