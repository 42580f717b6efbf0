# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Copies that an S3 server makes by itself: in one request, or in parts."""

from __future__ import annotations

import typing as t
from concurrent.futures import as_completed

from ._base import ObjectInfo
from ._s3_parts import UploadError
from ._s3_upload import MultipartUploader


def copy_source(container: str, source: ObjectInfo) -> dict[str, t.Any]:
    """The SDK's parameters for copying from ``source``, only as long as it is what was seen."""
    # Given as a dict, the SDK encodes the key.
    found: dict[str, t.Any] = {"CopySource": {"Bucket": container, "Key": source.key}}
    if source.etag is not None:
        found["CopySourceIfMatch"] = f'"{source.etag}"'
    return found


def copy_whole(
    client: t.Any,
    given: t.Mapping[str, t.Any],
    target: t.Mapping[str, str],
    headers: t.Mapping[str, t.Any],
) -> str:
    """Make the object ``target`` in one request; its ETag as the server gave it.

    ``given`` is what ``copy_source`` made of the source. Raises ``UploadError`` and what botocore
    raises.
    """
    answer = client.copy_object(
        **target, **given, **headers, MetadataDirective="REPLACE"
    )
    return copied_etag(answer, "CopyObjectResult")


def ranges(size: int, part: int) -> t.Sequence[str]:
    """The ranges of ``part`` bytes each, the last one shorter, that make ``size`` bytes."""
    return [
        f"bytes={start}-{min(start + part, size) - 1}" for start in range(0, size, part)
    ]


class MultipartCopier(MultipartUploader):
    """Copies in parts too, by the threads that upload."""

    def copy(
        self,
        given: t.Mapping[str, t.Any],
        size: int,
        key: str,
        part: int,
        headers: t.Mapping[str, t.Any],
    ) -> str:
        """Make ``key`` of ``size`` bytes in parts of ``part``; its ETag as the server gave it.

        ``given`` is what ``copy_source`` made of the source.

        After a failure the upload is aborted. Raises ``UploadError`` and what botocore raises.
        """
        with self._begun(key, headers) as upload:
            for number, span in enumerate(ranges(size, part), 1):
                upload.pending.append(
                    self._pool.submit(
                        self._copy_part, upload.target, given, number, span
                    )
                )
            for future in as_completed(upload.pending):
                future.result()
            return upload.complete(future.result() for future in upload.pending)

    def _copy_part(
        self,
        target: t.Mapping[str, str],
        given: t.Mapping[str, t.Any],
        number: int,
        span: str,
    ) -> str:
        answer = self._client.upload_part_copy(
            **target, **given, PartNumber=number, CopySourceRange=span
        )
        return copied_etag(answer, "CopyPartResult")


def copied_etag(answer: t.Mapping[str, t.Any], result: str) -> str:
    """The ETag in the SDK's answer. Without one, a success need not be one: ``UploadError``."""
    etag = answer.get(result, {}).get("ETag")
    if not etag:
        raise UploadError("the server did not confirm the copy")
    return str(etag)
