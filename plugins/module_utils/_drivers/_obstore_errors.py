# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What obstore raises, as errors of ours."""

from __future__ import annotations

import re

from .._errors import (
    AccessDeniedError,
    ConditionFailedError,
    ObjectMissingError,
    StoreError,
    UnreachableError,
)
from ._rest import status_error


def translate_error(error: Exception, operation: str, place: str) -> StoreError:
    """obstore's exception as one of ours, without its debug output and URLs (they may be signed)."""
    text = str(error).partition("\n\nDebug source:")[0]
    kind = type(error).__name__
    if kind in ("AlreadyExistsError", "PreconditionError"):
        return ConditionFailedError(operation, place, "it is not as the condition asks")
    status = re.search(r"status code: (\d{3})[^:]*(?::\s*(.*))?", text, re.DOTALL)
    if status:
        return status_error(
            int(status[1]), (status[2] or "").encode(), operation, place
        )
    detail = re.sub(r"https?://\S+", "the server", text).strip()
    if isinstance(error, FileNotFoundError):
        return ObjectMissingError(operation, place, "there is no such object")
    if kind in ("PermissionDeniedError", "UnauthenticatedError"):
        return AccessDeniedError(operation, place, detail)
    if "HTTP error" in text or "error sending request" in text:
        return UnreachableError(operation, place, _connection_fault(str(error)))
    return StoreError(operation, place, detail)


def _connection_fault(text: str) -> str:
    """The few words of obstore's debug output that tell a user what is wrong with a connection."""
    if "kind: Timeout" in text:
        return "no answer in time"
    for pattern in (
        r"InvalidCertificate\(\s*(\w+)",
        r'message: "([^"]+)"',
        r'error: "([^"]+)"',
    ):
        if found := re.search(pattern, text):
            return found[1]
    return "the connection failed"


def lacks_length(error: Exception) -> bool:
    """Whether the answer came without a length, which obstore cannot do without.

    GCS sends large objects that are stored with a Content-Encoding so.
    """
    return "Content-Length Header missing" in str(error)
