# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Multipart uploads to S3: parts cut from a stream, several on their way at once."""

from __future__ import annotations

import contextlib
import threading
import typing as t
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

#: S3's limits: parts of an upload, bytes of a part.
MOST_PARTS: t.Final = 10_000
_LARGEST_PART: t.Final = 5 * 1024**3
_MIB: t.Final = 1024 * 1024


class UploadError(ValueError):
    """The body does not fit into parts, or the server did not say that it is whole."""


def part_size(number: int, base: int, size: int | None) -> int:
    """Bytes of part ``number`` (from 1) of a body of ``size`` bytes, as far as that is known.

    Parts have ``base`` bytes, or as many whole MiB as it takes to bring ``size`` into 10,000
    parts. A body that turns out longer than announced gets parts of twice the size after every
    1,000 further ones, so that any object S3 can hold fits.
    """
    fixed, expected = base, 0
    if size:
        if size > base * MOST_PARTS:
            fixed = -(-size // (MOST_PARTS * _MIB)) * _MIB
        expected = -(-size // fixed)
    doublings = max(0, number - 1 - expected) // 1000
    return min(fixed << doublings, _LARGEST_PART)


class Uploaded(t.NamedTuple):
    """A complete object: its bytes, and its ETag as the server gave it."""

    size: int
    etag: str


class Part(t.NamedTuple):
    """A piece of a body, and whether the body ends with it."""

    data: bytes
    is_last: bool


def cut(
    chunks: t.Iterable[bytes], size_of_part: t.Callable[[int], int]
) -> t.Iterator[Part]:
    """The chunks in parts: all but the last of their full size, one empty part for an empty body."""
    number, pieces, length = 1, list[memoryview](), 0
    wanted = size_of_part(number)
    for chunk in chunks:
        rest = memoryview(chunk)
        # Not before there is more than fits: a part that is just full may be the last.
        while length + len(rest) > wanted:
            room = wanted - length
            pieces.append(rest[:room])
            rest = rest[room:]
            yield Part(_join(pieces), False)
            number, length = number + 1, 0
            wanted = size_of_part(number)
        pieces.append(rest)
        length += len(rest)
    yield Part(_join(pieces), True)


def _join(pieces: list[memoryview]) -> bytes:
    """All pieces in one, which are let go: a waiting generator would hold on to them."""
    data = b"".join(pieces)
    pieces.clear()
    return data


class MultipartUploader:
    """Uploads in parts, by one pool of threads for all the writers of a store.

    Memory: ``workers`` parts on their way, and for every writer the one that it fills, twice
    for the moment in which it is joined: ``(workers + writers) * part size``, and a little.
    """

    def __init__(self, client: t.Any, container: str, workers: int) -> None:
        self._client = client
        self._container = container
        self._pool = ThreadPoolExecutor(workers, "longshore-part")
        # Without it the pool's queue would take parts without end.
        self._room = threading.BoundedSemaphore(workers)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def upload(
        self,
        key: str,
        parts: t.Iterable[Part],
        headers: t.Mapping[str, t.Any],
        conditions: t.Mapping[str, str],
    ) -> Uploaded:
        """Write an object out of ``parts``.

        Whatever stops it, in ``parts`` or at the server, passes through unchanged after the
        upload was aborted. Raises ``UploadError`` and what botocore raises.
        """
        target = {"Bucket": self._container, "Key": key}
        upload_id = self._client.create_multipart_upload(**target, **headers)[
            "UploadId"
        ]
        target["UploadId"] = upload_id
        pending: deque[Future[str]] = deque()
        try:
            size, etags = self._send_all(target, parts, pending)
            answer = self._client.complete_multipart_upload(
                **target,
                **conditions,
                MultipartUpload={
                    "Parts": [
                        {"PartNumber": number, "ETag": etag}
                        for number, etag in enumerate(etags, 1)
                    ]
                },
            )
            if "ETag" not in answer:
                raise UploadError("the server did not confirm the upload")
        except BaseException:
            self._abort(target, pending)
            raise
        return Uploaded(size, answer["ETag"])

    def _send_all(
        self,
        target: t.Mapping[str, str],
        parts: t.Iterable[Part],
        pending: deque[Future[str]],
    ) -> tuple[int, list[str]]:
        """Returns how many bytes the parts had, and their ETags."""
        size, number, etags = 0, 0, []
        for part in parts:  # enumerate would hold on to each
            number += 1
            if number > MOST_PARTS:
                raise UploadError(
                    f"it does not fit into {MOST_PARTS:,} parts; its size was announced too small"
                )
            size += len(part.data)
            self._room.acquire()
            future = self._pool.submit(self._send, target, number, part.data)
            del part  # on its way, and not ours to hold while the next one is cut
            future.add_done_callback(lambda _: self._room.release())
            pending.append(future)
            while pending and pending[0].done():
                etags.append(pending.popleft().result())
        while pending:
            etags.append(pending.popleft().result())
        return size, etags

    def _send(self, target: t.Mapping[str, str], number: int, data: bytes) -> str:
        answer = self._client.upload_part(**target, PartNumber=number, Body=data)
        return str(answer["ETag"])

    def _abort(
        self, target: t.Mapping[str, str], pending: t.Collection[Future[str]]
    ) -> None:
        for future in pending:
            future.cancel()
        # A part that arrives after the abort would stay, and be paid for.
        wait(pending)
        # What made it fail matters, not that the parts could not be removed.
        with contextlib.suppress(Exception):
            self._client.abort_multipart_upload(**target)
