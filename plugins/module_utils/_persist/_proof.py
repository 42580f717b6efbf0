# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a store has what was sent to it."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import ObjectInfo, Store
from .._drivers._s3 import S3Store
from .._errors import AccessDeniedError, StoreError
from .._ranges import read_ranges


class Sent:
    """What goes into one object, summed up as it goes by.

    The MD5 is the whole body's, but for S3, where a body in parts has an etag made of the MD5s of its parts.
    """

    def __init__(self, store: Store) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._part = store.multipart_threshold if isinstance(store, S3Store) else 0
        self._parts: list[bytes] = []
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._wanted = store.features.listing_md5

    def pass_on(self, pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
        """The pieces as they are."""
        for piece in pieces:
            self.sha256.update(piece)
            if self._wanted:
                self._hash(memoryview(piece))
            self.size += len(piece)
            yield piece

    def _hash(self, data: memoryview) -> None:
        filled = self.size
        while self._part and filled % self._part + len(data) > self._part:
            room = self._part - filled % self._part
            self._md5.update(data[:room])
            self._next_part()
            data, filled = data[room:], filled + room
        self._md5.update(data)
        if self._part and data and (filled + len(data)) % self._part == 0:
            self._next_part()

    def _next_part(self) -> None:
        self._parts.append(self._md5.digest())
        self._md5 = hashlib.md5(usedforsecurity=False)

    def is_shown_by(self, info: ObjectInfo) -> bool:
        """Whether the hash that the store tells is that of what was sent. No proves nothing."""
        if not self._wanted:
            return False
        if self._part and self.size > self._part:
            parts = list(self._parts)
            if self.size % self._part:
                parts.append(self._md5.digest())
            joined = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()
            return (info.etag or "").strip('"') == f"{joined}-{len(parts)}"
        md5 = self._parts[0].hex() if self._parts else self._md5.hexdigest()
        return info.md5 == md5


def is_stored(store: Store, info: ObjectInfo, sent: Sent, bandwidth: Bandwidth) -> bool:
    """Whether the object is what was sent: by its hash where the store tells one, else by reading it.

    False where none of that is allowed. Raises ``StoreError`` when it is something else.
    """
    operation = f"verify object {info.key!r}"
    try:
        there = store.stat(info.key).info
    except AccessDeniedError:
        return info.size == sent.size and sent.is_shown_by(info)
    if there.size != sent.size:
        raise StoreError(
            operation,
            store.endpoint.place,
            f"{sent.size:,} bytes were sent and {there.size:,} are stored",
        )
    if sent.is_shown_by(info) or sent.is_shown_by(there):
        return True
    try:
        same = _digest(store, there, bandwidth) == sent.sha256.hexdigest()
    except AccessDeniedError:
        return False
    if not same:
        raise StoreError(
            operation, store.endpoint.place, "what is stored is not what was sent"
        )
    return True


def _digest(store: Store, info: ObjectInfo, bandwidth: Bandwidth) -> str:
    sha256 = hashlib.sha256()
    with contextlib.closing(read_ranges(store, info, 0, bandwidth)) as pieces:
        for piece in pieces:
            sha256.update(piece)
    return sha256.hexdigest()
