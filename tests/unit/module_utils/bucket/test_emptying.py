# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emptying: rounds, batches, refusals; and what S3 servers answer that those of the suite never do."""

from __future__ import annotations

import contextlib
import http.server
import itertools
import threading
import typing as t
import urllib.parse
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from ansible_collections.longshore.storage.plugins.module_utils import _progress
from ansible_collections.longshore.storage.plugins.module_utils._bucket._emptying import (
    BATCH,
    Counted,
    Emptied,
    Emptier,
    Entry,
    Refusal,
    batches,
    count_store,
    empty_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._s3_emptying import (
    count_s3,
    empty_s3,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._s3_locks import (
    Lock,
    advice,
    lock_in,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    RequestCounter,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
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
    UnreachableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    UNWATCHED,
    Amount,
)
from tests.unit.progress import Recorder

PLACE = "container 'b' of MEMORY"


def objects(number: int) -> list[Entry]:
    return [Entry("objects", f"key-{index}") for index in range(number)]


class Shelf(Emptier):
    """A bucket that is a set; ``refused`` stay, ``arriving`` is put there before each listing."""

    def __init__(self, there: t.Iterable[Entry]) -> None:
        super().__init__(PLACE, RequestCounter())
        self.there = dict.fromkeys(there)
        self.refused: set[Entry] = set()
        self.arriving: t.Iterator[t.Iterable[Entry]] = iter(())
        self.listings = 0
        self.deleted: list[int] = []
        self._lock = threading.Lock()

    def entries(self) -> t.Iterator[t.Sequence[Entry]]:
        self.listings += 1
        self.there.update(dict.fromkeys(next(self.arriving, ())))
        yield from batches(list(self.there))

    def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        self._requests.add()
        with self._lock:
            self.deleted.append(len(batch))
            for entry in batch:
                if entry not in self.refused:
                    self.there.pop(entry, None)
        return [Refusal(entry, "No") for entry in batch if entry in self.refused]


def run(shelf: Emptier) -> tuple[Emptied, list[float]]:
    waits: list[float] = []
    return shelf.run(sleep=waits.append), waits


def failure(shelf: Emptier) -> StoreError:
    with pytest.raises(StoreError) as caught:
        run(shelf)
    return caught.value


def test_an_empty_bucket_is_listed_once() -> None:
    shelf = Shelf([])
    assert run(shelf) == (Emptied(), [0.0])
    assert shelf.listings == 1


def test_everything_goes_in_batches_and_is_counted_by_kind() -> None:
    shelf = Shelf(
        [
            *objects(2500),
            Entry("versions", "a", "1"),
            Entry("versions", "a", "2"),
            Entry("delete_markers", "a", "3"),
            Entry("uploads", "a", "u"),
        ]
    )
    emptied, waits = run(shelf)
    assert emptied == Emptied(2500, 2, 1, 1, requests=3)
    assert str(emptied) == (
        "2,500 objects, 2 older versions, 1 delete marker and 1 unfinished upload"
    )
    assert sorted(shelf.deleted) == [504, BATCH, BATCH]
    assert waits == [0.0, 0.0], "nobody waits for the look whether all is gone"


def test_what_arrives_meanwhile_goes_too() -> None:
    shelf = Shelf(objects(3))
    shelf.arriving = iter([[], [Entry("objects", "late")], [Entry("objects", "later")]])
    emptied, waits = run(shelf)
    assert emptied.objects == 5 and not shelf.there
    assert len(waits) == shelf.listings == 4 and all(waits[2:])


def test_somebody_who_keeps_writing_is_given_up_against() -> None:
    shelf = Shelf([])
    shelf.arriving = ([Entry("objects", f"new-{n}")] for n in itertools.count())
    error = failure(shelf)
    assert (
        error.detail
        == "10 objects deleted, and each of 10 listings showed something new"
    )
    assert "Stop whatever keeps writing" in error.hint
    assert shelf.listings == 10


def test_refusals_are_raised_after_everything_else_is_gone() -> None:
    all_of_them = objects(3000)
    shelf = Shelf(all_of_them)
    shelf.refused = set(all_of_them[500:512])
    error = failure(shelf)
    assert set(shelf.there) == shelf.refused
    assert error.message.startswith(
        f"Could not delete everything in {PLACE}: 2,988 objects deleted, 12 not. 'key-500': No; "
    )
    assert error.message.count(": No") == 10 and error.message.endswith("; and so on.")


def test_a_refusal_that_another_deletion_lifts_is_no_failure() -> None:
    folder, inside = Entry("objects", "d/"), Entry("objects", "d/f")
    shelf = Shelf([folder, inside])

    def delete(batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        full = inside in shelf.there
        for entry in batch:
            if entry is not folder or not full:
                shelf.there.pop(entry, None)
        return [Refusal(folder, "not empty")] if full else []

    shelf.delete = delete  # type: ignore[method-assign]  # a server that looks into folders
    assert run(shelf)[0].objects == 2


def test_refusals_beyond_the_first_are_counted_and_not_kept() -> None:
    shelf = Shelf(objects(1500))
    shelf.refused = set(shelf.there)
    looked_into: list[int] = []

    def look_into(refusals: t.Sequence[Refusal]) -> tuple[t.Sequence[Refusal], str]:
        looked_into.append(len(refusals))
        return refusals, "Ask for help."

    shelf.look_into = look_into  # type: ignore[method-assign]  # what S3 does with locks
    error = failure(shelf)
    assert "nothing deleted, 1,500 not." in error.detail
    assert error.hint == "Of the first 100: Ask for help."
    assert looked_into == [100] and shelf.listings == 1


def test_a_request_that_fails_ends_it_and_the_next_run_goes_on() -> None:
    shelf = Shelf(objects(9 * BATCH))
    delete, calls = shelf.delete, itertools.count()

    def failing(batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        if next(calls) == 2:
            raise UnreachableError("delete objects", PLACE, "the line is cut")
        return delete(batch)

    shelf.delete = failing  # type: ignore[method-assign]  # a network
    with pytest.raises(UnreachableError):
        run(shelf)
    left = len(shelf.there)
    assert 0 < left < 9 * BATCH
    shelf.delete = delete  # type: ignore[method-assign]  # it is mended
    assert run(shelf)[0].objects == left


@pytest.mark.parametrize("number", [20, 200])
def test_what_is_listed_and_not_yet_deleted_is_bounded(number: int) -> None:
    held, most, lock = 0, 0, threading.Lock()

    class Endless(Shelf):
        def entries(self) -> t.Iterator[t.Sequence[Entry]]:
            nonlocal held, most
            self.listings += 1
            for _unused in range(number if self.listings == 1 else 0):
                with lock:
                    held += 1
                    most = max(most, held)
                yield [Entry("objects", "x")] * BATCH

        def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
            nonlocal held
            with lock:
                held -= 1
            return ()

    assert run(Endless([]))[0].objects == number * BATCH
    assert most <= 9


def test_who_watches_is_told_how_much_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a second listing, whose requests are nobody's affair."""
    monkeypatch.setattr(_progress, "_LONG", 0.0)
    counted = threading.Event()

    class Held(Shelf):
        def entries(self) -> t.Iterator[t.Sequence[Entry]]:
            for batch in super().entries():
                self._requests.add()
                yield batch
            if threading.current_thread().name == "longshore-beside":
                counted.set()

        def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
            assert not recorder.is_watched or counted.wait(60)
            return super().delete(batch)

    emptied = []
    for recorder in (Recorder(), UNWATCHED):
        emptied.append(Held(objects(2500)).run(recorder, sleep=lambda _seconds: None))
        if isinstance(recorder, Recorder):
            assert recorder.phases == {"emptying": (Amount(), Amount(2500, 2500))}
    assert emptied[0] == emptied[1] == Emptied(2500, requests=6)


# Any store.


def test_a_store_is_counted_and_emptied() -> None:
    with MemoryStore(Endpoint("MEMORY", "to-be-emptied")) as store:
        store.create_container()
        assert not count_store(store) and str(count_store(store)) == "nothing"
        for number in range(BATCH):
            store.write(f"k{number}", b"")
        assert count_store(store) == Counted(BATCH)
        store.write("one more", b"")
        assert str(count_store(store)) == "at least 1,000 objects"
        assert empty_store(store) == Emptied(BATCH + 1, requests=4)
        assert list(store.list()) == []


def test_a_store_s_refusals_are_named() -> None:
    class Stubborn(MemoryStore):
        def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
            super().delete([key for key in keys if key != "stays"])
            return {"stays": "it is in use"} if "stays" in keys else {}

    with Stubborn(Endpoint("MEMORY", "stubborn")) as store:
        store.create_container()
        for key in ("a", "stays", "z"):
            store.write(key, b"")
        with pytest.raises(
            StoreError, match="2 objects deleted, 1 not. 'stays': it is"
        ):
            empty_store(store)
        assert [info.key for info in store.list()] == ["stays"]


# Locks.

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_lock_is_read_from_a_head() -> None:
    later = {"ObjectLockRetainUntilDate": NOW + timedelta(days=1)}
    held = {"ObjectLockLegalHoldStatus": "ON"}
    governed = {"ObjectLockMode": "GOVERNANCE", **later}
    assert lock_in({}, NOW) is None
    assert lock_in({"ObjectLockLegalHoldStatus": "OFF"}, NOW) is None
    assert lock_in(governed, NOW + timedelta(days=2)) is None
    assert (
        str(lock_in(governed, NOW))
        == "locked in GOVERNANCE mode until 2026-01-02T00:00:00Z"
    )
    assert str(lock_in({**governed, **held}, NOW)) == "under a legal hold"


def test_advice_counts_what_is_locked_until_when() -> None:
    governed = [Lock("GOVERNANCE", f"2026-01-0{day}T00:00:00Z") for day in (3, 1, 2)]
    held = [Lock("HOLD")] * 2
    assert advice([], bypassed=False) == ""
    assert advice([*governed, *held], bypassed=False) == (
        "3 are locked in GOVERNANCE mode until 2026-01-03T00:00:00Z at the latest: "
        "bypass_governance=true deletes it all the same, with the permission "
        "s3:BypassGovernanceRetention. 2 are under a legal hold: lift it first."
    )
    assert advice(governed[:1], bypassed=True) == (
        "1 is locked in GOVERNANCE mode until 2026-01-03T00:00:00Z: "
        "the credentials need the permission s3:BypassGovernanceRetention."
    )
    assert "nobody can" in advice([Lock("COMPLIANCE", "2026-01-03")], bypassed=True)


# S3.

_SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class FakeS3(http.server.ThreadingHTTPServer):
    """A bucket of entries. ``says`` maps an operation to the code it is refused with."""

    daemon_threads = True
    page = 2

    def __init__(self, there: t.Iterable[Entry]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
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


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeS3

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.one_by_one():
            status, text = self.server.answer(self.command, self.path, body)
        data = text.encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_POST = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def serving(*there: Entry) -> t.Iterator[FakeS3]:
    with FakeS3(there) as server:
        thread = threading.Thread(
            target=server.serve_forever, args=(0.01,), daemon=True
        )
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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
    with serving(*objects(7)) as server:
        assert empty(server) == Emptied(
            7, requests=9
        ), "versioning, 4 pages, a batch, uploads; and a look at objects and uploads"
        assert not server.there and "versions" not in server.seen


def test_versions_and_markers_go_though_a_page_s_last_entry_is_gone() -> None:
    with serving(*VERSIONS) as server:
        server.versioning = VERSIONED
        emptied = empty(server)
        assert (emptied.objects, emptied.versions, emptied.delete_markers) == (2, 3, 1)
        assert server.seen.count("versions") == 3 + 1, "one round, and a look"


def test_delete_markers_alone_are_an_end() -> None:
    with serving(*(Entry("delete_markers", f"k{n}", "1") for n in range(5))) as server:
        server.versioning = "<Status>Suspended</Status>"
        assert empty(server).delete_markers == 5
        assert not server.there


def test_uploads_are_aborted_where_a_server_names_no_marker() -> None:
    uploads = [Entry("uploads", f"a b+{n}", f"u{n}") for n in range(5)]
    with serving(*uploads) as server:
        assert empty(server).uploads == 5
        assert not server.there and "delete" not in server.seen


@pytest.mark.parametrize("code", ["NotImplemented", "AccessDenied"])
def test_who_cannot_list_uploads_goes_without(code: str) -> None:
    with serving(*objects(1)) as server:
        server.says["uploads"] = code
        assert empty(server).objects == 1


def test_a_server_without_batches_is_asked_for_each() -> None:
    with serving(*objects(100)) as server:
        server.page = 100
        server.says["delete"] = "NotImplemented"
        assert empty(server).objects == 100
        assert server.seen.count("delete") == 1 and server.seen.count("one") == 100
        assert server.most_singly <= 16


def test_a_server_without_versioning_is_listed_plainly() -> None:
    with serving(*objects(3)) as server:
        server.says = dict.fromkeys(["versioning", "versions"], "NotImplemented")
        assert count(server) == Counted(3)
        assert empty(server).objects == 3


def test_who_may_not_ask_for_versioning_lists_versions() -> None:
    with serving(*VERSIONS) as server:
        server.says["versioning"] = "AccessDenied"
        assert empty(server).versions == 3
        assert not server.there


def test_who_may_not_list_versions_does_not_hide_objects_behind_markers() -> None:
    with serving(*VERSIONS) as server:
        server.versioning = VERSIONED
        server.says["versions"] = "AccessDenied"
        with pytest.raises(AccessDeniedError, match="list the versions"):
            empty(server)
        assert len(server.there) == len(VERSIONS)


def test_a_key_with_what_xml_does_not_carry_goes_by_itself() -> None:
    with serving(Entry("objects", "a\x01b"), Entry("objects", "c")) as server:
        assert empty(server).objects == 2
        assert server.seen.count("one") == 1 and server.together == 1


def test_what_vanished_meanwhile_is_deleted() -> None:
    with serving(*objects(2)) as server:
        server.faults[Entry("objects", "key-1")] = ["NoSuchKey"]
        assert empty(server).objects == 2


def test_passing_faults_are_tried_again() -> None:
    with serving(*objects(2)) as server:
        server.faults[Entry("objects", "key-1")] = ["SlowDown", "InternalError"]
        assert empty(server).objects == 2
        assert server.seen.count("delete") == 3 and server.together == 4


def test_faults_that_last_are_named_with_the_server_s_words() -> None:
    with serving(*objects(3)) as server:
        server.faults[Entry("objects", "key-1")] = ["AccessDenied"] * 9
        server.faults[Entry("objects", "key-2")] = ["SlowDown"] * 9
        with pytest.raises(StoreError) as caught:
            empty(server)
        assert "1 object deleted, 2 not." in caught.value.message
        assert "'key-1': Sorry (AccessDenied)" in caught.value.message
        assert "'key-2': Sorry (SlowDown)" in caught.value.message
        assert "not-to-be-seen" not in str(caught.value)


def test_mfa_delete_is_said_before_anything_is_tried() -> None:
    with serving(*VERSIONS) as server:
        server.versioning = f"{VERSIONED}<MfaDelete>Enabled</MfaDelete>"
        with pytest.raises(StoreError, match=r"\(MFA delete\)") as caught:
            empty(server)
        assert "put-bucket-versioning" in caught.value.hint
        assert "delete" not in server.seen
        server.there.clear()
        assert not empty(server), "an empty bucket needs no code"


def test_a_refusal_that_a_head_does_not_explain_is_left_as_it_is() -> None:
    with serving(*VERSIONS) as server:
        server.versioning = VERSIONED
        server.page = 10
        server.faults[VERSIONS[-1]] = ["AccessDenied"] * 9
        with pytest.raises(StoreError, match=r"'c' \(version null\): Sorry") as caught:
            empty(server)
        assert caught.value.hint == ""


def test_counting_takes_a_request() -> None:
    with serving(*VERSIONS) as server:
        assert str(count(server)) == "at least 2 older versions"
        server.page = 10
        assert str(count(server)) == "2 objects, 3 older versions and 1 delete marker"
        assert server.seen == ["versions"] * 2
