# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Saves a stream as chunks: those that the pool has are named, the others are packed and written.

What makes a stream of chunks is its *recipe*: JSON, compressed with zlib, and an envelope where there is a secret::

    {"version": 1, "owners": [<id>, …], "runs": [[<owner's place>, <pack>, <first chunk>, <chunks>], …]}
"""

from __future__ import annotations

import functools
import json
import typing as t
import zlib

from .._bandwidth import Bandwidth
from .._chunks._cutter import Cutter
from .._drivers._base import Attributes, IfAbsent, Store
from .._encryption._algorithms import AES_256_GCM
from .._encryption._message import seal_message
from .._encryption._pieces import Pieces
from .._encryption._pipeline import in_order
from .._encryption._secret import SharedSecret
from .._errors import StoreError
from .._workers import Workers
from ._chunk_pool import (
    Frame,
    Pack,
    PackIndex,
    Pool,
    Run,
    boundaries_key,
    frame_context,
    recipe_context,
)
from ._codecs import Compression, Encryption, compress, encrypt
from ._known_chunks import KnownChunks
from ._proof import Sent, is_stored
from ._snapshots import pack_name

#: What chunks have in the middle, bytes: a page of a database, or a small file, that changed takes about twice its
#: size then. 4.6 KiB on average; all of them together take 0.75 % of the stream in the indexes.
_CENTER: t.Final = 4 * 1024

#: Clear bytes of a frame and frames of a pack; a pack is one request then, whatever is in it.
FRAME_SIZE: t.Final = 1024 * 1024
FRAMES: t.Final = 6

_BINARY: t.Final = Attributes(content_type="application/octet-stream")


class Written(t.NamedTuple):
    """What a stream became: the recipe (sealed), the packs that it needs by owner, and the bytes that were added."""

    recipe: bytes
    packs: t.Mapping[str, tuple[int, ...]]
    added: int
    verified: bool


class ChunkWriter:
    """Writes the chunks of one snapshot that are new.

    Memory: ``workers.count + 2`` packs of 6 MiB, each up to three times, and 50 bytes for each chunk that the
    pool has: about 11 MB for a GB. Raises ``MissingLibraryError``.
    """

    def __init__(
        self,
        store: Store,
        snapshot_id: str,
        compression: Compression,
        secret: SharedSecret | None,
        workers: Workers,
        bandwidth: Bandwidth,
    ) -> None:
        self._pool = Pool(store, secret, workers)
        self.pool = self._pool.name
        self._store = store
        self._id = snapshot_id
        self._compression = compression
        self._bandwidth = bandwidth
        self._workers = workers
        self._cutter = Cutter(boundaries_key(secret), _CENTER)
        self._index = PackIndex(snapshot_id, compression.name)
        self._known = KnownChunks()
        self._runs: list[Run] = []
        self._started: list[str] = []
        self._published = False

    def write(self, stream: t.Iterable[bytes]) -> Written:
        """Write all that is new of a stream. Nobody knows of it before ``publish``."""
        for owner in self._pool.owners(self._pool.listing()):
            self._known.add(self._pool.read_index(owner))
        added, verified = 0, True
        for pack, shown in in_order(self._workers, self._jobs(stream)):
            self._index.packs[pack.number] = pack
            added += pack.stored
            verified = verified and shown
        packs: dict[str, set[int]] = {}
        for run in self._runs:
            packs.setdefault(run.owner, set()).add(run.pack)
        return Written(
            self._recipe(),
            {owner: tuple(sorted(numbers)) for owner, numbers in packs.items()},
            added,
            verified,
        )

    def publish(self) -> None:
        """Let other saves use what was written, and see that all is there that the snapshot needs.

        Raises ``StoreError`` where that is not so.
        """
        if self._index.packs:
            self._published = True
            self._pool.write_index(self._index, IfAbsent())
        there = self._pool.listing()
        for run in self._runs:
            if pack_name(run.owner, run.pack) not in there:
                raise StoreError(
                    "save the snapshot",
                    self._store.endpoint.place,
                    f"the pack {pack_name(run.owner, run.pack)} was removed meanwhile",
                    hint="Run again.",
                )

    def unpublished(self) -> list[str]:
        """The keys of what was written, if nobody can know of it."""
        return [] if self._published else list(self._started)

    def _jobs(
        self, stream: t.Iterable[bytes]
    ) -> t.Iterator[t.Callable[[], tuple[Pack, bool]]]:
        """A job for each new pack; the runs are noted on the way."""
        filling = _Filling(1)
        for chunk, data in self._cutter.pieces(Pieces(stream)):
            place = self._known.find(chunk.digest)
            if place is None:
                place = Run(
                    self._id, filling.number, filling.add(chunk.digest, data), 1
                )
                self._known.note(chunk.digest, place)
            self._note(place)
            if filling.is_full:
                yield functools.partial(self._store_pack, filling)
                filling = _Filling(filling.number + 1)
        if filling.frames:
            yield functools.partial(self._store_pack, filling)

    def _note(self, place: Run) -> None:
        if self._runs:
            last = self._runs[-1]
            if (last.owner, last.pack) == (place.owner, place.pack):
                if last.first + last.chunks == place.first:
                    self._runs[-1] = last._replace(chunks=last.chunks + 1)
                    return
        self._runs.append(place)

    def _store_pack(self, filling: _Filling) -> tuple[Pack, bool]:
        """In a worker's thread."""
        pack = Pack(filling.number)
        pieces = []
        for number, frame in enumerate(filling.frames):
            piece = self._sealed(b"".join(frame), filling.number, number)
            pieces.append(piece)
            pack.frames.append(Frame(len(piece), sum(map(len, frame)), len(frame)))
            pack.lengths.extend(map(len, frame))
        pack.digests = bytes(filling.digests)
        key = self._pool.key(pack_name(self._id, pack.number))
        data = b"".join(pieces)
        sent = Sent(self._store)
        for _piece in sent.pass_on([data]):
            self._bandwidth.take(len(data))
        self._started.append(key)
        info = self._store.write(key, data, _BINARY)
        return pack, is_stored(self._store, info, sent, self._bandwidth)

    def _sealed(self, plain: bytes, pack: int, frame: int) -> bytes:
        data = b"".join(compress([plain], self._compression))
        if self._pool.secret is None:
            return data
        context = frame_context(self._id, pack, frame)
        return seal_message(self._pool.secret, context, data, AES_256_GCM)

    def _recipe(self) -> bytes:
        owners = sorted({run.owner for run in self._runs})
        numbers = {owner: number for number, owner in enumerate(owners)}
        runs = [(numbers[run.owner], *run[1:]) for run in self._runs]
        text = json.dumps({"version": 1, "owners": owners, "runs": runs})
        data = zlib.compress(text.encode())
        encryption = Encryption(self._pool.secret)
        context = recipe_context(self._id)
        return b"".join(encrypt([data], encryption, context, self._workers))


class _Filling:
    """A pack that is being filled."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.frames: list[list[bytes]] = []
        self.digests = bytearray()
        self._size = FRAME_SIZE
        self._count = 0

    @property
    def is_full(self) -> bool:
        return len(self.frames) == FRAMES and self._size >= FRAME_SIZE

    def add(self, digest: bytes, data: memoryview) -> int:
        """The number of the chunk in the pack."""
        if self._size >= FRAME_SIZE:
            self.frames.append([])
            self._size = 0
        self.frames[-1].append(bytes(data))
        self._size += len(data)
        self.digests += digest
        self._count += 1
        return self._count - 1
