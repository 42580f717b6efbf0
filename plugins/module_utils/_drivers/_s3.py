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
from .._errors import ConditionFailedError, ObjectMissingError, StoreError
from ._base import (
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
from ._key_guard import KeyGuard, shapes
from ._md5 import info_of
from ._s3_attributes import (
    attribute_parameters,
    condition_parameters,
    metadata_fault,
    setting_fault,
)
from ._s3_client import is_amazon, open_client
from ._s3_container import container_exists, create_container
from ._s3_copy import MultipartCopier, copy_source, copy_whole
from ._s3_delete import Deleter
from ._s3_errors import error_code, explained, explained_of
from ._s3_fast import open_fast_lane
from ._s3_keys import is_fragile, key_fault
from ._s3_listing import list_objects, summarise
from ._s3_parts import Part, UploadError, cut, part_size
from ._s3_read import Reader
from ._s3_upload import remove_rest
from ._s3_uploads_kept import KeptUploads


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
        self._fast = None
        if self.fast_lane:
            self._fast = open_fast_lane(endpoint, self._client, opened.credentials)
        self._deleter = Deleter(self._client, endpoint.container, endpoint.place)
        self._guard = KeyGuard(
            endpoint.place,
            endpoint.prefix,
            key_fault,
            lambda key, data: self._put(key, data, NO_ATTRIBUTES, None),
            self.list,
            self._deleter.delete,
            trusted=is_amazon(self._client),
        )
        self._reader = Reader(
            self._client, endpoint, self._guard, self._fast, self.requests.add
        )
        self._lock = threading.Lock()
        self._uploader: MultipartCopier | None = None
        self._kept_uploads: KeptUploads | None = None

    def close(self) -> None:
        if self._uploader is not None:
            self._uploader.close()
        self._client.close()

    def fault_of_key(self, key: str) -> str | None:
        return key_fault(key)

    def container_exists(self) -> bool:
        return container_exists(self._client, self.endpoint)

    def create_container(self) -> bool:
        return create_container(self._client, self.endpoint)

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        return self.list_around(prefix, None)

    def list_around(
        self, prefix: str, middle: str | None, summary: Summary | None = None
    ) -> t.Iterator[ObjectInfo]:
        if prefix and key_fault(prefix):
            return
        with explained("list the objects", self.endpoint.place):
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
        with explained("list the objects", self.endpoint.place):
            return summarise(self._client, self.endpoint.container, prefix, middle)

    def lists_md5(self, size: int) -> bool:
        return size <= self.multipart_threshold

    def stat(self, key: str) -> ObjectDetails:
        return self._reader.stat(key)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        return self._reader.read(key, start, length)

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
        self._guard.check_key(key)
        fault = metadata_fault(attributes) or setting_fault(attributes)
        if fault is not None:
            raise StoreError(operation, self.endpoint.place, fault)

    def _write_whole(
        self, key: str, data: bytes, attributes: Attributes, condition: Condition | None
    ) -> ObjectInfo:
        self._guard.check_shape(key, len(data))
        info = self._put(key, data, attributes, condition)
        self._guard.check_kept(info)
        return info

    def _put(
        self, key: str, data: bytes, attributes: Attributes, condition: Condition | None
    ) -> ObjectInfo:
        fast = self._fast if condition is None else None
        if fast is not None and fast.takes(key, attributes):
            self.requests.add()
            etag = fast.write(key, data, attributes)
            if etag is not None:
                return info_of(key, len(data), etag)
        with self._write_explained(key, condition):
            answer = self._client.put_object(
                **self._bucket,
                Key=key,
                Body=data,
                **attribute_parameters(attributes),
                **condition_parameters(condition),
            )
        return info_of(key, len(data), answer.get("ETag"))

    def _write_parts(
        self,
        key: str,
        parts: t.Iterable[Part],
        attributes: Attributes,
        condition: Condition | None,
        size: int | None,
    ) -> ObjectInfo:
        self._guard.check_shape(key, 1)
        with self._write_explained(key, condition):
            uploaded = self._open_uploader().upload(
                key,
                parts,
                attribute_parameters(attributes),
                condition_parameters(condition),
                size=size,
                part=part_size(1, self.multipart_threshold, size),
            )
        info = info_of(key, uploaded.size, uploaded.etag)
        self._guard.check_kept(info)
        return info

    def reaches(self, other: Store) -> bool:
        """One account of one service: who may read there and write here may copy."""
        if not isinstance(other, S3Store):
            return False
        return (
            self._client.meta.endpoint_url == other._client.meta.endpoint_url
            and self.endpoint.credentials == other.endpoint.credentials
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
            self._guard.require_exact(source.key, operation)
        self._guard.check_shape(key, source.size)
        with self._copy_explained(source.key, key, operation):
            etag = self._copied(
                copy_source(container or self.endpoint.container, source),
                source.size,
                key,
                attribute_parameters(attributes),
            )
        info = info_of(key, source.size, etag)
        both = info.md5 is not None and source.md5 is not None
        if both and info.md5 != source.md5 and not is_amazon(self._client):
            # not every server keeps to the condition that the source is unchanged
            raise StoreError(
                operation, self.endpoint.place, "the copy is of other contents"
            )
        self._guard.check_kept(info)
        return info

    def _copied(
        self,
        given: t.Mapping[str, t.Any],
        size: int,
        key: str,
        parameters: t.Mapping[str, t.Any],
    ) -> str:
        """The ETag of the copy that the server makes of what ``copy_source`` has named."""
        if size <= self.copy_threshold:
            target = {**self._bucket, "Key": key}
            return copy_whole(self._client, given, target, parameters)
        part = part_size(1, self.copy_part_size, size)
        return self._open_uploader().copy(given, size, key, part, parameters)

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

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        return self._deleter.delete([key for key in keys if self._guard.is_exact(key)])

    @contextlib.contextmanager
    def _write_explained(
        self, key: str, condition: Condition | None
    ) -> t.Iterator[None]:
        try:
            with explained_of(key, f"write object {key!r}", self.endpoint.place):
                yield
        except ObjectMissingError as error:
            if condition is None:
                # It is not the container that is missing: the server cannot make out the key.
                raise self._guard.refused(key, error.detail) from error
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
            with explained_of(key, operation, self.endpoint.place):
                with explained_of(source, operation, self.endpoint.place):
                    yield
        except ObjectMissingError as error:
            # Without that code it is not the source: the server cannot make out the key.
            if is_fragile(key) and error_code(error.__cause__) != "NoSuchKey":
                raise self._guard.refused(key, error.detail) from error
            raise
        except UploadError as error:
            raise StoreError(operation, self.endpoint.place, str(error)) from error
