# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Runs the program that a new release is announced to: for so long and no longer, with all that it starts.

It is run as a list of arguments, without a shell, in a session of its own, so that everything in its
process group can be ended with it.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import threading
import time
import typing as t

from ..._errors import ConfigurationError, LongshoreError
from ..._process_group import end_group

#: Bytes of output that are kept: the last ones.
_KEPT: t.Final = 4096
#: Seconds in which the output may still come when the program itself has ended.
_REST: t.Final = 0.5
_TICK: t.Final = 0.2

#: Of the daemon's environment; nothing else of it, which may hold credentials.
_INHERITED: t.Final = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
)
_PATH: t.Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HookError(LongshoreError):
    """The hook failed, or was ended. ``output``: the end of what it wrote."""

    def __init__(self, message: str, output: str) -> None:
        last = output.strip().splitlines()[-1:] or [""]
        said = f" It wrote: {last[0][:200]}" if last[0] else ""
        super().__init__(message + said)
        self.output = output


class HookStoppedError(LongshoreError):
    """The daemon was told to end while the hook ran, so the hook was ended. It is run again."""


def find_program(arguments: t.Sequence[str]) -> str:
    """The program's path. Raises ``ConfigurationError`` for one that is not there or cannot be run."""
    program = arguments[0]
    found = shutil.which(program, path=os.environ.get("PATH") or _PATH)
    if found is not None:
        return found
    if os.path.isdir(program):
        fault = "is a folder"
    elif os.path.exists(program):
        fault = f"may not be run by the user with id {os.geteuid()}"
    else:
        fault = "is not there"
    raise ConfigurationError(
        f"The hook {program!r} {fault}.",
        hint="Check Hook in the configuration: chmod +x makes a file a program.",
    )


class Hook:
    """``arguments``: a program and its arguments. ``timeout``: seconds. One runs at a time.

    ``stop`` ends the one that runs.
    """

    def __init__(
        self, arguments: t.Sequence[str], timeout: float, stop: threading.Event
    ) -> None:
        self._arguments = list(arguments)
        self._timeout = timeout
        self._stop = stop
        self._turn = threading.Lock()

    def check(self) -> None:
        """Raises ``ConfigurationError`` where it cannot be run at all."""
        find_program(self._arguments)

    def run(self, variables: t.Mapping[str, str], folder: str) -> str:
        """The end of its output. Raises ``HookError``, and ``HookStoppedError``."""
        with self._turn:
            if self._stop.is_set():
                raise _stopped(self._arguments[0])
            try:
                program = find_program(self._arguments)
                process = subprocess.Popen(
                    [program, *self._arguments[1:]],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env=_environment(variables),
                    start_new_session=True,
                )
            except ConfigurationError as error:
                raise HookError(error.message, "") from None
            except OSError as error:
                raise HookError(
                    f"The hook {self._arguments[0]!r} could not be started: {error.strerror}.",
                    "",
                ) from None
            with process:
                return self._watch(process)

    def _watch(self, process: subprocess.Popen[bytes]) -> str:
        deadline = time.monotonic() + self._timeout
        output = _Output(process)
        fault = ""
        try:
            while process.poll() is None and not fault:
                output.wait(_TICK)
                if self._stop.is_set():
                    fault = "stopped"
                elif time.monotonic() >= deadline:
                    fault = f"did not end in {self._timeout:g} s, and was ended"
        finally:
            if process.poll() is None:
                end_group(process)
            output.finish()
        text = output.text
        name = self._arguments[0]
        if fault == "stopped":
            raise _stopped(name)
        if fault:
            raise HookError(f"The hook {name!r} {fault}.", text)
        if process.returncode < 0:
            raise HookError(
                f"The hook {name!r} was ended by signal {-process.returncode}.", text
            )
        if process.returncode:
            raise HookError(
                f"The hook {name!r} failed with exit status {process.returncode}.", text
            )
        return text


def _stopped(name: str) -> HookStoppedError:
    return HookStoppedError(f"The hook {name!r} was ended, because the daemon ends.")


def _environment(variables: t.Mapping[str, str]) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {"PATH": _PATH, **inherited, **variables}


class _Output:
    """The last bytes that a process writes; what is written is read, so that nobody has to wait."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._pipe = t.cast(t.IO[bytes], process.stdout)
        os.set_blocking(self._pipe.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._kept = bytearray()
        self._open = True

    def wait(self, seconds: float) -> None:
        """For output, or so long."""
        if not self._open:
            # it has closed its output and goes on: that it ends is only seen by looking again
            time.sleep(min(seconds, 0.02))
        elif self._selector.select(seconds):
            self._read()

    def finish(self) -> None:
        """Take what is still there; something in the background may hold the other end."""
        deadline = time.monotonic() + _REST
        while self._open and (left := deadline - time.monotonic()) > 0:
            self.wait(left)
        self._selector.close()
        self._pipe.close()

    @property
    def text(self) -> str:
        return bytes(self._kept).decode(errors="replace")

    def _read(self) -> None:
        try:
            data = os.read(self._pipe.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            self._open = False
            self._selector.unregister(self._pipe)
        self._kept += data
        del self._kept[:-_KEPT]
