# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Moves one object from store to store, hashing it on the way."""

from __future__ import annotations

import contextlib
import hashlib
import time
import typing as t
from dataclasses import dataclass, replace

from .._drivers._base import NO_ATTRIBUTES, Attributes, Digests, ObjectInfo, Store
from .._errors import StoreError
from ._bandwidth import Bandwidth
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


class _Hashing:
    """Chunks on their way through, hashed and counted."""

    def __init__(self, chunks: t.Iterable[bytes]) -> None:
        self._chunks = chunks
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> t.Iterator[bytes]:
        for chunk in self._chunks:
            self._md5.update(chunk)
            self._sha256.update(chunk)
            self.size += len(chunk)
            yield chunk

    def digests(self) -> Digests:
        """Of all that has passed."""
        return Digests(self._md5.hexdigest(), self._sha256.hexdigest())


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
    opened = source.read(write.source.key)
    attributes = attributes_of(source, write, opened.attributes)
    hashing = _Hashing(opened.chunks)
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


def change_attributes(
    source: Store, destination: Store, write: Write, there: ObjectInfo
) -> Transferred:
    """Give the object that is there the attributes it should have, without sending its bytes."""
    attributes = _published(source, write)
    if write.treatment is not None and write.treatment.encoding is not None:
        encoding = destination.stat(there.key).attributes.content_encoding
        attributes = replace(attributes, content_encoding=encoding)
    stored = destination.copy(there, there.key, attributes)
    return Transferred(write.source, None, stored, 0, 0)


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
