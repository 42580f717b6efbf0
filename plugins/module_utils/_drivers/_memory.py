# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Containers that live in this process: for tests and examples, and the plainest reading of the contracts."""

from __future__ import annotations

import hashlib
import threading
import typing as t

from .._endpoint import Endpoint
from .._errors import ConditionFailedError, ContainerMissingError, ObjectMissingError
from ._base import (
    CHUNK_SIZE,
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Condition,
    Digests,
    Features,
    IfAbsent,
    IfMatch,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)


class _Object(t.NamedTuple):
    info: ObjectInfo
    attributes: Attributes
    data: bytes


#: Every container of this process by name; endpoints of one name share it.
_containers: dict[str, dict[str, _Object]] = {}
_lock = threading.Lock()


class MemoryStore(Store):
    """Objects in a dictionary."""

    features = Features(
        conditional_write=True,
        listing_md5=True,
        digests=True,
        server_side_copy=True,
        settings=frozenset({"acl", "storage_class", "redirect"}),
    )

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._serial = 0

    def container_exists(self) -> bool:
        return self.endpoint.container in _containers

    def create_container(self) -> bool:
        with _lock:
            if self.container_exists():
                return False
            _containers[self.endpoint.container] = {}
            return True

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        self.requests.add()
        with _lock:
            found = [
                stored.info
                for key, stored in self._objects("list objects").items()
                if key.startswith(prefix)
            ]
        return iter(found)

    def stat(self, key: str) -> ObjectDetails:
        stored = self._get(key, f"look at object {key!r}")
        return ObjectDetails(stored.info, stored.attributes)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        stored = self._get(key, f"read object {key!r}")
        end = len(stored.data) if length is None else start + length
        data = stored.data[start:end]
        chunks = (
            data[offset : offset + CHUNK_SIZE]
            for offset in range(0, len(data), CHUNK_SIZE)
        )
        return ReadResult(stored.info, stored.attributes, chunks)

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        data = body if isinstance(body, bytes) else b"".join(body)
        self.requests.add()
        with _lock:
            objects = self._objects(f"write object {key!r}")
            self._check(condition, objects.get(key), f"write object {key!r}")
            return self._keep(objects, key, data, attributes)

    def copy(
        self,
        source: ObjectInfo,
        key: str,
        attributes: Attributes,
        *,
        container: str | None = None,
    ) -> ObjectInfo:
        operation = f"copy object {source.key!r} to {key!r}"
        self.requests.add()
        with _lock:
            found = self._find(source.key, operation, container)
            if source.etag is not None:
                self._check(IfMatch(source.etag), found, operation)
            objects = self._objects(operation)
            return self._keep(objects, key, found.data, attributes)

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        self.requests.add()
        with _lock:
            objects = self._objects("delete objects")
            for key in keys:
                objects.pop(key, None)
        return {}

    def digests(self, info: ObjectInfo) -> Digests:
        data = self._get(info.key, f"hash object {info.key!r}").data
        return Digests(
            hashlib.md5(data, usedforsecurity=False).hexdigest(),
            hashlib.sha256(data).hexdigest(),
        )

    def _objects(
        self, operation: str, container: str | None = None
    ) -> dict[str, _Object]:
        try:
            return _containers[container or self.endpoint.container]
        except KeyError:
            raise ContainerMissingError(
                operation, self.endpoint.place, "there is no such container"
            ) from None

    def _keep(
        self, objects: dict[str, _Object], key: str, data: bytes, attributes: Attributes
    ) -> ObjectInfo:
        self._serial += 1
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        info = ObjectInfo(key, len(data), f"{md5}-{id(self):x}-{self._serial}", md5)
        objects[key] = _Object(info, attributes, data)
        return info

    def _get(self, key: str, operation: str) -> _Object:
        self.requests.add()
        with _lock:
            return self._find(key, operation)

    def _find(self, key: str, operation: str, container: str | None = None) -> _Object:
        try:
            return self._objects(operation, container)[key]
        except KeyError:
            raise ObjectMissingError(
                operation, self.endpoint.place, "there is no such object"
            ) from None

    def _check(
        self, condition: Condition | None, existing: _Object | None, operation: str
    ) -> None:
        if condition is None:
            return
        if isinstance(condition, IfAbsent):
            holds = existing is None
        else:
            holds = existing is not None and existing.info.etag == condition.etag
        if not holds:
            raise ConditionFailedError(
                operation,
                self.endpoint.place,
                "it is not as the condition asks",
            )
