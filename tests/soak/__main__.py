# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A daemon's week in minutes: thousands of releases, and what it holds of memory, descriptors, threads and disk.

``python -m tests.soak [--releases 10000] [--folder FOLDER]``. Ends with 1 where something grew.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import random
import signal
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._opening import (
    Publishing,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from tests.integration.daemons import Daemon, Fleet
from tests.integration.places import S3Place
from tests.servers.seaweedfs import SeaweedFS

#: Artifacts that get a release in each round, and versions of each that stay published.
_ARTIFACTS: t.Final = 20
_PUBLISHED: t.Final = 3
_KEEP: t.Final = 3
_SIZE: t.Final = 20_000
#: Rounds between two readings of the configuration.
_RELOAD: t.Final = 25
#: What may come on top between a fifth of the way and the end.
_MEMORY: t.Final = 3 * 1024 * 1024


class Sample(t.NamedTuple):
    """Bytes in memory and on the disk, and numbers of things."""

    releases: int
    memory: int
    descriptors: int
    threads: int
    disk: int
    files: int


def take(daemon: Daemon, fleet: Fleet, releases: int) -> Sample:
    process = Path(f"/proc/{daemon.process.pid}")
    pages = int((process / "statm").read_text().split()[1])
    files = [one for one in fleet.output.rglob("*") if one.is_file()]
    return Sample(
        releases,
        pages * os.sysconf("SC_PAGE_SIZE"),
        len(os.listdir(process / "fd")),
        len(os.listdir(process / "task")),
        sum(one.stat().st_size for one in files),
        len(files),
    )


def publish(publisher: Publishing, fleet: Fleet, number: int) -> None:
    """A new version of each artifact, in one change of the feed; the oldest ones go."""
    chance = random.Random(number)
    batch = []
    for index in range(_ARTIFACTS):
        path = fleet.folder / "sources" / f"app{index}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(chance.randbytes(_SIZE))
        batch.append(Publication(str(path), version=str(number)))
    publisher.publish(batch)
    if number > _PUBLISHED:
        for one in batch:
            publisher.withdraw(one.artifact, str(number - _PUBLISHED))


def soak(fleet: Fleet, rounds: int) -> list[Sample]:
    fleet.configure(keep=_KEEP, hook=("true",))
    samples = []
    daemon = fleet.start()
    with fleet.publishing() as publisher:
        for number in range(1, rounds + 1):
            publish(publisher, fleet, number)
            daemon.wait_for("delivered", _ARTIFACTS, version=str(number))
            # what was said is known, and would grow here
            daemon.lines.clear()
            if number % _RELOAD == 0:
                daemon.send(signal.SIGHUP)
                daemon.wait_for("reloaded")
            if number % max(1, rounds // 20) == 0:
                samples.append(take(daemon, fleet, number * _ARTIFACTS))
                sys.stdout.write(f"{samples[-1]}\n")
                sys.stdout.flush()
    if daemon.end() != 0:
        raise RuntimeError(daemon.said)
    return samples


def faults(samples: t.Sequence[Sample]) -> list[str]:
    """What grew between a fifth of the way and the end."""
    early, late = samples[len(samples) // 5], samples[-1]
    found = []
    if late.memory > early.memory + _MEMORY:
        found.append(f"memory: {early.memory:,} -> {late.memory:,} bytes")
    for name in ("descriptors", "threads", "files"):
        before, after = getattr(early, name), getattr(late, name)
        if after > before + 2:
            found.append(f"{name}: {before} -> {after}")
    limit = _ARTIFACTS * _KEEP * _SIZE * 1.2
    if late.disk > limit:
        found.append(f"disk: {late.disk:,} bytes of {limit:,.0f}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        (Path(folder) / "server").mkdir()
        with SeaweedFS(Path(folder) / "server") as server:
            place = S3Place(server)
            place.make()
            fleet = Fleet(Path(folder) / "fleet", place)
            fleet.configuration = dataclasses.replace(
                fleet.configuration, poll_interval=1.0
            )
            try:
                rounds = max(20, options.releases // _ARTIFACTS)
                found = faults(soak(fleet, rounds))
            finally:
                fleet.close()
    seconds = time.monotonic() - begun
    sys.stdout.write("".join(f"grew: {one}\n" for one in found))
    sys.stdout.write(f"{rounds * _ARTIFACTS:,} releases in {seconds:,.0f} s\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
