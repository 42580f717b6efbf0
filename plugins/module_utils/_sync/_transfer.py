# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Moves one object from store to store, hashing it on the way."""

from __future__ import annotations

import hashlib
import time
import typing as t
from dataclasses import dataclass

from .._drivers._base import Attributes, Digests, ObjectInfo, Store
from .._errors import StoreError
from ._content_types import content_type_of
from ._plan import Write

#: Objects up to this size (bytes) are held whole and sent in one piece; larger ones are streamed.
WHOLE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Transferred:
    """What was read and what is stored now; ``began`` (ns since the epoch) is when reading did."""

    source: ObjectInfo
    digests: Digests
    stored: ObjectInfo
    began: int


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


def transfer(source: Store, destination: Store, write: Write) -> Transferred:
    """Copy one object. What changes while it is read raises, and leaves the destination's as it was."""
    began = time.time_ns()
    opened = source.read(write.source.key)
    attributes = (
        opened.attributes
        if source.features.attributes
        else Attributes(content_type=content_type_of(write.name))
    )
    key = destination.endpoint.prefix + write.name
    size = opened.info.size
    hashing = _Hashing(opened.chunks)
    body = b"".join(hashing) if size <= WHOLE else hashing
    stored = destination.write(key, body, attributes, size=size)
    if stored.size != hashing.size:
        raise StoreError(
            f"write object {key!r}",
            destination.endpoint.place,
            f"{hashing.size} bytes were sent and {stored.size} are stored",
        )
    return Transferred(opened.info, hashing.digests(), stored, began)


def read_digests(store: Store, info: ObjectInfo) -> Digests:
    """Hash an object's bytes, wherever they are."""
    if store.features.digests:
        return store.digests(info)
    hashing = _Hashing(store.read(info.key).chunks)
    for _unused in hashing:
        pass
    return hashing.digests()
