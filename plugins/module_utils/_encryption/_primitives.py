# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""The few things that are taken from the ``cryptography`` library, imported when first needed."""

from __future__ import annotations

import contextlib
import typing as t

from .._drivers._base import Buffer
from .._errors import MissingLibraryError

#: Everything that is derived from a secret begins its HKDF info with this.
_NAMESPACE: t.Final = "longshore.storage/1/"


@contextlib.contextmanager
def cryptography_needed() -> t.Iterator[None]:
    """Around imports. Raises ``MissingLibraryError``."""
    try:
        yield
    except ImportError:
        raise MissingLibraryError(["cryptography"], "for encryption") from None


def derive(secret: bytes, purpose: str, salt: bytes = b"", length: int = 32) -> bytes:
    """A key for one purpose: HKDF-SHA256 (RFC 5869) with ``longshore.storage/1/<purpose>`` as its info.

    ``length`` is in bytes. Keys of two purposes, or of two salts, say nothing about each other.
    """
    with cryptography_needed():
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = (_NAMESPACE + purpose).encode()
    return HKDF(SHA256(), length, salt, info).derive(secret)


class HmacSha256:
    """HMAC-SHA256 (RFC 2104) over what is fed to it, piece by piece."""

    def __init__(self, key: bytes) -> None:
        with cryptography_needed():
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.hmac import HMAC

        self._hmac = HMAC(key, SHA256())

    def update(self, *pieces: Buffer) -> t.Self:
        for piece in pieces:
            self._hmac.update(piece)
        return self

    def digest(self) -> bytes:
        """The 32 bytes of all that was fed. Only once."""
        return self._hmac.finalize()
