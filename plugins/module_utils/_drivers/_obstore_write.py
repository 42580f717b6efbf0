# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Writing objects by obstore, in one request or in parts."""

from __future__ import annotations

import hashlib
import itertools
import typing as t

from .._errors import (
    ConditionFailedError,
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
)
from ._base import (
    CHUNK_SIZE,
    Attributes,
    Body,
    Buffer,
    Condition,
    IfAbsent,
    ObjectDetails,
    ObjectInfo,
)
from ._body import first_part
from ._obstore_body import hand_over, part_size
from ._obstore_client import Client
from ._obstore_errors import translate_error
from ._obstore_objects import to_obstore_attributes
from ._obstore_provider import Provider
from ._requests import RequestCounter

if t.TYPE_CHECKING:
    import obstore

_PARTS_AT_ONCE: t.Final = 3


class Writer:
    """Of one container. ``stat`` is the store's."""

    def __init__(
        self,
        provider: Provider,
        client: Client,
        requests: RequestCounter,
        stat: t.Callable[[str], ObjectDetails],
    ) -> None:
        self._provider = provider
        self._client = client
        self._requests = requests
        self._stat = stat
        self._place = provider.endpoint.place

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes,
        size: int | None,
        condition: Condition | None,
    ) -> ObjectInfo:
        """See ``Store.write``, of a key and attributes that obstore can hold."""
        operation = f"write object {key!r}"
        first, rest = first_part(body)
        if rest is None or condition is not None:
            data = first if rest is None else b"".join((first, *rest))
            return self._write_once(operation, key, data, attributes, condition)
        return self._write_in_parts(
            operation, key, itertools.chain[Buffer]((first,), rest), attributes, size
        )

    def _write_once(
        self,
        operation: str,
        key: str,
        data: bytes,
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        mode: obstore.PutMode = "overwrite"
        if isinstance(condition, IfAbsent):
            mode = "create"
        elif condition is not None:
            mode = self._provider.match(condition.etag)
        store = self._client.quick if len(data) <= CHUNK_SIZE else self._client.patient
        self._requests.add()
        try:
            result = self._client.obstore.put(
                store,
                key,
                data,
                attributes=to_obstore_attributes(attributes),
                mode=mode,
                use_multipart=False,
            )
        except self._client.errors as error:
            raise self._write_error(error, operation, condition) from None
        # Both services hash what comes in one request, and say so in their listings only.
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        etag = self._provider.etag(result["e_tag"], result["version"])
        return ObjectInfo(key, len(data), etag, md5)

    def _write_in_parts(
        self,
        operation: str,
        key: str,
        chunks: t.Iterable[Buffer],
        attributes: Attributes,
        size: int | None,
    ) -> ObjectInfo:
        length = part_size(size)
        sent = 0

        def counted() -> t.Iterator[Buffer]:
            nonlocal sent
            for chunk in chunks:
                sent += len(chunk)
                yield chunk

        def upload(received: t.Iterator[bytes]) -> obstore.PutResult:
            done: obstore.PutResult = self._client.obstore.put(
                self._client.patient,
                key,
                received,
                attributes=to_obstore_attributes(attributes),
                use_multipart=True,
                chunk_size=length,
                max_concurrency=_PARTS_AT_ONCE,
            )
            return done

        try:
            uploading = hand_over(counted(), upload)
        finally:
            parts = -(-sent // length)
            self._requests.add(self._provider.multipart_requests + parts)
        try:
            result = uploading.result()
        except self._client.errors as error:
            raise self._write_error(error, operation, None) from None
        etag = self._provider.etag(result["e_tag"], result["version"])
        return ObjectInfo(key, sent, etag) if etag else self._stat(key).info

    def _write_error(
        self, error: Exception, operation: str, condition: Condition | None
    ) -> StoreError:
        translated = translate_error(error, operation, self._place)
        if isinstance(translated, ObjectMissingError):
            # Only a container can be missing where something is written.
            return ContainerMissingError(
                operation, self._place, "there is no such container"
            )
        if isinstance(translated, ConditionFailedError) and condition is None:
            return StoreError(operation, self._place, translated.detail)
        return translated
