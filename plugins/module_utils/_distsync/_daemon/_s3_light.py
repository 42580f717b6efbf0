# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""A store of S3's kind for a process that is at rest most of the time: it reads, lists, and writes small objects.

``S3Store`` takes 30 MB more, for what a host never does. Answers and errors are the same.
"""

from __future__ import annotations

import hashlib
import http.client
import typing as t
from urllib.parse import quote, urlsplit

from ..._drivers._base import (
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
from ..._drivers._http_headers import moment_of, range_of, whole_size
from ..._drivers._md5 import info_of
from ..._drivers._rest import RefusedError, RestClient
from ..._drivers._s3_listing import next_position, parse_page
from ..._endpoint import Endpoint, s3_address
from ..._errors import StoreError, TruncatedError
from ._sigv4 import PAYLOAD, Signer

_DEFAULT_REGION: t.Final = "us-east-1"
_BEYOND_END: t.Final = 416
#: What servers of another region answer.
_ELSEWHERE: t.Final = frozenset({301, 307, 400})

Headers = t.Mapping[str, str]


class LightS3Store(Store):
    """Reads, lists, and writes single small objects; the rest raises ``StoreError``."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises ``MissingLibraryError`` and ``ConfigurationError``. Sends nothing yet."""
        super().__init__(endpoint)
        address = s3_address(endpoint)
        region = address.region or _DEFAULT_REGION
        base = _base(endpoint.container, address.url, region)
        signer = Signer(endpoint, "s3", region, urlsplit(base).netloc)
        self._client = RestClient(endpoint, base, signer, self.requests)

    # -- reading

    def stat(self, key: str) -> ObjectDetails:
        operation = f"look at object {key!r}"
        headers, _body = self._ask(operation, "HEAD", key)
        info = _info(key, headers, int(headers.get("Content-Length", 0)))
        modified = moment_of(headers.get("Last-Modified"))
        return ObjectDetails(info, NO_ATTRIBUTES, modified)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        operation = f"read object {key!r}"
        asked = {}
        if start or length is not None:
            asked["Range"] = range_of(start, length)
        try:
            answer = self._client.open(operation, _path(key), {}, asked)
        except RefusedError as error:
            if error.status != _BEYOND_END:
                raise self._explained(error) from None
            return ReadResult(self.stat(key).info, NO_ATTRIBUTES, iter(()))
        size = int(answer.headers.get("Content-Length", 0))
        whole = whole_size(answer.headers.get("Content-Range"))
        info = _info(key, answer.headers, size if whole is None else whole)
        chunks = self._chunks(operation, answer, size)
        return ReadResult(info, NO_ATTRIBUTES, chunks)

    def _chunks(
        self, operation: str, answer: http.client.HTTPResponse, size: int
    ) -> t.Iterator[bytes]:
        left = size
        fault = "the connection was closed"
        with answer:
            while left:
                try:
                    data = answer.read(min(CHUNK_SIZE, left))
                except (OSError, http.client.HTTPException) as error:
                    data, fault = b"", type(error).__name__
                if not data:
                    detail = f"{left:,} bytes are missing ({fault})"
                    raise TruncatedError(operation, self.endpoint.place, detail)
                left -= len(data)
                yield data

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        operation = "list objects"
        position: dict[str, str] | None = {}
        query = {"encoding-type": "url", "list-type": "2", "prefix": prefix}
        while position is not None:
            names = {"ContinuationToken": "continuation-token"}
            more = {names.get(n, "start-after"): v for n, v in position.items()}
            _headers, body = self._ask(operation, "GET", "", {**query, **more})
            try:
                page = parse_page(body)
                following = next_position(body)
            except ValueError as error:
                raise StoreError(operation, self.endpoint.place, str(error)) from None
            yield from page
            if following == position:
                raise StoreError(
                    operation,
                    self.endpoint.place,
                    "the server sends the same page again and again",
                )
            position = following

    # -- writing

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
        if condition is not None:
            raise self._beyond(operation)
        data = body if isinstance(body, bytes) else b"".join(body)
        sent = {
            PAYLOAD: hashlib.sha256(data).hexdigest(),
            "Content-Type": attributes.content_type or "application/octet-stream",
        }
        if attributes.cache_control is not None:
            sent["Cache-Control"] = attributes.cache_control
        headers, _body = self._ask(operation, "PUT", key, {}, sent, data)
        return _info(key, headers, len(data))

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        raise self._beyond("delete objects")

    def container_exists(self) -> bool:
        raise self._beyond("look at the container")

    def create_container(self) -> bool:
        raise self._beyond("create the container")

    def _beyond(self, operation: str) -> StoreError:
        return StoreError(operation, self.endpoint.place, "a host only reads")

    # -- requests

    def _ask(
        self,
        operation: str,
        method: str,
        key: str,
        query: Headers | None = None,
        headers: Headers | None = None,
        data: bytes | None = None,
    ) -> tuple[http.client.HTTPMessage, bytes]:
        try:
            return self._client.fetch(
                operation, method, _path(key), query, headers, data
            )
        except RefusedError as error:
            raise self._explained(error) from None

    def _explained(self, error: RefusedError) -> StoreError:
        if error.status in _ELSEWHERE:
            error.hint = "Check that Region is the one that the bucket is in."
        return error


def _base(container: str, url: str | None, region: str) -> str:
    """The container's URL; ``url`` is None for Amazon's own service."""
    if url is not None:
        return f"{url}/{container}"
    end = "com.cn" if region.startswith("cn-") else "com"
    host = f"s3.{region}.amazonaws.{end}"
    # the certificate's wildcard stands for one label
    if "." in container:
        return f"https://{host}/{container}"
    return f"https://{container}.{host}"


def _path(key: str) -> str:
    return "/" + quote(key, safe="/")


def _info(
    key: str, headers: Headers | http.client.HTTPMessage, size: int
) -> ObjectInfo:
    return info_of(key, size, headers.get("ETag"))
