# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""A daemon at work with one configuration: watches feeds, delivers, reports, until it is stopped."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from ..._errors import LongshoreError
from ..._event_log import Log
from ..._memory import give_back
from .._configuration import Configuration
from .._configuration_values import Notify
from ._backlog import Backlog, Task
from ._board import Board
from ._deliver import Delivered, Deliverer, StoppedError
from ._folder import Folder
from ._hook import Hook, HookError, HookStoppedError
from ._metrics import MetricsServer
from ._report import Reporter
from ._source import Source
from ._sqs import Queue
from ._swarming import swarming
from ._watch import Bell, Listener, Watcher

if t.TYPE_CHECKING:
    from .._opening import Fetching
    from .._swarm._swarm import Swarm

#: Deliveries at once.
_DELIVERIES: t.Final = 3
_TICK: t.Final = 0.5


class Engine:
    """``folder`` is the caller's. ``verify``: read what is there at the beginning, and every hour.

    Raises ``ConfigurationError``, ``MissingLibraryError`` and ``LocalWriteError``. Nothing is fetched before
    ``start``; metrics are there, and what the swarm has is given to others.
    """

    def __init__(
        self,
        configuration: Configuration,
        folder: Folder,
        log: Log,
        *,
        verify: bool = False,
        version: str = "",
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self.configuration = configuration
        self._log = log
        self._stopping = threading.Event()
        self._hooks_end = threading.Event()
        self._bell = Bell()
        self._backlog = Backlog()
        self.board = Board(configuration.channels)
        self._threads: list[threading.Thread] = []
        with contextlib.ExitStack() as opened:
            # ended before anything is waited for: who waits for the swarm goes on then
            self._stack = opened.enter_context(contextlib.ExitStack())
            swarm = self._stack.enter_context(swarming(configuration, folder.own, log))
            self._source = Source(configuration, folder.own, swarm, clock)
            opened.callback(self._source.close)
            self._fetchers: dict[str, Fetching] = {
                channel: self._source.of(channel) for channel in configuration.channels
            }
            self._deliverer = Deliverer(
                configuration, folder, self._hook(), log, self._stopping, clock=clock
            )
            common = configuration, folder, self.board, self._backlog, self._bell, log
            self._watchers = [
                Watcher(channel, fetcher, *common, verify=verify)
                for channel, fetcher in self._fetchers.items()
            ]
            self._reporter = self._reports(folder, version, clock)
            self._queue = _queue_of(configuration)
            if configuration.daemon.metrics_port is not None:
                self._serve(configuration.daemon.metrics_port, swarm)
            self._opened = opened.pop_all()

    def _hook(self) -> Hook | None:
        options = self.configuration.daemon
        if not options.hook:
            return None
        return Hook(options.hook, options.hook_timeout, self._hooks_end)

    def _reports(
        self, folder: Folder, version: str, clock: t.Callable[[], float]
    ) -> Reporter:
        return Reporter(
            self.configuration,
            self._source.store,
            folder,
            self.board,
            self._stopping,
            self._log,
            version=version,
            clock=clock,
        )

    def _serve(self, port: int, swarm: Swarm | None) -> None:
        """Answer on the port, to the end and no longer."""
        interval = self.configuration.poll_interval
        server = MetricsServer(port, self.board, interval, self._log.scrubbed, swarm)
        self._stack.callback(server.close)

    def start(self) -> None:
        runs: list[t.Callable[[], None]] = [one.run for one in self._watchers]
        runs += [self._deliver] * _DELIVERIES
        if self.configuration.daemon.status:
            runs.append(self._reporter.run)
        # what does not listen to the end must not keep the process
        self._threads = [_started(run) for run in runs]
        if self._queue is not None:
            # not waited for: the service holds its question back, and nothing hangs on that
            _started(Listener(self._queue, self._watchers, self._bell, self._log).run)

    def stop(
        self,
        grace: float,
        *,
        end_hooks: bool,
        meanwhile: t.Callable[[], None] = lambda: None,
    ) -> bool:
        """Transfers break off, to be gone on with; hooks come to their end, or are ended.

        Whether all has ended within ``grace`` seconds; ``meanwhile`` is called from time to time.
        """
        self._stopping.set()
        if end_hooks:
            self._hooks_end.set()
        self._bell.end()
        self._backlog.close()
        self.board.changed.set()
        self._stack.close()
        deadline = time.monotonic() + grace
        for thread in self._threads:
            while thread.is_alive() and (left := deadline - time.monotonic()) > 0:
                thread.join(min(left, _TICK))
                meanwhile()
        ended = not any(thread.is_alive() for thread in self._threads)
        if ended:
            self._opened.close()
        return ended

    # -- deliveries

    def _deliver(self) -> None:
        while (task := self._backlog.take()) is not None:
            self._one(task)
            give_back()

    def _one(self, task: Task) -> None:
        channel, name = task.key
        wanted = task.wanted
        known = {"wanted": wanted.version or "", "created": wanted.created}
        self.board.artifact(task.key, **known)
        try:
            done = self._deliverer.deliver(
                self._fetchers[channel], channel, wanted, verify=task.verify
            )
        except (StoppedError, HookStoppedError):
            self._backlog.done(task)
        except HookError as error:
            self._backlog.done(task)
            self._rolled_back(task, error)
        except LongshoreError as error:
            self._failed(task, error)
        # a daemon does not end for what nobody foresaw: it says so, and tries again
        except Exception as error:  # noqa: BLE001
            self._log.error("bug", where="deliver", artifact=name, error=repr(error))
            self._failed(task, LongshoreError("An unexpected error: see the log."))
        else:
            self._backlog.done(task)
            self._delivered(task, done)

    def _delivered(self, task: Task, done: Delivered) -> None:
        channel, name = task.key
        self.board.artifact(
            task.key,
            version=done.version or "",
            digest=done.digest or "",
            since=done.since,
            state="current",
            error="",
        )
        if not done.changed:
            return
        self.board.count("deliveries")
        self.board.count("received_bytes", done.received)
        self._log.info(
            "delivered",
            channel=channel,
            artifact=name,
            version=done.version,
            digest=done.digest,
            received=done.received,
        )

    def _rolled_back(self, task: Task, error: HookError) -> None:
        channel, name = task.key
        news = self.board.artifact(
            task.key, **self._in_use(task), state="rolled back", error=str(error)
        )
        if news:
            self.board.count("hook_failures")
            self._log.error(
                "hook_failed",
                channel=channel,
                artifact=name,
                version=task.wanted.version,
                error=error,
                output=error.output.strip() or None,
            )

    def _failed(self, task: Task, error: LongshoreError) -> None:
        channel, name = task.key
        self.board.count("delivery_failures")
        news = self.board.artifact(
            task.key, **self._in_use(task), state="failed", error=str(error)
        )
        pause = self._backlog.failed(task)
        if news:
            self._log.warning(
                "delivery_failed",
                channel=channel,
                artifact=name,
                version=task.wanted.version,
                error=error,
                retry_in=round(pause, 1),
            )

    def _in_use(self, task: Task) -> dict[str, t.Any]:
        note = self._deliverer.in_use(*task.key)
        return {
            "version": note.version or "",
            "digest": note.digest or "",
            "since": note.since,
        }


def _queue_of(configuration: Configuration) -> Queue | None:
    if configuration.notify is not Notify.SQS or not configuration.queue:
        return None
    return Queue(configuration.store, configuration.queue)


def _started(run: t.Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, name="distsync", daemon=True)
    thread.start()
    return thread
