# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""The envelope: a header, then chunks that are sealed each for itself. See docs/encryption.md.

Header, 80 bytes, integers big-endian::

    0   9   "longshore"
    9   1   version, 1
    10  2   number of the algorithm
    12  4   chunk size
    16  32  salt, random
    48  32  HMAC-SHA256 over bytes 0 to 47 and the context

A chunk is sealed with the header, its index (8 bytes) and whether it is the last (1 byte, 0 or 1) as
associated data, under a random nonce. So what was sealed opens only as a whole, in its order, with
its own header, for the context that it was sealed for.
"""

from __future__ import annotations

import hmac
import os
import struct
import typing as t
from dataclasses import dataclass

from .._drivers._base import Buffer
from .._errors import ConfigurationError
from ._algorithms import (
    ALGORITHMS,
    MARGIN,
    TAG_SIZE,
    Aead,
    Algorithm,
    InvalidTagError,
)
from ._failures import DamagedError, FormatError, WrongSecretError, capital
from ._layout import HEADER_SIZE, MAX_CHUNK_SIZE, MIN_CHUNK_SIZE, Layout
from ._primitives import HmacSha256
from ._secret import SharedSecret

MAGIC: t.Final = b"longshore"
VERSION: t.Final = 1
SALT_SIZE: t.Final = 32

#: Unless another is asked for; bytes.
CHUNK_SIZE: t.Final = 256 * 1024

#: As many random nonces of 96 bits under one key are safe (NIST SP 800-38D, section 8.3).
MAX_CHUNKS: t.Final = 2**32

_FIELDS: t.Final = struct.Struct(">9sBHI32s")
_POSITION: t.Final = struct.Struct(">QB")

#: Takes a number of bytes, returns as many random ones.
Random = t.Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Header:
    """What an envelope begins with. Nothing of it is secret."""

    algorithm: Algorithm
    chunk_size: int
    salt: bytes
    mac: bytes

    def encode(self) -> bytes:
        """The 80 bytes."""
        return self.fields + self.mac

    @property
    def fields(self) -> bytes:
        """The 48 bytes that come before the MAC."""
        return _FIELDS.pack(
            MAGIC, VERSION, self.algorithm.number, self.chunk_size, self.salt
        )

    @property
    def layout(self) -> Layout:
        return Layout(self.algorithm, self.chunk_size)

    @classmethod
    def decode(cls, data: bytes, label: str) -> t.Self:
        """From an envelope's first 80 bytes, of which the MAC is not verified here.

        Raises ``FormatError`` for what is no envelope, and ``DamagedError`` for less than 80 bytes.
        """
        if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
            raise FormatError(f"{capital(label)} {_unlike(data)}", hint=_hint(data))
        if len(data) < HEADER_SIZE:
            raise DamagedError(
                label, f"ends within its header, after {len(data)} bytes"
            )
        _magic, version, number, chunk_size, salt = _FIELDS.unpack_from(data)
        known = {algorithm.number: algorithm for algorithm in ALGORITHMS}
        if version != VERSION or number not in known:
            raise FormatError(
                f"{capital(label)} is in version {version} of the encrypted format with algorithm {number}, "
                f"and this program knows only version {VERSION} with algorithms {', '.join(map(str, known))}.",
                hint="It was written by a newer release of longshore.storage, or it is damaged: update here.",
            )
        if not valid_chunk_size(chunk_size):
            raise FormatError(
                f"{capital(label)} says that its chunks are of {chunk_size} bytes, which no release of "
                "longshore.storage writes.",
                hint="It is damaged, or was tampered with: publish it again.",
            )
        return cls(
            known[number], chunk_size, salt, bytes(data[_FIELDS.size : HEADER_SIZE])
        )


def valid_chunk_size(size: int) -> bool:
    """A power of two from 4 KiB to 16 MiB."""
    return MIN_CHUNK_SIZE <= size <= MAX_CHUNK_SIZE and size & (size - 1) == 0


class Sealer:
    """Makes one envelope, for one context. May be used from any thread.

    ``context`` is what the envelope is for (an artifact's name and version, say): it is not written
    down, and who opens the envelope must give the same. ``chunk_size`` is a power of two from 4 KiB
    to 16 MiB, in bytes. ``resume`` is the encoded header of an upload that was cut off and is to go on;
    algorithm and chunk size are then the header's. ``random`` is for tests.

    Raises ``ConfigurationError``, ``MissingLibraryError``, and for ``resume`` what ``Opener`` raises.
    """

    def __init__(
        self,
        secret: SharedSecret,
        context: str,
        algorithm: Algorithm,
        *,
        chunk_size: int = CHUNK_SIZE,
        resume: bytes | None = None,
        random: Random = os.urandom,
    ) -> None:
        if not valid_chunk_size(chunk_size):
            raise ConfigurationError(
                f"A chunk size of {chunk_size} bytes cannot be used.",
                hint="It is a power of two from 4096 to 16777216.",
            )
        self.random = random
        if resume is None:
            unsigned = Header(algorithm, chunk_size, random(SALT_SIZE), b"")
            mac = _header_mac(secret, context, unsigned)
            self.header = Header(algorithm, chunk_size, unsigned.salt, mac)
        else:
            self.header = Opener(secret, context, resume, label="the upload").header
        self.layout = self.header.layout
        self._encoded = self.header.encode()
        self._aead = _chunk_aead(secret, self.header)

    def seal(self, index: int, plaintext: Buffer, nonce: bytes, *, last: bool) -> bytes:
        """A sealed chunk, the header before the first one; else as ``seal_into``."""
        with memoryview(bytearray(self.room([plaintext]))) as out:
            size = self.seal_into(index, plaintext, nonce, out, last=last)
            return bytes(out[:size])

    def seal_into(
        self,
        index: int,
        plaintext: Buffer,
        nonce: bytes,
        out: memoryview,
        *,
        last: bool,
    ) -> int:
        """A sealed chunk into the beginning of ``out``, the header before the first one; how many bytes that are.

        ``plaintext`` is of the layout's ``capacity(index)``, or of at most that if it is the last.
        ``nonce`` is random, and never used before with this header. ``out`` has the ``room`` that it takes.
        Raises ``ConfigurationError`` when there are too many chunks.
        """
        if index >= MAX_CHUNKS:
            raise ConfigurationError(
                f"No more than {MAX_CHUNKS} chunks of {self.layout.chunk_size} bytes can be encrypted as one.",
                hint="Use larger chunks.",
            )
        start = 0
        if not index:
            start = HEADER_SIZE
            out[:start] = self._encoded
        associated = _associated(self._encoded, index, last)
        return start + self._aead.seal_into(nonce, plaintext, associated, out[start:])

    def room(self, chunks: t.Sequence[Buffer]) -> int:
        """Bytes to seal these chunks into, one after the other."""
        algorithm = self.layout.algorithm
        more = algorithm.nonce_size + algorithm.block_size + TAG_SIZE
        return HEADER_SIZE + sum(len(one) + more for one in chunks) + MARGIN


class Opener:
    """Opens the chunks of one envelope. May be used from any thread.

    ``header`` is the envelope's first 80 bytes, ``context`` what it was sealed for, ``label`` how
    messages speak of it.

    Raises ``FormatError``, ``DamagedError``, ``WrongSecretError`` (which also an altered header looks
    like) and ``MissingLibraryError``.
    """

    def __init__(
        self,
        secret: SharedSecret,
        context: str,
        header: bytes,
        *,
        label: str = "the encrypted object",
    ) -> None:
        self.label = label
        self.header = Header.decode(header, label)
        if not hmac.compare_digest(
            self.header.mac, _header_mac(secret, context, self.header)
        ):
            raise WrongSecretError(
                f"{capital(label)} was not encrypted with this secret for this name, or its header was altered.",
                hint="Check that SharedSecret is the same where it was published and here, and that nobody "
                "renamed the object.",
            )
        self.layout = self.header.layout
        self._encoded = self.header.encode()
        self._aead = _chunk_aead(secret, self.header)

    def open(self, index: int, sealed: Buffer, *, last: bool) -> bytes:
        """As ``open_into``; the plaintext."""
        with memoryview(bytearray(len(sealed))) as out:
            return bytes(out[: self.open_into(index, sealed, out, last=last)])

    def open_into(
        self, index: int, sealed: Buffer, out: memoryview, *, last: bool
    ) -> int:
        """The plaintext of chunk ``index`` (for the first: what follows the header) into ``out``; how many bytes.

        ``last`` is whether nothing follows it. ``out`` is as large as ``sealed``. Raises ``DamagedError`` unless
        it is exactly what was sealed as that chunk.
        """
        try:
            size = self._try(index, sealed, out, last)
        except InvalidTagError:
            raise DamagedError(
                self.label, self._fault(index, sealed, out, last)
            ) from None
        full = self.layout.capacity(index)
        least = min(index, 1) if last else full
        if not least <= size <= full:
            raise DamagedError(self.label, f"has a chunk {index} of a wrong size")
        return size

    def _try(self, index: int, sealed: Buffer, out: memoryview, last: bool) -> int:
        associated = _associated(self._encoded, index, last)
        return self._aead.open_into(sealed, associated, out)

    def _fault(self, index: int, sealed: Buffer, out: memoryview, last: bool) -> str:
        if not sealed:
            return f"is incomplete: it ends before chunk {index}"
        try:
            self._try(index, sealed, out, not last)
        except InvalidTagError:
            start = self.layout.sealed_offset(index)
            return (
                f"is not what was encrypted: chunk {index}, bytes {start} to {start + len(sealed) - 1}, "
                "was altered, cut, or belongs elsewhere"
            )
        if last:
            return f"is incomplete: it ends after chunk {index}, and more should follow"
        return f"goes on after its last chunk, which is chunk {index}"


def _header_mac(secret: SharedSecret, context: str, header: Header) -> bytes:
    key = secret.derive("envelope header", header.salt)
    return HmacSha256(key).update(header.fields, context.encode()).digest()


def _chunk_aead(secret: SharedSecret, header: Header) -> Aead:
    algorithm = header.algorithm
    return algorithm.make(secret.derive(f"envelope {algorithm.name}", header.salt))


def _associated(header: bytes, index: int, last: bool) -> bytes:
    return header + _POSITION.pack(index, last)


def _unlike(data: bytes) -> str:
    if not data:
        return "is empty, and no encrypted object is."
    return "is not encrypted in the format of longshore.storage."


def _hint(data: bytes) -> str:
    if data.startswith(b"distsync0"):
        return 'It is in the format of distsync: set Format = "distsync01" to read it.'
    return "It was not published by longshore.storage, or it is damaged."
