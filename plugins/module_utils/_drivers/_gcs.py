# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Google Cloud Storage: obstore for the bytes, Google's JSON interface for listings and buckets.

An object's etag here is its generation: the number that Google gives to every write, and the only
condition that obstore can put on one.
"""

from __future__ import annotations

import http.client
import typing as t
from urllib.parse import quote

from .._endpoint import Endpoint
from .._errors import ConfigurationError, StoreError
from ._base import Attributes, ObjectDetails, ObjectInfo
from ._google import TokenSource, find_token_source
from ._md5 import hex_md5
from ._obstore import ObstoreStore
from ._obstore_provider import Provider
from ._requests import RequestCounter
from ._rest import Headers, Query, RestClient

if t.TYPE_CHECKING:
    import obstore
    import obstore.store

URL: t.Final = "https://storage.googleapis.com"
_API: t.Final = "/storage/v1"
_MOST_BYTES: t.Final = 1024

#: Without it, Google unpacks what is stored with ``Content-Encoding: gzip``.
_AS_STORED: t.Final = {"Accept-Encoding": "gzip"}
#: What Google says of an object that was written without a type.
_DEFAULT_TYPE: t.Final = "application/octet-stream"
_INFO_FIELDS: t.Final = "name,size,generation,md5Hash"
_ATTRIBUTE_FIELDS: t.Final = {
    "content_type": "contentType",
    "cache_control": "cacheControl",
    "content_encoding": "contentEncoding",
    "content_disposition": "contentDisposition",
    "content_language": "contentLanguage",
}


def bucket_path(endpoint: Endpoint) -> str:
    """Of the JSON interface."""
    return f"{_API}/b/{quote(endpoint.container, safe='')}"


def _object_path(container: str, key: str) -> str:
    return f"{_API}/b/{quote(container, safe='')}/o/{quote(key, safe='')}"


def create_bucket(
    endpoint: Endpoint, rest: RestClient, tokens: TokenSource, operation: str
) -> None:
    """Make the endpoint's bucket in its project and region.

    Raises ``ConfigurationError`` where no project is known, and what ``RestClient.fetch`` does.
    """
    project = endpoint.project or tokens.project
    if not project and endpoint.url is None:
        raise ConfigurationError(
            f"To make the bucket {endpoint.container!r}, GOOGLE_STORAGE needs a project.",
            hint="Give the project's id as project, or make the bucket by other means.",
        )
    bucket = {"name": endpoint.container}
    if endpoint.region:
        bucket["location"] = endpoint.region
    query = {"project": project or "none"}
    rest.fetch_json(operation, "POST", "/storage/v1/b", query, bucket)


class GcsStore(ObstoreStore):
    """Objects of one bucket."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint, GoogleStorage)


class GoogleStorage(Provider):
    """A bucket."""

    multipart_requests = 2
    deletes_in_bulk = False
    page_size = 1000

    def __init__(self, endpoint: Endpoint, requests: RequestCounter) -> None:
        self._url = endpoint.url or URL
        self._tokens = find_token_source(endpoint)
        super().__init__(endpoint, self._url, requests)

    def connect(
        self,
        client_options: obstore.store.ClientConfig,
        retry_config: obstore.store.RetryConfig,
    ) -> obstore.store.ObjectStore:
        from obstore.store import GCSStore as Bucket

        return Bucket(
            self.endpoint.container,
            config={"base_url": self._url},
            client_options={**client_options, "default_headers": _AS_STORED},
            retry_config=retry_config,
            credential_provider=self._tokens,
        )

    def etag(self, e_tag: str | None, version: str | None) -> str | None:
        return version

    def match(self, etag: str) -> obstore.UpdateVersion:
        return {"version": etag}

    def reaches(self, other: Provider) -> bool:
        if not isinstance(other, GoogleStorage) or self._url != other._url:
            return False
        return self.endpoint.credentials == other.endpoint.credentials

    def limit_of_key(self, key: str) -> str | None:
        if len(key.encode()) > _MOST_BYTES:
            return f"Google takes at most {_MOST_BYTES} bytes"
        if "\r" in key or "\n" in key:
            return "Google takes no line breaks"
        if key in (".", ".."):
            return "Google takes neither . nor .."
        return None

    def page(
        self, operation: str, prefix: str, marker: str | None, limit: int
    ) -> tuple[t.Sequence[ObjectInfo], str | None]:
        query = {
            "maxResults": str(limit),
            "fields": f"items({_INFO_FIELDS}),nextPageToken",
        }
        if prefix:
            query["prefix"] = prefix
        if marker:
            query["pageToken"] = marker
        path = f"{bucket_path(self.endpoint)}/o"
        page = self.rest.fetch_json(operation, "GET", path, query)
        return [_info(item) for item in page.get("items", ())], page.get(
            "nextPageToken"
        )

    def create(self, operation: str) -> None:
        create_bucket(self.endpoint, self.rest, self._tokens, operation)

    def stat(
        self, operation: str, key: str, container: str | None = None
    ) -> ObjectDetails:
        path = _object_path(container or self.endpoint.container, key)
        item = self.rest.fetch_json(operation, "GET", path)
        return ObjectDetails(_info(item)._replace(key=key, md5=None), _attributes(item))

    def open(
        self, operation: str, info: ObjectInfo, start: int, end: int
    ) -> http.client.HTTPResponse:
        query = {"alt": "media", "generation": info.etag or ""}
        headers = {**_AS_STORED, "Range": f"bytes={start}-{end - 1}"}
        return self.rest.open(operation, self._object_path(info.key), query, headers)

    def copy(
        self,
        operation: str,
        source: ObjectInfo,
        origin: str,
        key: str,
        attributes: Attributes,
    ) -> ObjectInfo:
        target = self._object_path(key)
        path = _object_path(origin, source.key)
        query = {"fields": f"done,rewriteToken,resource({_INFO_FIELDS})"}
        if source.etag is not None:
            query["ifSourceGenerationMatch"] = source.etag
            if path == target:
                query["ifGenerationMatch"] = source.etag
        path += "/rewriteTo" + target.removeprefix(_API)
        content = _resource(attributes)
        rest = self.copying_rest(source.size)
        while True:
            answer = rest.fetch_json(operation, "POST", path, query, content)
            if answer.get("done"):
                return _info(answer["resource"])
            if not answer.get("rewriteToken"):
                raise StoreError(
                    operation,
                    self.endpoint.place,
                    "Google neither finished the copy nor said how to go on",
                )
            query["rewriteToken"] = answer["rewriteToken"]

    def delete(self, operation: str, key: str) -> None:
        self.rest.fetch(operation, "DELETE", self._object_path(key))

    def _object_path(self, key: str) -> str:
        return _object_path(self.endpoint.container, key)

    def authorize(
        self, method: str, path: str, query: Query, headers: Headers, /
    ) -> None:
        self._tokens.authorize(method, path, query, headers)


def _info(item: t.Mapping[str, t.Any]) -> ObjectInfo:
    return ObjectInfo(
        item["name"],
        int(item["size"]),
        item["generation"],
        hex_md5(item.get("md5Hash")),
    )


def _resource(attributes: Attributes) -> dict[str, t.Any]:
    """The attributes as the JSON interface takes them: these and no others.

    Without any, or without a type, it would keep the source's or refuse.
    """
    resource: dict[str, t.Any] = {
        name: value
        for field, name in _ATTRIBUTE_FIELDS.items()
        if (value := getattr(attributes, field)) is not None
    }
    resource.setdefault("contentType", _DEFAULT_TYPE)
    resource["metadata"] = dict(attributes.metadata)
    return resource


def _attributes(item: t.Mapping[str, t.Any]) -> Attributes:
    return Attributes(
        **{field: item.get(name) for field, name in _ATTRIBUTE_FIELDS.items()},
        metadata={
            name.lower(): value for name, value in item.get("metadata", {}).items()
        },
    )
