# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Reads a destination's releases, and commits what is to be kept of them in one step."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._drivers._base import Attributes, ObjectInfo, Store
from .._errors import (
    ConditionFailedError,
    ConfigurationError,
    ContainerMissingError,
    LongshoreError,
    ObjectMissingError,
)
from .._manifest._objects import PACKED, replace_object
from .._workers import Workers
from ._format import (
    CONTENTS,
    INDEX,
    LISTS,
    RELEASES,
    Index,
    Release,
    ReleaseError,
    ReleaseList,
    decode_index,
    decode_list,
    encode_index,
    encode_list,
)

#: Keys in one call of a store's delete.
_DELETE_BATCH: t.Final = 1000


def read_releases(store: Store, workers: Workers) -> list[Release]:
    """The releases that a destination keeps, newest first. Raises ``ReleaseError`` and ``StoreError``."""
    return list(ReleaseKeeper(store, workers).read().releases)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What lies there at some time: lists and contents by their names."""

    lists: t.Mapping[str, ObjectInfo]
    contents: t.Mapping[str, ObjectInfo]


class ReleaseKeeper:
    """The releases of one destination.

    Contents and lists are written first, and never changed; then the index is replaced, on the condition
    that it is still what was read. So of two runs that publish at once one loses, and nothing that the
    other one's commit left out can come to be needed again.
    """

    def __init__(self, store: Store, workers: Workers) -> None:
        self._store = store
        self._workers = workers
        self._prefix = store.endpoint.prefix
        self._etag: str | None = None

    def require_copies(self) -> None:
        """Raises ``ConfigurationError`` for a store that cannot keep releases."""
        features = self._store.features
        why = self._store.fault_of_key(self._prefix + INDEX)
        if not (features.server_side_copy or features.digests):
            why = "objects cannot be copied within the container"
        if why is not None:
            raise ConfigurationError(
                f"{self._store.endpoint.place} cannot keep releases: with provider "
                f"{self._store.endpoint.provider} {why}.",
                hint="Nothing was changed. Amazon S3 and what speaks its protocol, Azure, Google and folders can.",
            )

    def read(self) -> Index:
        """The index; an empty one where there is none. Raises ``ReleaseError``."""
        try:
            opened = self._store.read(self._prefix + INDEX)
        except (ObjectMissingError, ContainerMissingError):
            return Index()
        index = decode_index(b"".join(opened.chunks))
        self._etag = opened.info.etag
        return index

    def read_list(self, release: Release) -> ReleaseList:
        """What a release consists of. Raises ``ReleaseError``."""
        try:
            opened = self._store.read(f"{self._prefix}{LISTS}{release.list}")
        except ObjectMissingError:
            raise ReleaseError(
                f"Release {release.name!r} is damaged: the list of its objects is missing.",
                hint="Publish that state anew, under another name.",
            ) from None
        return decode_list(release.list, b"".join(opened.chunks))

    def holdings(self) -> Holdings:
        """What lies there now."""
        lists, contents = {}, {}
        cut = len(self._prefix)
        for info in self._store.list(self._prefix + RELEASES):
            name = info.key[cut:]
            if name.startswith(LISTS):
                lists[name.removeprefix(LISTS)] = info
            elif name.startswith(CONTENTS):
                contents[name.removeprefix(CONTENTS)] = info
        return Holdings(lists, contents)

    def keep(self, live: ObjectInfo, content: str, attributes: Attributes) -> None:
        """Copy an object of the destination, if it is still what was seen, to the content of that name."""
        key = f"{self._prefix}{CONTENTS}{content}"
        if self._store.features.server_side_copy:
            self._store.copy(live, key, attributes)
            return
        opened = self._store.read(live.key)
        if opened.info.etag != live.etag:
            raise ConditionFailedError(
                f"copy object {live.key!r}",
                self._store.endpoint.place,
                "it was changed",
            )
        self._store.write(key, opened.chunks, attributes, size=live.size)

    def write_list(self, release: ReleaseList, serial: int) -> str:
        """Write the list of a release that is to be committed; its name."""
        digest, data = encode_list(release)
        name = f"{digest}.{serial}"
        self._store.write(f"{self._prefix}{LISTS}{name}", data, PACKED)
        return name

    def commit(self, index: Index, serial: int) -> None:
        """Replace the index that was read. Raises ``ConditionFailedError`` when another run did so since."""
        key = self._prefix + INDEX
        data = encode_index(replace(index, serial=serial))
        try:
            self._etag = replace_object(self._store, key, data, self._etag)
        except ConditionFailedError:
            raise ConditionFailedError(
                f"commit the releases {key!r}",
                self._store.endpoint.place,
                "another run has published or rolled back a release since this one began",
                hint="Run again when the other one has ended.",
            ) from None

    def collect(self, infos: t.Sequence[ObjectInfo]) -> str | None:
        """Delete what no release needs any more; a warning when that failed. The next run that keeps a release makes up for it."""
        keys = [info.key for info in infos]
        batches = [
            keys[start : start + _DELETE_BATCH]
            for start in range(0, len(keys), _DELETE_BATCH)
        ]
        failures: dict[str, str] = {}
        try:
            for _unused, failed in self._workers.run(self._store.delete, batches):
                failures.update(failed)
        except LongshoreError as exc:
            return f"What releases do not need any more could not be deleted: {exc.message}"
        if not failures:
            return None
        key, detail = min(failures.items())
        return (
            f"{len(failures)} object(s) that releases do not need any more could not be deleted, "
            f"such as {key!r}: {detail}."
        )
