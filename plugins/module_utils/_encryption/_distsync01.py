# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Files of the format distsync01, as distsync wrote them, byte by byte.

::

    "distsync01"
    for each chunk:   its sealed size as 4 bytes, big-endian; IV || ciphertext || tag
    four zero bytes
    HMAC-SHA256 over all that comes before

Chunks are sealed with ``AEAD_AES_128_CBC_HMAC_SHA_256`` and no associated data; the AEAD's key and
the HMAC's are both the 32 bytes of the secret itself. A chunk has 1,000,000 bytes of plaintext when
written here, and any size when read.

The name is not bound to the contents, and the order of chunks is so by the last HMAC alone: only a
file that was read to its end is known to be what was written. Ours is the better format.
"""

from __future__ import annotations

import functools
import hmac
import os
import typing as t

from .._drivers._base import Buffer
from .._workers import Workers
from ._algorithms import AES_128_CBC_HMAC_SHA_256, Aead, InvalidTagError
from ._envelope import MAGIC, Random
from ._failures import (
    DamagedError,
    EncryptionError,
    FormatError,
    WrongSecretError,
    capital,
)
from ._pieces import Pieces, Source, read_full
from ._pipeline import in_order
from ._primitives import HmacSha256
from ._secret import SharedSecret

HEADER: t.Final = b"distsync01"
_UNREADABLE: t.Final = b"distsync02"

#: Of plaintext, in what is written here.
CHUNK_SIZE: t.Final = 1_000_000

#: Of a sealed chunk; distsync reads no larger ones, and no smaller one can have been sealed.
MAX_SEALED: t.Final = 10_000_000
MIN_SEALED: t.Final = 48

_BATCH_SIZE: t.Final = 1_000_000
_MAC_SIZE: t.Final = 32


class _Frame(t.NamedTuple):
    number: int
    sealed: Buffer


def seal_distsync01(
    source: Source,
    secret: SharedSecret,
    workers: Workers,
    *,
    random: Random = os.urandom,
) -> t.Iterator[bytes]:
    """The file of all that ``source`` gives, in pieces. ``random`` gives each chunk's IV.

    With ``n`` workers ``n + 2`` chunks are held at once. What the source raises passes through.
    """
    mac = HmacSha256(secret.raw)
    aead = AES_128_CBC_HMAC_SHA_256.make(secret.raw)
    jobs = (
        functools.partial(
            _seal, aead, data, random(AES_128_CBC_HMAC_SHA_256.nonce_size)
        )
        for data in iter(functools.partial(read_full, source, CHUNK_SIZE), b"")
    )
    mac.update(HEADER)
    yield HEADER
    for frame in in_order(workers, jobs):
        mac.update(frame)
        yield frame
    end = bytes(4)
    yield end + mac.update(end).digest()


def open_distsync01(
    sealed: t.Iterable[Buffer],
    secret: SharedSecret,
    workers: Workers,
    *,
    label: str = "the encrypted object",
) -> t.Iterator[bytes]:
    """The plaintext, each chunk verified; that it is whole is known when the iteration ends without an error.

    So write it aside, and rename then. With ``n`` workers ``n + 2`` batches of chunks are held at once, which
    are of 1 MB in the files that distsync writes, and of 11 MB at most.

    Raises ``FormatError`` (for distsync02 with the reason), ``WrongSecretError`` and ``DamagedError``.
    """
    pieces = Pieces(sealed)
    _check_header(bytes(pieces.read(len(HEADER))), label)
    aead = AES_128_CBC_HMAC_SHA_256.make(secret.raw)
    jobs = (
        functools.partial(_open, aead, batch, label)
        for batch in _batches(_frames(pieces, secret, label))
    )
    yield from in_order(workers, jobs)


def _seal(aead: Aead, data: Buffer, iv: bytes) -> bytes:
    sealed = aead.seal(iv, data, b"")
    return len(sealed).to_bytes(4, "big") + sealed


def _open(aead: Aead, batch: t.Sequence[_Frame], label: str) -> bytes:
    plain = []
    for index, sealed in batch:
        try:
            plain.append(aead.open(sealed, b""))
        except InvalidTagError:
            if index == 0:
                raise _wrong_secret(label) from None
            fault = f"is not what was encrypted: chunk {index} was altered"
            raise DamagedError(label, fault) from None
    return b"".join(plain)


def _batches(frames: t.Iterable[_Frame]) -> t.Iterator[list[_Frame]]:
    batch: list[_Frame] = []
    size = 0
    try:
        for frame in frames:
            batch.append(frame)
            size += len(frame.sealed)
            if size >= _BATCH_SIZE:
                yield batch
                batch, size = [], 0
    except EncryptionError:
        # A wrong secret, or which chunk was altered, shows in these.
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _frames(pieces: Pieces, secret: SharedSecret, label: str) -> t.Iterator[_Frame]:
    """The sealed chunks; raises at the end unless the HMAC is right and nothing follows it."""
    mac = HmacSha256(secret.raw).update(HEADER)

    def read(size: int) -> Buffer:
        data = pieces.read(size)
        if len(data) < size:
            raise DamagedError(
                label, f"is incomplete: it ends in or after chunk {index}"
            )
        return data

    index = 0
    while True:
        prefix = read(4)
        mac.update(prefix)
        size = int.from_bytes(prefix, "big")
        if size == 0:
            break
        if not MIN_SEALED <= size <= MAX_SEALED:
            fault = f"says that chunk {index} is of {size} bytes, which none can be"
            raise DamagedError(label, fault)
        sealed = read(size)
        mac.update(sealed)
        yield _Frame(index, sealed)
        index += 1
    if not hmac.compare_digest(mac.digest(), read(_MAC_SIZE)):
        if index == 0:
            raise _wrong_secret(label)
        fault = "is not what was encrypted: chunks are missing, or in another order"
        raise DamagedError(label, fault)
    if pieces.read(1):
        raise DamagedError(label, "goes on after its end")


def _check_header(header: bytes, label: str) -> None:
    if header == HEADER:
        return
    if header == _UNREADABLE:
        raise FormatError(
            f"{capital(label)} is in the format distsync02, which nobody can read: distsync did not store the "
            "nonces that its AEAD_CHACHA20_POLY1305 was used with.",
            hint='Publish the file again, with Encrypt = "AEAD_AES_128_CBC_HMAC_SHA_256".',
        )
    if HEADER.startswith(header):
        fault = (
            "ends within its header" if header else "is empty, and no encrypted file is"
        )
        raise DamagedError(label, fault)
    hint = "It was not published by distsync, or it is damaged."
    if header.startswith(MAGIC):
        hint = 'It is in the format of longshore.storage: set Format = "longshore" to read it.'
    raise FormatError(f"{capital(label)} is not in the format distsync01.", hint=hint)


def _wrong_secret(label: str) -> WrongSecretError:
    return WrongSecretError(
        f"{capital(label)} was not encrypted with this secret, or its beginning was altered.",
        hint="Check that SharedSecret is the same where it was published and here.",
    )
