# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The torrent of a sealed object: hashes of its pieces, and the metainfo that a library takes.

Who publishes hashes the pieces while they are sent, and the signed record has nothing but these hashes.
Everything else follows from the record and the secret, so who fetches makes the metainfo himself. The
torrent is a private one of version 2 (BEP 52), with SHA-256. Its name comes from the secret, so its
info-hash does, too: who lacks the secret cannot compute it, though he can read the object.
"""

from __future__ import annotations

import hashlib
import typing as t

from ..._drivers._base import Buffer
from ..._encryption._failures import FormatError, capital
from ..._encryption._names import keyed_id
from ..._encryption._secret import SharedSecret

#: Smaller objects (bytes) have no torrent: to fetch them takes less time than to find peers.
SMALLEST: t.Final = 4 * 1024 * 1024

_BLOCK: t.Final = 16 * 1024
_HASH: t.Final = 32
_MIN_PIECE: t.Final = 256 * 1024
_MAX_PIECE: t.Final = 16 * 1024 * 1024
#: Larger objects have larger pieces, not more of them, as far as ``_MAX_PIECE`` allows.
_PIECES: t.Final = 1024


def torrent_name(secret: SharedSecret, artifact: str) -> str:
    """What the torrent of the object with this id is called: 40 hex digits."""
    return keyed_id(secret, "torrent", artifact)


def piece_size(size: int) -> int:
    """Bytes of a piece of an object of ``size`` bytes: a power of two."""
    piece = _MIN_PIECE
    while piece < _MAX_PIECE and piece * _PIECES < size:
        piece *= 2
    return piece


class PieceHasher:
    """Hashes an object of ``size`` bytes as it goes by, in any portions."""

    def __init__(self, size: int) -> None:
        self._blocks_of_piece = piece_size(size) // _BLOCK
        self._rest = bytearray()
        self._leaves: list[bytes] = []
        self._pieces: list[bytes] = []

    def update(self, data: Buffer) -> None:
        view = memoryview(data)
        if self._rest:
            taken = view[: _BLOCK - len(self._rest)]
            self._rest += taken
            view = view[len(taken) :]
            if len(self._rest) < _BLOCK:
                return
            self._add(self._rest)
            self._rest = bytearray()
        whole = len(view) // _BLOCK * _BLOCK
        for at in range(0, whole, _BLOCK):
            self._add(view[at : at + _BLOCK])
        self._rest += view[whole:]

    def finish(self) -> bytes:
        """The hashes of all pieces, one after the other."""
        if self._rest:
            self._add(self._rest)
        if self._leaves:
            self._close_piece()
        return b"".join(self._pieces)

    def _add(self, block: Buffer) -> None:
        self._leaves.append(hashlib.sha256(block).digest())
        if len(self._leaves) == self._blocks_of_piece:
            self._close_piece()

    def _close_piece(self) -> None:
        self._pieces.append(_root(self._leaves, bytes(_HASH), self._blocks_of_piece))
        self._leaves = []


def metainfo(
    secret: SharedSecret, artifact: str, size: int, hashes: bytes, label: str
) -> bytes:
    """The bencoded torrent file of the object. Raises ``FormatError`` for hashes of another number."""
    piece = piece_size(size)
    count = -(-size // piece)
    if count < 2 or len(hashes) != count * _HASH:
        raise FormatError(
            f"{capital(label)} has hashes that are not those of its pieces."
        )
    pieces = [hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH)]
    empty = _root([], bytes(_HASH), piece // _BLOCK)
    root = _root(pieces, empty, 1 << (count - 1).bit_length())
    name = torrent_name(secret, artifact)
    info = {
        b"file tree": {name.encode(): {b"": {b"length": size, b"pieces root": root}}},
        b"meta version": 2,
        b"name": name.encode(),
        b"piece length": piece,
        b"private": 1,
    }
    return _bencoded({b"info": info, b"piece layers": {root: hashes}})


def _root(leaves: t.Sequence[bytes], padding: bytes, width: int) -> bytes:
    """The root of a Merkle tree that is ``width`` leaves wide, a power of two."""
    layer = list(leaves)
    while width > 1:
        if len(layer) % 2:
            layer.append(padding)
        pairs = zip(layer[::2], layer[1::2], strict=True)
        layer = [hashlib.sha256(left + right).digest() for left, right in pairs]
        padding = hashlib.sha256(padding * 2).digest()
        width //= 2
    return layer[0] if layer else padding


def _bencoded(value: t.Any) -> bytes:
    """Of whole numbers, bytes, and mappings whose keys are bytes."""
    if isinstance(value, dict):
        items = (_bencoded(key) + _bencoded(value[key]) for key in sorted(value))
        return b"d" + b"".join(items) + b"e"
    if isinstance(value, int):
        return b"i%de" % value
    return b"%d:%s" % (len(value), value)
