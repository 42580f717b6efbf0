# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""A release as a store to sync from: what its source was, with its contents from the destination itself."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._drivers._base import (
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Condition,
    Features,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from .._errors import ObjectMissingError, StoreError
from ._format import Kept, ReleaseList


class ReleaseView(Store):
    """One release; ``originals`` are the destination's objects that hold its contents, by name.

    A listing shows the objects as the release's own source had them (sizes and etags), so that the
    destination's manifest knows them; what is read is as it is stored.
    """

    def __init__(
        self,
        destination: Store,
        kept: ReleaseList,
        originals: t.Mapping[str, ObjectInfo],
    ) -> None:
        super().__init__(replace(destination.endpoint, prefix=""))
        self.features = Features(attributes=destination.features.attributes)
        self.requests = destination.requests
        self.originals = originals
        self._destination = destination
        self._kept = kept

    def container_exists(self) -> bool:
        return True

    def create_container(self) -> bool:
        return False

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        for name, kept in self._kept.items():
            if name.startswith(prefix):
                yield ObjectInfo(name, kept.size, kept.source_etag or None)

    def stat(self, key: str) -> ObjectDetails:
        return ObjectDetails(self._stored(key), self._find(key).attributes)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        stored, attributes = self._stored(key), self._find(key).attributes
        opened = self._destination.read(self.originals[key].key, start, length)
        return ReadResult(stored, attributes, opened.chunks)

    def _find(self, key: str) -> Kept:
        try:
            return self._kept[key]
        except KeyError:
            raise ObjectMissingError(
                f"read object {key!r}",
                self.endpoint.place,
                "the release has no such object",
            ) from None

    def _stored(self, key: str) -> ObjectInfo:
        kept = self._find(key)
        return ObjectInfo(key, kept.stored_size, kept.source_etag or None)

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        raise StoreError(f"write object {key!r}", self.endpoint.place, _FIXED)

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(keys, _FIXED)


_FIXED: t.Final = "a release never changes"
