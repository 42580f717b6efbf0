# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""An account of Azure's storage: its address, who one is there, and the proof of it in each request."""

from __future__ import annotations

import base64
import binascii
import datetime
import email.utils
import hashlib
import hmac
import os
import typing as t
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

from .._endpoint import Endpoint
from .._errors import ConfigurationError
from ._rest import Headers, Query

_API_VERSION: t.Final = "2023-11-03"
#: The standard headers that are part of a signature, there or not, in their order.
_SIGNED: t.Final = (
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-MD5",
    "Content-Type",
    "Date",
    "If-Modified-Since",
    "If-Match",
    "If-None-Match",
    "If-Unmodified-Since",
    "Range",
)
_SAS_LIFE: t.Final = datetime.timedelta(hours=2)


class _Credentials(t.NamedTuple):
    """One of the three ways to prove who one is; ``kind`` is obstore's name of it."""

    kind: t.Literal["access_key", "sas_token", "bearer_token"]
    value: str

    @property
    def may_read(self) -> bool:
        """Whether they are good for reading blobs, as far as can be told."""
        if self.kind != "sas_token":
            return True
        return all(
            "r" in permissions for permissions in parse_qs(self.value).get("sp", ())
        )


def find_credentials(endpoint: Endpoint) -> _Credentials:
    """The endpoint's token or secret, else the environment's. Raises ``ConfigurationError``."""
    if endpoint.token:
        return _token(endpoint.token)
    if endpoint.secret:
        return _access_key(endpoint.secret)
    for name in ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_TOKEN"):
        if value := os.environ.get(name):
            return _token(value)
    for name in ("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"):
        if value := os.environ.get(name):
            return _access_key(value)
    raise ConfigurationError(
        f"There are no credentials for {endpoint.place}.",
        hint="Give secret (the account's key) or token (a SAS token, or what "
        "'az account get-access-token --resource https://storage.azure.com/' prints).",
    )


def _token(value: str) -> _Credentials:
    if "sig=" in value:
        return _Credentials("sas_token", value.lstrip("?"))
    return _Credentials("bearer_token", value)


def _access_key(value: str) -> _Credentials:
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ConfigurationError(
            "The secret of AZURE_BLOBS is not base64.",
            hint="Copy the account's access key as it is shown, or give a SAS token as token.",
        ) from None
    return _Credentials("access_key", value)


def account_url(endpoint: Endpoint, account: str) -> str:
    """Where the account's containers are.

    A host that begins with the account's name is its own; one that begins with ``blob.`` is a
    cloud's, and the account goes before it; any other (Azurite) has accounts in the path.
    """
    if endpoint.host is None or endpoint.url is None:
        return f"https://{account}.blob.core.windows.net"
    if endpoint.host.startswith(f"{account}."):
        return endpoint.url
    if endpoint.host.startswith("blob."):
        return endpoint.url.replace("://", f"://{account}.", 1)
    return f"{endpoint.url}/{account}"


def shared_key_signature(
    secret: str,
    account: str,
    method: str,
    path: str,
    query: t.Mapping[str, str],
    headers: t.Mapping[str, str],
) -> str:
    """The signature of a request with no other headers than ``x-ms-`` ones and a body's own two."""
    named = {n.lower(): value for n, value in headers.items() if n not in _SIGNED}
    canonical_headers = [f"{name}:{named[name]}" for name in sorted(named)]
    canonical_query = sorted(f"{name.lower()}:{query[name]}" for name in query)
    standard = [headers.get(name, "") for name in _SIGNED]
    lines = [method, *standard, *canonical_headers, f"/{account}{path}"]
    return _sign(secret, "\n".join([*lines, *canonical_query]))


def reading_sas(secret: str, account: str, container: str, key: str) -> str:
    """The query with which anybody may read the one blob, for two hours."""
    ends = datetime.datetime.now(datetime.UTC) + _SAS_LIFE
    until = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"sp": "r", "se": until, "sv": _API_VERSION, "sr": "b"}
    resource = f"/blob/{account}/{container}/{key}"
    # Between and after them are fields that are not used; each has its line.
    lines = ["r", "", until, resource, "", "", "", _API_VERSION, "b", *[""] * 7]
    fields["sig"] = _sign(secret, "\n".join(lines))
    return urlencode(fields)


def _sign(secret: str, text: str) -> str:
    digest = hmac.digest(base64.b64decode(secret), text.encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


class Account(t.NamedTuple):
    """A storage account: its name, where its containers are, and who we are for it."""

    name: str
    url: str
    credentials: _Credentials

    def authorize(
        self, method: str, path: str, query: Query, headers: Headers, /
    ) -> None:
        """``_rest.Authorize``."""
        kind, value = self.credentials
        headers["x-ms-version"] = _API_VERSION
        headers["x-ms-date"] = email.utils.formatdate(usegmt=True)
        if kind == "sas_token":
            query.update(parse_qsl(value))
        elif kind == "bearer_token":
            headers["Authorization"] = f"Bearer {value}"
        else:
            signature = shared_key_signature(
                value, self.name, method, path, query, headers
            )
            headers["Authorization"] = f"SharedKey {self.name}:{signature}"

    def authorize_source(self, container: str, key: str) -> Headers:
        """What names a blob as a copy's source, and proves to Azure that we may read it."""
        kind, value = self.credentials
        url = f"{self.url}{blob_path(container, key)}"
        if kind == "bearer_token":
            return {
                "x-ms-copy-source": url,
                "x-ms-copy-source-authorization": f"Bearer {value}",
            }
        if kind == "access_key":
            value = reading_sas(value, self.name, container, key)
        return {"x-ms-copy-source": f"{url}?{value}"}


def find_account(endpoint: Endpoint) -> Account:
    """The account that the endpoint, or else the environment, names. Raises ``ConfigurationError``."""
    name = endpoint.key or os.environ.get("AZURE_STORAGE_ACCOUNT")
    if not name:
        raise ConfigurationError(
            f"There is no account name for {endpoint.place}.",
            hint="Give the storage account's name as key.",
        )
    return Account(name, account_url(endpoint, name), find_credentials(endpoint))


def container_path(endpoint: Endpoint) -> str:
    return f"/{quote(endpoint.container, safe='')}"


def blob_path(container: str, key: str) -> str:
    return f"/{quote(container, safe='')}/{quote(key, safe='/~')}"
