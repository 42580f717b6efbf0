# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a monitor asks on the loopback interface: ``/metrics`` for Prometheus, and ``/healthz``."""

from __future__ import annotations

import json
import threading
import time
import typing as t

from ..._errors import ConfigurationError, MissingLibraryError
from ._board import Board

if t.TYPE_CHECKING:
    from .._swarm._swarm import Swarm
    from ._http_server import Page

_PREFIX: t.Final = "longshore_distsync_"
_TEXT: t.Final = "text/plain; version=0.0.4; charset=utf-8"
#: A channel that was not looked at for so many seconds, or so many intervals, is not well.
_STALE: t.Final = 300.0
_STALE_INTERVALS: t.Final = 10.0

#: What the board counts, in words.
_COUNTS: t.Final = {
    "polls": "Times that a feed was asked for, and there was an answer.",
    "poll_failures": "Times that a feed could not be had.",
    "deliveries": "Releases that were put in use.",
    "delivery_failures": "Times that a release could not be put in use.",
    "hook_failures": "Times that the hook failed, and the release before was put in use again.",
    "received_bytes": "Bytes of contents that were fetched.",
    "status_failures": "Times that the status could not be reported.",
}

#: What the swarm says of the objects that it fetches or gives at that time, all together, in words.
_SWARM: t.Final = {
    "have": "Bytes that are here.",
    "drawn": "Bytes that came from the bucket.",
    "received": "Bytes that came from other hosts.",
    "sent": "Bytes that other hosts were given.",
    "peers": "Connections with other hosts.",
}


def problems(board: Board, interval: float) -> list[str]:
    """What is wrong, in sentences; nothing where all is well."""
    now = time.monotonic()
    limit = max(_STALE, _STALE_INTERVALS * interval)
    found = []
    for channel, state in board.channels.items():
        if state.error:
            found.append(f"channel {channel}: {state.error}")
        elif state.looked is None or now - state.looked > limit:
            found.append(f"channel {channel}: its feed was not looked at for long.")
    for (channel, name), artifact in sorted(board.artifacts.items()):
        if artifact.error:
            found.append(f"channel {channel}, {name}: {artifact.error}")
    return found


class _Collector:
    """The board's numbers, at the time that they are asked for."""

    def __init__(self, board: Board, swarm: Swarm | None) -> None:
        self._board = board
        self._swarm = swarm

    def collect(self) -> t.Iterator[t.Any]:
        yield from self._counts()
        yield from self._channels()
        yield from self._artifacts()
        if self._swarm is not None:
            yield from _swarming(self._swarm)

    def _counts(self) -> t.Iterator[t.Any]:
        from prometheus_client.core import CounterMetricFamily

        counts = self._board.counts
        for name, text in _COUNTS.items():
            counter = CounterMetricFamily(_PREFIX + name, text)
            counter.add_metric([], counts[name])
            yield counter

    def _channels(self) -> t.Iterator[t.Any]:
        from prometheus_client.core import GaugeMetricFamily

        sequence = GaugeMetricFamily(
            f"{_PREFIX}feed_sequence", "The feed's number.", labels=["channel"]
        )
        age = GaugeMetricFamily(
            f"{_PREFIX}feed_age_seconds",
            "Since the feed was last known to be right.",
            labels=["channel"],
        )
        expires = GaugeMetricFamily(
            f"{_PREFIX}feed_expires_timestamp_seconds",
            "When the feed expires.",
            labels=["channel"],
        )
        now = time.monotonic()
        for channel, state in self._board.channels.items():
            sequence.add_metric([channel], state.sequence)
            if state.looked is not None:
                age.add_metric([channel], now - state.looked)
            if state.expires is not None:
                expires.add_metric([channel], state.expires)
        yield from (sequence, age, expires)

    def _artifacts(self) -> t.Iterator[t.Any]:
        from prometheus_client.core import GaugeMetricFamily

        since = GaugeMetricFamily(
            f"{_PREFIX}artifact_since_timestamp_seconds",
            "When the release in use was put in use.",
            labels=["channel", "artifact", "version"],
        )
        behind = GaugeMetricFamily(
            f"{_PREFIX}artifact_behind",
            "1 while the release in use is not the one that the feed says.",
            labels=["channel", "artifact"],
        )
        for (channel, name), artifact in self._board.artifacts.items():
            behind.add_metric([channel, name], artifact.state != "current")
            if artifact.digest:
                since.add_metric([channel, name, artifact.version], artifact.since)
        yield from (since, behind)


def _swarming(swarm: Swarm) -> t.Iterator[t.Any]:
    from prometheus_client.core import GaugeMetricFamily

    standings = swarm.standings()
    for name, text in _SWARM.items():
        value = sum(getattr(one, name) for one in standings)
        yield GaugeMetricFamily(f"{_PREFIX}swarm_{name}", text, value)


class MetricsServer:
    """Serves until it is closed."""

    def __init__(
        self,
        port: int,
        board: Board,
        interval: float,
        scrub: t.Callable[[str], str],
        swarm: Swarm | None = None,
    ) -> None:
        """Raises ``MissingLibraryError``, and ``ConfigurationError`` for a port that is taken."""
        try:
            import prometheus_client
        except ImportError:
            raise MissingLibraryError(
                ["prometheus-client"], "for MetricsPort"
            ) from None
        from ._http_server import PageServer

        registry = prometheus_client.CollectorRegistry()
        registry.register(_Collector(board, swarm))
        prometheus_client.ProcessCollector(registry=registry)

        def metrics() -> Page:
            return 200, _TEXT, prometheus_client.generate_latest(registry)

        def health() -> Page:
            found = [scrub(one) for one in problems(board, interval)]
            said = json.dumps({"ok": not found, "problems": found}) + "\n"
            return 503 if found else 200, "application/json", said.encode()

        try:
            self._server = PageServer(port, {"/metrics": metrics, "/healthz": health})
        except OSError as error:
            raise ConfigurationError(
                f"MetricsPort {port} cannot be listened on: {error.strerror}.",
                hint="Something else has it: give another one.",
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.5},
            name="distsync-metrics",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
