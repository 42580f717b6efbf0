# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service in a process of its own, started as its image starts it, and what a client does with it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path
from urllib.parse import urlencode

from tests.integration.networks import Way
from tests.servers._process import REPOSITORY

#: Seconds in which whatever is waited for has come, on any machine.
PATIENCE: t.Final = 60.0
_MAIN: t.Final = (
    "import sys; from longshore._persist_service._main import main; sys.exit(main())"
)
_KEPT: t.Final = ("PATH", "HOME", "TMPDIR", "TZ")


class Answer(t.NamedTuple):
    status: int
    headers: t.Mapping[str, str]
    body: bytes

    @property
    def json(self) -> t.Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of an error."""
        return str(self.json["code"])


class Door(Way):
    """A way to a server on which nothing passes while it is shut; while it is locked, whoever knocks is turned away."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._open = threading.Event()
        self._open.set()
        self.knocked = threading.Event()
        self.is_locked = False
        self.turned_away = 0

    def seen(self, data: bytes, direction: str) -> None:
        if self.is_locked:
            self.turned_away += direction == "up"
            raise ConnectionResetError
        if not self._open.is_set():
            self.knocked.set()
            self._open.wait(PATIENCE)

    def shut(self) -> None:
        self.knocked.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()


class Service:
    """``folder``: the tests' own; a link there is the package. ``environ``: all that the process knows.

    ``without``: capabilities that it is not to have.
    """

    def __init__(
        self,
        folder: Path,
        environ: t.Mapping[str, str],
        without: t.Sequence[str] = (),
    ) -> None:
        package = folder / "longshore"
        if not package.exists():
            package.symlink_to(REPOSITORY / "plugins" / "module_utils")
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        command = [sys.executable, "-c", _MAIN]
        if without:
            less = ",".join(f"-{name.lower()}" for name in without)
            command = ["setpriv", "--bounding-set", less, "--inh-caps", less, *command]
        self.process = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={
                **kept,
                "PYTHONDONTWRITEBYTECODE": "1",
                "STATE_PATH": str(folder / "state"),
                "LISTEN_ADDRESS": "127.0.0.1",
                "PORT": "0",
                **environ,
            },
        )
        self.port = 0
        self.token = environ.get("AUTH_TOKEN")
        self.lines: list[str] = []
        self._heard = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._heard:
                self.lines.append(line)
                self._heard.notify_all()
        with self._heard:
            self.lines.append("")
            self._heard.notify_all()

    def ready(self) -> t.Self:
        """When it listens."""
        self.port = self.event("started")["port"]
        return self

    def event(
        self, name: str, *, patience: float = PATIENCE, **fields: t.Any
    ) -> dict[str, t.Any]:
        """The first of that kind, which it waits for."""
        deadline = time.monotonic() + patience
        with self._heard:
            while True:
                for line in self.lines:
                    one = json.loads(line) if line.startswith("{") else {}
                    if one.get("event") == name and fields.items() <= one.items():
                        return t.cast("dict[str, t.Any]", one)
                left = deadline - time.monotonic()
                ended = self.lines[-1:] == [""]
                assert not ended and left > 0, f"no {name}: {self.said}"
                self._heard.wait(left)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """How it ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE)
        finally:
            self.process.kill()
        self._reader.join(PATIENCE)
        return code

    # -- as a client

    def ask(
        self,
        method: str,
        url: str,
        document: t.Any = None,
        *,
        body: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        query: t.Mapping[str, str] | None = None,
    ) -> Answer:
        given = dict(headers or {})
        if self.token is not None:
            given.setdefault("Authorization", f"Bearer {self.token}")
        if document is not None:
            body = json.dumps(document).encode()
            given.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE
        )
        try:
            whole = f"{url}?{urlencode(query)}" if query else url
            connection.request(method, whole, body, given)
            found = connection.getresponse()
            headers = {name.lower(): value for name, value in found.getheaders()}
            return Answer(found.status, headers, found.read())
        finally:
            connection.close()

    def done(
        self,
        method: str,
        url: str,
        document: t.Any = None,
        query: t.Mapping[str, str] | None = None,
    ) -> t.Any:
        """What a job has come to."""
        begun = self.ask(method, url, document, query=query)
        assert begun.status == 202, begun
        assert begun.headers["location"] == f"/v1/jobs/{begun.json['id']}"
        return self.watch(begun.json["id"])[-1]

    def watch(self, job: str) -> list[t.Any]:
        """Each of its documents, until it has ended."""
        answer = self.ask("GET", f"/v1/jobs/{job}/events")
        assert answer.status == 200, answer
        assert answer.headers["content-type"].startswith("text/event-stream")
        return events_of(answer)

    def until(self, path: str, ready: t.Callable[[t.Any], bool]) -> t.Any:
        """What is answered as soon as it is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while not ready(found := self.ask("GET", path).json):
            assert time.monotonic() < deadline, found
            # what is asked for here, the service tells in no stream
            time.sleep(0.02)
        return found

    def in_background(self, method: str, path: str) -> t.Callable[[], Answer]:
        """Ask, and go on; what is returned waits for the answer."""
        found: list[Answer] = []

        def wait() -> None:
            # where it is killed meanwhile, there is none
            with contextlib.suppress(http.client.HTTPException, ConnectionError):
                found.append(self.ask(method, path))

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()

        def answer() -> Answer:
            thread.join(PATIENCE)
            return found[0]

        return answer


def events_of(answer: Answer) -> list[t.Any]:
    """The documents of a stream of events."""
    return [
        json.loads(one.removeprefix("event: job\ndata: "))
        for one in answer.body.decode().split("\n\n")[:-1]
        if not one.startswith(":")
    ]
