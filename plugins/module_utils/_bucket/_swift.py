# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A container of Swift, of Cloud Files and KT Cloud too: all settings are headers of the container."""

from __future__ import annotations

import typing as t

from .._drivers._libcloud_client import LibcloudClient, lower
from .._drivers._libcloud_dialect import Request
from .._endpoint import Endpoint
from .._errors import StoreError
from .._progress import UNWATCHED, Progress
from ._described import (
    DescribedBucket,
    Description,
    Setting,
    missing,
)
from ._emptying import Counted, Emptied
from ._service import Value
from ._swift_emptying import SwiftEmptier
from ._swift_settings import (
    OLD_VERSIONS,
    SETTINGS,
    VERSIONS,
    Change,
    settings_of,
    to_headers,
)


class SwiftBucket(DescribedBucket):
    """One HEAD tells all settings."""

    settings = SETTINGS

    def __init__(self, endpoint: Endpoint) -> None:
        """Sends nothing. Raises ``ConfigurationError`` and ``MissingLibraryError``."""
        super().__init__(endpoint)
        self._client = LibcloudClient(endpoint, self.requests)
        self._path = self._client.dialect.container_path(endpoint.container)
        self._settings = settings_of(endpoint.provider)

    def close(self) -> None:
        self._client.close()

    def create(self, wanted: t.Mapping[str, Value]) -> None:
        self._seen = None
        self._client.create_container()

    def delete(self) -> None:
        # Swift deletes no container that keeps versions, were it ever so empty.
        if self.exists() and self.read("versioning"):
            self.write("versioning", False, True)
        self._seen = None
        self._client.delete_container()

    def count(self) -> Counted:
        if not self._has_versions():
            return super().count()
        return SwiftEmptier(self._client, self.requests).count()

    def empty(self, bypass_governance: bool, progress: Progress = UNWATCHED) -> Emptied:
        if not self._has_versions():
            return super().empty(bypass_governance, progress)
        return SwiftEmptier(self._client, self.requests).run(progress)

    def write(self, setting: str, value: Value, current: Value) -> None:
        if setting == "versioning" and self._end_old_versions():
            return
        super().write(setting, value, current)
        # What it does not know, Swift takes for granted.
        if setting == "versioning" and self.read(setting) != value:
            raise StoreError(
                "set versioning",
                self.endpoint.place,
                "the server took it and did nothing: it has no object versioning",
                hint="Its operator has to switch that on; leave versioning out until then.",
            )

    def links(self) -> t.Mapping[str, str]:
        url = self._client.url_of(self._path)
        return {"url": url, "website_url": f"{url}/"} if url else {}

    def _setting(self, setting: str) -> Setting:
        return self._settings.get(setting) or super()._setting(setting)

    def _has_versions(self) -> bool:
        """Whether versions are kept, or were once: Swift says so for ever."""
        return VERSIONS in (self._seen or self._describe("look for versions") or {})

    def _end_old_versions(self) -> bool:
        """Whether versions were kept in one of the older ways, which end by themselves alone."""
        operation = "set versioning"
        seen = self._seen or self._describe(operation) or {}
        old = [name for name in OLD_VERSIONS if name in seen]
        if old:
            self._seen = None
            self._change(operation, "versioning", dict.fromkeys(old))
        return bool(old)

    def _describe(self, operation: str) -> Description | None:
        response = self._client.send(operation, Request("HEAD", self._path))
        if response.status_code == 404:
            return None
        self._client.check(response, operation)
        return lower(response.headers)

    def _change(self, operation: str, setting: str, change: Change) -> None:
        request = Request("POST", self._path, headers=to_headers(change))
        response = self._client.send(operation, request)
        if response.status_code == 404:
            raise missing(self.endpoint, operation)
        self._client.check(response, operation)


class CloudFilesBucket(SwiftBucket):
    """Rackspace's: its containers can be served by a content delivery network.

    It knows the older ways of keeping versions alone, which need a second container.
    """

    settings = SETTINGS - {"versioning"} | {"cdn"}

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        # The network is managed at an address of its own.
        self._network = LibcloudClient(endpoint, self.requests, cdn_request=True)
        self._cdn_url: str | None = None

    def close(self) -> None:
        super().close()
        self._network.close()

    def normalise(self, setting: str, written: t.Any) -> Value:
        return (
            bool(written) if setting == "cdn" else super().normalise(setting, written)
        )

    def read(self, setting: str) -> Value:
        if setting != "cdn":
            return super().read(setting)
        served = self._served("read cdn")
        enabled = served.get("x-cdn-enabled", "").lower() == "true"
        address = served.get("x-cdn-ssl-uri") or served.get("x-cdn-uri")
        self._cdn_url = address if enabled else None
        return enabled

    def write(self, setting: str, value: Value, current: Value) -> None:
        if setting != "cdn":
            super().write(setting, value, current)
            return
        # What was never enabled cannot be changed yet.
        method = "PUT" if value else "POST"
        request = Request(method, self._path, headers={"X-CDN-Enabled": str(value)})
        self._network.check(self._network.send("set cdn", request), "set cdn")

    def links(self) -> t.Mapping[str, str]:
        network = {"cdn_url": self._cdn_url} if self._cdn_url else {}
        return {**super().links(), **network}

    def _served(self, operation: str) -> dict[str, str]:
        """What the network says of the container: nothing of one that was never enabled."""
        response = self._network.send(operation, Request("HEAD", self._path))
        if response.status_code == 404:
            return {}
        self._network.check(response, operation)
        return lower(response.headers)
