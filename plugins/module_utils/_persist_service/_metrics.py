# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Numbers for Prometheus."""

from __future__ import annotations

import typing as t

from .._errors import MissingLibraryError

if t.TYPE_CHECKING:
    from ._jobs import Job

_PREFIX: t.Final = "longshore_persistence"
_METHODS: t.Final = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
)
#: Seconds that jobs work.
_BUCKETS: t.Final = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400)


class Metrics:
    """``roots``: the paths of which the last success is told; others would be without number.

    Raises ``MissingLibraryError``.
    """

    def __init__(self, roots: t.Collection[str]) -> None:
        try:
            import prometheus_client as library
        except ImportError:
            raise MissingLibraryError(
                ["prometheus-client"], "to run the service"
            ) from None
        self._library = library
        self._roots = frozenset(roots)
        self._registry = registry = library.CollectorRegistry()
        library.ProcessCollector(registry=registry)
        self._jobs = library.Counter(
            f"{_PREFIX}_jobs",
            "Jobs that ended.",
            ["kind", "state", "origin"],
            registry=registry,
        )
        self._seconds = library.Histogram(
            f"{_PREFIX}_job_seconds",
            "How long jobs worked.",
            ["kind"],
            registry=registry,
            buckets=_BUCKETS,
        )
        self._bytes = library.Counter(
            f"{_PREFIX}_job_bytes",
            "Bytes of the streams of jobs.",
            ["kind"],
            registry=registry,
        )
        self._success = library.Gauge(
            f"{_PREFIX}_last_success_timestamp_seconds",
            "When a job of this kind last succeeded with this path.",
            ["kind", "path"],
            registry=registry,
        )
        self._requests = library.Counter(
            f"{_PREFIX}_requests",
            "Requests that were answered.",
            ["method", "status"],
            registry=registry,
        )

    def watch(self, counts: t.Callable[[], t.Mapping[str, int]]) -> None:
        """``counts`` tells how many jobs there are in each state."""
        active = self._library.Gauge(
            f"{_PREFIX}_active_jobs",
            "Jobs that wait or work.",
            ["state"],
            registry=self._registry,
        )
        for state in ("queued", "running"):
            active.labels(state).set_function(_number(counts, state))

    def ended(self, job: Job) -> None:
        self._jobs.labels(job.kind, job.state, job.origin).inc()
        self._seconds.labels(job.kind).observe(job.seconds)
        self._bytes.labels(job.kind).inc(job.bytes)
        if job.state == "succeeded" and job.path in self._roots and job.ended:
            path = job.path.encode(errors="replace").decode()
            self._success.labels(job.kind, path).set(job.ended.timestamp())

    def answered(self, method: str, status: int) -> None:
        self._requests.labels(
            method if method in _METHODS else "other", str(status)
        ).inc()

    def page(self) -> tuple[bytes, str]:
        """And its content type."""
        return (
            self._library.generate_latest(self._registry),
            "text/plain; version=0.0.4; charset=utf-8",
        )


def _number(
    counts: t.Callable[[], t.Mapping[str, int]], state: str
) -> t.Callable[[], float]:
    return lambda: counts()[state]
