# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A bucket of Google Cloud Storage, through its JSON interface."""

from __future__ import annotations

import typing as t

from .._drivers._gcs import URL, bucket_path, create_bucket
from .._drivers._google import find_token_source
from .._drivers._rest import RefusedError, RestClient
from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConfigurationError,
    ContainerMissingError,
    ContainerTakenError,
    ObjectMissingError,
)
from .._progress import UNWATCHED, Progress
from ._described import DescribedBucket, Description, Setting
from ._emptying import Counted, Emptied
from ._gcs_emptying import GcsEmptier
from ._gcs_policy import granted, normalise, replaced
from ._gcs_settings import SETTINGS, settings_of
from ._service import Value

_MISSING: t.Final = (ContainerMissingError, ObjectMissingError)
#: What only those who manage a bucket may do, but not the public that it is shared with.
_OWNERS_PERMISSION: t.Final = "storage.buckets.getIamPolicy"


class GcsBucket(DescribedBucket):
    """One GET answers nearly all questions; the IAM policy is a resource of its own."""

    settings = SETTINGS | {"policy"}

    def __init__(self, endpoint: Endpoint) -> None:
        """Sends nothing. Raises ``ConfigurationError`` and ``MissingLibraryError``."""
        super().__init__(endpoint)
        if (endpoint.key or "").startswith("GOOG"):
            raise ConfigurationError(
                "GOOGLE_STORAGE manages no buckets with HMAC keys, which are for objects alone.",
                hint="Give a service account's JSON key file as key, or a token.",
            )
        self._tokens = find_token_source(endpoint)
        self._rest = RestClient(
            endpoint, endpoint.url or URL, self._tokens.authorize, self.requests
        )
        self._path = bucket_path(endpoint)
        self._settings = settings_of(endpoint.container)

    def create(self, wanted: t.Mapping[str, Value]) -> None:
        operation = "create the bucket"
        self._seen = None
        try:
            create_bucket(self.endpoint, self._rest, self._tokens, operation)
        except RefusedError as error:
            if error.status == 400:
                raise ConfigurationError(
                    f"GOOGLE_STORAGE makes no bucket {self.endpoint.container!r}"
                    f"{self._where()}: {error.detail.rstrip('. ')}."
                ) from None
            # Ours already, if another run was quicker.
            if error.status != 409 or not self.exists():
                raise

    def delete(self) -> None:
        self._seen = None
        try:
            self._rest.fetch("delete the bucket", "DELETE", self._path)
        except _MISSING:
            pass

    def normalise(self, setting: str, written: t.Any) -> Value:
        if setting == "policy":
            return normalise(written)
        return super().normalise(setting, written)

    def read(self, setting: str) -> Value:
        if setting == "policy":
            return granted(self._policy("read policy"), self._is_uniform())
        return super().read(setting)

    def write(self, setting: str, value: Value, current: Value) -> None:
        if setting != "policy":
            super().write(setting, value, current)
            return
        operation = "set policy"
        wanted = t.cast("t.Mapping[str, t.Any] | None", value)
        policy = replaced(self._policy(operation), wanted, self._is_uniform())
        self._rest.fetch_json(operation, "PUT", f"{self._path}/iam", None, policy)

    def count(self) -> Counted:
        return self._emptier().count() if self._has_versions() else super().count()

    def empty(self, bypass_governance: bool, progress: Progress = UNWATCHED) -> Emptied:
        if not self._has_versions():
            return super().empty(bypass_governance, progress)
        return self._emptier().run(progress)

    def links(self) -> t.Mapping[str, str]:
        bucket = self.endpoint.container
        links = {"url": f"{self.endpoint.url or URL}/{bucket}"}
        # A website is served at the domain that the bucket is named after.
        return {**links, "website_url": f"http://{bucket}"} if "." in bucket else links

    def _is_uniform(self) -> bool:
        return self.read("ownership") is not None

    def _has_versions(self) -> bool:
        """Whether versions are kept, or were once: Google tells of it only then."""
        seen = self._seen or self._describe("look for versions") or {}
        return "versioning" in seen

    def _emptier(self) -> GcsEmptier:
        place = self.endpoint.place
        return GcsEmptier(place, self._path, self._rest, self.requests)

    def _where(self) -> str:
        return f" in {self.endpoint.region}" if self.endpoint.region else ""

    def _setting(self, setting: str) -> Setting:
        return self._settings.get(setting) or super()._setting(setting)

    def _describe(self, operation: str) -> Description | None:
        try:
            found = self._rest.fetch_json(
                operation, "GET", self._path, {"projection": "full"}
            )
        except _MISSING:
            return None
        except AccessDeniedError as error:
            if "HTTP 403" not in error.detail:
                raise
            raise self._taken(operation, error.detail) from None
        # Everybody may look at a public bucket, but only its owner sees its ACL.
        if not found.get("acl") and not self._is_ours(operation):
            raise self._taken(operation, "it is open to others")
        location = str(found.get("location", ""))
        written = self.endpoint.region or ""
        # It answers in upper case whatever was written.
        self.region = (
            written if written.upper() == location else location.lower() or None
        )
        return found

    def _is_ours(self, operation: str) -> bool:
        query = {"permissions": _OWNERS_PERMISSION}
        path = f"{self._path}/iam/testPermissions"
        answer = self._rest.fetch_json(operation, "GET", path, query)
        return _OWNERS_PERMISSION in answer.get("permissions", ())

    def _taken(self, operation: str, detail: str) -> ContainerTakenError:
        return ContainerTakenError(
            operation,
            self.endpoint.place,
            "it exists, and belongs to somebody else, or these credentials lack "
            f"storage.buckets.get or {_OWNERS_PERMISSION} ({detail.rstrip('. ')})",
        )

    def _change(self, operation: str, setting: str, change: dict[str, t.Any]) -> None:
        query: dict[str, str] = {}
        if setting == "acl":
            # It takes the place of the entries that are there, which must not go beside it.
            query, change = change, {"acl": None}
        self._rest.fetch_json(operation, "PATCH", self._path, query, change)

    def _policy(self, operation: str) -> dict[str, t.Any]:
        # Of an older version, Google would leave the conditions out.
        query = {"optionsRequestedPolicyVersion": "3"}
        return self._rest.fetch_json(operation, "GET", f"{self._path}/iam", query)
