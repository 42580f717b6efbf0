# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Who we are for Google: an OAuth access token, from a service account's key or from the surroundings.

A service account signs its own tokens (a JWT is good as an access token), so no other server is
asked. Else these are tried, as by Google's own tools: the file that GOOGLE_APPLICATION_CREDENTIALS
names, the one that ``gcloud auth application-default login`` writes, the metadata server of Google's
machines.
"""

from __future__ import annotations

import abc
import base64
import json
import os
import threading
import time
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConfigurationError,
    MissingLibraryError,
    StoreError,
    UnreachableError,
)

if t.TYPE_CHECKING:
    from obstore.store import GCSCredential

_SCOPE: t.Final = "https://www.googleapis.com/auth/devstorage.full_control"
_TOKEN_URL: t.Final = "https://oauth2.googleapis.com/token"
_METADATA_PATH: t.Final = "/computeMetadata/v1/instance/service-accounts/default/token"
_LIFE_SECONDS: t.Final = 3600
#: A token that ends sooner than this is replaced.
_MARGIN_SECONDS: t.Final = 300
_ASKING_SECONDS: t.Final = 10.0
_OPENER: t.Final = urllib.request.build_opener()


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and when it ends, seconds since the epoch; None: not known."""

    value: str
    ends: float | None


class TokenSource(abc.ABC):
    """Access tokens, renewed in time, for any thread. Called, it is obstore's credential provider."""

    #: The project of the credentials, where they tell.
    project: str | None = None

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Token | None = None

    def __call__(self) -> GCSCredential:
        token = self.current()
        ends = token.ends and datetime.fromtimestamp(token.ends, UTC)
        return {"token": token.value, "expires_at": ends or None}

    def current(self) -> Token:
        """A token that is good for some minutes. Raises ``StoreError``."""
        with self._lock:
            token = self._token
            ended = token is not None and (
                token.ends is not None and token.ends < time.time() + _MARGIN_SECONDS
            )
            if token is None or ended:
                token = self._token = self._renew()
            return token

    def authorize(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: dict[str, str],
        /,
    ) -> None:
        """``_rest.Authorize``."""
        headers["Authorization"] = f"Bearer {self.current().value}"

    @abc.abstractmethod
    def _renew(self) -> Token: ...


class FixedToken(TokenSource):
    """A token that the user gave."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self._value = value

    def _renew(self) -> Token:
        return Token(self._value, None)


class ServiceAccount(TokenSource):
    """Tokens that a service account's private key signs."""

    def __init__(
        self,
        email: str,
        pem: str,
        key_id: str | None = None,
        project: str | None = None,
    ) -> None:
        super().__init__()
        try:
            from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
            from cryptography.hazmat.primitives.serialization import (
                load_pem_private_key,
            )
        except ImportError:
            raise MissingLibraryError(
                ["cryptography"], "to sign in to GOOGLE_STORAGE with a service account"
            ) from None
        try:
            # In JSON and in variables a line's end is often written as \n.
            key = load_pem_private_key(pem.replace("\\n", "\n").encode(), None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise ConfigurationError(
                f"The private key of the service account {email} is no RSA key in PEM format.",
                hint="Give the service account's JSON key file, as it was downloaded.",
            )
        self._email = email
        self._key = key
        self._key_id = key_id
        self.project = project

    def _renew(self) -> Token:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        now = int(time.time())
        header = {"alg": "RS256", "typ": "JWT"}
        if self._key_id:
            header["kid"] = self._key_id
        claims = {
            "iss": self._email,
            "sub": self._email,
            "scope": _SCOPE,
            "iat": now,
            "exp": now + _LIFE_SECONDS,
        }
        text = f"{_encode_part(header)}.{_encode_part(claims)}"
        signature = self._key.sign(text.encode(), PKCS1v15(), SHA256())
        return Token(f"{text}.{_base64url(signature)}", now + _LIFE_SECONDS)


class UserLogin(TokenSource):
    """Tokens of the person who ran ``gcloud auth application-default login``."""

    def __init__(self, endpoint: Endpoint, login: t.Mapping[str, t.Any]) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._url = login.get("token_uri", _TOKEN_URL)
        self.project = login.get("quota_project_id")
        self._form = {
            name: login[name]
            for name in ("client_id", "client_secret", "refresh_token")
        }

    def _renew(self) -> Token:
        form = {"grant_type": "refresh_token", **self._form}
        data = urllib.parse.urlencode(form).encode()
        return _ask_for_token(self._endpoint, urllib.request.Request(self._url, data))


class MachineIdentity(TokenSource):
    """Tokens of the service account that a machine of Google's runs as."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._endpoint = endpoint

    def _renew(self) -> Token:
        host = os.environ.get("GCE_METADATA_HOST", "metadata.google.internal")
        request = urllib.request.Request(
            f"http://{host}{_METADATA_PATH}", headers={"Metadata-Flavor": "Google"}
        )
        try:
            return _ask_for_token(self._endpoint, request)
        except StoreError:
            raise AccessDeniedError(
                "sign in",
                self._endpoint.place,
                "there are no credentials, and this is no machine of Google's that has its own",
                hint="Give key (a service account's JSON key file), or run "
                "'gcloud auth application-default login'.",
            ) from None


def find_token_source(endpoint: Endpoint) -> TokenSource:
    """What the endpoint's credentials, or else the surroundings, make. Raises ``ConfigurationError``.

    ``secret``, or ``key`` where there is none, is a service account's key: JSON or the path of a JSON
    file; or, beside the account's e-mail address as ``key``, a PEM or its path.
    """
    if endpoint.token:
        return FixedToken(endpoint.token)
    if endpoint.secret or endpoint.key:
        return _from_key(endpoint, endpoint.secret or endpoint.key or "")
    if endpoint.url is not None:
        # Emulators want none, and obstore sends nothing without one.
        return FixedToken("anonymous")
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if named:
        return _from_file(endpoint, named, _read_text(named))
    folder = os.environ.get("CLOUDSDK_CONFIG", "~/.config/gcloud")
    login = Path(folder).expanduser() / "application_default_credentials.json"
    if login.is_file():
        return _from_file(endpoint, str(login), _read_text(str(login)))
    return MachineIdentity(endpoint)


def _from_key(endpoint: Endpoint, key: str) -> TokenSource:
    name = "secret" if endpoint.secret else "key"
    text = (
        key if key.lstrip().startswith(("{", "-----BEGIN")) else _read_text(key, name)
    )
    if text.lstrip().startswith("{"):
        return _from_file(endpoint, name, text)
    if not endpoint.secret or not endpoint.key:
        raise ConfigurationError(
            f"{name} of {endpoint.place} is a private key without its service account.",
            hint="Give the account's e-mail address as key and the private key as secret, "
            "or the account's JSON key file.",
        )
    return ServiceAccount(endpoint.key, text)


def _from_file(endpoint: Endpoint, name: str, text: str) -> TokenSource:
    try:
        content = json.loads(text)
        if content.get("type") == "authorized_user":
            return UserLogin(endpoint, content)
        if content.get("type", "service_account") == "service_account":
            return ServiceAccount(
                content["client_email"],
                content["private_key"],
                content.get("private_key_id"),
                content.get("project_id"),
            )
        fault = f"of the type {content['type']!r}, which is not supported"
    except KeyError as error:
        fault = f"incomplete: {error} is missing"
    except (ValueError, AttributeError):
        fault = "not a JSON mapping"
    raise ConfigurationError(
        f"Google's credentials in {name} are {fault}.",
        hint="Give a service account's JSON key file, as it was downloaded.",
    )


def _read_text(path: str, option: str = "GOOGLE_APPLICATION_CREDENTIALS") -> str:
    try:
        return Path(path).expanduser().read_text()
    except (OSError, ValueError, RuntimeError) as error:
        # What was meant as a key must not be shown because it could not be read as a path.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigurationError(
            f"{option} is neither a key of Google's nor the path of a readable file ({reason}).",
            hint="Give the path of a service account's JSON key file, or its text.",
        ) from None


def _ask_for_token(endpoint: Endpoint, request: urllib.request.Request) -> Token:
    operation, place = "sign in", endpoint.place
    try:
        with _OPENER.open(request, timeout=_ASKING_SECONDS) as answer:
            content = json.load(answer)
        return Token(content["access_token"], time.time() + content["expires_in"])
    except urllib.error.HTTPError as error:
        with error:
            raise AccessDeniedError(
                operation, place, f"{request.host} answered HTTP {error.code}"
            ) from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise UnreachableError(operation, place, f"{request.host}: {reason}") from None
    except (ValueError, KeyError, TypeError):
        raise StoreError(
            operation, place, f"{request.host} answered something else than a token"
        ) from None


def _encode_part(part: t.Mapping[str, t.Any]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
