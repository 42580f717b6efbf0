# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Any provider that apache-libcloud has a driver for."""

from __future__ import annotations

import contextlib
import functools
import itertools
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
    TruncatedError,
    UnreachableError,
)
from ._base import (
    CHUNK_SIZE,
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Condition,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from ._libcloud_dialects import (
    Headers,
    Position,
    Refusal,
    Request,
    dialect_of,
    without_tags,
)
from ._libcloud_open import log_out, open_driver, region_of
from ._retry import retry
from ._s3_keys import KeyGuard, is_fragile, shapes

#: A body up to this is one request, with a hash that the server checks; bytes.
PART_SIZE = 8 * 1024 * 1024
#: After so many parts they double: 10,000 parts, the most that S3 takes, hold more than any
#: object may.
_PARTS_OF_ONE_SIZE = 1000

#: Too many requests: nothing was done.
_NOT_DONE: t.Final = frozenset({429, 503})
#: The same, and faults of servers that are gone a moment later.
_PASSING: t.Final = _NOT_DONE | {500, 502, 504}
_NO_CONTENT_RANGE: t.Final = 416


_Parsed = t.TypeVar("_Parsed")


class LibcloudStore(Store):
    """A container reached through libcloud's signed connections.

    A libcloud driver makes one request at a time, so there are as many as threads that need one at
    once. Requests that may be sent twice are tried again after throttling and passing faults.

    What cannot be held is refused: keys that the server would change (found out by
    :class:`KeyGuard`), metadata beyond printable ASCII, and on Swift names of metadata with ``_``,
    which it would turn into ``-``. Swift, Google and OSS get a body of any length in one request,
    so no larger than they allow for one (5 GiB as a rule).
    """

    def __init__(self, endpoint: Endpoint) -> None:
        """Sends no request. Raises ``ConfigurationError`` and ``MissingLibraryError``."""
        super().__init__(endpoint)
        self._lock = threading.Lock()
        self._idle = [open_driver(endpoint, self.requests)]
        self._dialect = dialect_of(endpoint.family)
        self.features = self._dialect.features
        self._guard = KeyGuard(
            endpoint.prefix,
            lambda key, data: self._put(key, data, NO_ATTRIBUTES, None),
            self.list,
            self._delete_each,
        )

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for driver in idle:
            driver.connection.connection.session.close()

    def fault_of_key(self, key: str) -> str | None:
        return self._dialect.key_fault(key)

    def container_exists(self) -> bool:
        operation = "look for the container"
        response = self._send(
            operation, self._dialect.head_container(self.endpoint.container)
        )
        if response.status_code == 404:
            return False
        self._check(response, operation)
        return True

    def create_container(self) -> bool:
        operation = "create the container"
        # A name that is not allowed, or somebody else's, is told better by the attempt.
        with contextlib.suppress(StoreError):
            if self.container_exists():
                return False
        response = self._send(
            operation,
            self._dialect.create_container(
                self.endpoint.container, region_of(self.endpoint)
            ),
        )
        if response.status_code == 202:  # Swift: it was there
            return False
        if _is_good(response):
            return True
        refusal = self._refusal(response)
        if refusal.code in self._dialect.container_ours:
            return False
        if refusal.code in self._dialect.container_taken:
            raise ContainerTakenError(
                operation, self.endpoint.place, "it belongs to somebody else"
            )
        if response.status_code in (400, 404):
            raise ConfigurationError(
                f"{self.endpoint.provider} does not allow the container name "
                f"{self.endpoint.container!r}: {_words(refusal, response.status_code)}."
            )
        raise self._error(response, operation)

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        operation = f"list objects {prefix!r}*" if prefix else "list objects"
        position: Position = {}
        while True:
            request = self._dialect.list_page(self.endpoint.container, prefix, position)
            response = self._send(operation, request)
            self._check(response, operation)
            page = self._read(operation, self._dialect.read_page, response.content)
            # Some prefixes go to the server shortened.
            yield from (info for info in page.objects if info.key.startswith(prefix))
            if page.following is None:
                return
            if page.following == position:
                raise StoreError(
                    operation, self.endpoint.place, "the listing does not go on"
                )
            position = page.following

    def stat(self, key: str) -> ObjectDetails:
        operation = f"look at object {key!r}"
        self._require_exact(key, operation)
        response = self._send(operation, Request("HEAD", self._path(key)))
        self._check_object(response, key, operation)
        headers = _lower(response.headers)
        size = int(headers.get("content-length", 0))
        return ObjectDetails(
            self._dialect.read_info(key, size, headers),
            self._dialect.read_attributes(headers),
        )

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        operation = f"read object {key!r}"
        self._require_exact(key, operation)
        if length == 0:
            return self._read_nothing(key)
        headers = {}
        if start or length is not None:
            end = "" if length is None else str(start + length - 1)
            headers["Range"] = f"bytes={start}-{end}"
        request = Request("GET", self._path(key), headers=headers, streams=True)
        response = self._send(operation, request)
        if headers and response.status_code == _NO_CONTENT_RANGE:
            response.close()
            return self._read_nothing(key)
        self._check_object(response, key, operation)
        answer = _lower(response.headers)
        size, expected = _sizes(answer)
        if headers and response.status_code != 206 and size:
            response.close()
            raise StoreError(
                operation, self.endpoint.place, "the server does not serve ranges"
            )
        return ReadResult(
            self._dialect.read_info(key, size, answer),
            self._dialect.read_attributes(answer),
            self._chunks(response, operation, expected),
        )

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        operation = f"write object {key!r}"
        if fault := self.fault_of_key(key):
            raise KeyRefusedError(operation, self.endpoint.place, fault)
        self.refuse_settings(attributes, operation)
        self._refuse_attributes(attributes, condition, operation)
        data, rest = self._begin(body)
        self._refuse_shape(key, len(data), operation)
        if rest is None:
            info = self._put(key, data, attributes, condition)
        elif self._dialect.multipart:
            info = self._put_parts(key, _parts(data, rest), attributes, condition)
        else:
            info = self._put_stream(key, _parts(data, rest), attributes)
        if is_fragile(key) or shapes(key, info.size):
            self._require_kept(info, operation)
        return info

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        # What cannot be there, or only as another key, is missing; the other one stays.
        return self._delete_each(
            [key for key in keys if not self.fault_of_key(key) and self._is_exact(key)]
        )

    # Writing.

    def _begin(self, body: Body) -> tuple[bytes, t.Iterator[bytes] | None]:
        """All of a body that goes up in one request and None; else its beginning, and the rest."""
        if not isinstance(body, bytes):
            return _first(body)
        if self._dialect.multipart and len(body) > PART_SIZE:
            return body, iter(())
        return body, None

    def _put(
        self,
        key: str,
        body: bytes,
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        request = self._dialect.put(self._path(key), body, attributes, condition)
        # Sent again after a lost answer, a condition would fail by its own first success.
        response = self._send_write(
            key, request, condition, lost_is_final=condition is not None
        )
        return self._dialect.read_info(key, len(body), _lower(response.headers))

    def _put_stream(
        self, key: str, parts: t.Iterator[bytes], attributes: Attributes
    ) -> ObjectInfo:
        """One chunked request: when ``parts`` raises, it breaks off and the server keeps nothing."""
        stream = _Stream(parts)
        request = self._dialect.put(self._path(key), stream, attributes, None)
        try:
            response = self._send_write(key, request, only_once=True)
        finally:
            if stream.error is not None:
                raise stream.error
        return self._dialect.read_info(key, stream.size, _lower(response.headers))

    def _put_parts(
        self,
        key: str,
        parts: t.Iterator[bytes],
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        operation = f"write object {key!r}"
        path = self._path(key)
        upload = ""
        if start := self._dialect.start(path, attributes):
            response = self._send_write(key, start)
            upload = self._read(operation, self._dialect.read_upload, response.content)
        try:
            made = []
            size = 0
            for number, data in enumerate(parts, 1):
                part = self._dialect.part(path, upload, number, data)
                response = self._send_write(key, part)
                made.append(self._dialect.read_part(number, _lower(response.headers)))
                size += len(data)
            complete = self._dialect.complete(path, upload, made, attributes, condition)
            response = self._send_write(key, complete, condition, lost_is_final=True)
        except BaseException:
            if abort := self._dialect.abort(path, upload):
                # The first error is the one to tell.
                with contextlib.suppress(StoreError):
                    self._send(operation, abort)
            raise
        return self._completed(key, size, response)

    def _completed(self, key: str, size: int, response: t.Any) -> ObjectInfo:
        """Amazon may answer 200 and then tell of a failure in the body; the etag is there, too."""
        operation = f"write object {key!r}"
        headers = _lower(response.headers)
        etag, refusal = self._read(
            operation,
            functools.partial(self._dialect.read_completion, headers),
            response.content,
        )
        if refusal.code:
            raise StoreError(operation, self.endpoint.place, _words(refusal, 200))
        return self._dialect.read_info(key, size, headers | {"etag": etag})

    def _send_write(
        self,
        key: str,
        request: Request,
        condition: Condition | None = None,
        **options: bool,
    ) -> t.Any:
        """``_send`` with the errors of a write."""
        operation = f"write object {key!r}"
        response = self._send(operation, request, **options)
        if _is_good(response):
            return response
        error = self._error(response, operation, of_object=True)
        missing = isinstance(error, ObjectMissingError)
        if missing and condition is not None:
            raise self._condition_failed(operation)
        if missing or (response.status_code == 400 and is_fragile(key)):
            words = _words(self._refusal(response), response.status_code)
            raise KeyRefusedError(operation, self.endpoint.place, words)
        raise error

    def _refuse_shape(self, key: str, size: int, operation: str) -> None:
        shape = self._guard.refused_shape(key, size)
        if shape:
            raise KeyRefusedError(
                operation,
                self.endpoint.place,
                f"this server does not keep a key with {shape.value} as it is",
            )

    def _require_kept(self, info: ObjectInfo, operation: str) -> None:
        if not self._guard.is_there(info.key, info.size):
            raise KeyRefusedError(
                operation,
                self.endpoint.place,
                "the server took it, and does not list it as it was written",
            )

    def _require_exact(self, key: str, operation: str) -> None:
        if self.fault_of_key(key) or not self._is_exact(key):
            raise self._object_missing(operation)

    def _is_exact(self, key: str) -> bool:
        """False for a key that the server would take for another's."""
        return not self._guard.needs_look(key) or self._guard.is_there(key)

    def _refuse_attributes(
        self, attributes: Attributes, condition: Condition | None, operation: str
    ) -> None:
        fault = self._dialect.attribute_fault(attributes)
        if condition is not None and not self.features.conditional_write:
            fault = "this store has no conditional writes"
        if fault:
            raise StoreError(operation, self.endpoint.place, fault)

    def _delete_each(self, keys: t.Sequence[str]) -> dict[str, str]:
        failed = {}
        for key in keys:
            operation = f"delete object {key!r}"
            request = Request("DELETE", self._path(key))
            try:
                self._check_object(self._send(operation, request), key, operation)
            except ObjectMissingError:
                pass
            except (ContainerMissingError, UnreachableError):
                raise
            except StoreError as error:
                failed[key] = error.detail
        return failed

    # Reading.

    def _read_nothing(self, key: str) -> ReadResult:
        details = self.stat(key)
        return ReadResult(details.info, details.attributes, iter(()))

    def _chunks(
        self, response: t.Any, operation: str, expected: int | None
    ) -> t.Iterator[bytes]:
        """The body as it was sent: without its Content-Encoding, nothing decodes it."""
        import requests

        response.raw.headers.pop("Content-Encoding", None)
        got = 0
        fault = ""
        try:
            for chunk in response.iter_content(CHUNK_SIZE):
                got += len(chunk)
                yield chunk
        except requests.exceptions.RequestException as error:
            if _is_timeout(error):
                raise self._unreachable(error, operation) from None
            fault = "the connection broke"
        finally:
            response.close()
        if fault or (expected is not None and got != expected):
            wanted = "" if expected is None else f" of {expected}"
            raise TruncatedError(
                operation,
                self.endpoint.place,
                f"the body ended after {got}{wanted} bytes",
            )

    # Sending.

    def _path(self, key: str) -> str:
        return self._dialect.object_path(self.endpoint.container, key)

    @contextlib.contextmanager
    def _borrow_driver(self) -> t.Iterator[t.Any]:
        """A driver for one request: they remember what they are about to sign."""
        with self._lock:
            driver = self._idle.pop() if self._idle else None
        driver = driver or open_driver(self.endpoint, self.requests)
        try:
            yield driver
        finally:
            with self._lock:
                self._idle.append(driver)

    def _send(
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
            )
            if not (request.streams and _is_good(response)):
                _unused = response.content
            return response
        except requests.exceptions.RequestException as error:
            raise self._unreachable(error, operation) from None
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

    # Errors.

    def _read(
        self, operation: str, parse: t.Callable[[bytes], _Parsed], body: bytes
    ) -> _Parsed:
        """What ``parse`` makes of an answer, whose ``ValueError`` becomes ours."""
        try:
            return parse(body)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                operation, self.endpoint.place, f"the answer is unreadable: {error}"
            ) from None

    def _check(self, response: t.Any, operation: str) -> None:
        if not _is_good(response):
            raise self._error(response, operation)

    def _check_object(self, response: t.Any, key: str, operation: str) -> None:
        if response.status_code == 400 and is_fragile(key):
            raise self._object_missing(operation)  # it could not be written, either
        if not _is_good(response):
            raise self._error(response, operation, of_object=True)

    def _refusal(self, response: t.Any) -> Refusal:
        return self._dialect.refusal(_lower(response.headers), response.content)

    def _error(
        self, response: t.Any, operation: str, *, of_object: bool = False
    ) -> StoreError:
        status: int = response.status_code
        refusal = self._refusal(response)
        place = self.endpoint.place
        words = _words(refusal, status)
        if status in (401, 403):
            return AccessDeniedError(operation, place, words)
        if status == 412 or refusal.code == "BlobAlreadyExists":
            return self._condition_failed(operation)
        if status == 404:
            if self._is_container_missing(refusal, of_object):
                return ContainerMissingError(
                    operation, place, "there is no such container"
                )
            return self._object_missing(operation)
        if refusal.code in ("KeyTooLongError", "InvalidURI", "InvalidUri"):
            return KeyRefusedError(operation, place, words)
        return StoreError(operation, place, words)

    def _object_missing(self, operation: str) -> ObjectMissingError:
        return ObjectMissingError(
            operation, self.endpoint.place, "there is no such object"
        )

    def _condition_failed(self, operation: str) -> ConditionFailedError:
        return ConditionFailedError(
            operation, self.endpoint.place, "it is not as the condition asks"
        )

    def _is_container_missing(self, refusal: Refusal, of_object: bool) -> bool:
        if refusal.code in self._dialect.container_missing:
            return True
        if refusal.code in self._dialect.object_missing:
            return False
        # An answer without a code may mean either.
        return not (of_object and self.container_exists())

    def _unreachable(self, error: Exception, operation: str) -> UnreachableError:
        import requests

        if isinstance(error, requests.exceptions.SSLError):
            return _UntrustedError(operation, self.endpoint.place, _fault(error))
        if _is_timeout(error):
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


class _Stream:
    """Chunks for a request that tells afterwards what broke them off."""

    def __init__(self, chunks: t.Iterator[bytes]) -> None:
        self._chunks = chunks
        self.error: BaseException | None = None
        self.size = 0

    def __iter__(self) -> t.Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            raise
        except BaseException as error:
            self.error = error
            raise
        self.size += len(chunk)
        return chunk


def _first(body: t.Iterable[bytes]) -> tuple[bytes, t.Iterator[bytes] | None]:
    """A body's beginning of more than ``PART_SIZE`` and the rest, or all of it and None."""
    chunks = iter(body)
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > PART_SIZE:
            return bytes(data), chunks
    return bytes(data), None


def _parts(head: bytes, chunks: t.Iterator[bytes]) -> t.Iterator[bytes]:
    """Parts of ``PART_SIZE`` and, after very many, larger ones; the last is what is left."""
    buffer = bytearray()
    size, number = PART_SIZE, 0
    for chunk in itertools.chain((head,), chunks):
        buffer += chunk
        while len(buffer) > size:
            yield bytes(buffer[:size])
            del buffer[:size]
            number += 1
            size = PART_SIZE << (number // _PARTS_OF_ONE_SIZE)
    yield bytes(buffer)


def _sizes(headers: Headers) -> tuple[int, int | None]:
    """The whole object's size, and the body's where the server says it."""
    announced = headers.get("content-length")
    expected = int(announced) if announced is not None else None
    total = headers.get("content-range", "").rpartition("/")[2]
    return (int(total) if total.isdigit() else expected or 0), expected


def _is_good(response: t.Any) -> bool:
    # A redirection, which is not followed, is none.
    status: int = response.status_code
    return 200 <= status < 300


def _lower(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _words(refusal: Refusal, status: int) -> str:
    text = ": ".join(filter(None, refusal))
    return f"{text} (HTTP {status})" if text else f"the server answered HTTP {status}"


def _is_timeout(error: BaseException) -> bool:
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
