# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What snapshots of the format ``chunks`` share: packs of chunks, and the lists of what is in them.

Below the endpoint's prefix, where ``<pool>`` is ``plain``, or told by the secret, and ``<id>`` is the snapshot
whose save wrote them::

    chunks/<pool>/<id>/00001 …   packs: frames, one after the other
    chunks/<pool>/<id>/index     which chunks are in which of them, written after them

A frame is some chunks joined, compressed, and sealed. An index, integers big-endian, is compressed with zlib (and is an
envelope, where there is a secret)::

    8      "lspacks" and the version, 1
    1      compression of the frames: 0 none, 1 zstd
    4      number of packs
    of each pack:  4 number, 8 condemned since (seconds since 1970, 0: not), 4 number of frames
    of each frame: 4 stored bytes, 4 bytes in the clear, 4 number of chunks
    2 n    of each chunk: its length minus 1
    32 n   of each chunk: its SHA-256
"""

from __future__ import annotations

import bisect
import itertools
import struct
import typing as t
import zlib
from array import array
from dataclasses import dataclass, field

from .._drivers._base import Attributes, Condition, Store
from .._encryption._secret import SharedSecret
from .._workers import Workers
from ._codecs import Encryption, Keys, decrypt, encrypt
from ._record import is_id
from ._snapshot_failures import DamagedSnapshotError
from ._snapshots import CHUNKS, INDEX, pack_name

_MAGIC: t.Final = b"lspacks\x01"
_HEAD: t.Final = struct.Struct(">8sBI")
_PACK: t.Final = struct.Struct(">IQI")
_FRAME: t.Final = struct.Struct(">III")
_DIGEST: t.Final = 32
_COMPRESSIONS: t.Final = ("none", "zstd")

_BINARY: t.Final = Attributes(content_type="application/octet-stream")


class Frame(t.NamedTuple):
    """A part of a pack: bytes as stored, bytes in the clear, and how many chunks."""

    stored: int
    plain: int
    chunks: int


@dataclass(slots=True)
class Pack:
    """Frames, and the chunks in them in order: lengths in bytes, and digests one after the other.

    ``condemned`` is since when nothing refers to it (seconds since 1970), 0 where that is not known.
    """

    number: int
    frames: list[Frame] = field(default_factory=list)
    lengths: array[int] = field(default_factory=lambda: array("I"))
    digests: bytes = b""
    condemned: int = 0

    @property
    def stored(self) -> int:
        """Its size in the store, bytes."""
        return sum(frame.stored for frame in self.frames)

    def digest(self, chunk: int) -> bytes:
        return self.digests[chunk * _DIGEST : (chunk + 1) * _DIGEST]


@dataclass(slots=True)
class PackIndex:
    """The packs that one save wrote. ``etag`` is that of the object it was read from."""

    owner: str
    compression: str
    packs: dict[int, Pack] = field(default_factory=dict)
    etag: str | None = None

    def encode(self) -> bytes:
        packs = list(self.packs.values())
        pieces = [_HEAD.pack(_MAGIC, _COMPRESSIONS.index(self.compression), len(packs))]
        for pack in packs:
            pieces.append(_PACK.pack(pack.number, pack.condemned, len(pack.frames)))
            pieces += [_FRAME.pack(*frame) for frame in pack.frames]
        for pack in packs:
            less = (length - 1 for length in pack.lengths)
            pieces.append(struct.pack(f">{len(pack.lengths)}H", *less))
        pieces += [pack.digests for pack in packs]
        return zlib.compress(b"".join(pieces), 1)

    @classmethod
    def decode(cls, data: bytes, owner: str, label: str) -> t.Self:
        """Raises ``DamagedSnapshotError``."""
        try:
            return cls._decode(zlib.decompress(data), owner)
        except (zlib.error, struct.error, ValueError, IndexError):
            raise DamagedSnapshotError(label, "is damaged") from None

    @classmethod
    def _decode(cls, data: bytes, owner: str) -> t.Self:
        magic, compression, count = _HEAD.unpack_from(data)
        if magic != _MAGIC:
            raise ValueError(magic)
        index = cls(owner, _COMPRESSIONS[compression])
        at = _HEAD.size
        for _number in range(count):
            number, condemned, frames = _PACK.unpack_from(data, at)
            at += _PACK.size
            pack = Pack(number, condemned=condemned)
            for _frame in range(frames):
                pack.frames.append(Frame(*_FRAME.unpack_from(data, at)))
                at += _FRAME.size
            index.packs[number] = pack
        for pack in index.packs.values():
            chunks = sum(frame.chunks for frame in pack.frames)
            lengths = struct.unpack_from(f">{chunks}H", data, at)
            pack.lengths = array("I", (length + 1 for length in lengths))
            at += 2 * chunks
        for pack in index.packs.values():
            pack.digests = data[at : at + _DIGEST * len(pack.lengths)]
            at += _DIGEST * len(pack.lengths)
        if at != len(data):
            raise ValueError(at)
        return index


class Pool:
    """The packs of one secret, or those of none, below a store's prefix."""

    def __init__(
        self, store: Store, secret: SharedSecret | None, workers: Workers
    ) -> None:
        self.store = store
        self.secret = secret
        self.name = "-".join(Encryption(secret).readers) or "plain"
        self.workers = workers
        self._folder = f"{store.endpoint.prefix}{CHUNKS}{self.name}/"

    def key(self, name: str) -> str:
        return self._folder + name

    def listing(self) -> dict[str, int]:
        """All that is in it: sizes by name (``<id>/index``, ``<id>/00001``)."""
        return {
            info.key[len(self._folder) :]: info.size
            for info in self.store.list(self._folder)
        }

    def owners(self, listing: t.Iterable[str]) -> list[str]:
        """The ids that have an index, the oldest first."""
        found = (name.partition("/") for name in listing)
        return sorted(
            owner for owner, _slash, name in found if name == INDEX and is_id(owner)
        )

    def read_index(self, owner: str) -> PackIndex:
        """Raises ``ObjectMissingError``, ``DamagedSnapshotError``, and what ``decrypt`` raises."""
        label = f"the list of the packs of snapshot {owner}"
        opened = self.store.read(self.key(f"{owner}/{INDEX}"))
        plain = decrypt(
            opened.chunks,
            Encryption(self.secret).name,
            Keys(self.secret),
            _index_context(owner),
            self.workers,
            label,
        )
        index = PackIndex.decode(b"".join(plain), owner, label)
        index.etag = opened.info.etag
        return index

    def write_index(self, index: PackIndex, condition: Condition | None = None) -> int:
        """Returns the bytes that it takes. Raises ``ConditionFailedError``."""
        pieces = encrypt(
            [index.encode()],
            Encryption(self.secret),
            _index_context(index.owner),
            self.workers,
        )
        data = b"".join(pieces)
        if not self.store.features.conditional_write:
            condition = None
        info = self.store.write(
            self.key(f"{index.owner}/{INDEX}"), data, _BINARY, condition=condition
        )
        index.etag = info.etag
        return len(data)


def frame_context(owner: str, pack: int, frame: int) -> str:
    """What the envelope of a frame is for."""
    return f"volume pack\n{pack_name(owner, pack)}\n{frame}"


def recipe_context(snapshot_id: str) -> str:
    """What the envelope of a recipe is for."""
    return f"volume recipe\n{snapshot_id}"


def _index_context(owner: str) -> str:
    return f"volume packs\n{owner}"


def boundaries_key(secret: SharedSecret | None) -> bytes:
    """The key that decides where chunks are cut."""
    if secret is None:
        return b"longshor"
    return secret.derive("volume chunk boundaries")[:8]


class Run(t.NamedTuple):
    """Chunks that follow each other in a pack, and in a stream: pack and owner, the first, and how many."""

    owner: str
    pack: int
    first: int
    chunks: int


class Layout:
    """Where the chunks of a pack are. ``firsts``: of each frame the first chunk, and behind the last one how many there are.

    ``starts``: of each chunk, and behind the last one, how many clear bytes come before it in the pack.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        chunks = (frame.chunks for frame in pack.frames)
        self.firsts = list(itertools.accumulate(chunks, initial=0))
        self.starts = array("Q", itertools.accumulate(pack.lengths, initial=0))

    def frame_of(self, chunk: int) -> int:
        """The number of the frame that a chunk is in."""
        return bisect.bisect_right(self.firsts, chunk) - 1
