# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Signs requests to Amazon's services and their like: AWS Signature Version 4, with the standard library alone.

The SDK takes 30 MB, which a process that asks one small question every few seconds would keep for good.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import typing as t
from urllib.parse import quote

from ..._drivers._botocore import open_session
from ..._endpoint import Endpoint
from ..._errors import AccessDeniedError

PAYLOAD: t.Final = "x-amz-content-sha256"
_ALGORITHM: t.Final = "AWS4-HMAC-SHA256"
_END: t.Final = "aws4_request"
_EMPTY: t.Final = hashlib.sha256().hexdigest()


class Credentials(t.NamedTuple):
    """``token``: None for those that do not run out."""

    key: str
    secret: str
    token: str | None


class Signer:
    """For one service, region and host (with its port, if that is not the scheme's): an ``Authorize`` of ``_rest``.

    A body's hash is to be in the header ``PAYLOAD``. Raises ``MissingLibraryError`` where it takes the SDK to find
    credentials.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        service: str,
        region: str,
        host: str,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self._scope = f"{region}/{service}/{_END}"
        self._parts = (region, service, _END)
        self._host = host
        self._credentials = credentials_of(endpoint)
        self._clock = clock

    def __call__(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], /
    ) -> None:
        """``path`` is as it is sent; ``query`` is not encoded yet. Adds to the headers."""
        key, secret, token = self._credentials()
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        headers.setdefault(PAYLOAD, _EMPTY)
        headers["x-amz-date"] = moment
        if token is not None:
            headers["x-amz-security-token"] = token
        signed = {"host": self._host} | {
            name.lower(): value.strip()
            for name, value in headers.items()
            if name.lower().startswith("x-amz-")
        }
        names = ";".join(sorted(signed))
        canonical = "\n".join(
            (
                method,
                path or "/",
                "&".join(
                    sorted(f"{_quoted(k)}={_quoted(v)}" for k, v in query.items())
                ),
                *(f"{name}:{signed[name]}" for name in sorted(signed)),
                "",
                names,
                headers[PAYLOAD],
            )
        )
        scope = f"{moment[:8]}/{self._scope}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
        step = f"AWS4{secret}".encode()
        for part in (moment[:8], *self._parts, text):
            step = hmac.digest(step, part.encode(), "sha256")
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={key}/{scope}, SignedHeaders={names}, Signature={step.hex()}"
        )


def _quoted(text: str) -> str:
    return quote(text, safe="")


def credentials_of(endpoint: Endpoint) -> t.Callable[[], Credentials]:
    """The endpoint's own; else what the SDK finds around it, renewed when they run out."""
    if endpoint.key is not None:
        fixed = Credentials(endpoint.key, endpoint.secret or "", endpoint.token)
        return lambda: fixed
    session = open_session(endpoint, "to find credentials for S3")

    def current() -> Credentials:
        from botocore.exceptions import BotoCoreError

        try:
            found = session.get_credentials()
            if found is not None:
                frozen = found.get_frozen_credentials()
                return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
            fault = "there are no credentials"
        except BotoCoreError as error:
            fault = " ".join(str(error).split())
        raise AccessDeniedError(
            "sign a request",
            endpoint.place,
            fault,
            hint="Write AccessKey and SecretKey, or give this host a role.",
        )

    return current
