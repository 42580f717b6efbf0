# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Saves a tar stream as a snapshot: as one long file, or as chunks that snapshots share."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .._bandwidth import Bandwidth
from .._drivers._base import Attributes, Store
from .._errors import ConfigurationError, LongshoreError
from .._workers import Workers
from ._ahead import ahead
from ._chunk_writer import ChunkWriter
from ._codecs import Compression, Encryption, compress, encrypt
from ._lease import Lease
from ._proof import Sent, is_stored
from ._pruning import SAVING, remove_unfinished
from ._record import (
    RECORD,
    Contents,
    Part,
    Series,
    Snapshot,
    new_id,
    problems_kept,
)
from ._snapshots import data_context, latest_snapshot

#: The most that one object holds, bytes: what every provider takes, and in parts of one size.
OBJECT_SIZE: t.Final = 4 * 1024**3

#: The list of the chunks of a snapshot, in its folder.
RECIPE: t.Final = "recipe"

_DATA: t.Final = Attributes(content_type="application/octet-stream")
_JSON: t.Final = Attributes(content_type="application/json")


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """How to save. ``format`` is ``tar`` or ``chunks``; ``threads`` are those of zstd.

    ``folder`` is a local one where unfinished uploads are noted, so that the next save removes what a killed
    one left at the server (None: they are left to the bucket). Raises ``ConfigurationError``.
    """

    format: str = "tar"
    compression: Compression = Compression()
    encryption: Encryption = Encryption()
    tags: t.Mapping[str, str] = field(default_factory=dict)
    threads: int = 2
    folder: str | None = None
    object_size: int = OBJECT_SIZE

    def __post_init__(self) -> None:
        if self.format not in ("tar", "chunks"):
            raise ConfigurationError(
                f"{self.format!r} is not a format of snapshots.",
                hint="There are tar and chunks.",
            )
        if self.format == "chunks" and self.encryption.recipients:
            raise ConfigurationError(
                "The format chunks cannot be encrypted for age recipients.",
                hint="To find out what the store has already, each save must read lists of chunks, and a host that "
                "encrypts with age cannot read what it saved. Use format tar, or a shared secret.",
            )
        if self.format == "chunks" and self.compression.name == "gzip":
            raise ConfigurationError(
                "The format chunks is compressed with zstd or not at all.",
                hint="Leave out gzip, or use format tar.",
            )


class SavedSnapshot(t.NamedTuple):
    """The snapshot that is the latest now; unless ``changed`` it was there already, and nothing was sent."""

    snapshot: Snapshot
    changed: bool


def is_current(
    latest: Snapshot | None, fingerprint: str, options: SaveOptions
) -> t.TypeGuard[Snapshot]:
    """Whether the latest snapshot has this tree already, and as secret and in the format that is asked for."""
    return (
        latest is not None
        and latest.fingerprint == fingerprint
        and latest.format == options.format
        and latest.encryption == options.encryption.name
        and latest.readers == options.encryption.readers
    )


def save(
    store: Store,
    series: Series,
    fingerprint: str | None,
    stream: t.Iterable[bytes],
    contents: t.Callable[[], Contents],
    options: SaveOptions,
    workers: Workers,
    bandwidth: Bandwidth,
) -> SavedSnapshot:
    """Save ``stream``, unless the latest snapshot has the same tree fingerprint; it is not touched then.

    ``fingerprint`` None: ``contents`` has it, which is called when the stream has ended. What the stream raises passes through, and nothing of
    the snapshot is kept then. Memory: what the store's ``write`` and ``compress`` say, and for encryption what
    ``seal_stream`` says. Raises ``BusyError`` while another process saves the same, ``StoreError`` and
    ``ConfigurationError``.
    """
    latest = latest_snapshot(store, series)
    if fingerprint is not None and is_current(latest, fingerprint, options):
        return SavedSnapshot(latest, False)
    snapshot_id = new_id(datetime.now(UTC), latest.id if latest is not None else None)
    with (
        store.keeping_uploads(options.folder),
        Lease(store, series, snapshot_id) as lease,
    ):
        remove_unfinished(store, series, snapshot_id, alone=lease.held)
        saving = _Saving(store, series, snapshot_id, lease, options, workers, bandwidth)
        try:
            snapshot = saving.run(fingerprint, stream, contents)
        except BaseException:
            saving.undo()
            raise
        lease.commit()
        saving.finish()
    return SavedSnapshot(snapshot, True)


class Stored(t.NamedTuple):
    """What a format made of a stream; see ``Snapshot``."""

    parts: tuple[Part, ...]
    added: int
    verified: bool
    pool: str | None = None
    packs: t.Mapping[str, tuple[int, ...]] = {}


class _Saving:
    """One save under way."""

    def __init__(
        self,
        store: Store,
        series: Series,
        snapshot_id: str,
        lease: Lease,
        options: SaveOptions,
        workers: Workers,
        bandwidth: Bandwidth,
    ) -> None:
        self._store = store
        self._series = series
        self._id = snapshot_id
        self._folder = f"{series.folder(store.endpoint.prefix)}{snapshot_id}/"
        self._lease = lease
        self._options = options
        self._workers = workers
        self._bandwidth = bandwidth
        self._written: list[str] = []

    def run(
        self,
        fingerprint: str | None,
        stream: t.Iterable[bytes],
        contents: t.Callable[[], Contents],
    ) -> Snapshot:
        options = self._options
        # the tree is read, its archive is compressed, and that is sent: each in a thread
        with contextlib.closing(ahead(stream)) as archive:
            plain = _Plain(archive, self._lease)
            if options.format == "chunks":
                stored = self._store_chunks(plain)
            else:
                stored = self._store_tar(plain)
        seen = contents()
        snapshot = Snapshot(
            id=self._id,
            host=self._series.host,
            path=self._series.path,
            fingerprint=seen.fingerprint if fingerprint is None else fingerprint,
            counts=dict(seen.counts),
            size=seen.size,
            problem_count=seen.problem_count,
            problems=problems_kept(seen.problems),
            format=options.format,
            tar_size=plain.size,
            tar_sha256=None if options.encryption.name else plain.sha256.hexdigest(),
            compression=options.compression.name,
            level=options.compression.level,
            encryption=options.encryption.name,
            readers=options.encryption.readers,
            pool=stored.pool,
            packs=stored.packs,
            parts=stored.parts,
            stored_size=stored.added,
            verified=stored.verified,
            tags=dict(options.tags),
        )
        # Who took over meanwhile may have removed what has no record.
        self._lease.keep(now=True)
        key = self._folder + RECORD
        self._written.insert(0, key)
        self._store.write(key, snapshot.encode(), _JSON)
        return snapshot

    def finish(self) -> None:
        """Remove the mark, which has no meaning any more."""
        if self._options.format == "chunks":
            with contextlib.suppress(LongshoreError):
                self._store.delete([self._folder + SAVING])

    def undo(self) -> None:
        """Remove what was written, as far as that is possible; the next save does the rest."""
        with contextlib.suppress(LongshoreError):
            self._store.delete(self._written)

    def _store_tar(self, plain: _Plain) -> Stored:
        options = self._options
        name = f"data.tar{options.compression.ending}{options.encryption.ending}"
        stream = compress(plain, options.compression, options.threads)
        context = data_context(self._series, self._id)
        stream = encrypt(stream, options.encryption, context, self._workers)
        pieces = _Pieces(ahead(stream))
        parts: list[Part] = []
        verified = True
        with contextlib.closing(pieces):
            while not parts or pieces.has_more():
                part_name = f"{name}.{len(parts) + 1:04d}"
                part, shown = self._write(part_name, pieces.up_to(options.object_size))
                parts.append(part)
                verified = verified and shown
        return Stored(tuple(parts), sum(part.size for part in parts), verified=verified)

    def _write(self, name: str, pieces: t.Iterable[bytes]) -> tuple[Part, bool]:
        """An object, and whether the store was seen to have it."""
        key = self._folder + name
        sent = Sent(self._store)
        self._written.append(key)
        body = sent.pass_on(self._slowly(pieces))
        info = self._store.write(key, body, _DATA)
        shown = is_stored(self._store, info, sent, self._bandwidth)
        return Part(name, sent.size, sent.sha256.hexdigest()), shown

    def _slowly(self, pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
        for piece in pieces:
            self._bandwidth.take(len(piece))
            yield piece

    def _store_chunks(self, plain: _Plain) -> Stored:
        writer = ChunkWriter(
            self._store,
            self._id,
            self._options.compression,
            self._options.encryption.secret,
            self._workers,
            self._bandwidth,
        )
        mark = self._folder + SAVING
        self._written += [mark]
        self._store.write(mark, b"{}", _JSON)
        try:
            written = writer.write(plain)
            part, shown = self._write(RECIPE, [written.recipe])
            self._lease.keep(now=True)
            writer.publish()
        except BaseException:
            self._written += writer.unpublished()
            raise
        return Stored(
            (part,),
            written.added + part.size,
            verified=shown and written.verified,
            pool=writer.pool,
            packs=written.packs,
        )


class _Plain:
    """The tar stream, summed up as it goes by."""

    def __init__(self, stream: t.Iterable[bytes], lease: Lease) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._stream = stream
        self._lease = lease

    def __iter__(self) -> t.Iterator[bytes]:
        for piece in self._stream:
            self._lease.keep()
            self.sha256.update(piece)
            self.size += len(piece)
            yield piece


class _Pieces:
    """A stream to be taken in several bodies."""

    def __init__(self, stream: t.Generator[bytes, None, None]) -> None:
        self._stream = stream
        self._held: memoryview | None = None

    def has_more(self) -> bool:
        while not self._held:
            piece = next(self._stream, None)
            if piece is None:
                return False
            self._held = memoryview(piece)
        return True

    def up_to(self, size: int) -> t.Iterator[bytes]:
        """The next so many bytes, fewer at the end only."""
        while size and self.has_more():
            held = t.cast(memoryview, self._held)
            part = held[:size]
            self._held = held[len(part) :]
            size -= len(part)
            yield bytes(part)

    def close(self) -> None:
        self._stream.close()
