# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What all operations on a volume have around them: the store, the commands, the containers."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._catalogue import open_store
from .._drivers._local import LocalStore
from .._errors import LongshoreError
from .._workers import Workers
from ._archive_failures import readable
from ._commands import CommandError, run_command
from ._containers import Containers
from ._engine import Engine, EngineError
from ._estimate import estimated, stream_size
from ._options import PersistOptions
from ._outcome import PersistOutcome
from ._single import single_key
from ._swap import recover
from ._target import Target

#: Threads for many small requests, and for what is sealed and opened side by side.
_WORKERS: t.Final = 8

#: Hears how many bytes of the tar stream went by since the last call.
Progress: t.TypeAlias = t.Callable[[int], object]


class Job:
    """One operation. Use it as a context, in which ``store`` and ``workers`` are open, and ``containers`` found.

    Raises what ``open_store`` raises, and ``EngineError``, before anything is done.
    """

    def __init__(
        self,
        options: PersistOptions,
        target: Target,
        outcome: PersistOutcome,
        *,
        check: bool,
        progress: Progress | None,
        expect: Progress | None = None,
    ) -> None:
        self.options = options
        self.target = target
        self.outcome = outcome
        self.check = check
        self._progress = progress
        self._expect = expect
        self.bandwidth = Bandwidth(options.rate)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> t.Self:
        with contextlib.ExitStack() as stack:
            self.store = stack.enter_context(open_store(self.options.store))
            if isinstance(self.store, LocalStore):
                # snapshots are removed when a newer one is there, which must be so after a power failure, too
                self.store.durable = True
            self.containers = self._containers()
            self.workers = stack.enter_context(Workers(_WORKERS))
            if self.options.is_single:
                # refuses a path that can have no key
                single_key(self.store, self.single_path)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    @property
    def single_path(self) -> str:
        """What the object of the layout ``single`` is called after."""
        return self.options.path or ""

    def watched(self, stream: t.Iterable[bytes]) -> t.Iterator[bytes]:
        """The stream, told to ``progress``; with the job, it is closed, too."""
        watched = self._watched(stream)
        self._stack.callback(watched.close)
        return watched

    def _watched(self, stream: t.Iterable[bytes]) -> t.Generator[bytes, None, None]:
        size = 0
        with self._foretold():
            for piece in stream:
                size += len(piece)
                if self._progress is not None:
                    self._progress(len(piece))
                yield piece
        if self._expect is not None:
            self._expect(size)

    def _foretold(self) -> contextlib.AbstractContextManager[None]:
        """The size of the stream, by what is in it; nothing where only reading tells."""
        outcome, options = self.outcome, self.options
        if self._expect is None:
            return contextlib.nullcontext()
        if outcome.counts is not None and outcome.size is not None:
            self._expect(stream_size(sum(outcome.counts.values()), outcome.size))
        elif outcome.state == "saved":
            return estimated(self.target.path, options.tree, self._expect)
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def surrounded(self) -> t.Iterator[Halt]:
        """Commands before and after, and containers in between; none of it in check mode.

        What is yielded stops or pauses the containers; they run again before the last commands, which are run
        whatever happens once the first ones were begun. Raises ``CommandError`` and ``EngineError``.
        """
        if self.check:
            yield self._halt
            return
        try:
            for command in self.options.pre:
                run_command(command)
            with self.containers or contextlib.nullcontext():
                yield self._halt
        except LongshoreError as error:
            try:
                self._run_post()
            except CommandError as fault:
                # the first error says more of itself
                error.message = f"{error.message} {fault.message}"
            raise
        except BaseException:
            with contextlib.suppress(CommandError):
                self._run_post()
            raise
        else:
            self._run_post()

    def _run_post(self) -> None:
        """All of them, and then the first error."""
        with contextlib.ExitStack() as stack:
            for command in reversed(self.options.post):
                stack.callback(run_command, command)

    def _containers(self) -> Containers | None:
        options = self.options
        if options.containers is None:
            return None
        found = Containers(Engine(options.socket), options.containers, self._mend)
        if options.containers.label is not None and not found.names:
            self.outcome.warnings.append(
                f"No container with the label {options.containers.label!r} runs: none was stopped."
            )
        return found

    def _mend(self) -> None:
        """A swap that was cut off is finished before its containers see what is there."""
        if self.outcome.state == "restored":
            recover(self.target.path)

    def _halt(self) -> None:
        if self.containers is not None:
            self.outcome.containers = self.containers.names
            if not self.check:
                self._halt_containers(self.containers)

    def _halt_containers(self, containers: Containers) -> None:
        path = self.target.path
        before = _identity(path)
        containers.halt()
        if before is not None and _identity(path) not in (before, None):
            raise EngineError(
                f"{readable(path)} is another folder since its containers stopped: it is mounted only while they run.",
                hint="Pause them instead: action: pause. Nothing was saved or restored.",
            )


def _identity(path: str) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        status = os.stat(path)
        return status.st_dev, status.st_ino
    return None


#: Stops or pauses the containers; again, it does nothing.
Halt: t.TypeAlias = t.Callable[[], None]
