# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the drivers over ``obstore`` share.

obstore moves bytes fast and without the interpreter lock, but it cannot be trusted with every
key: it refuses some (``a//b``, control characters), reads others as a different key (``dir/`` as
``dir``), and one refused key makes its whole listing raise. So obstore gets only keys that it
holds exactly; listings, containers, copies, and reads and deletions of all other keys are plain
requests of :mod:`._rest`.
"""

from __future__ import annotations

import abc
import hashlib
import http.client
import itertools
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConditionFailedError,
    ConfigurationError,
    ContainerMissingError,
    ContainerTakenError,
    KeyRefusedError,
    MissingLibraryError,
    ObjectMissingError,
    StoreError,
    TruncatedError,
)
from ._base import (
    CHUNK_SIZE,
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Buffer,
    Condition,
    IfAbsent,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from ._body import first_part
from ._deletion import fault_of
from ._obstore_body import Handover, part_size
from ._obstore_errors import lacks_length, translate_error
from ._obstore_objects import (
    attribute_fault,
    from_obstore_attributes,
    is_unicode,
    key_fault,
    to_obstore_attributes,
)
from ._rest import (
    Headers,
    Query,
    RefusedError,
    RestClient,
    certificates,
)

if t.TYPE_CHECKING:
    import obstore
    import obstore.store

_PARTS_AT_ONCE: t.Final = 3
_DELETIONS_AT_ONCE: t.Final = 16
#: How many keys one call of obstore's deletes; also the most that Azure takes in a request.
_DELETIONS_PER_CALL: t.Final = 256

#: The answer to an upload or a copy comes when the whole part is there: that may take this many
#: timeouts.
_UPLOAD_PATIENCE: t.Final = 10
_CONNECT_SECONDS: t.Final = 10.0


class ObstoreStore(Store):
    """A store whose objects obstore reads and writes, and whose listings are plain requests."""

    #: Requests of a multipart upload beside its parts.
    multipart_requests: t.ClassVar[int]
    #: Whether one request deletes many objects.
    deletes_in_bulk: t.ClassVar[bool]
    #: The longest page of a listing.
    page_size: t.ClassVar[int]

    def __init__(self, endpoint: Endpoint, base_url: str) -> None:
        super().__init__(endpoint)
        self._rest = RestClient(endpoint, base_url, self._authorize, self.requests)
        self._patient_rest = self._rest.with_patience(_UPLOAD_PATIENCE)
        try:
            import obstore
        except ImportError:
            raise MissingLibraryError(
                ["obstore"], f"to use {endpoint.provider}"
            ) from None
        self._obstore = obstore
        self._errors = (obstore.exceptions.BaseError, OSError, ValueError)
        timeout = endpoint.timeout
        try:
            self._quick = self._connect(*self._client_options(timeout))
            self._patient = self._connect(
                *self._client_options(timeout * _UPLOAD_PATIENCE)
            )
        except self._errors as error:
            raise ConfigurationError(
                translate_error(error, "connect", endpoint.place).message
            ) from None

    # What a provider is.

    @abc.abstractmethod
    def _authorize(
        self, method: str, path: str, query: Query, headers: Headers, /
    ) -> None:
        """``_rest.Authorize``."""

    @abc.abstractmethod
    def _connect(
        self,
        client_options: obstore.store.ClientConfig,
        retry_config: obstore.store.RetryConfig,
    ) -> obstore.store.ObjectStore:
        """obstore's store of the container."""

    @abc.abstractmethod
    def _etag(self, e_tag: str | None, version: str | None) -> str | None:
        """Our etag of what obstore tells of an object."""

    @abc.abstractmethod
    def _match(self, etag: str) -> obstore.UpdateVersion:
        """obstore's condition that an object still has our etag."""

    @abc.abstractmethod
    def _limit_of_key(self, key: str) -> str | None:
        """Why the provider itself has no object of this key, whatever asks for it; else None."""

    @abc.abstractmethod
    def _page(
        self, operation: str, prefix: str, marker: str | None, limit: int
    ) -> tuple[t.Sequence[ObjectInfo], str | None]:
        """At most ``limit`` objects of the listing, and the marker of the next page."""

    @abc.abstractmethod
    def _create(self, operation: str) -> None:
        """Make the container. Raises ``RefusedError`` with status 409 when the name is taken."""

    @abc.abstractmethod
    def _stat_plainly(
        self, operation: str, key: str, container: str | None = None
    ) -> ObjectDetails:
        """``stat`` without obstore, for any key; of another container where one is named."""

    @abc.abstractmethod
    def _open_plainly(
        self, operation: str, info: ObjectInfo, start: int, end: int
    ) -> http.client.HTTPResponse:
        """The bytes ``[start:end]`` of the object as ``info`` tells it, without obstore."""

    @abc.abstractmethod
    def _copy(
        self,
        operation: str,
        source: ObjectInfo,
        origin: str,
        key: str,
        attributes: Attributes,
    ) -> ObjectInfo:
        """Copy from the container ``origin``, which may be this one.

        Raises ``RefusedError`` with status 412 when the source's etag is another.
        """

    @abc.abstractmethod
    def _delete_plainly(self, operation: str, key: str) -> None:
        """Delete without obstore, for any key. Raises ``ObjectMissingError``."""

    # Containers and listings.

    def container_exists(self) -> bool:
        # Asked by a listing: who may only use the objects need not be allowed more.
        try:
            self._page("look for the container", "", None, 1)
        except ContainerMissingError:
            return False
        return True

    def create_container(self) -> bool:
        operation = "create the container"
        try:
            self._create(operation)
        except RefusedError as error:
            if error.status == 400:
                raise ConfigurationError(
                    f"{self.endpoint.provider} does not take the container name "
                    f"{self.endpoint.container!r}: {error.detail.rstrip('. ')}."
                ) from None
            if error.status != 409:
                raise
            if self._is_ours():
                return False
            raise ContainerTakenError(
                operation, self.endpoint.place, error.detail
            ) from None
        return True

    def _is_ours(self) -> bool:
        try:
            return self.container_exists()
        except AccessDeniedError:
            return False

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        marker: str | None = None
        while True:
            found, marker = self._page("list objects", prefix, marker, self.page_size)
            yield from found
            if not marker:
                return

    # Objects.

    def fault_of_key(self, key: str) -> str | None:
        return self._impossible(key) or key_fault(key)

    def stat(self, key: str) -> ObjectDetails:
        operation = f"look at object {key!r}"
        self._refuse(operation, self._impossible(key))
        if key_fault(key):
            return self._stat_plainly(operation, key)
        self.requests.add()
        try:
            result = self._obstore.get(self._quick, key, options={"head": True})
        except self._errors as error:
            if lacks_length(error):
                return self._stat_plainly(operation, key)
            raise self._explain_missing(error, operation) from None
        return self._details(key, result)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        operation = f"read object {key!r}"
        self._refuse(operation, self._impossible(key))
        if key_fault(key) or length == 0:
            return self._read_plainly(operation, key, start, length)
        options: obstore.GetOptions = {}
        if length is not None:
            options = {"range": (start, start + length)}
        elif start:
            options = {"range": {"offset": start}}
        self.requests.add()
        try:
            result = self._obstore.get(self._quick, key, options=options)
        except self._obstore.exceptions.GenericError as error:
            if options or lacks_length(error):
                # A range behind the end is an error there, an empty answer here.
                return self._read_plainly(operation, key, start, length)
            raise translate_error(error, operation, self.endpoint.place) from None
        except self._errors as error:
            raise translate_error(error, operation, self.endpoint.place) from None
        details = self._details(key, result)
        chunks = result.stream(min_chunk_size=CHUNK_SIZE)
        first, last = result.range
        return ReadResult(
            details.info,
            details.attributes,
            self._whole(operation, map(bytes, chunks), last - first),
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
        """As the contract says; with ``condition``, the whole body is held in memory."""
        operation = f"write object {key!r}"
        self._refuse_write(operation, key, attributes)
        first, rest = first_part(body)
        if rest is None or condition is not None:
            data = first if rest is None else b"".join((first, *rest))
            return self._write_once(operation, key, data, attributes, condition)
        return self._write_in_parts(
            operation, key, itertools.chain[Buffer]((first,), rest), attributes, size
        )

    def copy(
        self,
        source: ObjectInfo,
        key: str,
        attributes: Attributes,
        *,
        container: str | None = None,
    ) -> ObjectInfo:
        if not self.features.server_side_copy:
            return super().copy(source, key, attributes, container=container)
        operation = f"copy object {source.key!r} to {key!r}"
        origin = container or self.endpoint.container
        self._refuse(operation, self._impossible(source.key))
        self._refuse_write(operation, key, attributes)
        try:
            try:
                return self._copy(operation, source, origin, key, attributes)
            except RefusedError as error:
                if error.status != 412:
                    raise
                # A missing object fails a condition, too.
                self._stat_plainly(operation, source.key, origin)
            raise ConditionFailedError(
                operation, self.endpoint.place, "it is another object by now"
            )
        except ObjectMissingError as error:
            raise self._missing(error) from None

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        failed = {key: fault for key in keys if (fault := self._impossible(key))}
        plain = [key for key in keys if key not in failed and key_fault(key)]
        quick = [key for key in keys if not self.fault_of_key(key)]
        for start in range(0, len(quick), _DELETIONS_PER_CALL):
            some = quick[start : start + _DELETIONS_PER_CALL]
            self.requests.add(1 if self.deletes_in_bulk else len(some))
            try:
                self._obstore.delete(self._quick, some)
            except self._errors:
                # It tells of one key only, and of a missing one too: ask for each.
                plain += some
        return failed | self._delete_each(plain)

    def _impossible(self, key: str) -> str | None:
        if not key:
            return "the key is empty"
        if not is_unicode(key):
            return "the key is not valid Unicode"
        return self._limit_of_key(key)

    def _refuse(self, operation: str, fault: str | None) -> None:
        if fault is not None:
            raise KeyRefusedError(operation, self.endpoint.place, fault)

    def _copying_rest(self, size: int) -> RestClient:
        """For a copy of so many bytes, which is answered when it is made."""
        return self._rest if size <= CHUNK_SIZE else self._patient_rest

    def _refuse_write(self, operation: str, key: str, attributes: Attributes) -> None:
        self._refuse(operation, self.fault_of_key(key))
        self.refuse_settings(attributes, operation)
        if fault := attribute_fault(attributes):
            raise StoreError(operation, self.endpoint.place, fault)

    def _write_once(
        self,
        operation: str,
        key: str,
        data: bytes,
        attributes: Attributes,
        condition: Condition | None,
    ) -> ObjectInfo:
        mode: obstore.PutMode = "overwrite"
        if isinstance(condition, IfAbsent):
            mode = "create"
        elif condition is not None:
            mode = self._match(condition.etag)
        store = self._quick if len(data) <= CHUNK_SIZE else self._patient
        self.requests.add()
        try:
            result = self._obstore.put(
                store,
                key,
                data,
                attributes=to_obstore_attributes(attributes),
                mode=mode,
                use_multipart=False,
            )
        except self._errors as error:
            raise self._write_error(error, operation, condition) from None
        # Both services hash what comes in one request, and say so in their listings only.
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        etag = self._etag(result["e_tag"], result["version"])
        return ObjectInfo(key, len(data), etag, md5)

    def _write_in_parts(
        self,
        operation: str,
        key: str,
        chunks: t.Iterable[Buffer],
        attributes: Attributes,
        size: int | None,
    ) -> ObjectInfo:
        length = part_size(size)
        handover = Handover()

        def upload() -> obstore.PutResult:
            try:
                done: obstore.PutResult = self._obstore.put(
                    self._patient,
                    key,
                    handover.receive(),
                    attributes=to_obstore_attributes(attributes),
                    use_multipart=True,
                    chunk_size=length,
                    max_concurrency=_PARTS_AT_ONCE,
                )
                return done
            finally:
                handover.leave()

        sent = 0
        with ThreadPoolExecutor(1) as thread:
            uploading = thread.submit(upload)
            try:
                for chunk in chunks:
                    sent += len(chunk)
                    if not handover.send(bytes(chunk)):
                        break
            except BaseException:
                handover.fail()
                raise
            else:
                handover.end()
            finally:
                self.requests.add(self.multipart_requests + -(-sent // length))
        try:
            result = uploading.result()
        except self._errors as error:
            raise self._write_error(error, operation, None) from None
        etag = self._etag(result["e_tag"], result["version"])
        return ObjectInfo(key, sent, etag) if etag else self.stat(key).info

    def _write_error(
        self, error: Exception, operation: str, condition: Condition | None
    ) -> StoreError:
        translated = translate_error(error, operation, self.endpoint.place)
        if isinstance(translated, ObjectMissingError):
            # Only a container can be missing where something is written.
            return ContainerMissingError(
                operation, self.endpoint.place, "there is no such container"
            )
        if isinstance(translated, ConditionFailedError) and condition is None:
            return StoreError(operation, self.endpoint.place, translated.detail)
        return translated

    def _explain_missing(self, error: Exception, operation: str) -> StoreError:
        """The answer to a HEAD has no body that says which is missing, object or container."""
        translated = translate_error(error, operation, self.endpoint.place)
        if isinstance(translated, ObjectMissingError):
            return self._missing(translated)
        return translated

    def _missing(self, error: ObjectMissingError) -> StoreError:
        if self.container_exists():
            return error
        return ContainerMissingError(
            error.operation, self.endpoint.place, "there is no such container"
        )

    def _details(self, key: str, result: obstore.GetResult) -> ObjectDetails:
        meta = result.meta
        etag = self._etag(meta["e_tag"], meta["version"])
        return ObjectDetails(
            ObjectInfo(key, meta["size"], etag),
            from_obstore_attributes(result.attributes),
            meta["last_modified"].timestamp(),
        )

    def _read_plainly(
        self, operation: str, key: str, start: int, length: int | None
    ) -> ReadResult:
        details = self._stat_plainly(operation, key)
        info = details.info
        end = info.size if length is None else min(start + length, info.size)
        chunks: t.Iterator[bytes] = iter(())
        if start < end:
            response = self._open_plainly(operation, info, start, end)
            chunks = iter(lambda: response.read(CHUNK_SIZE), b"")
        return ReadResult(
            info,
            details.attributes,
            self._whole(operation, chunks, max(end - start, 0)),
        )

    def _whole(
        self, operation: str, chunks: t.Iterator[bytes], expected: int
    ) -> t.Iterator[bytes]:
        """The chunks, and ``TruncatedError`` when they are fewer bytes than ``expected``."""
        received = 0
        detail = "the body ended early"
        try:
            for chunk in chunks:
                received += len(chunk)
                yield chunk
        except (*self._errors, http.client.HTTPException) as error:
            detail = translate_error(error, operation, self.endpoint.place).detail
        if received != expected:
            raise TruncatedError(
                operation,
                self.endpoint.place,
                f"{received} of {expected} bytes came: {detail}",
            )

    def _delete_each(self, keys: t.Sequence[str]) -> dict[str, str]:
        if not keys:
            return {}
        with ThreadPoolExecutor(min(_DELETIONS_AT_ONCE, len(keys))) as pool:
            answers = zip(keys, pool.map(self._delete_one, keys), strict=True)
            faults = {key: fault for key, fault in answers if fault is not None}
        if len(faults) == len(keys):
            denied = [f for f in faults.values() if isinstance(f, AccessDeniedError)]
            if len(denied) == len(keys):
                raise denied[0]
        return {key: fault.detail for key, fault in faults.items()}

    def _delete_one(self, key: str) -> StoreError | None:
        return fault_of(self._delete_plainly, f"delete object {key!r}", key)

    def _client_options(
        self, answer_seconds: float
    ) -> tuple[obstore.store.ClientConfig, obstore.store.RetryConfig]:
        endpoint = self.endpoint
        options: obstore.store.ClientConfig = {
            "allow_http": not endpoint.secure,
            "connect_timeout": timedelta(
                seconds=min(endpoint.timeout, _CONNECT_SECONDS)
            ),
            "read_timeout": timedelta(seconds=answer_seconds),
            # It would end a long transfer in the midst of it.
            "timeout": timedelta(days=365),
        }
        if pem := certificates(endpoint):
            options["root_certificate"] = pem
        return options, {
            "max_retries": endpoint.retries,
            "retry_timeout": timedelta(seconds=endpoint.timeout),
        }
