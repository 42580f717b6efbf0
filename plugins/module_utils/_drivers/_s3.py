# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""S3 and everything that speaks it: boto3 for truth, obstore as the fast lane.

Listings, conditions, large objects and unusual keys are boto3's; plain reads and small writes go
through obstore where it is installed.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import typing as t

from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConditionFailedError,
    ContainerMissingError,
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
    TruncatedError,
)
from ._base import (
    CHUNK_SIZE,
    NO_ATTRIBUTES,
    SETTINGS,
    Attributes,
    Body,
    Condition,
    Features,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
    Summary,
)
from ._s3_attributes import (
    attribute_parameters,
    condition_parameters,
    metadata_fault,
    read_attributes,
    setting_fault,
)
from ._s3_client import is_amazon, open_client
from ._s3_copy import MultipartCopier, copied_etag, copy_source
from ._s3_delete import Deleter
from ._s3_errors import (
    error_code,
    explained,
    is_bad_request,
)
from ._s3_keys import KeyGuard, is_fragile, key_fault, shapes
from ._s3_listing import list_objects, md5_of, summarise
from ._s3_parts import Part, UploadError, cut, part_size
from ._s3_upload import remove_rest
from ._s3_uploads_kept import KeptUploads

if t.TYPE_CHECKING:
    from ._s3_fast import FastLane


class S3Store(Store):
    """A container of an S3 server."""

    features = Features(
        conditional_write=True,
        listing_md5=True,
        server_side_copy=True,
        settings=frozenset(SETTINGS),
    )

    #: Bodies up to this many bytes are one request; larger ones are parts of at least this size.
    multipart_threshold: t.ClassVar[int] = 8 * 1024 * 1024
    #: Objects up to this many bytes, which is S3's limit, are copied in one request; larger ones in
    #: parts of at least ``copy_part_size`` bytes.
    copy_threshold: t.ClassVar[int] = 5 * 1024**3
    copy_part_size: t.ClassVar[int] = 256 * 1024 * 1024
    #: Parts on their way at once, whatever the number of writers.
    part_workers: int = 8
    #: Whether obstore is used where it is installed.
    fast_lane: t.ClassVar[bool] = True

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises ``MissingLibraryError`` and ``ConfigurationError``. Sends nothing yet."""
        super().__init__(endpoint)
        opened = open_client(endpoint, self.requests.add)
        self._client = opened.client
        self._bucket = {"Bucket": endpoint.container}
        self._fast = self._open_fast_lane(opened.credentials)
        self._deleter = Deleter(self._client, endpoint.container, endpoint.place)
        self._guard: KeyGuard | None = None
        if not is_amazon(self._client):
            self._guard = KeyGuard(
                endpoint.prefix,
                lambda key, data: self._put(key, data, NO_ATTRIBUTES, None),
                self.list,
                self._deleter.delete,
            )
        self._lock = threading.Lock()
        self._uploader: MultipartCopier | None = None
        self._kept_uploads: KeptUploads | None = None

    def _open_fast_lane(self, credentials: t.Callable[[], t.Any]) -> FastLane | None:
        if not self.fast_lane:
            return None
        from ._s3_fast import FastLane

        meta = self._client.meta
        try:
            return FastLane(
                self.endpoint, meta.endpoint_url, meta.region_name, credentials
            )
        except (ImportError, ValueError):
            return None

    def close(self) -> None:
        if self._uploader is not None:
            self._uploader.close()
        self._client.close()

    def fault_of_key(self, key: str) -> str | None:
        return key_fault(key)

    def container_exists(self) -> bool:
        operation = "look for the container"
        try:
            with self._explained(operation):
                self._client.head_bucket(**self._bucket)
        except ObjectMissingError:
            return False
        except AccessDeniedError:
            # The refusal of a HEAD has no body, hence no reason; that of a listing has.
            with self._explained(operation):
                self._client.list_objects_v2(**self._bucket, MaxKeys=1)
        return True

    def create_container(self) -> bool:
        # In Amazon's oldest region making it again succeeds, and resets its ACL: so ask first.
        if self.container_exists():
            return False
        from botocore.exceptions import ClientError

        region = self._client.meta.region_name
        constraint: dict[str, t.Any] = {}
        if region != "us-east-1":
            constraint["CreateBucketConfiguration"] = {"LocationConstraint": region}
        with self._explained("create the container"):
            try:
                self._client.create_bucket(**self._bucket, **constraint)
            except ClientError as error:
                code = error_code(error)
                if code == "BucketAlreadyOwnedByYou":
                    return False
                # Servers other than Amazon's sign for regions that they do not know as places.
                if code != "InvalidLocationConstraint" or is_amazon(self._client):
                    raise
                self._client.create_bucket(**self._bucket)
        return True

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        return self.list_around(prefix, None)

    def list_around(
        self, prefix: str, middle: str | None, summary: Summary | None = None
    ) -> t.Iterator[ObjectInfo]:
        if prefix and key_fault(prefix):
            return
        with self._explained("list the objects"):
            found = list_objects(
                self._client, self.endpoint.container, prefix, middle, summary
            )
            if shapes(prefix, 0):
                # A server that folds keys folds prefixes too.
                found = (info for info in found if info.key.startswith(prefix))
            yield from found

    def summarise(self, prefix: str, middle: str | None) -> str | None:
        if prefix and key_fault(prefix):
            return None
        with self._explained("list the objects"):
            return summarise(self._client, self.endpoint.container, prefix, middle)

    def lists_md5(self, size: int) -> bool:
        return size <= self.multipart_threshold

    def stat(self, key: str) -> ObjectDetails:
        operation = f"look at object {key!r}"
        self._require_exact(key, operation)
        try:
            with self._explained_of(key, operation):
                answer = self._client.head_object(**self._bucket, Key=key)
        except ObjectMissingError:
            # A HEAD does not say what is missing.
            if self.container_exists():
                raise
            raise ContainerMissingError(
                operation, self.endpoint.place, "there is no such container"
            ) from None
        info = _info(key, answer["ContentLength"], answer.get("ETag"))
        modified = answer["LastModified"].timestamp()
        return ObjectDetails(info, read_attributes(answer), modified)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        operation = f"read object {key!r}"
        self._require_exact(key, operation)
        whole = start == 0 and length is None
        result = self._read_fast(key, start, length)
        if result is not None:
            return result
        answer = None
        if length != 0:
            answer = self._get(key, None if whole else (start, length), operation)
        if answer is None:
            details = self.stat(key)
            return ReadResult(details.info, details.attributes, iter(()))
        size = answer["ContentLength"]
        chunks = self._chunks(answer["Body"], size, operation)
        if not whole and size:
            size = self._size_of_whole(answer, operation)
        info = _info(key, size, answer.get("ETag"))
        return ReadResult(info, read_attributes(answer), chunks)

    def _read_fast(self, key: str, start: int, length: int | None) -> ReadResult | None:
        """As the fast lane reads it; None where it does not."""
        fast = self._fast
        if fast is None or not fast.takes(key):
            return None
        if length:
            self.requests.add()
            return fast.read_range(key, start, length)
        if start or length is not None:
            return None
        self.requests.add()
        return fast.read(key)

    def _get(
        self, key: str, span: tuple[int, int | None] | None, operation: str
    ) -> t.Any | None:
        """What the SDK answers; None where ``span`` (start, length) begins after the end."""
        from botocore.exceptions import ClientError

        headers = {}
        if span is not None:
            start, length = span
            end = "" if length is None else start + length - 1
            headers["Range"] = f"bytes={start}-{end}"
        with self._explained_of(key, operation):
            try:
                return self._client.get_object(**self._bucket, Key=key, **headers)
            except ClientError as error:
                if error_code(error) not in ("InvalidRange", "416"):
                    raise
                return None

    def _size_of_whole(self, answer: t.Any, operation: str) -> int:
        total = answer.get("ContentRange", "").rpartition("/")[2]
        if not total.isdigit():
            raise StoreError(
                operation, self.endpoint.place, "the server did not keep to the range"
            )
        return int(total)

    def _chunks(self, body: t.Any, size: int, operation: str) -> t.Iterator[bytes]:
        left = size
        try:
            with self._explained(operation):
                for chunk in body.iter_chunks(CHUNK_SIZE):
                    left -= len(chunk)
                    yield chunk
        finally:
            body.close()
        if left:
            raise TruncatedError(
                operation,
                self.endpoint.place,
                f"the last {left:,} of {size:,} bytes did not come",
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
        """See ``Store.write``. Memory: what ``MultipartUploader`` says."""
        self._refuse(key, attributes, f"write object {key!r}")
        if isinstance(body, bytes):
            size = len(body)
            if size <= self.multipart_threshold:
                return self._write_whole(key, body, attributes, condition)
            body = (body,)
        parts = cut(
            body,
            lambda number: part_size(number, self.multipart_threshold, size),
            self._open_uploader().buffers,
        )
        with contextlib.closing(parts):
            first = next(parts)
            if first.is_last:
                data = bytes(first.data)
                first.buffer.release()
                return self._write_whole(key, data, attributes, condition)
            all_parts = itertools.chain([first], parts)
            return self._write_parts(key, all_parts, attributes, condition, size)

    def _refuse(self, key: str, attributes: Attributes, operation: str) -> None:
        fault = key_fault(key)
        if fault is not None:
            raise self._refused(key, fault)
        fault = metadata_fault(attributes) or setting_fault(attributes)
        if fault is not None:
            raise StoreError(operation, self.endpoint.place, fault)

    def _write_whole(
        self, key: str, data: bytes, attributes: Attributes, condition: Condition | None
    ) -> ObjectInfo:
        self._check_shape(key, len(data))
        info = self._put(key, data, attributes, condition)
        self._check_kept(info)
        return info

    def _put(
        self, key: str, data: bytes, attributes: Attributes, condition: Condition | None
    ) -> ObjectInfo:
        fast = self._fast if condition is None else None
        if fast is not None and fast.takes(key, attributes):
            self.requests.add()
            etag = fast.write(key, data, attributes)
            if etag is not None:
                return _info(key, len(data), etag)
        with self._write_explained(key, condition):
            answer = self._client.put_object(
                **self._bucket,
                Key=key,
                Body=data,
                **attribute_parameters(attributes),
                **condition_parameters(condition),
            )
        return _info(key, len(data), answer.get("ETag"))

    def _write_parts(
        self,
        key: str,
        parts: t.Iterable[Part],
        attributes: Attributes,
        condition: Condition | None,
        size: int | None,
    ) -> ObjectInfo:
        self._check_shape(key, 1)
        with self._write_explained(key, condition):
            uploaded = self._open_uploader().upload(
                key,
                parts,
                attribute_parameters(attributes),
                condition_parameters(condition),
                size=size,
                part=part_size(1, self.multipart_threshold, size),
            )
        info = _info(key, uploaded.size, uploaded.etag)
        self._check_kept(info)
        return info

    def reaches(self, other: Store) -> bool:
        """One account of one service: who may read there and write here may copy."""
        if not isinstance(other, S3Store):
            return False
        here, there = self.endpoint, other.endpoint
        same = self._client.meta.endpoint_url == other._client.meta.endpoint_url
        return same and all(
            getattr(here, name) == getattr(there, name)
            for name in ("key", "secret", "token")
        )

    def copy(
        self,
        source: ObjectInfo,
        key: str,
        attributes: Attributes,
        *,
        container: str | None = None,
    ) -> ObjectInfo:
        operation = f"copy object {source.key!r} to {key!r}"
        self._refuse(key, attributes, operation)
        if container is None:
            self._require_exact(source.key, operation)
        self._check_shape(key, source.size)
        copy = self._copy_whole
        if source.size > self.copy_threshold:
            copy = self._copy_parts
        with self._copy_explained(source.key, key, operation):
            origin = container or self.endpoint.container
            etag = copy(origin, source, key, attribute_parameters(attributes))
        info = _info(key, source.size, etag)
        both = info.md5 is not None and source.md5 is not None
        if both and info.md5 != source.md5 and not is_amazon(self._client):
            # not every server keeps to the condition that the source is unchanged
            raise StoreError(
                operation, self.endpoint.place, "the copy is of other contents"
            )
        self._check_kept(info)
        return info

    def _copy_whole(
        self,
        origin: str,
        source: ObjectInfo,
        key: str,
        parameters: t.Mapping[str, t.Any],
    ) -> str:
        answer = self._client.copy_object(
            **self._bucket,
            Key=key,
            MetadataDirective="REPLACE",
            **copy_source(origin, source),
            **parameters,
        )
        return copied_etag(answer, "CopyObjectResult")

    def _copy_parts(
        self,
        origin: str,
        source: ObjectInfo,
        key: str,
        parameters: t.Mapping[str, t.Any],
    ) -> str:
        part = part_size(1, self.copy_part_size, source.size)
        given = copy_source(origin, source)
        return self._open_uploader().copy(given, source.size, key, part, parameters)

    def _open_uploader(self) -> MultipartCopier:
        with self._lock:
            if self._uploader is None:
                self._uploader = MultipartCopier(
                    self._client,
                    self.endpoint.container,
                    self.part_workers,
                    self._kept_uploads,
                )
            return self._uploader

    @contextlib.contextmanager
    def keeping_uploads(self, folder: str | None) -> t.Iterator[None]:
        if folder is None:
            yield
            return
        place = f"{self._client.meta.endpoint_url}\n{self.endpoint.container}"
        self._kept_uploads = KeptUploads(folder, place)
        try:
            yield
            remove_rest(self._client, self.endpoint.container, self._kept_uploads)
        finally:
            self._kept_uploads.close()

    def _check_shape(self, key: str, size: int) -> None:
        shape = self._guard and self._guard.refused_shape(key, size)
        if shape:
            raise self._refused(
                key, f"this server does not keep a key with {shape.value} as it is"
            )

    def _check_kept(self, info: ObjectInfo) -> None:
        if self._guard is None or not (
            is_fragile(info.key) or shapes(info.key, info.size)
        ):
            return
        if not self._guard.is_there(info.key, info.size):
            raise self._refused(
                info.key, "the server took it, and does not list it as it was written"
            )

    def _require_exact(self, key: str, operation: str) -> None:
        if key_fault(key) or not self._is_exact(key):
            raise ObjectMissingError(
                operation, self.endpoint.place, "there is no such object"
            )

    def _is_exact(self, key: str) -> bool:
        """False for a key that the server would take for another's."""
        guard = self._guard
        return guard is None or not guard.needs_look(key) or guard.is_there(key)

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        return self._deleter.delete(
            [key for key in keys if not key_fault(key) and self._is_exact(key)]
        )

    def _explained(self, operation: str) -> explained:
        return explained(operation, self.endpoint.place)

    @contextlib.contextmanager
    def _explained_of(self, key: str, operation: str) -> t.Iterator[None]:
        try:
            with self._explained(operation):
                yield
        except StoreError as error:
            if is_fragile(key) and is_bad_request(error):
                raise KeyRefusedError(
                    operation, self.endpoint.place, error.detail
                ) from error
            raise

    @contextlib.contextmanager
    def _write_explained(
        self, key: str, condition: Condition | None
    ) -> t.Iterator[None]:
        try:
            with self._explained_of(key, f"write object {key!r}"):
                yield
        except ObjectMissingError as error:
            if condition is None:
                # It is not the container that is missing: the server cannot make out the key.
                raise self._refused(key, error.detail) from error
            raise ConditionFailedError(
                error.operation, error.place, error.detail
            ) from error
        except UploadError as error:
            raise StoreError(
                f"write object {key!r}", self.endpoint.place, str(error)
            ) from error

    @contextlib.contextmanager
    def _copy_explained(
        self, source: str, key: str, operation: str
    ) -> t.Iterator[None]:
        try:
            with self._explained_of(key, operation):
                with self._explained_of(source, operation):
                    yield
        except ObjectMissingError as error:
            # Without that code it is not the source: the server cannot make out the key.
            if is_fragile(key) and error_code(error.__cause__) != "NoSuchKey":
                raise self._refused(key, error.detail) from error
            raise
        except UploadError as error:
            raise StoreError(operation, self.endpoint.place, str(error)) from error

    def _refused(self, key: str, detail: str) -> KeyRefusedError:
        return KeyRefusedError(f"write object {key!r}", self.endpoint.place, detail)


def _info(key: str, size: int, etag: str | None) -> ObjectInfo:
    etag = (etag or "").strip('"') or None
    return ObjectInfo(key, size, etag, md5_of(etag))
