# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Moves one object from store to store, hashing it on the way."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import dataclass, replace

from .._bandwidth import Bandwidth
from .._drivers._base import NO_ATTRIBUTES, Attributes, Digests, ObjectInfo, Store
from .._drivers._local import LocalStore
from .._drivers._local_resumable import Resumable
from .._errors import StoreError
from .._hashes import Hashes
from .._ranges import BIG, STEP, read_ranges
from ._compress import encode
from ._content_types import content_type_of
from ._plan import Write
from ._rules import Treatment

#: Objects up to this size (bytes) are held whole and sent in one piece; larger ones are streamed.
WHOLE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Transferred:
    """What was read, if anything was, and what is stored now.

    ``began`` (ns since the epoch) is when reading did; ``sent`` is the contents' size in bytes.
    """

    source: ObjectInfo
    digests: Digests | None
    stored: ObjectInfo
    began: int
    sent: int


class _Hashing(Hashes):
    """Chunks on their way through, hashed and counted."""

    def __init__(self, chunks: t.Iterable[bytes], *, md5: bool = True) -> None:
        super().__init__(md5=md5)
        self._chunks = chunks

    def __iter__(self) -> t.Iterator[bytes]:
        for chunk in self._chunks:
            self.update(chunk)
            yield chunk


def carry_out(
    source: Store, destination: Store, write: Write, bandwidth: Bandwidth
) -> Transferred:
    """Do one write in the way the plan has for it; what the store will not copy is sent."""
    with contextlib.suppress(StoreError):
        if write.copy_of is not None:
            return copy_within(source, destination, write, write.copy_of)
        if write.attributes_only and write.replaced is not None:
            return change_attributes(source, destination, write, write.replaced)
    return transfer(source, destination, write, bandwidth)


def transfer(
    source: Store, destination: Store, write: Write, bandwidth: Bandwidth
) -> Transferred:
    """Send one object. What changes while it is read raises, and leaves the destination's as it was."""
    began = time.time_ns()
    if _goes_in_ranges(source, write):
        return _transfer_ranges(source, destination, write, bandwidth, began)
    opened = source.read(write.source.key)
    attributes = attributes_of(source, write, opened.attributes)
    hashing = _Hashing(opened.chunks, md5=_md5_tells(destination, write.source))
    chunks: t.Iterable[bytes] = hashing
    size = opened.info.size
    if write.treatment is not None and write.treatment.encoding is not None:
        encoded = encode(hashing, write.treatment.encoding)
        if encoded.size < hashing.size or write.treatment.extra:
            chunks, size = encoded.chunks, encoded.size
            encoding = write.treatment.encoding
            attributes = replace(attributes, content_encoding=encoding)
        else:
            chunks = source.read(write.source.key).chunks
    stored = _send(destination, write.name, _Paced(chunks, bandwidth), size, attributes)
    return Transferred(opened.info, hashing.digests(), stored, began, hashing.size)


def _md5_tells(destination: Store, source: ObjectInfo) -> bool:
    """Whether some listing has or will have an MD5 to compare with: it takes as long as all the rest."""
    return source.md5 is not None or destination.lists_md5(source.size)


def _goes_in_ranges(source: Store, write: Write) -> bool:
    """Whether it is big, and of another machine; by its etag the ranges are known to be of one object."""
    encodes = write.treatment is not None and write.treatment.encoding is not None
    away = not source.features.digests and write.source.etag is not None
    return write.source.size >= BIG and away and not encodes


def _transfer_ranges(
    source: Store, destination: Store, write: Write, bandwidth: Bandwidth, began: int
) -> Transferred:
    """Send a big object that several requests read at once; into a folder, from where a killed run left it."""
    details = source.stat(write.source.key)
    info = details.info
    if isinstance(destination, LocalStore):
        hashes = Hashes(md5=_md5_tells(destination, info))
        stored = _fetch(source, destination, write, info, bandwidth, hashes)
        if stored is not None:
            return Transferred(info, hashes.digests(), stored, began, hashes.size)
    attributes = attributes_of(source, write, details.attributes)
    with contextlib.closing(read_ranges(source, info, 0, bandwidth)) as ranges:
        md5 = _md5_tells(destination, info)
        hashing = _Hashing(map(bytes, ranges), md5=md5)
        sent = _Paced(hashing, Bandwidth(None))
        stored = _send(destination, write.name, sent, info.size, attributes)
    return Transferred(info, hashing.digests(), stored, began, hashing.size)


def _fetch(
    source: Store,
    destination: LocalStore,
    write: Write,
    info: ObjectInfo,
    bandwidth: Bandwidth,
    hashes: Hashes,
) -> ObjectInfo | None:
    """The file as it is stored; None while another process fetches the same."""

    def fill(file: Resumable) -> None:
        file.recover(hashes.accept)
        bandwidth.spare(file.position)
        ranges = read_ranges(source, info, file.position, bandwidth)
        with contextlib.closing(ranges):
            for data in ranges:
                hashes.update(data)
                file.append(data, hashes.mark())

    return destination.write_resumably(
        destination.endpoint.prefix + write.name,
        f"{source.endpoint.full_place}\n{info.key}\n{info.etag}",
        info.size,
        STEP,
        fill,
    )


def change_attributes(
    source: Store, destination: Store, write: Write, there: ObjectInfo
) -> Transferred:
    """Give the object that is there the attributes it should have, without sending its bytes."""
    attributes = attributes_there(source, destination, write, there)
    stored = destination.copy(there, there.key, attributes)
    return Transferred(write.source, None, stored, 0, 0)


def attributes_there(
    source: Store, destination: Store, write: Write, there: ObjectInfo
) -> Attributes:
    """What should be beside the bytes of an object that is there; encoded they are, or not, as they are."""
    attributes = _published(source, write)
    if write.treatment is not None and write.treatment.encoding is not None:
        encoding = destination.stat(there.key).attributes.content_encoding
        attributes = replace(attributes, content_encoding=encoding)
    return attributes


def copy_within(
    source: Store, destination: Store, write: Write, original: ObjectInfo
) -> Transferred:
    """Make the object of one that the store can copy by itself, without sending its bytes."""
    key = destination.endpoint.prefix + write.name
    stored = destination.copy(
        original,
        key,
        _published(source, write),
        container=source.endpoint.container if write.across else None,
    )
    return Transferred(write.source, None, stored, 0, 0)


def _published(source: Store, write: Write) -> Attributes:
    """``attributes_of`` for an object that is not read."""
    own = source.features.attributes
    kept = source.stat(write.source.key).attributes if own else NO_ATTRIBUTES
    return attributes_of(source, write, kept)


def saves(source: Store, info: ObjectInfo, treatment: Treatment) -> bool:
    """Whether an object is smaller encoded as its treatment says."""
    if treatment.encoding is None:
        return False
    opened = source.read(info.key)
    return encode(opened.chunks, treatment.encoding).size < opened.info.size


def attributes_of(source: Store, write: Write, kept: Attributes) -> Attributes:
    """What is published beside the bytes: the rules' before the source's own, or before the name's."""
    attributes = (
        kept
        if source.features.attributes
        else Attributes(content_type=content_type_of(write.source.key))
    )
    if write.treatment is not None:
        attributes = write.treatment.apply(attributes)
    return attributes


def _send(
    destination: Store, name: str, chunks: _Paced, size: int, attributes: Attributes
) -> ObjectInfo:
    key = destination.endpoint.prefix + name
    body = b"".join(chunks) if size <= WHOLE else chunks
    stored = destination.write(key, body, attributes, size=size)
    if stored.size != chunks.size:
        raise StoreError(
            f"write object {key!r}",
            destination.endpoint.place,
            f"{chunks.size} bytes were sent and {stored.size} are stored",
        )
    return stored


class _Paced:
    """Chunks on their way through, counted, and no faster than they may be."""

    def __init__(self, chunks: t.Iterable[bytes], bandwidth: Bandwidth) -> None:
        self._chunks = chunks
        self._bandwidth = bandwidth
        self.size = 0

    def __iter__(self) -> t.Iterator[bytes]:
        for chunk in self._chunks:
            self._bandwidth.take(len(chunk))
            self.size += len(chunk)
            yield chunk


def read_digests(store: Store, info: ObjectInfo) -> Digests:
    """Hash an object's bytes, wherever they are."""
    if store.features.digests:
        return store.digests(info)
    hashing = _Hashing(store.read(info.key).chunks)
    for _unused in hashing:
        pass
    return hashing.digests()
