# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command ``distsync`` as a user has it: one file, run from a folder of the user's own."""

from __future__ import annotations

import dataclasses
import json
import os
import pty
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)

#: An argument that need not be Unicode text.
Argument = t.Union[str, bytes]


@dataclass(frozen=True)
class Ended:
    """A run that has ended; with a terminal, ``errors`` is what that got."""

    code: int
    output: str
    errors: str

    @property
    def json(self) -> t.Any:
        return json.loads(self.output)


class Program:
    """Runs the one file with a home of its own. No run may show one of ``secrets``, or a traceback."""

    def __init__(self, file: Path, folder: Path) -> None:
        self.file = file
        self.home = folder / "home"
        self.folder = folder / "elsewhere"
        self.home.mkdir(parents=True)
        self.folder.mkdir()
        self.secrets: set[str] = set()
        self.python: list[str] = [sys.executable]
        self._started: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()

    def start(self, *arguments: Argument, **options: t.Any) -> subprocess.Popen[bytes]:
        """A process, which the caller waits for."""
        usual = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": self.environment,
        }
        command = [*self.python, str(self.file), *arguments]
        process = subprocess.Popen(command, cwd=self.folder, **{**usual, **options})
        self._started.append(process)
        return process

    def ended(self, process: subprocess.Popen[bytes], answers: str = "") -> Ended:
        with process:
            output, errors = process.communicate(answers.encode() or None)
        return self._checked(
            Ended(
                process.returncode, (output or b"").decode(), (errors or b"").decode()
            )
        )

    def run(self, *arguments: Argument, answers: str = "", **options: t.Any) -> Ended:
        if answers:
            options["stdin"] = subprocess.PIPE
        return self.ended(self.start(*arguments, **options), answers)

    def done(self, *arguments: Argument, **options: t.Any) -> Ended:
        """A run that must end well."""
        ended = self.run(*arguments, **options)
        assert ended.code == 0, ended
        return ended

    def on_terminal(self, *arguments: Argument, answers: t.Sequence[str] = ()) -> Ended:
        """With a terminal for standard input and standard error; an answer is typed when a line ends in a question."""
        ours, theirs = pty.openpty()
        environment = {"TERM": "xterm-256color", **self.environment}
        try:
            # a session of its own, so that it has no other terminal
            process = self.start(
                *arguments,
                stdin=theirs,
                stderr=theirs,
                env=environment,
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        left = [*answers]
        shown = b""
        with process, os.fdopen(ours, "r+b", buffering=0) as terminal:
            while piece := _read(terminal):
                shown += piece
                if shown.endswith(b": ") and left:
                    terminal.write(f"{left.pop(0)}\n".encode())
            output = process.stdout.read() if process.stdout else b""
        assert not left, shown
        return self._checked(Ended(process.returncode, output.decode(), shown.decode()))

    def _checked(self, ended: Ended) -> Ended:
        for text in (ended.output, ended.errors):
            assert "Traceback" not in text, text
            assert not [secret for secret in self.secrets if secret in text]
        return ended


def _read(terminal: t.Any) -> bytes:
    try:
        return bytes(terminal.read(65536))
    except OSError:  # nobody has it open any more
        return b""


class Fleet:
    """A distribution in a place, with both configurations in the program's home."""

    def __init__(self, program: Program, place: t.Any) -> None:
        self.program = program
        self.place = place
        self.secret = SharedSecret.generate()
        self.signing = SigningKey.generate()
        written = place.endpoint()
        store = parse_endpoint(
            written, option="store", providers=None, default_provider=None
        )
        if store.provider == "S3" and store.region is None:
            store = dataclasses.replace(store, region="us-east-1")
        common = Configuration(self.secret, store, algorithm=AES_256_GCM)
        self.uploader = dataclasses.replace(common, signing_key=self.signing)
        self.daemon = dataclasses.replace(common, public_key=self.signing.public)
        program.secrets |= {self.secret.encode(), self.signing.encode()}
        program.secrets |= {store.secret} if store.secret else set()
        self.write()

    def write(self, **changes: t.Any) -> None:
        """Both configurations, with these changes to the store."""
        for name, one in ((".distsync", self.uploader), (".distsyncd", self.daemon)):
            store = dataclasses.replace(one.store, **changes)
            path = self.program.home / name
            write_configuration(str(path), dataclasses.replace(one, store=store))

    def file(self, name: str, data: bytes) -> str:
        path = self.program.home / "built" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return str(path)
