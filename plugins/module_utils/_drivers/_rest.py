# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Plain HTTP requests to a store's own interface, with the standard library alone."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import http.client
import json
import ssl
import time
import typing as t
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConfigurationError,
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
    UnreachableError,
)
from ._requests import RequestCounter
from ._retry import pauses

_RETRIED_STATUSES: t.Final = frozenset({408, 429, 500, 502, 503, 504})
_CONTAINER_MISSING_CODES: t.Final = frozenset({"ContainerNotFound", "NoSuchBucket"})

Query = dict[str, str]
Headers = dict[str, str]
_T = t.TypeVar("_T")


class Authorize(t.Protocol):
    """Adds what proves who we are to ``query`` and ``headers``; ``path`` is as it is sent."""

    def __call__(
        self, method: str, path: str, query: Query, headers: Headers, /
    ) -> None: ...


class RefusedError(StoreError):
    """The store answered with an HTTP status that no other of our errors stands for.

    ``code`` is the store's own word for it, empty where there is none.
    """

    def __init__(
        self, status: int, operation: str, place: str, detail: str, code: str = ""
    ) -> None:
        super().__init__(operation, place, detail)
        self.status = status
        self.code = code


def status_error(status: int, body: bytes, operation: str, place: str) -> StoreError:
    """An HTTP answer of 300 and more as one of our errors."""
    code, message = _parse_error_body(body)
    detail = ": ".join(part for part in (f"HTTP {status}", code, message) if part)
    if status in (401, 403):
        return AccessDeniedError(operation, place, detail)
    if status == 404:
        if code in _CONTAINER_MISSING_CODES or "bucket does not exist" in message:
            return ContainerMissingError(operation, place, "there is no such container")
        return ObjectMissingError(operation, place, "there is no such object")
    return RefusedError(status, operation, place, detail, code)


def certificates(endpoint: Endpoint) -> str | None:
    """The PEM text of ``endpoint.ca_path``. Raises ``ConfigurationError``."""
    if endpoint.ca_path is None:
        return None
    try:
        with open(endpoint.ca_path, encoding="ascii") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The certificates of ca_path {endpoint.ca_path!r} cannot be read: {error}."
        ) from None


class RestClient:
    """Requests below ``base_url``: signed, counted and retried, from any thread."""

    def __init__(
        self,
        endpoint: Endpoint,
        base_url: str,
        authorize: Authorize,
        requests: RequestCounter,
    ) -> None:
        self._endpoint = endpoint
        self._host, self._base_path = _split_base(base_url)
        self._authorize = authorize
        self._requests = requests
        self._opener = _build_opener(certificates(endpoint))

    def with_patience(self, factor: float) -> RestClient:
        """The same, where an answer may take ``factor`` times as long."""
        patient = copy.copy(self)
        patient._endpoint = dataclasses.replace(
            self._endpoint, timeout=self._endpoint.timeout * factor
        )
        return patient

    def fetch(
        self,
        operation: str,
        method: str,
        path: str,
        query: t.Mapping[str, str] | None = None,
        headers: t.Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> tuple[http.client.HTTPMessage, bytes]:
        """The whole answer. Raises what ``status_error`` makes, or ``UnreachableError``."""
        return self._send(
            lambda answer: (answer.headers, answer.read()),
            operation,
            (method, path, query or {}, headers or {}, data),
        )

    def fetch_json(
        self,
        operation: str,
        method: str,
        path: str,
        query: t.Mapping[str, str] | None = None,
        content: t.Mapping[str, t.Any] | None = None,
    ) -> dict[str, t.Any]:
        """``fetch`` of a JSON interface: ``content`` goes there, an object comes back."""
        headers, data = {}, None
        if content is not None:
            headers = {"Content-Type": "application/json"}
            data = json.dumps(content).encode()
        _unused, body = self.fetch(operation, method, path, query, headers, data)
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise StoreError(
                operation, self._endpoint.place, f"the answer is no JSON ({error})"
            ) from None
        return t.cast(dict[str, t.Any], answer)

    def open(
        self, operation: str, path: str, query: Query, headers: Headers
    ) -> http.client.HTTPResponse:
        """The answer to a GET, its body still to be read. Raises as ``fetch``."""
        return self._send(
            lambda answer: answer, operation, ("GET", path, query, headers, None)
        )

    def _send(
        self,
        consume: t.Callable[[http.client.HTTPResponse], _T],
        operation: str,
        request: tuple[
            str, str, t.Mapping[str, str], t.Mapping[str, str], bytes | None
        ],
    ) -> _T:
        deadline = time.monotonic() + self._endpoint.timeout
        pause = iter(pauses(self._endpoint.retries))
        while True:
            error: StoreError
            try:
                return consume(self._try(*request))
            except urllib.error.HTTPError as answer:
                with answer, contextlib.suppress(OSError, http.client.HTTPException):
                    body = answer.read()
                error = status_error(answer.code, body, operation, self._endpoint.place)
                lasting = answer.code not in _RETRIED_STATUSES
            except (OSError, http.client.HTTPException) as fault:
                error = UnreachableError(
                    operation, self._endpoint.place, _describe(fault)
                )
                lasting = isinstance(
                    getattr(fault, "reason", None), ssl.SSLCertVerificationError
                )
            wait = next(pause, None)
            if lasting or wait is None or time.monotonic() + wait > deadline:
                raise error
            time.sleep(wait)

    def _try(
        self,
        method: str,
        path: str,
        query: t.Mapping[str, str],
        headers: t.Mapping[str, str],
        data: bytes | None,
    ) -> http.client.HTTPResponse:
        query, headers = dict(query), dict(headers)
        path = self._base_path + path
        self._authorize(method, path, query, headers)
        url = self._host + path
        if query:
            url += "?" + urlencode(query, quote_via=quote)
        request = urllib.request.Request(url, data, headers, method=method)
        self._requests.add()
        answer = self._opener.open(request, timeout=self._endpoint.timeout)
        return t.cast(http.client.HTTPResponse, answer)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: following it would hand the credentials to somebody else."""

    def redirect_request(self, *_args: t.Any, **_options: t.Any) -> None:
        return None


def _build_opener(pem: str | None) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    if pem is not None:
        try:
            context.load_verify_locations(cadata=pem)
        except ssl.SSLError as error:
            raise ConfigurationError(
                f"The file that ca_path names holds no usable certificates: {error}."
            ) from None
    return urllib.request.build_opener(
        _NoRedirects, urllib.request.HTTPSHandler(context=context)
    )


def _split_base(url: str) -> tuple[str, str]:
    scheme, _unused, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash + path


def _parse_error_body(body: bytes) -> tuple[str, str]:
    """Code and message of an XML or JSON error; what is not there is empty."""
    try:
        if body.lstrip().startswith(b"{"):
            error = json.loads(body)["error"]
            return str(error.get("status", "")), str(error.get("message", ""))
        root = ElementTree.fromstring(body)
    except (ValueError, KeyError, TypeError, AttributeError, ElementTree.ParseError):
        return "", ""
    # The first line is the message; Azure puts its request's id and time below.
    message = (root.findtext("Message") or "").strip().partition("\n")[0]
    return root.findtext("Code") or "", message


def _describe(fault: OSError | http.client.HTTPException) -> str:
    reason = getattr(fault, "reason", None) or fault
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, http.client.HTTPException):
        return f"the answer broke off ({type(reason).__name__})"
    return getattr(reason, "strerror", None) or str(reason)
