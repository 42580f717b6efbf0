# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Reports what this host has to the bucket, where the configuration says so."""

from __future__ import annotations

import threading
import typing as t

from ..._drivers._base import Store
from ..._errors import LongshoreError
from ..._event_log import Log
from .._configuration import Configuration
from .._status import ArtifactStatus, HostStatus, write_status
from ._board import ArtifactState, Board, Key
from ._folder import Folder

#: Seconds: a change is reported at once, the next one after so long, and nothing new after so much longer.
_BETWEEN: t.Final = 5.0
_ANYHOW: t.Final = 900.0


class Reporter:
    """Writes ``status/<host>`` whenever something on the board has changed."""

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        folder: Folder,
        board: Board,
        stopping: threading.Event,
        log: Log,
        *,
        version: str,
        clock: t.Callable[[], float],
    ) -> None:
        self._configuration = configuration
        self._store = store
        self._folder = folder
        self._board = board
        self._stopping = stopping
        self._log = log
        self._version = version
        self._clock = clock
        self._failed = False

    def run(self) -> None:
        while not self._stopping.is_set():
            self._board.changed.wait(_ANYHOW)
            self._board.changed.clear()
            if not self._stopping.is_set():
                self.write()
                self._stopping.wait(_BETWEEN)

    def write(self) -> None:
        """What is known now. What goes wrong is told once, and tried again with the next report."""
        configuration = self._configuration
        status = self.status()
        try:
            write_status(
                self._store,
                configuration.secret,
                status.host,
                status,
                configuration.algorithm,
            )
        except LongshoreError as error:
            self._board.count("status_failures")
            if not self._failed:
                self._log.warning("status_failed", error=error)
            self._failed = True
            self._board.changed.set()
            return
        self._failed = False

    def status(self) -> HostStatus:
        now = int(self._clock())
        artifacts = [
            self._artifact(key, state, now)
            for key, state in sorted(self._board.artifacts.items())
        ]
        errors = [one.error for one in self._board.channels.values() if one.error]
        return HostStatus(
            host=self._configuration.daemon.host_name,
            daemon=self._version,
            time=now,
            channels=self._configuration.channels,
            artifacts=tuple(artifacts),
            free=self._folder.free,
            error=self._log.scrubbed(" ".join(errors)),
            takes=self._configuration.daemon.artifacts,
        )

    def _artifact(self, key: Key, state: ArtifactState, now: int) -> ArtifactStatus:
        channel, name = key
        arrived = state.since if state.state == "current" else now
        late = arrived - state.created if state.created is not None else 0
        return ArtifactStatus(
            name=name,
            channel=channel,
            version=state.version,
            digest=state.digest,
            since=state.since,
            state=state.state,
            wanted=state.wanted,
            late=max(0, late),
            error=self._log.scrubbed(state.error),
        )
