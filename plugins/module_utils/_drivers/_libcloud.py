# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Any provider that apache-libcloud has a driver for."""

from __future__ import annotations

import contextlib
import email.utils
import functools
import itertools
import typing as t

from .._endpoint import Endpoint
from .._errors import (
    ContainerMissingError,
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
    TruncatedError,
    UnreachableError,
)
from ._base import (
    CHUNK_SIZE,
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Buffer,
    Condition,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from ._libcloud_client import (
    LibcloudClient,
    is_good,
    is_timeout,
    lower,
    words_of,
)
from ._libcloud_dialect import (
    Headers,
    Position,
    Request,
)
from ._s3_keys import KeyGuard, is_fragile, shapes

#: A body up to this is one request, with a hash that the server checks; bytes.
PART_SIZE = 8 * 1024 * 1024
#: After so many parts they double: 10,000 parts, the most that S3 takes, hold more than any
#: object may.
_PARTS_OF_ONE_SIZE = 1000

_NO_CONTENT_RANGE: t.Final = 416


_Parsed = t.TypeVar("_Parsed")


class LibcloudStore(Store):
    """A container reached through libcloud's signed connections.

    What cannot be held is refused: keys that the server would change (found out by
    :class:`KeyGuard`), metadata beyond printable ASCII, and on Swift names of metadata with ``_``,
    which it would turn into ``-``. Swift, Google and OSS get a body of any length in one request,
    so no larger than they allow for one (5 GiB as a rule).
    """

    def __init__(self, endpoint: Endpoint) -> None:
        """Sends no request. Raises ``ConfigurationError`` and ``MissingLibraryError``."""
        super().__init__(endpoint)
        self._client = LibcloudClient(endpoint, self.requests)
        self._dialect = self._client.dialect
        self.features = self._dialect.features
        self._guard = KeyGuard(
            endpoint.prefix,
            lambda key, data: self._put(key, data, NO_ATTRIBUTES, None),
            self.list,
            self._delete_each,
        )

    def close(self) -> None:
        self._client.close()

    def fault_of_key(self, key: str) -> str | None:
        return self._dialect.key_fault(key)

    def container_exists(self) -> bool:
        return self._client.container_exists()

    def create_container(self) -> bool:
        return self._client.create_container()

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        operation = f"list objects {prefix!r}*" if prefix else "list objects"
        position: Position = {}
        while True:
            request = self._dialect.list_page(self.endpoint.container, prefix, position)
            response = self._client.send(operation, request)
            self._client.check(response, operation)
            page = self._read(operation, self._dialect.read_page, response.content)
            # Some prefixes go to the server shortened.
            yield from (info for info in page.objects if info.key.startswith(prefix))
            if page.following is None:
                return
            if page.following == position:
                raise StoreError(
                    operation, self.endpoint.place, "the listing does not go on"
                )
            position = page.following

    def stat(self, key: str) -> ObjectDetails:
        operation = f"look at object {key!r}"
        self._require_exact(key, operation)
        response = self._client.send(operation, Request("HEAD", self._path(key)))
        self._check_object(response, key, operation)
        headers = lower(response.headers)
        size = int(headers.get("content-length", 0))
        return ObjectDetails(
            self._dialect.read_info(key, size, headers),
            self._dialect.read_attributes(headers),
            _moment(headers.get("last-modified")),
        )

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        operation = f"read object {key!r}"
        self._require_exact(key, operation)
        if length == 0:
            return self._read_nothing(key)
        headers = {}
        if start or length is not None:
            end = "" if length is None else str(start + length - 1)
            headers["Range"] = f"bytes={start}-{end}"
        request = Request("GET", self._path(key), headers=headers, streams=True)
        response = self._client.send(operation, request)
        if headers and response.status_code == _NO_CONTENT_RANGE:
            response.close()
            return self._read_nothing(key)
        self._check_object(response, key, operation)
        answer = lower(response.headers)
        size, expected = _sizes(answer)
        if headers and response.status_code != 206 and size:
            response.close()
            raise StoreError(
                operation, self.endpoint.place, "the server does not serve ranges"
            )
        return ReadResult(
            self._dialect.read_info(key, size, answer),
            self._dialect.read_attributes(answer),
            self._chunks(response, operation, expected),
        )

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        operation = f"write object {key!r}"
        if fault := self.fault_of_key(key):
            raise KeyRefusedError(operation, self.endpoint.place, fault)
        self.refuse_settings(attributes, operation)
        self._refuse_attributes(attributes, condition, operation)
        data, rest = self._begin(body)
        self._refuse_shape(key, len(data), operation)
        if rest is None:
            info = self._put(key, data, attributes, condition)
        elif self._dialect.multipart:
            info = self._put_parts(key, _parts(data, rest), attributes, condition)
        else:
            info = self._put_stream(key, _parts(data, rest), attributes)
        if is_fragile(key) or shapes(key, info.size):
            self._require_kept(info, operation)
        return info

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        # What cannot be there, or only as another key, is missing; the other one stays.
        return self._delete_each(
            [key for key in keys if not self.fault_of_key(key) and self._is_exact(key)]
        )

    # Writing.

    def _begin(self, body: Body) -> tuple[bytes, t.Iterator[Buffer] | None]:
        """All of a body that goes up in one request and None; else its beginning, and the rest."""
        if not isinstance(body, bytes):
            return _first(body)
        if self._dialect.multipart and len(body) > PART_SIZE:
            return body, iter(())
        return body, None

    def _put(
        self,
        key: str,
        body: bytes,
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        request = self._dialect.put(self._path(key), body, attributes, condition)
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
        request = self._dialect.put(self._path(key), stream, attributes, None)
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
        path = self._path(key)
        upload = ""
        if start := self._dialect.start(path, attributes):
            response = self._send_write(key, start)
            upload = self._read(operation, self._dialect.read_upload, response.content)
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
        etag, refusal = self._read(
            operation,
            functools.partial(self._dialect.read_completion, headers),
            response.content,
        )
        if refusal.code:
            raise StoreError(operation, self.endpoint.place, words_of(refusal, 200))
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
            raise KeyRefusedError(operation, self.endpoint.place, words)
        raise error

    def _refuse_shape(self, key: str, size: int, operation: str) -> None:
        shape = self._guard.refused_shape(key, size)
        if shape:
            raise KeyRefusedError(
                operation,
                self.endpoint.place,
                f"this server does not keep a key with {shape.value} as it is",
            )

    def _require_kept(self, info: ObjectInfo, operation: str) -> None:
        if not self._guard.is_there(info.key, info.size):
            raise KeyRefusedError(
                operation,
                self.endpoint.place,
                "the server took it, and does not list it as it was written",
            )

    def _require_exact(self, key: str, operation: str) -> None:
        if self.fault_of_key(key) or not self._is_exact(key):
            raise self._client.object_missing(operation)

    def _is_exact(self, key: str) -> bool:
        """False for a key that the server would take for another's."""
        return not self._guard.needs_look(key) or self._guard.is_there(key)

    def _refuse_attributes(
        self, attributes: Attributes, condition: Condition | None, operation: str
    ) -> None:
        fault = self._dialect.attribute_fault(attributes)
        if condition is not None and not self.features.conditional_write:
            fault = "this store has no conditional writes"
        if fault:
            raise StoreError(operation, self.endpoint.place, fault)

    def _delete_each(self, keys: t.Sequence[str]) -> dict[str, str]:
        failed = {}
        for key in keys:
            operation = f"delete object {key!r}"
            request = Request("DELETE", self._path(key))
            try:
                self._check_object(
                    self._client.send(operation, request), key, operation
                )
            except ObjectMissingError:
                pass
            except (ContainerMissingError, UnreachableError):
                raise
            except StoreError as error:
                failed[key] = error.detail
        return failed

    # Reading.

    def _read_nothing(self, key: str) -> ReadResult:
        details = self.stat(key)
        return ReadResult(details.info, details.attributes, iter(()))

    def _chunks(
        self, response: t.Any, operation: str, expected: int | None
    ) -> t.Iterator[bytes]:
        """The body as it was sent: without its Content-Encoding, nothing decodes it."""
        import requests

        response.raw.headers.pop("Content-Encoding", None)
        got = 0
        fault = ""
        try:
            for chunk in response.iter_content(CHUNK_SIZE):
                got += len(chunk)
                yield chunk
        except requests.exceptions.RequestException as error:
            if is_timeout(error):
                raise self._client.unreachable(error, operation) from None
            fault = "the connection broke"
        finally:
            response.close()
        if fault or (expected is not None and got != expected):
            wanted = "" if expected is None else f" of {expected}"
            raise TruncatedError(
                operation,
                self.endpoint.place,
                f"the body ended after {got}{wanted} bytes",
            )

    # Sending.

    def _path(self, key: str) -> str:
        return self._dialect.object_path(self.endpoint.container, key)

    # Answers.

    def _read(
        self, operation: str, parse: t.Callable[[bytes], _Parsed], body: bytes
    ) -> _Parsed:
        """What ``parse`` makes of an answer, whose ``ValueError`` becomes ours."""
        try:
            return parse(body)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                operation, self.endpoint.place, f"the answer is unreadable: {error}"
            ) from None

    def _check_object(self, response: t.Any, key: str, operation: str) -> None:
        if response.status_code == 400 and is_fragile(key):
            # It could not be written, either.
            raise self._client.object_missing(operation)
        if not is_good(response):
            raise self._client.error(response, operation, of_object=True)


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


def _first(body: t.Iterable[Buffer]) -> tuple[bytes, t.Iterator[Buffer] | None]:
    """A body's beginning of more than ``PART_SIZE`` and the rest, or all of it and None."""
    chunks = iter(body)
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > PART_SIZE:
            return bytes(data), chunks
    return bytes(data), None


def _parts(head: bytes, chunks: t.Iterator[Buffer]) -> t.Iterator[bytes]:
    """Parts of ``PART_SIZE`` and, after very many, larger ones; the last is what is left."""
    buffer = bytearray()
    size, number = PART_SIZE, 0
    for chunk in itertools.chain((head,), chunks):
        buffer += chunk
        while len(buffer) > size:
            yield bytes(buffer[:size])
            del buffer[:size]
            number += 1
            size = PART_SIZE << (number // _PARTS_OF_ONE_SIZE)
    yield bytes(buffer)


def _sizes(headers: Headers) -> tuple[int, int | None]:
    """The whole object's size, and the body's where the server says it."""
    announced = headers.get("content-length")
    expected = int(announced) if announced is not None else None
    total = headers.get("content-range", "").rpartition("/")[2]
    return (int(total) if total.isdigit() else expected or 0), expected


def _moment(date: str | None) -> float | None:
    """A date of HTTP in seconds since the epoch."""
    try:
        return email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
