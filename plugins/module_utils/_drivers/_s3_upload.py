# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Multipart uploads to S3: parts cut from a stream, several on their way at once."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import typing as t
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

from ._s3_errors import error_code
from ._s3_parts import MOST_PARTS, Buffer, Buffers, Part, UploadError
from ._s3_uploads_kept import KeptUpload, KeptUploads, Shape


class Uploaded(t.NamedTuple):
    """A complete object: its bytes, and its ETag as the server gave it."""

    size: int
    etag: str


class _Upload:
    """One upload that the server has begun: its identity there, and the parts it has already."""

    def __init__(
        self,
        client: t.Any,
        target: t.Mapping[str, str],
        kept: KeptUpload | None,
        there: t.Mapping[int, tuple[int, str]],
    ) -> None:
        self.target = target
        self.pending: deque[Future[str]] = deque()
        self._client = client
        self._kept = kept
        self._there = there

    def send(self, number: int, data: memoryview) -> str:
        """Have a part at the server, by sending it unless it is there; its ETag."""
        size, etag = self._there.get(number, (-1, ""))
        if size == len(data) and etag.strip('"') == _md5(data):
            return etag
        answer = self._client.upload_part(
            **self.target, PartNumber=number, Body=_View(data)
        )
        return str(answer["ETag"])

    def complete(
        self, etags: t.Iterable[str], conditions: t.Mapping[str, str] | None = None
    ) -> str:
        """Make the object of its parts; the object's ETag."""
        answer = self._client.complete_multipart_upload(
            **self.target,
            **(conditions or {}),
            MultipartUpload={
                "Parts": [
                    {"PartNumber": number, "ETag": etag}
                    for number, etag in enumerate(etags, 1)
                ]
            },
        )
        if "ETag" not in answer:
            raise UploadError("the server did not confirm the upload")
        if self._kept is not None:
            self._kept.forget()
        return str(answer["ETag"])

    def abort(self) -> None:
        """Have the server remove what it has."""
        for future in self.pending:
            future.cancel()
        # A part that arrives after the abort would stay, and be paid for.
        wait(self.pending)
        _abort(self._client, self.target, self._kept)


class MultipartUploader:
    """Uploads in parts, by one pool of threads for all the writers of a store.

    Memory: ``(workers + 2) * part size``, whatever the number of writers. With ``kept``, uploads that
    were cut off are gone on with.
    """

    def __init__(
        self,
        client: t.Any,
        container: str,
        workers: int,
        kept: KeptUploads | None = None,
    ) -> None:
        self._client = client
        self._container = container
        self._kept = kept
        self._pool = ThreadPoolExecutor(workers, "longshore-part")
        #: What parts are to be cut into; the pool's queue cannot grow beyond them.
        self.buffers = Buffers(workers + 2)
        client.meta.events.register("before-send.s3.UploadPart", _in_large_pieces)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def upload(
        self,
        key: str,
        parts: t.Iterable[Part],
        headers: t.Mapping[str, t.Any],
        conditions: t.Mapping[str, str],
        *,
        size: int | None = None,
        part: int = 0,
    ) -> Uploaded:
        """Write an object out of ``parts``, of ``size`` bytes in parts of ``part`` if that is known.

        Whatever stops it, in ``parts`` or at the server, passes through unchanged after the
        upload was aborted. Raises ``UploadError`` and what botocore raises.
        """
        shape = Shape(size, part, _digest(headers)) if size is not None else None
        with self._begun(key, headers, shape) as upload:
            sent, etags = self._send_all(upload, parts)
            return Uploaded(sent, upload.complete(etags, conditions))

    @contextlib.contextmanager
    def _begun(
        self, key: str, headers: t.Mapping[str, t.Any], shape: Shape | None = None
    ) -> t.Iterator[_Upload]:
        """An upload, aborted if the body fails: one that was cut off and has this shape, or a new one."""
        upload = self._taken_up(key, shape) or self._new(key, headers, shape)
        try:
            yield upload
        except BaseException:
            upload.abort()
            raise

    def _new(
        self, key: str, headers: t.Mapping[str, t.Any], shape: Shape | None
    ) -> _Upload:
        target = {"Bucket": self._container, "Key": key}
        answer = self._client.create_multipart_upload(**target, **headers)
        target["UploadId"] = answer["UploadId"]
        kept = None
        if self._kept is not None:
            kept = self._kept.note(key, target["UploadId"], shape)
        return _Upload(self._client, target, kept, {})

    def _taken_up(self, key: str, shape: Shape | None) -> _Upload | None:
        """The upload of a dead writer to go on with; others that it left are removed."""
        found: _Upload | None = None
        for kept in self._kept.take(key) if self._kept is not None else ():
            target = _target(self._container, kept)
            if found is None and shape is not None and kept.shape == shape:
                there = _parts_there(self._client, target)
                if there is not None:
                    found = _Upload(self._client, target, kept, there)
                    continue
            _abort(self._client, target, kept)
        return found

    def _send_all(
        self, upload: _Upload, parts: t.Iterable[Part]
    ) -> tuple[int, list[str]]:
        """Returns how many bytes the parts had, and their ETags."""
        size, number, etags, pending = 0, 0, list[str](), upload.pending
        for part in parts:
            number += 1
            if number > MOST_PARTS:
                part.buffer.release()
                raise UploadError(
                    f"it does not fit into {MOST_PARTS:,} parts; its size was announced too small"
                )
            size += len(part.data)
            future = self._pool.submit(upload.send, number, part.data)
            # Called for one that is cancelled, too.
            future.add_done_callback(functools.partial(_release, part.buffer))
            pending.append(future)
            while pending and pending[0].done():
                etags.append(pending.popleft().result())
        while pending:
            etags.append(pending.popleft().result())
        return size, etags


def remove_rest(client: t.Any, container: str, kept_uploads: KeptUploads) -> None:
    """Have the server remove what dead writers left and nobody went on with."""
    for kept in kept_uploads.rest():
        _abort(client, _target(container, kept), kept)


def _target(container: str, kept: KeptUpload) -> dict[str, str]:
    return {"Bucket": container, "Key": kept.key, "UploadId": kept.upload}


def _release(buffer: Buffer, _future: Future[str]) -> None:
    buffer.release()


def _digest(headers: t.Mapping[str, t.Any]) -> str:
    text = json.dumps(headers, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _md5(data: memoryview) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _parts_there(
    client: t.Any, target: t.Mapping[str, str]
) -> dict[int, tuple[int, str]] | None:
    """Size and ETag of each part that an upload has; None where it cannot be gone on with."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return {
            part["PartNumber"]: (part["Size"], part["ETag"])
            for page in client.get_paginator("list_parts").paginate(**target)
            for part in page.get("Parts", ())
        }
    except (ClientError, BotoCoreError, KeyError):
        return None


def _abort(client: t.Any, target: t.Mapping[str, str], kept: KeptUpload | None) -> None:
    """Without failing: what is not removed now stays kept, for a later run."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client.abort_multipart_upload(**target)
    except (ClientError, BotoCoreError) as error:
        gone = isinstance(error, ClientError) and error_code(error) == "NoSuchUpload"
        if kept is not None and not gone:
            kept.let_go()
            return
    if kept is not None:
        kept.forget()


#: Bytes that the socket is given at a time: its timeout is for each of these, not for the part.
_SENT_AT_ONCE: t.Final = 256 * 1024


class _View:
    """A part as the SDK takes it: a file to be read, of which no copy is made."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0

    def __len__(self) -> int:
        return len(self._data)

    def read(self, size: int = -1) -> memoryview:
        end = len(self._data) if size < 0 else self._position + size
        found = self._data[self._position : end]
        self._position += len(found)
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, len(self._data))[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position


class _Pieces:
    """A part as the connection takes it."""

    def __init__(self, view: _View) -> None:
        self._view = view
        #: The SDK calls it before it tries again.
        self.seek = view.seek

    def __iter__(self) -> t.Iterator[memoryview]:
        while piece := self._view.read(_SENT_AT_ONCE):
            yield piece


def _in_large_pieces(request: t.Any, **_: object) -> None:
    """Of a file 16 KiB would be sent at a time, which costs more than all else about sending it."""
    if isinstance(request.body, _View):
        request.body = _Pieces(request.body)
