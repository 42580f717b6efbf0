# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Containers that do not write while a volume is saved or restored, and run again whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import typing as t

from .._errors import LongshoreError
from ._engine import Container, Engine, EngineError
from ._options import ContainerOptions

#: How often it is tried to pause a container, or to start it again, and how long is waited in between, seconds.
_ATTEMPTS: t.Final = 3
_PAUSE: t.Final = 1.0


class Containers:
    """Those of the options that run, stopped or paused by ``halt`` until the ``with`` ends.

    A process of its own sees to it that they run again when this one is killed, and does ``mend`` before. Raises
    ``EngineError``.
    """

    def __init__(
        self,
        engine: Engine,
        options: ContainerOptions,
        mend: t.Callable[[], object] = lambda: None,
    ) -> None:
        self._engine = engine
        self._mend = mend
        self._options = options
        found = [engine.container(name) for name in options.names]
        if options.label is not None:
            found += engine.labelled(options.label)
        running = {one.id: one for one in found if one.state == "running"}
        self._running = tuple(running.values())
        self._is_halted = False
        self._halted: list[Container] = []
        if options.action == "stop":
            for one in self._running:
                if one.fault:
                    raise EngineError(
                        f"Container {one.name!r} cannot be stopped and started again: {one.fault}.",
                        hint="Pause it instead, or leave it out.",
                    )
        self._guard: _Guard | None = None

    @property
    def names(self) -> list[str]:
        """Of those that run, and are stopped or paused."""
        return [one.name for one in self._running]

    @property
    def are_stopped(self) -> bool:
        """Rather than paused."""
        return self._options.action == "stop"

    def __enter__(self) -> t.Self:
        if self._running:
            self._guard = _Guard(self._resume, self._mend)
        return self

    def halt(self) -> None:
        """A second call does nothing. Raises ``EngineError``; what was halted until then runs again at the end."""
        if self._is_halted:
            return
        self._is_halted = True
        for number, one in enumerate(self._running):
            # noted before, since the engine goes on when this process does not
            self._halted.append(one)
            if self._guard is not None:
                self._guard.note(number)
            self._halt(one)

    def _halt(self, one: Container) -> None:
        if self._options.action == "pause":
            self._pause(one)
            return
        self._engine.stop(one, self._options.timeout)
        state = self._engine.container(one.id).state
        if state in ("running", "paused", "restarting"):
            raise EngineError(
                f"Container {one.name!r} was told to stop, and is {state}.",
                hint="Nothing was saved or restored. See why it does not stop, or pause it.",
            )

    def _pause(self, one: Container) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self._engine.pause(one)
                return
            except EngineError:
                # one that makes many processes is not always frozen at once
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(_PAUSE)

    def __exit__(
        self, _kind: object, error: BaseException | None, _trace: object
    ) -> None:
        try:
            faults = [
                fault for one in reversed(self._halted) if (fault := self._again(one))
            ]
        finally:
            if self._guard is not None:
                self._guard.end()
        if faults and isinstance(error, LongshoreError):
            # the first error says more of itself
            error.message = " ".join([error.message, *faults])
        elif faults:
            raise EngineError(
                " ".join(faults),
                hint="Start it by hand." if len(faults) == 1 else "Start them by hand.",
            )

    def _again(self, one: Container) -> str:
        """Why it could not be; empty: it runs."""
        fault = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                # an engine that is just restarting answers in a moment
                time.sleep(_PAUSE)
            try:
                self._resume(one)
                return ""
            except LongshoreError as error:
                fault = f"Container {one.name!r} does not run again: {error.message}"
        return fault

    def _resume(self, one: Container | int) -> None:
        """Raises ``EngineError``. A number is that among those that were running."""
        if isinstance(one, int):
            one = self._running[one]
        if self._options.action == "pause":
            self._engine.unpause(one)
        else:
            # a stop that is still under way would come after the start
            with contextlib.suppress(EngineError):
                self._engine.stop(one, self._options.timeout)
            self._engine.start(one)


class _Guard:
    """A process that calls ``mend``, and ``resume`` for every number noted, if this process ends without ``end``."""

    def __init__(
        self, resume: t.Callable[[int], None], mend: t.Callable[[], object]
    ) -> None:
        reading, self._writing = os.pipe()
        self._process = os.fork()
        if not self._process:
            os.close(self._writing)
            _watch(reading, resume, mend)
        os.close(reading)

    def note(self, number: int) -> None:
        # a guard that was killed itself keeps nobody from working
        with contextlib.suppress(OSError):
            os.write(self._writing, b"%d\n" % number)

    def end(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._writing, _END)
        os.close(self._writing)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process, 0)


#: Says that there is nothing to do.
_END: t.Final = b"end\n"


def _watch(
    reading: int, resume: t.Callable[[int], None], mend: t.Callable[[], object]
) -> t.NoReturn:
    """The guard's life."""
    try:
        os.setsid()
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        _let_go(reading)
        noted = b""
        while data := os.read(reading, 256):
            noted += data
        if noted and not noted.endswith(_END):
            # whatever is wrong there, they run again
            with contextlib.suppress(Exception):
                mend()
            for number in reversed(noted.split()):
                with contextlib.suppress(LongshoreError):
                    resume(int(number))
    finally:
        os._exit(0)


def _let_go(kept: int) -> None:
    """Of all files but one, which others would wait for to be closed."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in (0, 1, 2, kept):
            with contextlib.suppress(OSError):
                os.close(int(name))
