# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A distribution with a publisher, and daemons in processes of their own whose events are waited for."""

from __future__ import annotations

import dataclasses
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

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_daemon import (
    DaemonOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._opening import (
    Publishing,
    publishing,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Outcome,
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from tests.integration.places import Place
from tests.servers._process import REPOSITORY
from tests.waiting import PATIENCE

Event = dict[str, t.Any]

_NAMESPACES: t.Final = (
    *(
        one
        for one in sys.path
        if os.path.isdir(os.path.join(one, "ansible_collections"))
    ),
    str(REPOSITORY),
)


class Daemon:
    """A process, and what it has said so far."""

    def __init__(
        self, arguments: t.Sequence[str], environ: t.Mapping[str, str]
    ) -> None:
        program = [sys.executable, "-m", "tests.integration.daemon_program"]
        self.process = subprocess.Popen(
            [*program, *arguments],
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(dict.fromkeys(_NAMESPACES)),
                **environ,
            },
        )
        self._condition = threading.Condition()
        self.lines: list[str] = []
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._condition:
                self.lines.append(line)
                self._condition.notify_all()
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def events(self, event: str, **fields: t.Any) -> list[Event]:
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [
            one
            for one in found
            if one["event"] == event
            and all(one.get(name) == value for name, value in fields.items())
        ]

    def wait_for(self, event: str, number: int = 1, **fields: t.Any) -> Event:
        """The ``number``-th event of that kind."""
        deadline = time.monotonic() + PATIENCE
        with self._condition:
            while len(found := self.events(event, **fields)) < number:
                left = deadline - time.monotonic()
                assert not self._ended and left > 0, f"no {event}: {self.said}"
                self._condition.wait(left)
        return found[number - 1]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """How it ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(PATIENCE)
        return code


class Fleet:
    """One bucket, who publishes, and one folder that daemons keep."""

    def __init__(
        self,
        folder: Path,
        place: Place,
        *,
        channels: tuple[str, ...] = ("stable",),
        store_format: Format = Format.LONGSHORE,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.output = folder / "output"
        self.output.mkdir()
        key = SigningKey.generate()
        store: Endpoint = parse_endpoint(
            place.endpoint(), option="store", providers=None, default_provider=None
        )
        ours = store_format is Format.LONGSHORE
        self.publisher = Configuration(
            SharedSecret.generate(),
            store,
            format=store_format,
            signing_key=key if ours else None,
        )
        self.configuration = dataclasses.replace(
            self.publisher,
            signing_key=None,
            public_key=key.public if ours else None,
            channels=channels,
            poll_interval=1.0,
            output_dir=str(self.output),
        )
        self.path = folder / "distsyncd"
        self.configure()
        self._daemons: list[Daemon] = []

    def configure(
        self, configuration: Configuration | None = None, **daemon: t.Any
    ) -> None:
        """Write the daemon's configuration, with these options of its own."""
        self.configuration = configuration or self.configuration
        self.configuration = dataclasses.replace(
            self.configuration, daemon=DaemonOptions(**daemon)
        )
        write_configuration(str(self.path), self.configuration)

    def start(self, *options: str, **environ: str) -> Daemon:
        daemon = Daemon([str(self.path), *options], environ)
        self._daemons.append(daemon)
        return daemon

    def close(self) -> None:
        for daemon in self._daemons:
            daemon.end(signal.SIGKILL)

    # -- publishing

    def publishing(self, channel: str = "stable") -> t.ContextManager[Publishing]:
        configuration = dataclasses.replace(self.publisher, channels=(channel,))
        return publishing(configuration, folder=str(self.folder / "publisher"))

    def publish(
        self, name: str, version: str | None, data: bytes, **options: t.Any
    ) -> Outcome:
        channel = options.pop("channel", "stable")
        force = options.pop("force", False)
        path = self.folder / "sources" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        one = Publication(str(path), name, version, **options)
        with self.publishing(channel) as publisher:
            return publisher.publish([one], force=force)

    # -- what is there

    def current(self, name: str = "app") -> bytes:
        return (self.output / name / "current" / name).read_bytes()

    def linked(self, name: str = "app") -> str:
        return os.readlink(self.output / name / "current")

    def versions(self, name: str = "app") -> set[str]:
        return {one.name for one in (self.output / name).iterdir()} - {"current"}

    def script(self, name: str, text: str, mode: int = 0o755) -> str:
        """A program of the shell."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(mode)
        return str(path)


def ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
