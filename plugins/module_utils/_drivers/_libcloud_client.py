# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Requests through libcloud's signed connections, and what the answers mean."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConditionFailedError,
    ConfigurationError,
    ContainerMissingError,
    ContainerTakenError,
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
    UnreachableError,
)
from ._libcloud_dialect import Headers, Refusal, Request, without_tags
from ._libcloud_dialects import dialect_of
from ._libcloud_open import log_out, open_driver, region_of
from ._requests import RequestCounter
from ._retry import retry

#: Too many requests: nothing was done.
_NOT_DONE: t.Final = frozenset({429, 503})
#: The same, and faults of servers that are gone a moment later.
_PASSING: t.Final = _NOT_DONE | {500, 502, 504}

_Parsed = t.TypeVar("_Parsed")


class LibcloudClient:
    """Requests to one endpoint, from any thread.

    A libcloud driver makes one request at a time, so there are as many as threads that need one at
    once. Requests that may be sent twice are tried again after throttling and passing faults.
    ``options`` go to every request of libcloud's connection.
    """

    def __init__(
        self, endpoint: Endpoint, requests: RequestCounter, **options: t.Any
    ) -> None:
        """Sends no request. Raises ``ConfigurationError`` and ``MissingLibraryError``."""
        self.endpoint = endpoint
        self._requests = requests
        self._options = options
        self._lock = threading.Lock()
        self._idle = [open_driver(endpoint, requests)]
        # After it: it tells which families it cannot serve.
        self.dialect = dialect_of(endpoint.family)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for driver in idle:
            driver.connection.connection.session.close()

    def container_exists(self) -> bool:
        operation = "look for the container"
        response = self.send(
            operation, self.dialect.head_container(self.endpoint.container)
        )
        if response.status_code == 404:
            return False
        self.check(response, operation)
        return True

    def create_container(self) -> bool:
        operation = "create the container"
        # A name that is not allowed, or somebody else's, is told better by the attempt.
        with contextlib.suppress(StoreError):
            if self.container_exists():
                return False
        response = self.send(
            operation,
            self.dialect.create_container(
                self.endpoint.container, region_of(self.endpoint)
            ),
        )
        if response.status_code == 202:  # Swift: it was there
            return False
        if is_good(response):
            return True
        refusal = self.refusal(response)
        if refusal.code in self.dialect.container_ours:
            return False
        if refusal.code in self.dialect.container_taken:
            raise ContainerTakenError(
                operation, self.endpoint.place, "it belongs to somebody else"
            )
        if response.status_code in (400, 404):
            raise ConfigurationError(
                f"{self.endpoint.provider} does not allow the container name "
                f"{self.endpoint.container!r}: {words_of(refusal, response.status_code)}."
            )
        raise self.error(response, operation)

    def delete_container(self) -> None:
        """Delete the empty container; one that is gone already is deleted."""
        operation = "delete the container"
        request = self.dialect.delete_container(self.endpoint.container)
        response = self.send(operation, request)
        if response.status_code != 404:
            self.check(response, operation)

    def url_of(self, path: str) -> str | None:
        """The address of a path; None where one has to log in to know it, and nobody did yet."""
        with self._borrow_driver() as driver:
            connection = driver.connection
            if not connection.is_logged_in:
                return None
            host: str = connection.connection.host
            return f"{host}{connection.morph_action_hook(path)}"

    @contextlib.contextmanager
    def _borrow_driver(self) -> t.Iterator[t.Any]:
        """A driver for one request: they remember what they are about to sign."""
        with self._lock:
            driver = self._idle.pop() if self._idle else None
        driver = driver or open_driver(self.endpoint, self._requests)
        try:
            yield driver
        finally:
            with self._lock:
                self._idle.append(driver)

    def send(
        self,
        operation: str,
        request: Request,
        *,
        lost_is_final: bool = False,
        only_once: bool = False,
    ) -> t.Any:
        """The server's answer, whatever its status. Raises ``UnreachableError`` and, where logging
        in fails, ``AccessDeniedError``."""

        def attempt() -> t.Any:
            with self._borrow_driver() as driver:
                response = self._exchange(driver, operation, request)
                # Perhaps the token has expired.
                if response.status_code == 401 and log_out(driver):
                    if isinstance(request.body, bytes):
                        response = self._exchange(driver, operation, request)
            if response.status_code in (_NOT_DONE if lost_is_final else _PASSING):
                raise _NotNow(response)
            return response

        def is_passing(error: Exception) -> bool:
            if isinstance(error, UnreachableError):
                return not (lost_is_final or isinstance(error, _UntrustedError))
            return isinstance(error, _NotNow)

        retries = 0 if only_once else self.endpoint.retries
        try:
            return retry(attempt, is_passing, retries)
        except _NotNow as error:
            return error.response

    def _exchange(self, driver: t.Any, operation: str, request: Request) -> t.Any:
        """Send once; a body that is not streamed has arrived when this returns."""
        import requests
        from libcloud.common.exceptions import BaseHTTPError
        from libcloud.common.types import LibcloudError

        try:
            response: t.Any = driver.connection.request(
                request.path,
                params=dict(request.params),
                data=request.body,
                headers=dict(request.headers),
                method=request.method,
                raw=True,
                **self._container_argument(driver),
                **self._options,
            )
            if not (request.streams and is_good(response)):
                _unused = response.content
            return response
        except requests.exceptions.RequestException as error:
            raise self.unreachable(error, operation) from None
        except (LibcloudError, BaseHTTPError) as error:
            # Only libcloud's own requests raise these: those to log in.
            raise self._login_error(error, operation) from None

    def _login_error(self, error: Exception, operation: str) -> StoreError:
        from libcloud.common.types import InvalidCredsError

        if isinstance(error, InvalidCredsError):
            return AccessDeniedError(
                operation, self.endpoint.place, "the login was refused"
            )
        text = getattr(error, "value", None) or getattr(error, "message", "")
        return StoreError(
            operation,
            self.endpoint.place,
            f"logging in failed: {without_tags(str(text))}",
            hint="Check auth, project and region of the endpoint.",
        )

    def _container_argument(self, driver: t.Any) -> dict[str, t.Any]:
        """OSS's connections alone put the container into the host's name."""
        if self.endpoint.family != "oss":
            return {}
        from libcloud.storage.base import Container

        region = self.endpoint.region
        extra = {"location": f"oss-{region}"} if region else {}
        return {"container": Container(self.endpoint.container, extra, driver)}

    def check(self, response: t.Any, operation: str) -> None:
        if not is_good(response):
            raise self.error(response, operation)

    def object_path(self, key: str) -> str:
        return self.dialect.object_path(self.endpoint.container, key)

    def parse(
        self, operation: str, reader: t.Callable[[bytes], _Parsed], body: bytes
    ) -> _Parsed:
        """What ``reader`` makes of an answer, whose ``ValueError`` becomes ours."""
        try:
            return reader(body)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                operation, self.endpoint.place, f"the answer is unreadable: {error}"
            ) from None

    def refusal(self, response: t.Any) -> Refusal:
        return self.dialect.refusal(lower(response.headers), response.content)

    def error(
        self, response: t.Any, operation: str, *, of_object: bool = False
    ) -> StoreError:
        status: int = response.status_code
        refusal = self.refusal(response)
        place = self.endpoint.place
        words = words_of(refusal, status)
        if status in (401, 403):
            return AccessDeniedError(operation, place, words)
        if status == 412 or refusal.code == "BlobAlreadyExists":
            return self.condition_failed(operation)
        if status == 404:
            if self._is_container_missing(refusal, of_object):
                return ContainerMissingError(
                    operation, place, "there is no such container"
                )
            return self.object_missing(operation)
        if refusal.code in ("KeyTooLongError", "InvalidURI", "InvalidUri"):
            return KeyRefusedError(operation, place, words)
        return StoreError(operation, place, words)

    def object_missing(self, operation: str) -> ObjectMissingError:
        return ObjectMissingError(
            operation, self.endpoint.place, "there is no such object"
        )

    def condition_failed(self, operation: str) -> ConditionFailedError:
        return ConditionFailedError(
            operation, self.endpoint.place, "it is not as the condition asks"
        )

    def _is_container_missing(self, refusal: Refusal, of_object: bool) -> bool:
        if refusal.code in self.dialect.container_missing:
            return True
        if refusal.code in self.dialect.object_missing:
            return False
        # An answer without a code may mean either.
        return not (of_object and self.container_exists())

    def unreachable(self, error: Exception, operation: str) -> UnreachableError:
        import requests

        if isinstance(error, requests.exceptions.SSLError):
            return _UntrustedError(operation, self.endpoint.place, _fault(error))
        if is_timeout(error):
            detail = f"no answer within {self.endpoint.timeout:g} s"
        else:
            detail = _fault(error)
        return UnreachableError(operation, self.endpoint.place, detail)


class _UntrustedError(UnreachableError):
    """TLS failed, which it will do again."""

    default_hint = (
        "If the server's certificate is of an authority of your own, give that as ca_path; "
        "if the server speaks plain HTTP, set secure to false."
    )


class _NotNow(Exception):
    """The server cannot do it at the moment."""

    def __init__(self, response: t.Any) -> None:
        super().__init__(response.status_code)
        self.response = response


def is_good(response: t.Any) -> bool:
    # A redirection, which is not followed, is none.
    status: int = response.status_code
    return 200 <= status < 300


def lower(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def words_of(refusal: Refusal, status: int) -> str:
    text = ": ".join(filter(None, refusal))
    return f"{text} (HTTP {status})" if text else f"the server answered HTTP {status}"


def is_timeout(error: BaseException) -> bool:
    import requests

    return isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error)


def _fault(error: BaseException) -> str:
    """The operating system's words at the bottom: those above hold the URL, which may be signed."""
    found = ""
    queue: list[object] = [error]
    seen = set()
    while queue:
        one = queue.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        found = (
            getattr(one, "strerror", None)
            or getattr(one, "verify_message", None)
            or found
        )
        queue += [*one.args, one.__cause__, one.__context__]
        queue.append(getattr(one, "reason", None))
    return str(found) or "the connection failed"
