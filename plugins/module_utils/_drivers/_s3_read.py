# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Looking at S3's objects, and reading them: by the fast lane where it can, else by the SDK."""

from __future__ import annotations

import typing as t

from .._endpoint import Endpoint
from .._errors import (
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
    TruncatedError,
)
from ._base import CHUNK_SIZE, ObjectDetails, ReadResult
from ._http_headers import range_of, whole_size
from ._key_guard import KeyGuard
from ._md5 import info_of
from ._s3_attributes import read_attributes
from ._s3_container import container_exists
from ._s3_errors import error_code, explained, explained_of

if t.TYPE_CHECKING:
    from ._s3_fast import FastLane


class Reader:
    """Of one container; see ``Store.stat`` and ``Store.read``."""

    def __init__(
        self,
        client: t.Any,
        endpoint: Endpoint,
        guard: KeyGuard,
        fast: FastLane | None,
        count: t.Callable[[], None],
    ) -> None:
        """``count`` is called for each request of the fast lane; the client's are counted by itself."""
        self._client = client
        self._endpoint = endpoint
        self._guard = guard
        self._fast = fast
        self._count = count

    def stat(self, key: str) -> ObjectDetails:
        operation = f"look at object {key!r}"
        self._guard.require_exact(key, operation)
        place = self._endpoint.place
        try:
            with explained_of(key, operation, place):
                answer = self._client.head_object(
                    Bucket=self._endpoint.container, Key=key
                )
        except ObjectMissingError:
            # A HEAD does not say what is missing.
            if container_exists(self._client, self._endpoint):
                raise
            raise ContainerMissingError(
                operation, place, "there is no such container"
            ) from None
        info = info_of(key, answer["ContentLength"], answer.get("ETag"))
        modified = answer["LastModified"].timestamp()
        return ObjectDetails(info, read_attributes(answer), modified)

    def read(self, key: str, start: int, length: int | None) -> ReadResult:
        operation = f"read object {key!r}"
        self._guard.require_exact(key, operation)
        whole = start == 0 and length is None
        result = self._read_fast(key, start, length)
        if result is not None:
            return result
        answer = None
        if length != 0:
            answer = self._get(key, None if whole else (start, length), operation)
        if answer is None:
            details = self.stat(key)
            return ReadResult(details.info, details.attributes, iter(()))
        size = answer["ContentLength"]
        chunks = self._chunks(answer["Body"], size, operation)
        if not whole and size:
            size = self._size_of_whole(answer, operation)
        info = info_of(key, size, answer.get("ETag"))
        return ReadResult(info, read_attributes(answer), chunks)

    def _read_fast(self, key: str, start: int, length: int | None) -> ReadResult | None:
        """As the fast lane reads it; None where it does not."""
        fast = self._fast
        if fast is None or not fast.takes(key):
            return None
        if length:
            self._count()
            return fast.read_range(key, start, length)
        if start or length is not None:
            return None
        self._count()
        return fast.read(key)

    def _get(
        self, key: str, span: tuple[int, int | None] | None, operation: str
    ) -> t.Any | None:
        """What the SDK answers; None where ``span`` (start, length) begins after the end."""
        from botocore.exceptions import ClientError

        headers = {}
        if span is not None:
            headers["Range"] = range_of(*span)
        with explained_of(key, operation, self._endpoint.place):
            try:
                return self._client.get_object(
                    Bucket=self._endpoint.container, Key=key, **headers
                )
            except ClientError as error:
                if error_code(error) not in ("InvalidRange", "416"):
                    raise
                return None

    def _size_of_whole(self, answer: t.Any, operation: str) -> int:
        size = whole_size(answer.get("ContentRange"))
        if size is None:
            raise StoreError(
                operation, self._endpoint.place, "the server did not keep to the range"
            )
        return size

    def _chunks(self, body: t.Any, size: int, operation: str) -> t.Iterator[bytes]:
        left = size
        place = self._endpoint.place
        try:
            with explained(operation, place):
                for chunk in body.iter_chunks(CHUNK_SIZE):
                    left -= len(chunk)
                    yield chunk
        finally:
            body.close()
        if left:
            raise TruncatedError(
                operation, place, f"the last {left:,} of {size:,} bytes did not come"
            )
