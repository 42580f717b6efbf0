# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the providers behind obstore do each in its own way, and what obstore cannot do there."""

from __future__ import annotations

import abc
import http.client
import typing as t

from .._endpoint import Endpoint
from .._errors import (
    ContainerMissingError,
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
)
from ._base import CHUNK_SIZE, Attributes, Features, ObjectDetails, ObjectInfo
from ._obstore_client import PATIENCE
from ._obstore_objects import is_unicode
from ._requests import RequestCounter
from ._rest import Headers, Query, RestClient

if t.TYPE_CHECKING:
    import obstore
    import obstore.store


class Provider(abc.ABC):
    """One endpoint's container at its provider. Requests are plain ones: they hold any key exactly.

    Raises what ``RestClient`` does.
    """

    features = Features(conditional_write=True, listing_md5=True, server_side_copy=True)
    #: Requests of a multipart upload beside its parts.
    multipart_requests: t.ClassVar[int]
    #: Whether one request deletes many objects.
    deletes_in_bulk: t.ClassVar[bool]
    #: The longest page of a listing.
    page_size: t.ClassVar[int]

    def __init__(
        self, endpoint: Endpoint, base_url: str, requests: RequestCounter
    ) -> None:
        """Sends nothing yet. Raises ``ConfigurationError``."""
        self.endpoint = endpoint
        self.rest = RestClient(endpoint, base_url, self.authorize, requests)
        self._patient_rest = self.rest.with_patience(PATIENCE)

    @abc.abstractmethod
    def authorize(
        self, method: str, path: str, query: Query, headers: Headers, /
    ) -> None:
        """``_rest.Authorize``."""

    @abc.abstractmethod
    def connect(
        self,
        client_options: obstore.store.ClientConfig,
        retry_config: obstore.store.RetryConfig,
    ) -> obstore.store.ObjectStore:
        """obstore's store of the container."""

    @abc.abstractmethod
    def etag(self, e_tag: str | None, version: str | None) -> str | None:
        """Our etag of what obstore tells of an object."""

    @abc.abstractmethod
    def match(self, etag: str) -> obstore.UpdateVersion:
        """obstore's condition that an object still has our etag."""

    @abc.abstractmethod
    def limit_of_key(self, key: str) -> str | None:
        """Why there is no object of this key, whatever asks for it; else None."""

    @abc.abstractmethod
    def reaches(self, other: Provider) -> bool:
        """See ``Store.reaches``."""

    @abc.abstractmethod
    def page(
        self, operation: str, prefix: str, marker: str | None, limit: int
    ) -> tuple[t.Sequence[ObjectInfo], str | None]:
        """At most ``limit`` objects of the listing, and the marker of the next page."""

    @abc.abstractmethod
    def create(self, operation: str) -> None:
        """Make the container. Raises ``RefusedError`` with status 409 when the name is taken."""

    @abc.abstractmethod
    def stat(
        self, operation: str, key: str, container: str | None = None
    ) -> ObjectDetails:
        """See ``Store.stat``; of another container where one is named."""

    @abc.abstractmethod
    def open(
        self, operation: str, info: ObjectInfo, start: int, end: int
    ) -> http.client.HTTPResponse:
        """The bytes ``[start:end]`` of the object as ``info`` tells it."""

    @abc.abstractmethod
    def copy(
        self,
        operation: str,
        source: ObjectInfo,
        origin: str,
        key: str,
        attributes: Attributes,
    ) -> ObjectInfo:
        """Copy from the container ``origin``, which may be this one.

        Raises ``RefusedError`` with status 412 when the source's etag is another.
        """

    @abc.abstractmethod
    def delete(self, operation: str, key: str) -> None:
        """Raises ``ObjectMissingError``."""

    def container_exists(self) -> bool:
        """See ``Store.container_exists``."""
        # Asked by a listing: who may only use the objects need not be allowed more.
        try:
            self.page("look for the container", "", None, 1)
        except ContainerMissingError:
            return False
        return True

    def explain_missing(self, error: StoreError) -> StoreError:
        """The answer to a HEAD has no body that says which is missing, object or container."""
        if not isinstance(error, ObjectMissingError) or self.container_exists():
            return error
        return ContainerMissingError(
            error.operation, error.place, "there is no such container"
        )

    def fault_of_key(self, key: str) -> str | None:
        """Why there can be no object of this key; None when there can."""
        if not key:
            return "the key is empty"
        if not is_unicode(key):
            return "the key is not valid Unicode"
        return self.limit_of_key(key)

    def check_key(self, operation: str, key: str) -> None:
        """Raises ``KeyRefusedError`` for a key of which there can be no object."""
        fault = self.fault_of_key(key)
        if fault is not None:
            raise KeyRefusedError(operation, self.endpoint.place, fault)

    def copying_rest(self, size: int) -> RestClient:
        """For a copy of so many bytes, which is answered when it is made."""
        return self.rest if size <= CHUNK_SIZE else self._patient_rest
