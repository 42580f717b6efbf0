# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A container of Azure Blob Storage, through Azure's REST interface.

Versioning, CORS, logging, encryption and lifecycle are an account's there, not a container's:
they are not offered, for they would change all other containers, too. A website is served from the
container ``$web`` alone, so that one can have it.
"""

from __future__ import annotations

import re
import time
import typing as t
from xml.etree import ElementTree

from .._drivers._azure_account import container_path, find_account
from .._drivers._rest import RefusedError, RestClient
from .._drivers._retry import pauses
from .._endpoint import Endpoint
from .._errors import (
    ConfigurationError,
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
)
from ._described import (
    DescribedBucket,
    Description,
    Setting,
    allow_only,
    header_tags,
    headers_below,
    one_of,
)
from ._s3_setting import Fields, filled
from ._service import Value

_PROVIDER: t.Final = "AZURE_BLOBS"
_MISSING: t.Final = (ContainerMissingError, ObjectMissingError)
_METADATA: t.Final = "x-ms-meta-"
_ACCESS: t.Final = "x-ms-blob-public-access"
_CONTAINER: t.Final[t.Mapping[str, str]] = {"restype": "container"}
_SERVICE: t.Final[t.Mapping[str, str]] = {"restype": "service", "comp": "properties"}
_XML: t.Final = "application/xml"
_WEB: t.Final = "$web"

#: Canned ACL -> Azure's level of public access: to the blobs and their listing, or to blobs.
_LEVELS: t.Final[t.Mapping[str, str | None]] = {
    "private": None,
    "public-read": "container",
    "public-read-objects": "blob",
}

_IDENTIFIER: t.Final = re.compile(r"[a-z_][a-z0-9_]*")

#: How long a name may still be taken by a container that is being deleted; seconds.
DELETION_SECONDS: t.Final = 180.0


def _tags(written: Fields | None) -> Value:
    allowed = "letters, digits and underscores, and does not begin with a digit"
    return header_tags(_PROVIDER, written, _IDENTIFIER, allowed) or None


def _read_tags(description: Description) -> Value:
    return headers_below(description, _METADATA) or None


def _change_tags(value: Fields | None, _current: Value) -> dict[str, t.Any]:
    return {_METADATA + name: text for name, text in (value or {}).items()}


def _read_acl(description: Description) -> Value:
    level = description.get(_ACCESS)
    return next((acl for acl, theirs in _LEVELS.items() if theirs == level), level)


def _change_acl(value: str, _current: Value) -> dict[str, t.Any]:
    level = _LEVELS[value]
    return {_ACCESS: level} if level else {}


def _website(written: Fields | None) -> Value:
    fields = filled(written)
    allow_only(_PROVIDER, "website", fields, "index", "error")
    return {name: str(value) for name, value in fields.items()} or None


def read_website(body: bytes) -> Value:
    """The website that the account's properties tell of. Raises ``ValueError``."""
    try:
        website = ElementTree.fromstring(body).find("StaticWebsite")
    except ElementTree.ParseError as error:
        raise ValueError(f"the answer is no XML ({error})") from None
    if website is None or website.findtext("Enabled") != "true":
        return None
    return filled(
        {
            "index": website.findtext("IndexDocument"),
            "error": website.findtext("ErrorDocument404Path"),
        }
    )


def website_properties(value: Fields | None) -> bytes:
    """The account's properties that change the website, and nothing else."""
    root = ElementTree.Element("StorageServiceProperties")
    website = ElementTree.SubElement(root, "StaticWebsite")
    ElementTree.SubElement(website, "Enabled").text = (
        "false" if value is None else "true"
    )
    for name, element in (
        ("index", "IndexDocument"),
        ("error", "ErrorDocument404Path"),
    ):
        if value is not None and name in value:
            ElementTree.SubElement(website, element).text = value[name]
    text: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return text


class AzureBucket(DescribedBucket):
    """One GET of the container tells its metadata and its level of access."""

    settings = frozenset({"tags", "acl", "website"})
    described: t.ClassVar[t.Mapping[str, Setting]] = {
        "tags": Setting(_tags, _read_tags, _change_tags),
        "acl": Setting(
            lambda written: one_of(_PROVIDER, "acl", written, *_LEVELS),
            _read_acl,
            _change_acl,
        ),
    }

    def __init__(self, endpoint: Endpoint) -> None:
        """Sends nothing. Raises ``ConfigurationError``."""
        super().__init__(endpoint)
        account = find_account(endpoint)
        self._rest = RestClient(endpoint, account.url, account.authorize, self.requests)
        self._path = container_path(endpoint)
        self._url = account.url + self._path

    def create(self, wanted: t.Mapping[str, Value]) -> None:
        """A name that is taken by a container being deleted is waited for."""
        operation = "create the container"
        self._seen = None
        deadline = time.monotonic() + DELETION_SECONDS
        # As many as there is time for.
        for pause in pauses(int(DELETION_SECONDS)):
            try:
                self._rest.fetch(operation, "PUT", self._path, _CONTAINER)
                return
            except RefusedError as error:
                if error.code == "ContainerAlreadyExists":
                    return
                if error.status == 400:
                    raise ConfigurationError(
                        f"{_PROVIDER} does not take the container name "
                        f"{self.endpoint.container!r}: {error.detail.rstrip('. ')}."
                    ) from None
                if error.code != "ContainerBeingDeleted":
                    raise
                if time.monotonic() + pause > deadline:
                    break
            time.sleep(pause)
        raise StoreError(
            operation,
            self.endpoint.place,
            f"one of that name is still being deleted after {DELETION_SECONDS:.0f} s",
            hint="Run again later, or choose another name.",
        )

    def delete(self) -> None:
        self._seen = None
        try:
            self._rest.fetch("delete the container", "DELETE", self._path, _CONTAINER)
        except _MISSING:
            pass
        except RefusedError as error:
            if error.code != "ContainerBeingDeleted":
                raise

    def normalise(self, setting: str, written: t.Any) -> Value:
        if setting != "website":
            return super().normalise(setting, written)
        if self.endpoint.container != _WEB:
            raise ConfigurationError(
                f"website: {_PROVIDER} serves an account's website from the container {_WEB} alone, "
                f"not from {self.endpoint.container!r}.",
                hint=f"Name the container {_WEB}.",
            )
        return _website(written)

    def read(self, setting: str) -> Value:
        if setting != "website":
            return super().read(setting)
        # The account's website is no other container's.
        if self.endpoint.container != _WEB:
            return None
        operation = "read website"
        _unused, body = self._rest.fetch(operation, "GET", "/", _SERVICE)
        try:
            return read_website(body)
        except ValueError as error:
            raise StoreError(operation, self.endpoint.place, str(error)) from None

    def write(self, setting: str, value: Value, current: Value) -> None:
        if setting != "website":
            super().write(setting, value, current)
            return
        wanted = t.cast("t.Mapping[str, t.Any] | None", value)
        self._put("set website", "/", _SERVICE, {}, website_properties(wanted))

    def links(self) -> t.Mapping[str, str]:
        # The website's own address has a zone in it that only the account's management tells.
        return {"url": self._url}

    def _describe(self, operation: str) -> Description | None:
        try:
            headers, _unused = self._rest.fetch(
                operation, "GET", self._path, _CONTAINER
            )
        except _MISSING:
            return None
        except RefusedError as error:
            if error.code == "ContainerBeingDeleted":
                return None
            raise
        return {name.lower(): value for name, value in headers.items()}

    def _change(self, operation: str, setting: str, change: dict[str, t.Any]) -> None:
        if setting == "tags":
            query = {**_CONTAINER, "comp": "metadata"}
            self._rest.fetch(operation, "PUT", self._path, query, change)
            return
        # The container's access policies are replaced along with its level: they are sent back.
        query = {**_CONTAINER, "comp": "acl"}
        _unused, policies = self._rest.fetch(operation, "GET", self._path, query)
        self._put(operation, self._path, query, change, policies)

    def _put(
        self,
        operation: str,
        path: str,
        query: t.Mapping[str, str],
        headers: t.Mapping[str, str],
        body: bytes,
    ) -> None:
        described = {"Content-Type": _XML, "Content-Length": str(len(body))}
        self._rest.fetch(operation, "PUT", path, query, {**headers, **described}, body)
