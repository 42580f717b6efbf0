# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Azure Blob Storage: obstore for the bytes, Azure's REST interface for listings and containers."""

from __future__ import annotations

import dataclasses
import http.client
import typing as t
from urllib.parse import unquote
from xml.etree import ElementTree

from .._endpoint import Endpoint
from .._errors import StoreError
from ._azure_account import blob_path, container_path, find_account
from ._azure_copy import METADATA, BlobCopy
from ._base import HEADERS, Attributes, ObjectDetails, ObjectInfo
from ._md5 import hex_md5
from ._obstore import ObstoreStore
from ._obstore_provider import Provider
from ._requests import RequestCounter
from ._rest import Headers, Query

if t.TYPE_CHECKING:
    import obstore
    import obstore.store

_MOST_CHARACTERS: t.Final = 1024


class AzureStore(ObstoreStore):
    """Blobs of one container; ``endpoint.key`` is the account."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint, AzureBlobs)


class AzureBlobs(Provider):
    """A container of an account."""

    multipart_requests = 1
    deletes_in_bulk = True
    page_size = 5000
    #: Blobs of more bytes are copied in blocks of at least ``copy_part_size`` bytes: within what
    #: Azure takes, and small enough that the answers come in time.
    copy_threshold: t.ClassVar[int] = 256 * 1024 * 1024
    copy_part_size: t.ClassVar[int] = 256 * 1024 * 1024

    def __init__(self, endpoint: Endpoint, requests: RequestCounter) -> None:
        self._account = find_account(endpoint)
        super().__init__(endpoint, self._account.url, requests)
        if not self._account.credentials.may_read:
            # Azure reads a copy's source in our name.
            self.features = dataclasses.replace(self.features, server_side_copy=False)

    def connect(
        self,
        client_options: obstore.store.ClientConfig,
        retry_config: obstore.store.RetryConfig,
    ) -> obstore.store.ObjectStore:
        from obstore.store import AzureStore as Container

        kind, value = self._account.credentials
        config: obstore.store.AzureConfig = {
            "account_name": self._account.name,
            "endpoint": self._account.url,
            # Without it, one that the environment holds might come first.
            "credential_type": kind,
        }
        if kind == "access_key":
            config["account_key"] = value
        elif kind == "sas_token":
            config["sas_key"] = value
        else:
            config["token"] = value
        return Container(
            self.endpoint.container,
            config=config,
            client_options=client_options,
            retry_config=retry_config,
        )

    def etag(self, e_tag: str | None, version: str | None) -> str | None:
        # The listing shows it without its quotes.
        return e_tag.strip('"') if e_tag else None

    def match(self, etag: str) -> obstore.UpdateVersion:
        return {"e_tag": f'"{etag}"'}

    def reaches(self, other: Provider) -> bool:
        if not isinstance(other, AzureBlobs):
            return False
        return self.features.server_side_copy and self._account == other._account

    def limit_of_key(self, key: str) -> str | None:
        if len(key) > _MOST_CHARACTERS:
            return f"Azure takes at most {_MOST_CHARACTERS} characters"
        if "\\" in key:
            return "Azure would write every \\ as /"
        if any(segment.endswith(".") for segment in key.split("/")):
            return "Azure would drop the dot at the end of a part"
        if any(character in key for character in "\ufffe\uffff"):
            return "the key has a character that Azure's listing cannot show"
        return None

    def page(
        self, operation: str, prefix: str, marker: str | None, limit: int
    ) -> tuple[t.Sequence[ObjectInfo], str | None]:
        query = {"restype": "container", "comp": "list", "maxresults": str(limit)}
        if prefix:
            query["prefix"] = prefix
        if marker:
            query["marker"] = marker
        _unused, body = self.rest.fetch(operation, "GET", self._path(), query)
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError as error:
            raise StoreError(
                operation, self.endpoint.place, f"the listing is no XML ({error})"
            ) from None
        blobs = [_listed(blob) for blob in root.iterfind("Blobs/Blob")]
        return [blob for blob in blobs if blob], root.findtext("NextMarker") or None

    def create(self, operation: str) -> None:
        self.rest.fetch(operation, "PUT", self._path(), {"restype": "container"})

    def stat(
        self, operation: str, key: str, container: str | None = None
    ) -> ObjectDetails:
        path = blob_path(container or self.endpoint.container, key)
        headers, _unused = self.rest.fetch(operation, "HEAD", path)
        info = ObjectInfo(
            key, int(headers["Content-Length"]), self.etag(headers["ETag"], None)
        )
        return ObjectDetails(info, _attributes(headers))

    def open(
        self, operation: str, info: ObjectInfo, start: int, end: int
    ) -> http.client.HTTPResponse:
        headers = {"x-ms-range": f"bytes={start}-{end - 1}"}
        return self.rest.open(operation, self._path(info.key), {}, headers)

    def copy(
        self,
        operation: str,
        source: ObjectInfo,
        origin: str,
        key: str,
        attributes: Attributes,
    ) -> ObjectInfo:
        copy = BlobCopy(
            self.copying_rest(source.size),
            operation,
            source,
            lambda: self._account.authorize_source(origin, source.key),
            self._path(key),
            attributes,
            in_place=(origin, source.key) == (self.endpoint.container, key),
        )
        md5 = source.md5
        if source.size > self.copy_threshold:
            answer = copy.in_blocks(self.copy_part_size)
        else:
            answer = copy.at_once()
            md5 = hex_md5(answer["Content-MD5"]) or md5
        return ObjectInfo(key, source.size, self.etag(answer["ETag"], None), md5)

    def delete(self, operation: str, key: str) -> None:
        # With its snapshots: Azure deletes no blob that has some otherwise.
        headers = {"x-ms-delete-snapshots": "include"}
        self.rest.fetch(operation, "DELETE", self._path(key), headers=headers)

    def _path(self, key: str | None = None) -> str:
        if key is None:
            return container_path(self.endpoint)
        return blob_path(self.endpoint.container, key)

    def authorize(
        self, method: str, path: str, query: Query, headers: Headers, /
    ) -> None:
        self._account.authorize(method, path, query, headers)


def _listed(blob: ElementTree.Element) -> ObjectInfo | None:
    """One blob of a listing; None for a folder of a hierarchical account, which is no object."""
    if blob.findtext("Properties/ResourceType") == "directory":
        return None
    name = blob.find("Name")
    if name is None:
        return None
    key = name.text or ""
    if name.get("Encoded") == "true":
        key = unquote(key)
    return ObjectInfo(
        key,
        int(blob.findtext("Properties/Content-Length") or 0),
        (blob.findtext("Properties/Etag") or "").strip('"') or None,
        hex_md5(blob.findtext("Properties/Content-MD5")),
    )


def _attributes(headers: http.client.HTTPMessage) -> Attributes:
    return Attributes(
        **{field: headers[name] for field, name in HEADERS.items()},
        metadata={
            name.lower().removeprefix(METADATA): value
            for name, value in headers.items()
            if name.lower().startswith(METADATA)
        },
    )
