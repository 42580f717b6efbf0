# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies on S3: how they are cut, and answers that the servers of the conformance suite never give."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3 import (
    S3Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_copy import (
    copy_source,
    ranges,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    StoreError,
)
from tests.unit.module_utils.drivers.test_s3 import BUSY, Server

SOURCE = ObjectInfo("a b", 12, "0a1b")
COPIED = (200, b"<CopyObjectResult><ETag>&quot;0a1b&quot;</ETag></CopyObjectResult>")
COPIED_PART = (200, b"<CopyPartResult><ETag>&quot;1&quot;</ETag></CopyPartResult>")
CREATED = (
    200,
    b"<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>",
)
COMPLETED = (
    200,
    b"<CompleteMultipartUploadResult><ETag>&quot;2-3&quot;</ETag></CompleteMultipartUploadResult>",
)
UNCONFIRMED = {
    "nothing": b"",
    "another answer": b"<Other/>",
    "no ETag": b"<CopyObjectResult></CopyObjectResult>",
    "an error": b"<Error><Code>InternalError</Code><Message>Sorry</Message></Error>",
}


class InParts(S3Store):
    """Copies everything in parts, one after the other."""

    copy_threshold = 0
    copy_part_size = 5
    part_workers = 1


@pytest.fixture()
def scripted() -> t.Iterator[Server]:
    with Server() as server:
        yield server


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_ranges(size: int, part: int) -> None:
    spans = [
        tuple(map(int, span.removeprefix("bytes=").split("-")))
        for span in ranges(size, part)
    ]
    covered = [byte for first, last in spans for byte in range(first, last + 1)]
    assert covered == list(range(size))
    assert all(last - first + 1 == part for first, last in spans[:-1])


def test_a_source_without_an_etag_has_no_condition() -> None:
    assert copy_source("c", ObjectInfo("k", 1)) == {
        "CopySource": {"Bucket": "c", "Key": "k"}
    }


def test_what_is_sent(scripted: Server) -> None:
    scripted.script.append(COPIED)
    attributes = Attributes(
        content_type="text/css",
        metadata={"x": "1"},
        acl="public-read",
        storage_class="GLACIER_IR",
        redirect="/b",
    )
    with S3Store(scripted.endpoint()) as store:
        assert store.copy(SOURCE, "a b", attributes) == SOURCE
    assert scripted.seen == ["PUT /bucket/a%20b"]
    sent = {name.lower(): value for name, value in scripted.headers[0].items()}
    expected = {
        "x-amz-copy-source": "bucket/a%20b",
        "x-amz-copy-source-if-match": '"0a1b"',
        "x-amz-metadata-directive": "REPLACE",
        "content-type": "text/css",
        "x-amz-meta-x": "1",
        "x-amz-acl": "public-read",
        "x-amz-storage-class": "GLACIER_IR",
        "x-amz-website-redirect-location": "/b",
    }
    assert expected.items() <= sent.items()


def test_what_is_not_set_is_not_sent(scripted: Server) -> None:
    scripted.script.append(COPIED)
    with S3Store(scripted.endpoint()) as store:
        store.copy(SOURCE, "c", Attributes())
        store.write("c", b"x")
    for headers in scripted.headers:
        names = {name.lower() for name in headers}
        assert names.isdisjoint(
            {"x-amz-acl", "x-amz-storage-class", "x-amz-website-redirect-location"}
        )


@pytest.mark.parametrize("body", UNCONFIRMED.values(), ids=UNCONFIRMED)
def test_a_copy_is_believed_only_when_confirmed(scripted: Server, body: bytes) -> None:
    scripted.otherwise = (200, body)
    with S3Store(scripted.endpoint()) as store:
        with pytest.raises(StoreError, match="copy object 'a b' to 'c'"):
            store.copy(SOURCE, "c", Attributes())


def test_an_error_within_a_success_is_tried_again(scripted: Server) -> None:
    scripted.script.extend([(200, UNCONFIRMED["an error"]), BUSY, COPIED])
    with S3Store(scripted.endpoint(retries=2)) as store:
        assert store.copy(SOURCE, "c", Attributes()).etag == "0a1b"
    assert len(scripted.seen) == 3


def test_in_parts(scripted: Server) -> None:
    scripted.script.extend([CREATED, *[COPIED_PART] * 3, COMPLETED])
    with InParts(scripted.endpoint()) as store:
        info = store.copy(SOURCE, "c", Attributes(acl="private"))
    assert info == ObjectInfo("c", 12, "2-3")
    assert scripted.headers[0]["x-amz-acl"] == "private"
    parts = scripted.headers[1:4]
    assert [headers["x-amz-copy-source-range"] for headers in parts] == [
        "bytes=0-4",
        "bytes=5-9",
        "bytes=10-11",
    ]
    assert {headers["x-amz-copy-source-if-match"] for headers in parts} == {'"0a1b"'}


@pytest.mark.parametrize("body", UNCONFIRMED.values(), ids=UNCONFIRMED)
@pytest.mark.parametrize("confirmed", (0, 1, 3))
def test_parts_that_are_not_confirmed_are_taken_back(
    scripted: Server, confirmed: int, body: bytes
) -> None:
    scripted.script.extend([CREATED, *[COPIED_PART] * confirmed])
    scripted.otherwise = (200, body)
    with InParts(scripted.endpoint()) as store:
        with pytest.raises(StoreError, match="copy object 'a b' to 'c'"):
            store.copy(SOURCE, "c", Attributes())
    assert scripted.seen[-1] == "DELETE /bucket/c?uploadId=7"
    assert sum("DELETE" in seen for seen in scripted.seen) == 1


def test_faults_name_their_remedy(scripted: Server) -> None:
    archived = b"<Error><Code>InvalidObjectState</Code><Message>No</Message></Error>"
    without = b"<Error><Code>AccessControlListNotSupported</Code><Message>No</Message></Error>"
    scripted.script.extend([(403, archived), (400, without)])
    with S3Store(scripted.endpoint()) as store:
        with pytest.raises(StoreError, match="restore") as raised:
            store.copy(SOURCE, "c", Attributes())
        assert not isinstance(raised.value, AccessDeniedError)
        with pytest.raises(StoreError, match="leave out acl"):
            store.copy(SOURCE, "c", Attributes(acl="public-read"))
