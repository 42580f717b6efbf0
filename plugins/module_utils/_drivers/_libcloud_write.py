# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Writing objects through libcloud's connections: in one request, in parts, or as a stream."""

from __future__ import annotations

import contextlib
import functools
import typing as t

from .._errors import KeyRefusedError, ObjectMissingError, StoreError
from ._base import Attributes, Body, Buffer, Condition, ObjectInfo
from ._body import first_part, parts_of
from ._key_guard import KeyGuard
from ._libcloud_client import LibcloudClient, is_good, lower, words_of
from ._libcloud_dialect import Request
from ._s3_keys import is_fragile


class Writer:
    """Of one container; see ``Store.write``."""

    def __init__(self, client: LibcloudClient, guard: KeyGuard) -> None:
        self._client = client
        self._dialect = client.dialect
        self._guard = guard
        self._place = client.endpoint.place

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        self._refuse_attributes(attributes, condition, f"write object {key!r}")
        data, rest = self._begin(body)
        self._guard.check_shape(key, len(data))
        if rest is None:
            info = self.put(key, data, attributes, condition)
        elif self._dialect.multipart:
            info = self._put_parts(key, parts_of(data, rest), attributes, condition)
        else:
            info = self._put_stream(key, parts_of(data, rest), attributes)
        self._guard.check_kept(info)
        return info

    def _refuse_attributes(
        self, attributes: Attributes, condition: Condition | None, operation: str
    ) -> None:
        fault = self._dialect.attribute_fault(attributes)
        if condition is not None and not self._dialect.features.conditional_write:
            fault = "this store has no conditional writes"
        if fault:
            raise StoreError(operation, self._place, fault)

    def _begin(self, body: Body) -> tuple[bytes, t.Iterable[Buffer] | None]:
        """All of a body that goes up in one request and None; else its beginning, and the rest."""
        if isinstance(body, bytes) and not self._dialect.multipart:
            return body, None
        return first_part(body)

    def put(
        self,
        key: str,
        body: bytes,
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        """Write all in one request, and ask the guard nothing."""
        request = self._dialect.put(
            self._client.object_path(key), body, attributes, condition
        )
        # Sent again after a lost answer, a condition would fail by its own first success.
        response = self._send_write(
            key, request, condition, lost_is_final=condition is not None
        )
        return self._dialect.read_info(key, len(body), lower(response.headers))

    def _put_stream(
        self, key: str, parts: t.Iterator[bytes], attributes: Attributes
    ) -> ObjectInfo:
        """One chunked request: when ``parts`` raises, it breaks off and the server keeps nothing."""
        stream = _Stream(parts)
        request = self._dialect.put(
            self._client.object_path(key), stream, attributes, None
        )
        try:
            response = self._send_write(key, request, only_once=True)
        finally:
            if stream.error is not None:
                raise stream.error
        return self._dialect.read_info(key, stream.size, lower(response.headers))

    def _put_parts(
        self,
        key: str,
        parts: t.Iterator[bytes],
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        operation = f"write object {key!r}"
        path = self._client.object_path(key)
        upload = ""
        if start := self._dialect.start(path, attributes):
            response = self._send_write(key, start)
            upload = self._client.parse(
                operation, self._dialect.read_upload, response.content
            )
        try:
            made = []
            size = 0
            for number, data in enumerate(parts, 1):
                part = self._dialect.part(path, upload, number, data)
                response = self._send_write(key, part)
                made.append(self._dialect.read_part(number, lower(response.headers)))
                size += len(data)
            complete = self._dialect.complete(path, upload, made, attributes, condition)
            response = self._send_write(key, complete, condition, lost_is_final=True)
        except BaseException:
            if abort := self._dialect.abort(path, upload):
                # The first error is the one to tell.
                with contextlib.suppress(StoreError):
                    self._client.send(operation, abort)
            raise
        return self._completed(key, size, response)

    def _completed(self, key: str, size: int, response: t.Any) -> ObjectInfo:
        """Amazon may answer 200 and then tell of a failure in the body; the etag is there, too."""
        operation = f"write object {key!r}"
        headers = lower(response.headers)
        etag, refusal = self._client.parse(
            operation,
            functools.partial(self._dialect.read_completion, headers),
            response.content,
        )
        if refusal.code:
            raise StoreError(operation, self._place, words_of(refusal, 200))
        return self._dialect.read_info(key, size, headers | {"etag": etag})

    def _send_write(
        self,
        key: str,
        request: Request,
        condition: Condition | None = None,
        **options: bool,
    ) -> t.Any:
        """``_send`` with the errors of a write."""
        operation = f"write object {key!r}"
        response = self._client.send(operation, request, **options)
        if is_good(response):
            return response
        error = self._client.error(response, operation, of_object=True)
        missing = isinstance(error, ObjectMissingError)
        if missing and condition is not None:
            raise self._client.condition_failed(operation)
        if missing or (response.status_code == 400 and is_fragile(key)):
            words = words_of(self._client.refusal(response), response.status_code)
            raise KeyRefusedError(operation, self._place, words)
        raise error


class _Stream:
    """Chunks for a request that tells afterwards what broke them off."""

    def __init__(self, chunks: t.Iterator[bytes]) -> None:
        self._chunks = chunks
        self.error: BaseException | None = None
        self.size = 0

    def __iter__(self) -> t.Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            raise
        except BaseException as error:
            self.error = error
            raise
        self.size += len(chunk)
        return chunk
