# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What obstore raises, in words of ours."""

from __future__ import annotations

import pytest
from obstore.exceptions import (
    AlreadyExistsError,
    GenericError,
    PermissionDeniedError,
    PreconditionError,
)

from ansible_collections.longshore.storage.plugins.module_utils import _errors
from ansible_collections.longshore.storage.plugins.module_utils._drivers._obstore_errors import (
    translate_error,
)

PLACE = "container 'c' of AZURE_BLOBS"


def _answered(status: str, code: str) -> str:
    return (
        "Error performing PUT https://host/c/key?sv=1&sig=hush in 3ms - Server returned "
        f"non-2xx status code: {status}: <?xml version='1.0'?><Error><Code>{code}</Code>"
        "<Message>What it says.\nRequestId:1</Message></Error>"
        '\n\nDebug source:\nGeneric { url: "https://host?sig=hush" }'
    )


@pytest.mark.parametrize(
    ("error", "expected", "says"),
    (
        (
            FileNotFoundError(_answered("404 Not Found", "BlobNotFound")),
            _errors.ObjectMissingError,
            "no such object",
        ),
        (
            FileNotFoundError(_answered("404 Not Found", "ContainerNotFound")),
            _errors.ContainerMissingError,
            "no such container",
        ),
        (
            FileNotFoundError("Object at location a not found"),
            _errors.ObjectMissingError,
            "no such object",
        ),
        (
            PermissionDeniedError(_answered("403 Forbidden", "AuthorizationFailure")),
            _errors.AccessDeniedError,
            "HTTP 403: AuthorizationFailure: What it says",
        ),
        (
            AlreadyExistsError(_answered("409 Conflict", "BlobAlreadyExists")),
            _errors.ConditionFailedError,
            "condition",
        ),
        (
            PreconditionError(_answered("412 Precondition Failed", "ConditionNotMet")),
            _errors.ConditionFailedError,
            "condition",
        ),
        (
            GenericError(_answered("400 Bad Request", "InvalidMetadata")),
            _errors.StoreError,
            "HTTP 400: InvalidMetadata: What it says",
        ),
        (
            GenericError(
                "Error performing GET https://host/a?sig=hush - HTTP error: error sending "
                "request\n\nDebug source:\nkind: Timeout"
            ),
            _errors.UnreachableError,
            "no answer in time",
        ),
        (
            GenericError(
                "Error performing GET https://host/a?sig=hush - HTTP error: error sending "
                'request\n\nDebug source:\nmessage: "Connection refused"'
            ),
            _errors.UnreachableError,
            "Connection refused",
        ),
        (
            GenericError("Generic GCS error: no sense in https://host/a?sig=hush"),
            _errors.StoreError,
            "no sense in the server",
        ),
    ),
)
def test_errors(
    error: Exception, expected: type[_errors.StoreError], says: str
) -> None:
    translated = translate_error(error, "write object 'key'", PLACE)
    assert isinstance(translated, expected)
    text = str(translated)
    assert says in text
    assert "'key'" in text and PLACE in text
    assert "hush" not in text and "Debug" not in text
