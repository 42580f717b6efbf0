# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the S3 driver does with answers that the servers of the conformance suite never give."""

from __future__ import annotations

import typing as t
from collections import deque

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3 import (
    S3Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
    StoreError,
    UnreachableError,
)
from tests.answering import AnsweringServer, QuietHandler

SECRET = "not-to-be-seen"
BUSY = (503, b"<Error><Code>SlowDown</Code><Message>Please wait</Message></Error>")


class Server(AnsweringServer):
    """Answers with ``script`` (status, body) in turn, then always with ``otherwise``."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.script: deque[tuple[int, bytes]] = deque()
        self.otherwise = (200, b"")
        self.withheld = 0
        self.seen: list[str] = []
        self.headers: list[t.Mapping[str, str]] = []

    def endpoint(self, **changes: t.Any) -> Endpoint:
        fields: dict[str, t.Any] = {
            "key": "somebody",
            "secret": SECRET,
            "host": "127.0.0.1",
            "port": self.server_port,
            "secure": False,
            "timeout": 10,
            "retries": 0,
        }
        return Endpoint("S3", "bucket", **{**fields, **changes})


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        self.body()
        self.server.seen.append(f"{self.command} {self.path}")
        self.server.headers.append(dict(self.headers.items()))
        script = self.server.script
        status, body = script.popleft() if script else self.server.otherwise
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"0"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) - self.server.withheld])
        self.close_connection = bool(self.server.withheld)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer


@pytest.fixture()
def server() -> t.Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(params=(True, False), ids=("obstore", "boto3"), autouse=True)
def lane(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    fast: bool = request.param
    monkeypatch.setattr(S3Store, "fast_lane", fast)
    return fast


def test_throttling_is_retried_and_every_request_counted(server: Server) -> None:
    server.script.extend([BUSY, BUSY])
    with S3Store(server.endpoint(retries=3)) as store:
        assert store.write("a", b"x").etag == "0"
        assert store.requests.count == len(server.seen) == 3


def test_throttling_without_end(server: Server) -> None:
    server.otherwise = BUSY
    with S3Store(server.endpoint()) as store, pytest.raises(StoreError) as raised:
        store.write("a", b"x")
    assert "Please wait (SlowDown)" in str(raised.value)
    assert "overloaded" in raised.value.hint


def test_refusals_are_not_retried(server: Server, lane: bool) -> None:
    server.otherwise = (403, b"<Error><Code>AccessDenied</Code></Error>")
    with S3Store(server.endpoint(retries=5)) as store:
        with pytest.raises(AccessDeniedError) as raised:
            store.write("a", b"x")
    assert len(server.seen) == (2 if lane else 1)
    assert SECRET not in str(raised.value)


def test_a_lane_that_always_fails_is_left(server: Server, lane: bool) -> None:
    """For instance in a region that only boto3 can follow a container into."""
    with S3Store(server.endpoint()) as store:
        for number in range(20):
            server.script.extend([BUSY] if lane and number < 8 else [])
            store.write("a", b"x")
    assert len(server.seen) == (28 if lane else 20)


def test_servers_without_batch_deletion(server: Server) -> None:
    server.script.append((501, b"<Error><Code>NotImplemented</Code></Error>"))
    with S3Store(server.endpoint()) as store:
        assert store.delete(["a", "b c"]) == {}
        assert store.delete(["d"]) == {}
    assert "Content-MD5" in server.headers[0]
    assert not any(
        name.lower().startswith("x-amz-checksum") for name in server.headers[0]
    )
    assert server.seen[0] == "POST /bucket?delete"
    assert sorted(server.seen[1:]) == [
        "DELETE /bucket/a",
        "DELETE /bucket/b%20c",
        "DELETE /bucket/d",
    ]


def test_faults_of_single_keys(server: Server) -> None:
    server.script.append(
        (
            200,
            b"<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>No</Message></Error>"
            b"<Error><Key>b</Key><Code>InternalError</Code></Error>"
            b"<Error><Key>c</Key><Code>NoSuchKey</Code></Error></DeleteResult>",
        )
    )
    with S3Store(server.endpoint()) as store:
        assert store.delete(["a", "b", "c", "d"]) == {"a": "No (AccessDenied)"}
    assert server.seen[1:] == ["DELETE /bucket/b"]


def test_an_answer_that_is_no_listing(server: Server) -> None:
    server.otherwise = (200, b"<html>Welcome</html>")
    with S3Store(server.endpoint()) as store, pytest.raises(StoreError) as raised:
        list(store.list())
    assert "bucket" in str(raised.value)


def test_an_error_within_a_success(server: Server) -> None:
    server.otherwise = (200, b"<Error><Code>InternalError</Code></Error>")
    with S3Store(server.endpoint()) as store, pytest.raises(StoreError):
        list(store.list())


def test_pages_without_end(server: Server) -> None:
    server.otherwise = (
        200,
        b"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>"
        b"<Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>",
    )
    with S3Store(server.endpoint()) as store, pytest.raises(StoreError) as raised:
        list(store.list())
    assert "again" in str(raised.value)


@pytest.mark.parametrize("withheld", (1, 15))
def test_a_deletion_is_believed_only_when_told_whole(
    server: Server, withheld: int
) -> None:
    server.otherwise = (200, b"<DeleteResult/>")
    with S3Store(server.endpoint()) as store:
        assert store.delete(["a"]) == {}
        server.withheld = withheld
        with pytest.raises(StoreError):
            store.delete(["a"])


def test_a_large_object_is_believed_only_when_confirmed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3Store, "multipart_threshold", 5)
    begun = b"<R><UploadId>1</UploadId></R>"
    server.script.extend([(200, begun), (200, b""), (200, b""), (200, b"<R/>")])
    with S3Store(server.endpoint()) as store, pytest.raises(StoreError) as raised:
        store.write("a", b"x" * 10)
    assert "confirm" in str(raised.value)
    assert server.seen[-1] == "DELETE /bucket/a?uploadId=1"


def test_a_large_object_is_taken_back_when_its_body_fails(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3Store, "multipart_threshold", 5)
    server.script.append((200, b"<R><UploadId>1</UploadId></R>"))
    fault = ArithmeticError("of the body's own")

    def body() -> t.Iterator[bytes]:
        yield b"x" * 12
        raise fault

    with S3Store(server.endpoint()) as store:
        with pytest.raises(ArithmeticError) as raised:
            store.write("a", body())
    assert raised.value is fault
    assert server.seen[-1] == "DELETE /bucket/a?uploadId=1"
    assert not any("POST /bucket/a?uploadId" in request for request in server.seen)


def test_tls_faults_name_the_remedy(server: Server) -> None:
    with S3Store(server.endpoint(secure=True)) as store:
        for call in (store.container_exists, lambda: store.write("a", b"x")):
            with pytest.raises(UnreachableError) as raised:
                call()
            assert "ca_path" in raised.value.hint


def test_no_credentials_anywhere(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with S3Store(server.endpoint(key=None, secret=None)) as store:
        with pytest.raises(AccessDeniedError) as raised:
            store.write("a", b"x")
    assert "AWS_ACCESS_KEY_ID" in raised.value.hint
    assert server.seen == []


def test_credentials_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with S3Store(server.endpoint(key=None, secret=None)) as store:
        store.write("a", b"x")
    assert "from-the-environment" in _authorization(server)


def test_an_endpoint_with_credentials_ignores_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with S3Store(server.endpoint(token=None)) as store:
        store.write("a", b"x")
    assert "somebody" in _authorization(server)
    assert "x-amz-security-token" not in {name.lower() for name in server.headers[0]}


def test_a_token_is_sent(server: Server) -> None:
    with S3Store(server.endpoint(token="passing")) as store:
        store.write("a", b"x")
    sent = {name.lower(): value for name, value in server.headers[0].items()}
    assert sent["x-amz-security-token"] == "passing"


def _authorization(server: Server) -> str:
    assert len(server.headers) == 1
    return {name.lower(): value for name, value in server.headers[0].items()}[
        "authorization"
    ]


def test_impossible_names(server: Server) -> None:
    with S3Store(server.endpoint()) as store:
        server.otherwise = (400, b"<Error><Code>InvalidBucketName</Code></Error>")
        server.script.append((404, b""))
        with pytest.raises(ConfigurationError):
            store.create_container()
