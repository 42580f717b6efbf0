# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A bucket at any provider that libcloud reaches: there, made, deleted, and no settings."""

from __future__ import annotations

import typing as t

from .._drivers._libcloud_client import LibcloudClient
from .._endpoint import Endpoint
from .._errors import AccessDeniedError, ContainerTakenError
from .._providers import FAMILIES
from ._described import no_setting
from ._service import BucketService, Value


class LibcloudBucket(BucketService):
    """libcloud knows of no settings but a CDN, which none of these providers has."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Sends nothing. Raises ``ConfigurationError`` and ``MissingLibraryError``."""
        super().__init__(endpoint)
        self._client = LibcloudClient(endpoint, self.requests)

    def close(self) -> None:
        self._client.close()

    def exists(self) -> bool:
        try:
            return self._client.container_exists()
        except AccessDeniedError as error:
            # Where all customers share the names, somebody else may have this one.
            if "403" not in error.detail or not self._shares_names():
                raise
            raise ContainerTakenError(
                error.operation,
                self.endpoint.place,
                "it exists, and belongs to somebody else, or these credentials may not look at it "
                f"({error.detail.rstrip('. ')})",
            ) from None

    def create(self, wanted: t.Mapping[str, Value]) -> None:
        self._client.create_container()

    def delete(self) -> None:
        self._client.delete_container()

    def normalise(self, setting: str, written: t.Any) -> Value:
        raise no_setting(self.endpoint, setting)

    def read(self, setting: str) -> Value:
        raise no_setting(self.endpoint, setting)

    def write(self, setting: str, value: Value, current: Value) -> None:
        raise no_setting(self.endpoint, setting)

    def _shares_names(self) -> bool:
        return FAMILIES[self.endpoint.family].shared_names
