# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The stream of a snapshot that was saved as chunks. Every chunk is verified."""

from __future__ import annotations

import collections
import functools
import hashlib
import json
import typing as t
import zlib
from dataclasses import dataclass

from .._bandwidth import Bandwidth
from .._drivers._base import Store
from .._encryption._message import open_message
from .._encryption._pipeline import in_order
from .._encryption._secret import SharedSecret
from .._errors import ObjectMissingError
from .._workers import Workers
from ._chunk_pool import (
    Layout,
    PackIndex,
    Pool,
    Run,
    frame_context,
    recipe_context,
)
from ._codecs import Keys, decompress, decrypt
from ._part import read_part
from ._record import Snapshot
from ._snapshot_failures import DamagedSnapshotError
from ._snapshots import pack_name

#: Frames that are fetched at once, and that are held (each of about a MiB): of every save the one that is in use, as
#: long as that is not too many.
_AT_ONCE: t.Final = 8
_HELD: t.Final = 32
_MOST_HELD: t.Final = 96


class _Place(t.NamedTuple):
    """A frame: pack, owner, and its number in the pack."""

    owner: str
    pack: int
    frame: int


class _Step(t.NamedTuple):
    """Chunks that follow each other in one frame, and in the stream: the first one, and the one behind them."""

    place: _Place
    layout: Layout
    first: int
    end: int


def open_chunks(
    store: Store, snapshot: Snapshot, keys: Keys, workers: Workers, bandwidth: Bandwidth
) -> t.Iterator[bytes]:
    """The tar stream, whole when the iteration has ended without an error.

    Memory: about 50 MB, up to 120 MB after many saves, and 50 bytes for each chunk of all saves that the snapshot
    needs packs of. Raises ``DamagedSnapshotError`` and what ``decrypt`` raises; ``KeyMissingError`` at once.
    """
    (part,) = snapshot.parts
    key = snapshot.key(store.endpoint.prefix, part.name)
    stored = read_part(store, key, part, snapshot.label, bandwidth)
    secret = keys.secret if snapshot.encryption else None
    context = recipe_context(snapshot.id)
    label = snapshot.label
    recipe = decrypt(stored, snapshot.encryption, keys, context, workers, label)
    reader = _Reader(Pool(store, secret, workers), label, bandwidth)
    return reader.stream(recipe)


@dataclass(frozen=True, slots=True)
class _Reader:
    pool: Pool
    label: str
    bandwidth: Bandwidth

    def stream(self, recipe: t.Iterator[bytes]) -> t.Iterator[bytes]:
        runs = _parse(b"".join(recipe), self.label)
        indexes = {owner: self._index(owner) for owner in {run.owner for run in runs}}
        steps = list(_steps(runs, indexes, self.label))
        room = min(_HELD + len(indexes), _MOST_HELD)
        planned, held = _Held(room), _Held(room)
        frames: dict[_Place, bytes] = {}
        jobs = (
            functools.partial(
                self._frame if planned.lacks(step.place) else _nothing,
                step.place,
                indexes[step.place.owner],
            )
            for step in steps
        )
        with Workers(_AT_ONCE) as fetching:
            for step, data in zip(steps, in_order(fetching, jobs), strict=True):
                if held.lacks(step.place):
                    frames[step.place] = data
                    for place in held.dropped():
                        del frames[place]
                yield self._verified(step, frames[step.place])

    def _verified(self, step: _Step, frame: bytes) -> bytes:
        layout = step.layout
        before = layout.starts[layout.firsts[step.place.frame]]
        begin = layout.starts[step.first] - before
        view = memoryview(frame)
        at = begin
        for chunk in range(step.first, step.end):
            end = layout.starts[chunk + 1] - before
            if hashlib.sha256(view[at:end]).digest() != layout.pack.digest(chunk):
                raise self._damaged(step.place)
            at = end
        return bytes(view[begin:at])

    def _frame(self, place: _Place, index: PackIndex) -> bytes:
        """In a worker's thread."""
        pack = index.packs[place.pack]
        start = sum(frame.stored for frame in pack.frames[: place.frame])
        size = pack.frames[place.frame].stored
        self.bandwidth.take(size)
        name = pack_name(place.owner, place.pack)
        try:
            data = b"".join(
                self.pool.store.read(self.pool.key(name), start, size).chunks
            )
        except ObjectMissingError:
            raise DamagedSnapshotError(self.label, f"lacks the pack {name}") from None
        if len(data) != size:
            raise self._damaged(place)
        label = f"{self.label}, in the pack {name},"
        secret = self.pool.secret
        if secret is not None:
            data = _opened(secret, place, data, label)
        plain = b"".join(decompress([data], index.compression, label))
        if len(plain) != pack.frames[place.frame].plain:
            raise self._damaged(place)
        return plain

    def _damaged(self, place: _Place) -> DamagedSnapshotError:
        name = pack_name(place.owner, place.pack)
        return DamagedSnapshotError(self.label, f"is damaged in the pack {name}")

    def _index(self, owner: str) -> PackIndex:
        try:
            return self.pool.read_index(owner)
        except ObjectMissingError:
            raise DamagedSnapshotError(
                self.label, f"lacks the list of the packs of {owner}"
            ) from None


class _Held:
    """Which frames are held: the last ones that were used. Equal uses have equal outcomes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used: collections.OrderedDict[_Place, None] = collections.OrderedDict()
        self._dropped: list[_Place] = []

    def lacks(self, place: _Place) -> bool:
        """Whether it has to be fetched; it is held from now on."""
        lacking = place not in self._used
        self._used[place] = None
        self._used.move_to_end(place)
        if len(self._used) > self._room:
            self._dropped.append(self._used.popitem(last=False)[0])
        return lacking

    def dropped(self) -> list[_Place]:
        """Those that are not held any more, since the last call."""
        dropped, self._dropped = self._dropped, []
        return dropped


def _nothing(_place: _Place, _index: PackIndex) -> bytes:
    return b""


def _opened(secret: SharedSecret, place: _Place, data: bytes, label: str) -> bytes:
    context = frame_context(place.owner, place.pack, place.frame)
    return open_message(secret, context, data, label=label)


def _parse(recipe: bytes, label: str) -> list[Run]:
    try:
        document = json.loads(zlib.decompress(recipe))
        if document["version"] != 1:
            raise ValueError(document["version"])
        owners = [str(owner) for owner in document["owners"]]
        return [
            Run(owners[owner], pack, first, count)
            for owner, pack, first, count in document["runs"]
        ]
    except (zlib.error, ValueError, TypeError, KeyError, IndexError):
        raise DamagedSnapshotError(label, "has a damaged list of chunks") from None


def _steps(
    runs: t.Iterable[Run], indexes: t.Mapping[str, PackIndex], label: str
) -> t.Iterator[_Step]:
    """The runs, cut where frames end."""
    layouts: dict[tuple[str, int], Layout] = {}
    for run in runs:
        pack_id = run.owner, run.pack
        if pack_id not in layouts:
            pack = indexes[run.owner].packs.get(run.pack)
            if pack is None:
                raise DamagedSnapshotError(
                    label, f"needs the pack {pack_name(*pack_id)}, which was removed"
                )
            layouts[pack_id] = Layout(pack)
        layout = layouts[pack_id]
        first, last = run.first, run.first + run.chunks
        if not 0 <= first < last <= len(layout.pack.lengths):
            raise DamagedSnapshotError(label, "has a damaged list of chunks")
        while first < last:
            frame = layout.frame_of(first)
            end = min(last, layout.firsts[frame + 1])
            yield _Step(_Place(*pack_id, frame), layout, first, end)
            first = end
