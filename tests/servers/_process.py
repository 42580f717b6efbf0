# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server processes for tests: started on free loopback ports, waited for, and always ended.

A subclass of :class:`Server` says which commands it is made of and how to ask whether it is
ready; this base finds the ports, keeps the logs, tries again when somebody snatched a port, and
fails with the end of the log when the server cannot be started.
"""

from __future__ import annotations

import abc
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

_GUARD = Path(__file__).with_name("_guard.py")
_ATTEMPTS = 4
#: A server tells that it is ready by answering only.
_POLL_SECONDS = 0.05
_STOP_SECONDS = 15.0
_TAIL_CHARACTERS = 3000
_PORT_TAKEN = re.compile(
    r"address already in use|EADDRINUSE|port \d+ .*is not available", re.IGNORECASE
)


class ServerError(RuntimeError):
    """A server could not be found, started or kept running."""


def build_directory() -> Path:
    """Where the test set-up put what is no Python package: ``LONGSHORE_BUILD``, else ``.build``."""
    return Path(os.environ.get("LONGSHORE_BUILD") or REPOSITORY / ".build")


def find_program(name: str, *candidates: str | os.PathLike[str] | None) -> str:
    """The first of ``candidates`` that is a program, else ``name`` beside this Python or on PATH."""
    beside = Path(sys.executable).with_name(name)
    for candidate in (*candidates, beside, name):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    tried = ", ".join(str(c) for c in (*candidates, beside) if c)
    raise ServerError(f"The program {name} was found neither at {tried} nor on PATH.")


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on now, all different."""
    sockets = [socket.socket() for _unused in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass(frozen=True)
class Command:
    """One process of a server; ``environment`` is added to the run's own."""

    arguments: t.Sequence[str]
    environment: t.Mapping[str, str] = field(default_factory=dict)


class _Process:
    """A running command in a process group of its own, its output in a file."""

    def __init__(self, command: Command, directory: Path, log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                [sys.executable, str(_GUARD), *command.arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env={**os.environ, **command.environment},
                start_new_session=True,
            )

    def is_running(self) -> bool:
        return self._popen.poll() is None

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-_TAIL_CHARACTERS:]

    def ask_to_end(self) -> None:
        """Tell the guard, which ends the whole group in order, then by force."""
        if self._popen.stdin is not None:
            self._popen.stdin.close()

    def stop(self) -> None:
        """End the whole group, and wait until it has ended."""
        self.ask_to_end()
        try:
            self._popen.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._popen.wait()


class Server(abc.ABC):
    """A server for tests, as a context manager. ``directory`` is its own, and is kept for its logs.

    Subclasses set ``name`` and ``port_count``, and read ``self.ports`` and ``self.data`` (a fresh
    folder of each start).
    """

    name: t.ClassVar[str]
    port_count: t.ClassVar[int] = 1
    #: How long a start may take on a busy machine.
    start_seconds: t.ClassVar[float] = 90.0

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory
        self.ports: list[int] = []
        self._processes: list[_Process] = []

    @abc.abstractmethod
    def commands(self) -> t.Sequence[Command]:
        """What to start, in order, on ``self.ports`` with data in ``self.data``."""

    @abc.abstractmethod
    def is_ready(self) -> bool:
        """Ask the server itself. False or an ``OSError``: not yet."""

    def prepare(self) -> None:
        """Set up what the server needs once it answers (users, accounts)."""

    @property
    def port(self) -> int:
        """The port that clients use."""
        return self.ports[0]

    def __enter__(self) -> t.Self:
        for attempt in range(_ATTEMPTS):
            self.data = self.directory / f"{self.name}-{attempt}"
            self.data.mkdir(parents=True)
            self.ports = free_ports(self.port_count)
            try:
                self._start()
                return self
            except BaseException as error:
                tail = self.tail()
                self.stop()
                if not isinstance(error, ServerError):
                    raise
                if not _PORT_TAKEN.search(tail):
                    raise
        raise ServerError(f"{self.name}: all of {_ATTEMPTS} sets of ports were taken.")

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def tail(self) -> str:
        """The ends of the logs."""
        return "\n".join(f"{p.log.name}:\n{p.tail()}" for p in self._processes)

    def stop(self) -> None:
        """End every process; a second call does nothing."""
        for process in self._processes:
            process.ask_to_end()
        while self._processes:
            self._processes.pop().stop()

    def _start(self) -> None:
        for index, command in enumerate(self.commands()):
            log = self.data / f"log-{index}.txt"
            self._processes.append(_Process(command, self.data, log))
        deadline = time.monotonic() + self.start_seconds
        while not self._answers():
            if not all(process.is_running() for process in self._processes):
                raise ServerError(f"{self.name} ended while starting.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.name} was not ready after {self.start_seconds:.0f} s.\n{self.tail()}"
                )
            time.sleep(_POLL_SECONDS)
        self.prepare()

    def _answers(self) -> bool:
        try:
            return self.is_ready()
        except OSError:
            return False
