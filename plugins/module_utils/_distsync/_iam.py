# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Amazon's IAM, and that of S3 servers which have one: requests, with every failure as our error."""

from __future__ import annotations

import typing as t

from .._drivers._botocore import create_client, open_session
from .._drivers._s3_errors import error_code, error_text, translate
from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConfigurationError,
    LongshoreError,
    StoreError,
)

#: What S3 servers without IAM answer to its requests.
_NOT_OFFERED: t.Final = frozenset(
    {
        *("NotImplemented", "MethodNotAllowed", "InvalidAction", "UnknownAction"),
        *("BadRequest", "InvalidRequest", "UnsupportedOperation", "UnknownOperation"),
        *("NoSuchBucket", "InvalidBucketName", "400", "404", "405", "501", ""),
    }
)
_GIVEN: t.Final = (
    "Make the two users with the service's own tools, and use identities: given."
)
_PERMISSIONS: t.Final = (
    "Making identities takes an administrator's key and secret, who may manage IAM users, their policies and access keys. "
    "If there is none, or the service has no IAM, use identities: given."
)
_CODE_HINTS: t.Final[t.Mapping[str, str]] = {
    "DeleteConflict": "Somebody has given the user something else (a password, a device, a certificate): take it away and run again.",
    "EntityAlreadyExists": "Somebody else made it at the same time: run again.",
    "EntityTemporarilyUnmodifiable": "Run again in a minute.",
    "ConcurrentModification": "Run again in a minute.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
}


class Iam:
    """The IAM that goes with an endpoint's S3: Amazon's, or that of the server at the same address.

    Raises ``ConfigurationError`` where there cannot be one, and ``MissingLibraryError``. Nothing is
    sent yet.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        if endpoint.family != "s3":
            raise ConfigurationError(
                f"Identities can be made where there is Amazon's IAM, and {endpoint.provider} has none.",
                hint=_GIVEN,
            )
        session = open_session(endpoint, "to make identities")
        self._client = create_client(
            session, "iam", endpoint, f"IAM for {endpoint.place}"
        )
        self.place = f"IAM at {endpoint.url}" if endpoint.url else "IAM"
        #: The first part of ARNs in the endpoint's region.
        self.partition: str = self._client.meta.partition

    def call(self, method: str, operation: str, **parameters: str) -> dict[str, t.Any]:
        """What the server answers; ``operation`` is a phrase for errors such as ``"make user 'a'"``.

        Raises ``AccessDeniedError``, ``UnreachableError``, ``ConfigurationError`` where the server
        lacks the operation, else ``StoreError``.
        """
        return self._explained(
            lambda: getattr(self._client, method)(**parameters), operation
        )

    def find(
        self, method: str, operation: str, **parameters: str
    ) -> dict[str, t.Any] | None:
        """Like ``call``; None where what is asked for is not there."""
        try:
            return self.call(method, operation, **parameters)
        except LongshoreError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise

    def listing(
        self,
        method: str,
        result: str,
        operation: str,
        *,
        may_lack: bool = False,
        **parameters: str,
    ) -> list[t.Any]:
        """All that a listing has under ``result``; nothing if the server ``may_lack`` the operation."""
        pages = self._client.get_paginator(method).paginate(**parameters)
        try:
            found = self._explained(pages.build_full_result, operation)
        except LongshoreError as error:
            if may_lack and _is_not_offered(error.__cause__):
                return []
            raise
        return list(found.get(result, ()))

    def _explained(
        self, request: t.Callable[[], dict[str, t.Any]], operation: str
    ) -> dict[str, t.Any]:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            return request()
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            _find_code(error)
            raise self._told(error, operation) from error

    def _told(self, error: BaseException, operation: str) -> LongshoreError:
        """Our error for one of the SDK's."""
        if _is_not_offered(error):
            said = getattr(error, "response", {}).get("Error", {})
            text = error_text(said.get("Code"), said.get("Message"))
            return ConfigurationError(
                f"Could not {operation}: {self.place} does not answer as IAM does ({text}).",
                hint=_GIVEN,
            )
        ours = translate(error, operation, self.place)
        if not isinstance(ours, StoreError):
            return ours or StoreError(operation, self.place, str(error))
        hint = _CODE_HINTS.get(error_code(error), "")
        if isinstance(ours, AccessDeniedError):
            hint = hint or _PERMISSIONS
        return type(ours)(operation, self.place, ours.detail, hint=hint)


def code_of(error: LongshoreError) -> str:
    """The code in what the server said; empty if it said nothing."""
    return error_code(error.__cause__)


def _find_code(error: t.Any) -> None:
    """Some servers answer IAM's requests with errors in the form of S3, where the SDK does not look."""
    response = getattr(error, "response", {})
    if "Code" in response and not response.get("Error"):
        response["Error"] = {
            "Code": str(response["Code"]),
            "Message": str(response.get("Message") or ""),
        }


def _is_not_offered(error: BaseException | None) -> bool:
    from botocore.exceptions import ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return error_code(error) in _NOT_OFFERED and status not in (401, 403)
    # A page for people, or JSON, where IAM answers in XML.
    return isinstance(error, ResponseParserError)
