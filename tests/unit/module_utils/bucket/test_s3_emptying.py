# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emptying a bucket of S3: a server that answers as S3 does, and as those do that only resemble it."""

from __future__ import annotations

import contextlib
import threading
import typing as t
import urllib.parse
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._emptying import (
    Counted,
    Emptied,
    Entry,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._s3_emptying import (
    count_s3,
    empty_s3,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._requests import (
    RequestCounter,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_client import (
    open_client,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    StoreError,
)
from tests.answering import AnsweringServer, QuietHandler
from tests.unit.module_utils.bucket.entries import objects

_SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class FakeS3(AnsweringServer):
    """A bucket of entries. ``says`` maps an operation to the code it is refused with."""

    page = 2

    def __init__(self, there: t.Iterable[Entry]) -> None:
        super().__init__(_Handler)
        self.there = dict.fromkeys(there)
        self.says: dict[str, str] = {}
        self.versioning = ""
        #: Entry -> the code that a batch names it with, as often as there are any.
        self.faults: dict[Entry, list[str]] = {}
        self.lock = threading.RLock()
        self.seen: list[str] = []
        self.together = 0
        self.most_singly = 0
        self._singly = 0

    def endpoint(self) -> Endpoint:
        return Endpoint(
            "S3",
            "bucket",
            key="somebody",
            secret="not-to-be-seen",
            host="127.0.0.1",
            port=self.server_port,
            secure=False,
            retries=2,
        )

    @contextlib.contextmanager
    def one_by_one(self) -> t.Iterator[None]:
        with self.lock:
            self._singly += 1
            self.most_singly = max(self.most_singly, self._singly)
        yield
        with self.lock:
            self._singly -= 1

    def operation(self, method: str, query: t.Mapping[str, str]) -> str:
        for name in ("versioning", "versions", "uploads", "delete", "uploadId"):
            if name in query:
                return name
        return {"GET": "objects", "DELETE": "one"}.get(method, method)

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, str]:
        parts = urllib.parse.urlsplit(url)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        operation = self.operation(method, query)
        self.seen.append(operation)
        code = self.says.get(operation)
        if code:
            status = 501 if code == "NotImplemented" else 403
            return status, f"<Error><Code>{code}</Code><Message>No</Message></Error>"
        key = urllib.parse.unquote(parts.path.removeprefix("/bucket").removeprefix("/"))
        with self.lock:
            return t.cast(
                "tuple[int, str]", getattr(self, f"_{operation}")(key, query, body)
            )

    def _versioning(self, *_: object) -> tuple[int, str]:
        text = f"<VersioningConfiguration>{self.versioning}</VersioningConfiguration>"
        return 200, text

    def _objects(self, _key: str, query: t.Any, _body: bytes) -> tuple[int, str]:
        after = query.get("continuation-token", "")
        keys = sorted({e.key for e in self.there if e.kind == "objects"})
        keys = [key for key in keys if key > after]
        shown = keys[: self.page]
        rows = "".join(
            f"<Contents><Key>{urllib.parse.quote(key)}</Key><Size>0</Size></Contents>"
            for key in shown
        )
        more = len(keys) > len(shown)
        token = (
            f"<NextContinuationToken>{shown[-1]}</NextContinuationToken>"
            if more
            else ""
        )
        return 200, (
            f"<ListBucketResult><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        )

    def _versions(self, _key: str, query: t.Any, _body: bytes) -> tuple[int, str]:
        listed = sorted(e for e in self.there if e.kind != "uploads")
        listed.sort(key=lambda entry: (entry.key, entry.id))
        marker = query.get("key-marker"), query.get("version-id-marker")
        places = [(entry.key, entry.id) for entry in listed]
        # as strict as a server can be: a marker that is gone is the end
        start = 0
        if marker[0] is not None:
            start = places.index(marker) + 1 if marker in places else len(places)
        shown = listed[start : start + self.page]
        names = {"delete_markers": "DeleteMarker"}
        rows = "".join(
            f"<{(name := names.get(e.kind, 'Version'))}><Key>{escape(e.key)}</Key>"
            f"<VersionId>{e.id}</VersionId><IsLatest>{str(e.kind == 'objects').lower()}</IsLatest>"
            f"</{name}>"
            for e in shown
        )
        more = start + self.page < len(listed)
        if more:
            last = shown[-1]
            rows += f"<NextKeyMarker>{last.key}</NextKeyMarker><NextVersionIdMarker>{last.id}</NextVersionIdMarker>"
        return 200, (
            f"<ListVersionsResult><IsTruncated>{str(more).lower()}</IsTruncated>{rows}</ListVersionsResult>"
        )

    def _uploads(self, _key: str, query: t.Any, _body: bytes) -> tuple[int, str]:
        listed = sorted(e for e in self.there if e.kind == "uploads")
        marker = query.get("key-marker", ""), query.get("upload-id-marker", "")
        listed = [entry for entry in listed if (entry.key, entry.id or "") > marker]
        shown = listed[: self.page]
        rows = "".join(
            f"<Upload><Key>{urllib.parse.quote_plus(e.key)}</Key><UploadId>{e.id}</UploadId></Upload>"
            for e in shown
        )
        more = len(listed) > len(shown)
        return 200, (
            f"<ListMultipartUploadsResult><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{rows}</ListMultipartUploadsResult>"
        )

    def _delete(self, _key: str, _query: t.Any, body: bytes) -> tuple[int, str]:
        errors = ""
        root = ElementTree.fromstring(body)
        assert root.findtext(f"{_SPACE}Quiet") == "true"
        for item in root.iterfind(f"{_SPACE}Object"):
            key = item.findtext(f"{_SPACE}Key") or ""
            version = item.findtext(f"{_SPACE}VersionId")
            self.together += 1
            entry = self._find(key, version)
            assert entry is not None
            codes = self.faults.get(entry, [])
            code = codes.pop(0) if codes else None
            if code in (None, "NoSuchKey"):
                self.there.pop(entry)
            if code is not None:
                errors += (
                    f"<Error><Key>{escape(key)}</Key><Code>{code}</Code>"
                    "<Message>Sorry</Message></Error>"
                )
        return 200, f"<DeleteResult>{errors}</DeleteResult>"

    def _one(self, key: str, query: t.Any, _body: bytes) -> tuple[int, str]:
        entry = self._find(key, query.get("versionId"))
        if entry is None:
            return 404, "<Error><Code>NoSuchKey</Code></Error>"
        self.there.pop(entry)
        return 204, ""

    def _uploadId(self, key: str, query: t.Any, _body: bytes) -> tuple[int, str]:
        entry = Entry("uploads", key, query["uploadId"])
        if entry not in self.there:
            return 404, "<Error><Code>NoSuchUpload</Code></Error>"
        self.there.pop(entry)
        return 204, ""

    def _HEAD(self, *_: object) -> tuple[int, str]:
        return 403, ""

    def _find(self, key: str, version: str | None) -> Entry | None:
        for entry in self.there:
            if (entry.key, entry.id) == (key, version) and entry.kind != "uploads":
                return entry
        return None


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    server: FakeS3

    def _answer(self) -> None:
        body = self.body()
        with self.server.one_by_one():
            status, text = self.server.answer(self.command, self.path, body)
        self.answer(status, {}, text.encode())

    do_GET = do_HEAD = do_POST = do_DELETE = _answer


def empty(server: FakeS3, *, bypass_governance: bool = False) -> Emptied:
    counter = RequestCounter()
    client = open_client(server.endpoint(), counter.add).client
    try:
        return empty_s3(
            client, server.endpoint(), counter, bypass_governance=bypass_governance
        )
    finally:
        client.close()


def count(server: FakeS3) -> Counted:
    client = open_client(server.endpoint(), lambda: None).client
    try:
        return count_s3(client, server.endpoint())
    finally:
        client.close()


VERSIONED = "<Status>Enabled</Status>"
VERSIONS = [
    Entry("objects", "a", "3"),
    Entry("versions", "a", "1"),
    Entry("versions", "a", "2"),
    Entry("delete_markers", "b", "2"),
    Entry("versions", "b", "1"),
    Entry("objects", "c", "null"),
]


def test_plain_objects_go_in_pages() -> None:
    with FakeS3(objects(7)) as server:
        assert empty(server) == Emptied(
            7, requests=9
        ), "versioning, 4 pages, a batch, uploads; and a look at objects and uploads"
        assert not server.there and "versions" not in server.seen


def test_versions_and_markers_go_though_a_page_s_last_entry_is_gone() -> None:
    with FakeS3(VERSIONS) as server:
        server.versioning = VERSIONED
        emptied = empty(server)
        assert (emptied.objects, emptied.versions, emptied.delete_markers) == (2, 3, 1)
        assert server.seen.count("versions") == 3 + 1, "one round, and a look"


def test_delete_markers_alone_are_an_end() -> None:
    markers = [Entry("delete_markers", f"k{n}", "1") for n in range(5)]
    with FakeS3(markers) as server:
        server.versioning = "<Status>Suspended</Status>"
        assert empty(server).delete_markers == 5
        assert not server.there


def test_uploads_are_aborted_where_a_server_names_no_marker() -> None:
    uploads = [Entry("uploads", f"a b+{n}", f"u{n}") for n in range(5)]
    with FakeS3(uploads) as server:
        assert empty(server).uploads == 5
        assert not server.there and "delete" not in server.seen


@pytest.mark.parametrize("code", ["NotImplemented", "AccessDenied"])
def test_who_cannot_list_uploads_goes_without(code: str) -> None:
    with FakeS3(objects(1)) as server:
        server.says["uploads"] = code
        assert empty(server).objects == 1


def test_a_server_without_batches_is_asked_for_each() -> None:
    with FakeS3(objects(100)) as server:
        server.page = 100
        server.says["delete"] = "NotImplemented"
        assert empty(server).objects == 100
        assert server.seen.count("delete") == 1 and server.seen.count("one") == 100
        assert server.most_singly <= 16


def test_a_server_without_versioning_is_listed_plainly() -> None:
    with FakeS3(objects(3)) as server:
        server.says = dict.fromkeys(["versioning", "versions"], "NotImplemented")
        assert count(server) == Counted(3)
        assert empty(server).objects == 3


def test_who_may_not_ask_for_versioning_lists_versions() -> None:
    with FakeS3(VERSIONS) as server:
        server.says["versioning"] = "AccessDenied"
        assert empty(server).versions == 3
        assert not server.there


def test_who_may_not_list_versions_does_not_hide_objects_behind_markers() -> None:
    with FakeS3(VERSIONS) as server:
        server.versioning = VERSIONED
        server.says["versions"] = "AccessDenied"
        with pytest.raises(AccessDeniedError, match="list the versions"):
            empty(server)
        assert len(server.there) == len(VERSIONS)


def test_a_key_with_what_xml_does_not_carry_goes_by_itself() -> None:
    with FakeS3([Entry("objects", "a\x01b"), Entry("objects", "c")]) as server:
        assert empty(server).objects == 2
        assert server.seen.count("one") == 1 and server.together == 1


def test_what_vanished_meanwhile_is_deleted() -> None:
    with FakeS3(objects(2)) as server:
        server.faults[Entry("objects", "key-1")] = ["NoSuchKey"]
        assert empty(server).objects == 2


def test_passing_faults_are_tried_again() -> None:
    with FakeS3(objects(2)) as server:
        server.faults[Entry("objects", "key-1")] = ["SlowDown", "InternalError"]
        assert empty(server).objects == 2
        assert server.seen.count("delete") == 3 and server.together == 4


def test_faults_that_last_are_named_with_the_server_s_words() -> None:
    with FakeS3(objects(3)) as server:
        server.faults[Entry("objects", "key-1")] = ["AccessDenied"] * 9
        server.faults[Entry("objects", "key-2")] = ["SlowDown"] * 9
        with pytest.raises(StoreError) as caught:
            empty(server)
        assert "1 object deleted, 2 not." in caught.value.message
        assert "'key-1': Sorry (AccessDenied)" in caught.value.message
        assert "'key-2': Sorry (SlowDown)" in caught.value.message
        assert "not-to-be-seen" not in str(caught.value)


def test_mfa_delete_is_said_before_anything_is_tried() -> None:
    with FakeS3(VERSIONS) as server:
        server.versioning = f"{VERSIONED}<MfaDelete>Enabled</MfaDelete>"
        with pytest.raises(StoreError, match=r"\(MFA delete\)") as caught:
            empty(server)
        assert "put-bucket-versioning" in caught.value.hint
        assert "delete" not in server.seen
        server.there.clear()
        assert not empty(server), "an empty bucket needs no code"


def test_a_refusal_that_a_head_does_not_explain_is_left_as_it_is() -> None:
    with FakeS3(VERSIONS) as server:
        server.versioning = VERSIONED
        server.page = 10
        server.faults[VERSIONS[-1]] = ["AccessDenied"] * 9
        with pytest.raises(StoreError, match=r"'c' \(version null\): Sorry") as caught:
            empty(server)
        assert caught.value.hint == ""


def test_counting_takes_a_request() -> None:
    with FakeS3(VERSIONS) as server:
        assert str(count(server)) == "at least 2 older versions"
        server.page = 10
        assert str(count(server)) == "2 objects, 3 older versions and 1 delete marker"
        assert server.seen == ["versions"] * 2
