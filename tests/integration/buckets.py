# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``libcloud_bucket`` as it is called, and a server in front of S3 that has what the server lacks."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import http.client
import http.server
import re
import threading
import typing as t
import urllib.parse

from ansible_collections.longshore.storage.plugins.modules import libcloud_bucket
from tests.answering import AnsweringServer, QuietHandler
from tests.integration.module import Result, call


def keep(*, check: bool = False, diff: bool = False, **options: t.Any) -> Result:
    """A run that must end well."""
    result = attempt(check=check, diff=diff, **options)
    assert not result.failed, result.msg
    return result


def attempt(*, check: bool = False, diff: bool = False, **options: t.Any) -> Result:
    """A run that may fail."""
    return call(
        libcloud_bucket, _ansible_check_mode=check, _ansible_diff=diff, **options
    )


def refused(**options: t.Any) -> str:
    """A run that must fail; its message."""
    result = attempt(**options)
    assert result.failed, result.values
    return result.msg


@dataclasses.dataclass(frozen=True)
class Answer:
    """What is answered; an error, as S3 writes it, where no body is given."""

    status: int
    code: str = ""
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes | None = None

    @property
    def content(self) -> bytes:
        if self.body is not None:
            return self.body
        return f"<Error><Code>{self.code}</Code><Message>{self.code}</Message></Error>".encode()


class S3Front:
    """Passes requests on to an S3 server, unless it was told to answer itself.

    ``requests``: methods and subresources that came by, such as ``("GET", "tagging")``.
    ``answers``: what is answered to such a request instead. ``kept``: subresources whose documents
    are kept here, word for word, each with what is answered where there is none. ``stale``: how
    often the old document is still answered after such a one was replaced. ``region``: requests
    that are signed for another are sent there. ``tells_region``: listings of buckets have it.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self.requests: list[tuple[str, str]] = []
        self.answers: dict[tuple[str, str], list[Answer]] = collections.defaultdict(
            list
        )
        self.kept: dict[str, Answer | bytes] = {}
        self.stale: collections.Counter[str] = collections.Counter()
        self.region: str | None = None
        self.tells_region = False
        self._documents: dict[tuple[str, str], list[bytes]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> t.Self:
        front = self

        class Handler(QuietHandler):
            protocol_version = "HTTP/1.1"
            # head and body go out together, for the client waits for both
            wbufsize = -1

            def _work(self) -> None:
                front.handle(self, self.body())
                self.wfile.flush()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _work

        self._server = AnsweringServer(Handler)
        self.port = self._server.server_port
        self._server.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.__exit__()

    def handle(self, request: QuietHandler, body: bytes) -> None:
        parts = urllib.parse.urlsplit(request.path)
        bucket = parts.path.split("/")[1]
        names = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        resource = next((name for name, value in names.items() if value == [""]), "")
        method = request.command
        with self._lock:
            self.requests.append((method, resource))
            waiting = self.answers[method, resource]
            if waiting:
                _answer(request, waiting.pop(0))
            elif bucket and self._is_elsewhere(request):
                _answer(request, self._redirect())
            elif resource in self.kept:
                self._keep(request, bucket, resource, body)
            else:
                self._pass_on(request, body)

    def _is_elsewhere(self, request: QuietHandler) -> bool:
        scope = re.search(
            r"Credential=[^/]+/\d+/([^/]+)/", request.headers.get("Authorization", "")
        )
        return bool(self.region and scope and scope[1] != self.region)

    def _redirect(self) -> Answer:
        assert self.region is not None
        return Answer(301, "PermanentRedirect", {"x-amz-bucket-region": self.region})

    def _keep(
        self,
        request: QuietHandler,
        bucket: str,
        resource: str,
        body: bytes,
    ) -> None:
        absent = self.kept[resource]
        documents = self._documents.setdefault((bucket, resource), [])
        if request.command == "PUT":
            documents.append(body)
            _answer(request, b"")
        elif request.command == "DELETE":
            documents.clear()
            _answer(request, b"", 204)
        else:
            if len(documents) > 1 and self.stale[resource]:
                self.stale[resource] -= 1
                _answer(request, documents[-2])
            else:
                _answer(request, documents[-1] if documents else absent)

    def _pass_on(self, request: QuietHandler, body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._target, timeout=60)
        with contextlib.closing(connection):
            headers = dict(request.headers.items())
            connection.request(request.command, request.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if self.tells_region:
                region = f"<BucketRegion>{self.region}</BucketRegion></Bucket>"
                content = content.replace(b"</Bucket>", region.encode())
            request.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in (
                    "connection",
                    "content-length",
                    "date",
                    "server",
                    "transfer-encoding",
                ):
                    request.send_header(name, value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)


def _answer(request: QuietHandler, answer: Answer | bytes, status: int = 200) -> None:
    if isinstance(answer, Answer):
        request.answer(answer.status, answer.headers, answer.content)
    else:
        request.answer(status, {}, answer)
