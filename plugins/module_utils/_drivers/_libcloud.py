# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Any provider that apache-libcloud has a driver for."""

from __future__ import annotations

import typing as t

from .._endpoint import Endpoint
from .._errors import (
    StoreError,
    TruncatedError,
)
from ._base import (
    CHUNK_SIZE,
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Condition,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from ._deletion import fault_of
from ._http_headers import moment_of, range_of, whole_size
from ._key_guard import KeyGuard
from ._libcloud_client import LibcloudClient, is_good, is_timeout, lower
from ._libcloud_dialect import Headers, Position, Request
from ._libcloud_write import Writer
from ._s3_keys import is_fragile

_NO_CONTENT_RANGE: t.Final = 416


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
            endpoint.place,
            endpoint.prefix,
            self._dialect.key_fault,
            lambda key, data: self._writer.put(key, data, NO_ATTRIBUTES, None),
            self.list,
            self._delete_each,
        )
        self._writer = Writer(self._client, self._guard)

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
            page = self._client.parse(
                operation, self._dialect.read_page, response.content
            )
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
        self._guard.require_exact(key, operation)
        response = self._client.send(
            operation, Request("HEAD", self._client.object_path(key))
        )
        self._check_object(response, key, operation)
        headers = lower(response.headers)
        size = int(headers.get("content-length", 0))
        return ObjectDetails(
            self._dialect.read_info(key, size, headers),
            self._dialect.read_attributes(headers),
            moment_of(headers.get("last-modified")),
        )

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        operation = f"read object {key!r}"
        self._guard.require_exact(key, operation)
        if length == 0:
            return self._read_nothing(key)
        headers = {}
        if start or length is not None:
            headers["Range"] = range_of(start, length)
        request = Request(
            "GET", self._client.object_path(key), headers=headers, streams=True
        )
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
        self._guard.check_key(key)
        self.refuse_settings(attributes, f"write object {key!r}")
        return self._writer.write(key, body, attributes, condition)

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        # What cannot be there, or only as another key, is missing; the other one stays.
        return self._delete_each([key for key in keys if self._guard.is_exact(key)])

    def _delete_each(self, keys: t.Sequence[str]) -> dict[str, str]:
        failed = {}
        for key in keys:
            fault = fault_of(self._delete_one, key)
            if fault is not None:
                failed[key] = fault.detail
        return failed

    def _delete_one(self, key: str) -> None:
        operation = f"delete object {key!r}"
        request = Request("DELETE", self._client.object_path(key))
        self._check_object(self._client.send(operation, request), key, operation)

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

    def _check_object(self, response: t.Any, key: str, operation: str) -> None:
        if response.status_code == 400 and is_fragile(key):
            # It could not be written, either.
            raise self._client.object_missing(operation)
        if not is_good(response):
            raise self._client.error(response, operation, of_object=True)


def _sizes(headers: Headers) -> tuple[int, int | None]:
    """The whole object's size, and the body's where the server says it."""
    announced = headers.get("content-length")
    expected = int(announced) if announced is not None else None
    total = whole_size(headers.get("content-range"))
    return (expected or 0 if total is None else total), expected
