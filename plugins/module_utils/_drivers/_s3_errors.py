# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What S3 servers and botocore say went wrong, as our errors."""

from __future__ import annotations

import contextlib
import typing as t
from types import TracebackType

from .._errors import (
    AccessDeniedError,
    ConditionFailedError,
    ConfigurationError,
    ContainerMissingError,
    ContainerTakenError,
    KeyRefusedError,
    LongshoreError,
    ObjectMissingError,
    StoreError,
    TruncatedError,
    UnreachableError,
)
from ._s3_keys import is_fragile
from ._s3_listing import ListingError

#: What servers answer that do not have an operation.
NOT_IMPLEMENTED: t.Final = frozenset(
    {"NotImplemented", "MethodNotAllowed", "501", "405"}
)
#: Faults of single keys in the answer of a batch's deletion that another try may mend.
PASSING: t.Final = frozenset({"InternalError", "SlowDown", "ServiceUnavailable"})

_CLASSES: t.Final[t.Mapping[str, type[StoreError]]] = {
    "NoSuchBucket": ContainerMissingError,
    "NoSuchKey": ObjectMissingError,
    "PreconditionFailed": ConditionFailedError,
    "ConditionalRequestConflict": ConditionFailedError,
    "BucketAlreadyExists": ContainerTakenError,
    "KeyTooLongError": KeyRefusedError,
    "InvalidURI": KeyRefusedError,
    "XMinioInvalidObjectName": KeyRefusedError,
    "XMinioObjectExistsAsDirectory": KeyRefusedError,
    "XMinioParentIsObject": KeyRefusedError,
    "ExistingObjectIsDirectory": KeyRefusedError,
    "ExistingObjectIsFile": KeyRefusedError,
    "ExpiredToken": AccessDeniedError,
    "InvalidToken": AccessDeniedError,
    "AuthorizationHeaderMalformed": AccessDeniedError,
    # Its status is that of a refusal.
    "InvalidObjectState": StoreError,
}
_STATUS_CLASSES: t.Final[t.Mapping[int, type[StoreError]]] = {
    401: AccessDeniedError,
    403: AccessDeniedError,
    412: ConditionFailedError,
}
_BUSY: t.Final = "The store is overloaded: run again later, or with fewer transfers."
_REGION: t.Final = "Give the endpoint the region that the container is in."
_HINTS: t.Final[t.Mapping[str, str]] = {
    "SlowDown": _BUSY,
    "ServiceUnavailable": _BUSY,
    "503": _BUSY,
    "TooManyRequests": _BUSY,
    "429": _BUSY,
    "InvalidObjectState": "Its storage class is an archive: restore the object first.",
    "AccessControlListNotSupported": "ACLs are switched off for the container: leave out acl.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
    "AuthorizationHeaderMalformed": _REGION,
    "PermanentRedirect": _REGION,
    "301": _REGION,
    "IllegalLocationConstraintException": _REGION,
}


class explained:
    """Within it, botocore's errors become ours: ``with explained("read object 'a'", place):``."""

    def __init__(self, operation: str, place: str) -> None:
        self._operation = operation
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            ours = translate(error, self._operation, self._place)
            if ours is not None:
                raise ours from error


@contextlib.contextmanager
def explained_of(key: str, operation: str, place: str) -> t.Iterator[None]:
    """The same for one object: a fragile key that the server makes no sense of is refused."""
    try:
        with explained(operation, place):
            yield
    except StoreError as error:
        if is_fragile(key) and is_bad_request(error):
            raise KeyRefusedError(operation, place, error.detail) from error
        raise


def error_code(error: BaseException | None) -> str:
    """The code in a botocore ``ClientError``; the HTTP status where the answer had no body.

    Empty for what no server said.
    """
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def error_text(code: str | None, message: str | None) -> str:
    """What the server said, in one line."""
    said = (message or "").strip().rstrip(".")
    return f"{said} ({code})" if said and code else said or code or "no reason given"


def is_bad_request(error: StoreError) -> bool:
    """Whether the server could not make sense of the request, without saying more."""
    answer = getattr(error.__cause__, "response", {})
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return error.__class__ is StoreError and status == 400


def is_not_implemented(error: StoreError) -> bool:
    """Whether the server does not have the operation at all."""
    answer = getattr(error.__cause__, "response", {})
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return error_code(error.__cause__) in NOT_IMPLEMENTED or status in (501, 405)


def translate(
    error: BaseException, operation: str, place: str
) -> LongshoreError | None:
    """Our error for one of botocore's; None for an exception that is not botocore's."""
    from botocore import exceptions as sdk

    if isinstance(error, sdk.ClientError):
        return _said_by_server(error, operation, place)
    if isinstance(error, ListingError):
        return StoreError(operation, place, str(error))
    if not isinstance(error, sdk.BotoCoreError):
        return None
    detail = " ".join(str(error).split())
    if isinstance(error, sdk.ParamValidationError):
        return ConfigurationError(f"Could not {operation} in {place}: {detail}")
    if isinstance(
        error,
        (
            sdk.NoCredentialsError,
            sdk.PartialCredentialsError,
            sdk.CredentialRetrievalError,
            sdk.TokenRetrievalError,
        ),
    ):
        return AccessDeniedError(
            operation,
            place,
            detail,
            hint="Give the endpoint key and secret, or have them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "in ~/.aws/credentials, or in a role of the instance that runs this.",
        )
    if isinstance(error, (sdk.IncompleteReadError, sdk.ResponseStreamingError)):
        return TruncatedError(operation, place, detail)
    if isinstance(error, sdk.SSLError):
        return UnreachableError(
            operation,
            place,
            f"TLS failed: {detail}",
            hint="If the server's certificate is from a CA of your own, give the endpoint its file as ca_path.",
        )
    if isinstance(error, (sdk.HTTPClientError, sdk.ConnectionError)):
        return UnreachableError(operation, place, detail)
    return StoreError(operation, place, detail)


def _said_by_server(error: t.Any, operation: str, place: str) -> LongshoreError:
    code = error_code(error)
    message = error.response.get("Error", {}).get("Message")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    detail = error_text(code, message)
    if code == "InvalidBucketName":
        return ConfigurationError(f"Could not {operation} in {place}: {detail}.")
    kind = _CLASSES.get(code) or _STATUS_CLASSES.get(status) or StoreError
    if status == 404 and code in ("404", "NotFound", ""):
        kind = ObjectMissingError
    return kind(operation, place, detail, hint=_HINTS.get(code, ""))
