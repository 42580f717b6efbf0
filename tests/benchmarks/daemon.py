# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a daemon takes at rest, and how long a release takes from the feed to the disk. Part of ``make bench``.

Against a server on this machine. A publication is timed from when ``publish`` has returned, so the feed is there, to the event
that the ``current`` link was switched.
"""

from __future__ import annotations

import dataclasses
import os
import random
import statistics
import tempfile
import time
import typing as t
from pathlib import Path

from tests.integration.daemons import Daemon, Fleet
from tests.integration.places import S3Place
from tests.servers.seaweedfs import SeaweedFS

from .tables import Table

TITLE: t.Final = "The daemon at rest, and a release of 1 MB on its way"
NOTE: t.Final = (
    "A daemon without libtorrent, against a server on the same machine. Memory is what is resident when it has rested. "
    "A release's time goes from the feed in the bucket to the switched `current` link. A daemon asks again after one to "
    "two times `PollInterval`."
)

_SIZE: t.Final = 1_000_000
#: Seconds that it settles first: what starting took, and threads that end late, are no rest.
_SETTLE: t.Final = 15.0


class Settings(t.NamedTuple):
    """``rounds``: releases; ``rest``: seconds; ``interval``: ``PollInterval`` of the releases, seconds."""

    rounds: int = 200
    rest: float = 120.0
    interval: float = 1.0


def tables(settings: Settings) -> list[Table]:
    """Memory and processor at rest, by default settings; then the releases' times."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        (Path(folder) / "server").mkdir()
        with SeaweedFS(Path(folder) / "server") as server:
            place = S3Place(server)
            place.make()
            fleet = Fleet(Path(folder) / "fleet", place)
            try:
                return [_rest(fleet, settings.rest), _releases(fleet, settings)]
            finally:
                fleet.close()


def _rest(fleet: Fleet, seconds: float) -> Table:
    fleet.publish("app", "0", random.Random(0).randbytes(_SIZE))
    daemon = _started(fleet, poll_interval=10.0)
    daemon.wait_for("delivered")
    time.sleep(_SETTLE)
    before = _processor(daemon)
    # what is measured
    time.sleep(seconds)
    share = (_processor(daemon) - before) / seconds
    pages = int(Path(f"/proc/{daemon.process.pid}/statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE")
    daemon.end()
    rows = [
        ["memory, MB", "of a core, %"],
        [f"{memory / 1e6:.1f}", f"{share * 100:.3f}"],
    ]
    return Table(f"At rest for {seconds:.0f} s, `PollInterval = 10`:", rows)


def _releases(fleet: Fleet, settings: Settings) -> Table:
    daemon = _started(fleet, poll_interval=settings.interval)
    chance = random.Random(1)
    waits = []
    for number in range(settings.rounds):
        # at any moment of the wait
        time.sleep(chance.uniform(0, 2 * settings.interval))
        fleet.publish("app", f"v{number}", chance.randbytes(_SIZE))
        begun = time.monotonic()
        daemon.wait_for("delivered", version=f"v{number}")
        waits.append(time.monotonic() - begun)
        daemon.lines.clear()
    daemon.end()
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    rows = [
        ["releases", "half within, s", "99 % within, s", "longest, s"],
        [
            f"{len(waits)}",
            *(f"{one:.2f}" for one in (cuts[49], cuts[98], max(waits))),
        ],
    ]
    asked = f"{settings.interval:g} to {2 * settings.interval:g} s"
    return Table(f"Releases to a daemon that asks every {asked}:", rows)


def _started(fleet: Fleet, poll_interval: float) -> Daemon:
    fleet.configure(
        dataclasses.replace(fleet.configuration, poll_interval=poll_interval)
    )
    return fleet.start()


def _processor(daemon: Daemon) -> float:
    """Seconds so far."""
    fields = Path(f"/proc/{daemon.process.pid}/stat").read_text().rpartition(")")[2]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
