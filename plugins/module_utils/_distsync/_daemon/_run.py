# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The daemon as a process: its signals, what systemd is told, and its configuration read again.

It keeps nothing in memory that is not on the disk, so it may be killed at any moment.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import typing as t

from ..._errors import LongshoreError
from ..._event_log import LibraryHandler, Log
from ..._memory import keep_small
from .._configuration import Configuration
from .._configuration_file import read_configuration
from ._engine import Engine
from ._folder import Folder
from ._signals import Signals
from ._systemd import Notifier

#: Seconds in which all may come to an end by itself: below the 90 after which systemd kills.
_GRACE: t.Final = 10.0
#: Beyond the time that a hook may take, when the configuration is read again.
_MARGIN: t.Final = 30.0

_ENDS: t.Final = {signal.SIGTERM, signal.SIGINT}


def run_daemon(
    configuration_path: str,
    *,
    verify: bool = False,
    version: str = "",
    stream: t.TextIO | None = None,
    clock: t.Callable[[], float] = time.time,
) -> int:
    """Keep ``OutputDir`` as what is published until SIGTERM or SIGINT; 0 then. For the main thread.

    ``verify``: read what is there, at the beginning and every hour, and repair it. ``version``: of the
    program, for its status. Events go to ``stream`` (standard error). Raises ``LongshoreError`` for what
    keeps it from beginning; later nothing does.
    """
    keep_small()
    log = Log(stream or sys.stderr, clock)
    handler = LibraryHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        with Signals() as signals:
            notifier = Notifier(os.environ)
            process = _Process(
                configuration_path, log, notifier, verify, version, clock
            )
            return process.run(signals)
    finally:
        logging.getLogger().removeHandler(handler)


class _Process:
    def __init__(
        self,
        path: str,
        log: Log,
        notifier: Notifier,
        verify: bool,
        version: str,
        clock: t.Callable[[], float],
    ) -> None:
        self._path = path
        self._log = log
        self._notifier = notifier
        self._options: dict[str, t.Any] = {
            "verify": verify,
            "version": version,
            "clock": clock,
        }
        configuration = self._read()
        self._folder = Folder(_output_dir(configuration))
        try:
            self._engine = Engine(configuration, self._folder, log, **self._options)
        except LongshoreError:
            self._folder.close()
            raise

    def run(self, signals: Signals) -> int:
        self._engine.start()
        self._log.info("started", folder=self._folder.path, pid=os.getpid())
        self._notifier.ready()
        while True:
            came = signals.wait(self._notifier.interval)
            self._notifier.alive()
            if came & _ENDS:
                break
            if signal.SIGHUP in came:
                self._notifier.reloading()
                self._reload()
                self._notifier.ready()
        self._notifier.stopping()
        ended = self._engine.stop(
            _GRACE, end_hooks=True, meanwhile=self._notifier.alive
        )
        self._log.info("stopped")
        if not ended:
            # A thread waits for a server, and would keep the process until it answers.
            os._exit(0)
        self._folder.close()
        return 0

    # -- the configuration

    def _read(self) -> Configuration:
        parsed = read_configuration(self._path, needs={"OutputDir"})
        self._log.hide(parsed.configuration.secrets)
        for text in parsed.warnings:
            self._log.warning("configuration", text=text)
        return parsed.configuration

    def _reload(self) -> None:
        """Take the new configuration; one that cannot be used changes nothing."""
        former, folder = self._engine.configuration, self._folder
        try:
            new = self._read()
            if _output_dir(new) != folder.path:
                folder = Folder(_output_dir(new))
        except LongshoreError as error:
            self._keep_former(error)
            return
        patience = former.daemon.hook_timeout + _MARGIN
        self._engine.stop(patience, end_hooks=False, meanwhile=self._notifier.alive)
        try:
            engine = Engine(new, folder, self._log, **self._options)
        except LongshoreError as error:
            self._keep_former(error)
            if folder is not self._folder:
                folder.close()
            engine = Engine(former, self._folder, self._log, **self._options)
        else:
            if folder is not self._folder:
                self._folder.close()
            self._folder = folder
            self._log.info("reloaded", folder=folder.path)
        self._engine = engine
        engine.start()

    def _keep_former(self, error: LongshoreError) -> None:
        self._log.error("configuration", error=error, text="The one before is kept.")
        self._notifier.status(f"The new configuration is not used: {error.message}")


def _output_dir(configuration: Configuration) -> str:
    # read_configuration has seen to it that it is there
    return t.cast(str, configuration.output_dir)
