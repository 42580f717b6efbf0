# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What all operations on a volume have around them: the store, the commands, the containers."""

from __future__ import annotations

import contextlib
import typing as t

from .._drivers._catalogue import open_store
from .._errors import LongshoreError
from .._sync._bandwidth import Bandwidth
from .._workers import Workers
from ._commands import CommandError, run_command
from ._containers import Containers
from ._engine import Engine
from ._options import PersistOptions
from ._outcome import PersistOutcome
from ._single import single_key
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
    ) -> None:
        self.options = options
        self.target = target
        self.outcome = outcome
        self.check = check
        self._progress = progress
        self.bandwidth = Bandwidth(options.rate)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> t.Self:
        with contextlib.ExitStack() as stack:
            self.store = stack.enter_context(open_store(self.options.store))
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
        """The stream, told to ``progress``."""
        for piece in stream:
            if self._progress is not None:
                self._progress(len(piece))
            yield piece

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
        found = Containers(Engine(options.socket), options.containers)
        if options.containers.label is not None and not found.names:
            self.outcome.warnings.append(
                f"No container with the label {options.containers.label!r} runs: none was stopped."
            )
        return found

    def _halt(self) -> None:
        if self.containers is not None:
            self.outcome.containers = self.containers.names
            if not self.check:
                self.containers.halt()


#: Stops or pauses the containers; again, it does nothing.
Halt: t.TypeAlias = t.Callable[[], None]
