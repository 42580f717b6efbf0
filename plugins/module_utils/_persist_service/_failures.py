# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What goes wrong, as clients are told: a document, and the status that goes with it."""

from __future__ import annotations

import errno
import os
import typing as t

from .._errors import (
    ConfigurationError,
    KeyRefusedError,
    LocalWriteError,
    LongshoreError,
    MissingLibraryError,
    PlanRefusedError,
    SourceError,
    StoreError,
)
from .._persist._archive_failures import ArchiveError, RestoreBusyError
from .._persist._outcome import PersistError
from .._persist._snapshot_failures import (
    BusyError,
    DamagedSnapshotError,
    SnapshotMissingError,
)
from .._persist._stoppable import StoppedError

Code: t.TypeAlias = t.Literal[
    "bad_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "timeout",
    "busy",
    "too_large",
    "unsupported_media_type",
    "too_many_requests",
    "failed",
    "store",
    "cancelled",
    "stopping",
    "full",
    "no_space",
]

STATUS: t.Final[t.Mapping[Code, int]] = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "timeout": 408,
    "busy": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "too_many_requests": 429,
    "failed": 500,
    "store": 502,
    "cancelled": 503,
    "stopping": 503,
    "full": 503,
    "no_space": 507,
}

#: The first that fits counts.
_CODES: t.Final[t.Sequence[tuple[type[LongshoreError], Code]]] = (
    (SnapshotMissingError, "not_found"),
    (BusyError, "busy"),
    (RestoreBusyError, "busy"),
    (StoppedError, "cancelled"),
    (DamagedSnapshotError, "store"),
    (ArchiveError, "store"),
    (KeyRefusedError, "bad_request"),
    (StoreError, "store"),
    (MissingLibraryError, "failed"),
    (ConfigurationError, "bad_request"),
    (PlanRefusedError, "bad_request"),
)

#: An error as clients see it, in JSON.
Document: t.TypeAlias = dict[str, t.Any]


class ServiceError(LongshoreError):
    """What a client is told. ``headers`` go with the answer."""

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        hint: str = "",
        headers: t.Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.headers = dict(headers or {})

    @property
    def document(self) -> Document:
        return error_document(self.code, self.message, self.hint)


def error_document(code: Code, message: str, hint: str = "") -> Document:
    return {"error": message, "hint": hint, "code": code}


def document_of(error: LongshoreError, path: str) -> Document:
    """What an operation on ``path`` has raised."""
    reason = error.reason if isinstance(error, PersistError) else error
    return error_document(_code(reason, path), reason.message, reason.hint)


def _code(error: LongshoreError, path: str) -> Code:
    if isinstance(error, SourceError) and not os.path.lexists(path):
        return "not_found"
    if isinstance(error, LocalWriteError) and _is_full(error):
        return "no_space"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "failed")


def _is_full(error: BaseException | None) -> bool:
    """Whether the system said so, of which the error is."""
    while error is not None:
        if isinstance(error, OSError):
            return error.errno in (errno.ENOSPC, errno.EDQUOT)
        error = error.__cause__ or error.__context__
    return False
