# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain requests: retries, what answers mean, and where credentials never go."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils import _errors
from ansible_collections.longshore.storage.plugins.module_utils._drivers import _rest
from ansible_collections.longshore.storage.plugins.module_utils._drivers._requests import (
    RequestCounter,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from tests.answering import AnsweringServer, QuietHandler

PLACE = "container 'c'"


class _Server(AnsweringServer):
    """Gives one answer after the other; an answer is a status and a body, or None: no answer."""

    def __init__(self, *answers: tuple[int, bytes] | None) -> None:
        super().__init__(_Handler)
        self.answers = list(answers)
        self.asked: list[tuple[str, str, str | None]] = []

    def client(self, retries: int = 3) -> tuple[_rest.RestClient, RequestCounter]:
        url = f"{self.root}/base"
        counter = RequestCounter()
        endpoint = Endpoint("AZURE_BLOBS", "c", timeout=10, retries=retries)
        return _rest.RestClient(endpoint, url, _authorize, counter), counter


class _Handler(QuietHandler):
    server: _Server

    def do_GET(self) -> None:
        asked = (self.command, self.path, self.headers["Authorization"])
        self.server.asked.append(asked)
        answer = self.server.answers.pop(0)
        if answer is None:
            self.close_connection = True
            return
        status, body = answer
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        # One byte more than comes, where the body says so.
        short = body == b"short"
        self.send_header("Content-Length", str(len(body) + short))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_GET


def _authorize(
    method: str, path: str, query: _rest.Query, headers: _rest.Headers, /
) -> None:
    headers["Authorization"] = f"{method} {path}"
    query["signed"] = "é"


def test_a_request_is_signed_as_it_is_sent() -> None:
    with _Server((200, b"ok")) as server:
        client, counter = server.client()
        _unused, body = client.fetch("look", "GET", "/a%20b", {"x": "1 +/&"})
    assert body == b"ok"
    assert counter.count == 1
    assert server.asked == [
        ("GET", "/base/a%20b?x=1%20%2B%2F%26&signed=%C3%A9", "GET /base/a%20b")
    ]


@pytest.mark.parametrize("first", ((503, b""), (429, b""), (200, b"short"), None))
def test_what_passes_is_tried_again(first: tuple[int, bytes] | None) -> None:
    with _Server(first, (500, b""), (200, b"ok")) as server:
        client, counter = server.client()
        assert client.fetch("look", "GET", "/a")[1] == b"ok"
    assert counter.count == len(server.asked) == 3


@pytest.mark.parametrize("status", (302, 400, 403, 404, 409, 501))
def test_what_stays_is_told_at_once(status: int) -> None:
    with _Server((status, b"")) as server:
        client, counter = server.client()
        with pytest.raises(_errors.StoreError) as raised:
            client.fetch("look", "GET", "/a")
    assert counter.count == 1
    assert "'c'" in str(raised.value)


def test_retries_are_counted() -> None:
    with _Server(*[(503, b"")] * 3) as server:
        client, _unused = server.client(retries=2)
        with pytest.raises(_rest.RefusedError) as raised:
            client.fetch("look", "GET", "/a")
    assert server.answers == []
    assert raised.value.status == 503


@pytest.mark.parametrize("answer", ((200, b"short"), None))
def test_an_answer_that_breaks_off(answer: tuple[int, bytes] | None) -> None:
    with _Server(answer) as server:
        client, _unused = server.client(retries=0)
        with pytest.raises(_errors.UnreachableError):
            client.fetch("look", "GET", "/a")


XML = b"<Error><Code>%s</Code><Message>Said.\nRequestId:1</Message></Error>"
JSON = b'{"error": {"code": 404, "message": "%s"}}'


@pytest.mark.parametrize(
    ("status", "body", "expected", "detail"),
    (
        (401, b"", _errors.AccessDeniedError, "HTTP 401"),
        (403, XML % b"No", _errors.AccessDeniedError, "HTTP 403: No: Said."),
        (404, XML % b"BlobNotFound", _errors.ObjectMissingError, "no such object"),
        (404, XML % b"NoSuchKey", _errors.ObjectMissingError, "no such object"),
        (404, XML % b"NoSuchBucket", _errors.ContainerMissingError, "no such cont"),
        (404, XML % b"ContainerNotFound", _errors.ContainerMissingError, "no such c"),
        (
            404,
            JSON % b"The specified bucket does not exist.",
            _errors.ContainerMissingError,
            "no such container",
        ),
        (404, JSON % b"No such object: b/k", _errors.ObjectMissingError, "no such o"),
        (404, b"<html>", _errors.ObjectMissingError, "no such object"),
        (400, b'{"error": "odd"}', _rest.RefusedError, "HTTP 400"),
        (500, b"\xff", _rest.RefusedError, "HTTP 500"),
    ),
)
def test_what_an_answer_means(
    status: int, body: bytes, expected: type[_errors.StoreError], detail: str
) -> None:
    error = _rest.status_error(status, body, "look", PLACE)
    assert error.__class__ is expected
    assert detail in error.detail
    assert "RequestId" not in str(error)


@pytest.mark.parametrize("content", (None, "no certificates\n", "ümlaut\n"))
def test_certificates_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    endpoint = Endpoint("AZURE_BLOBS", "c", ca_path=str(path))
    with pytest.raises(_errors.ConfigurationError, match="ca_path"):
        _rest.RestClient(endpoint, "https://127.0.0.1:1", _authorize, RequestCounter())
