# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of made-up hosts, feeds that they could have read, and a fleet in which everything occurs."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import typing as t

from ansible_collections.longshore.storage.plugins.module_utils._distsync._feed import (
    Entry,
    Feed,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._fleet import (
    Fleet,
    view_fleet,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    ArtifactStatus,
    HostStatus,
    State,
    Statuses,
)

NOW = 1_800_000_000
FREE = 50 * 10**9

#: Names and errors that would do something if they were not taken for text.
HOSTILE = '<script>fetch("//x")</script>&"\'<img src=x onerror=alert(1)>'


def digest_of(version: str) -> str:
    return hashlib.sha256(version.encode()).hexdigest()


def artifact(
    version: str = "2.0",
    state: State = "current",
    *,
    name: str = "app",
    channel: str = "stable",
    late: int = 12,
    wanted: str | None = None,
    error: str = "",
) -> ArtifactStatus:
    since = NOW - 600 + late if version else 0
    return ArtifactStatus(
        name=name,
        channel=channel,
        version=version,
        digest=digest_of(version) if version else "",
        since=since,
        state=state,
        wanted=version if wanted is None else wanted,
        late=late,
        error=error,
    )


def host(
    name: str,
    *artifacts: ArtifactStatus,
    age: int = 30,
    channels: tuple[str, ...] = ("stable",),
    error: str = "",
    daemon: str = "1.0.0",
) -> HostStatus:
    return HostStatus(name, daemon, NOW - age, channels, artifacts, FREE, error)


def statuses(*hosts: HostStatus, left_out: int = 0) -> Statuses:
    return Statuses(list(hosts), left_out, float(NOW))


def feed(
    *versions: str, name: str = "app", channel: str = "stable", age: int = 600
) -> Feed:
    """Of one artifact: the versions in the order of their publication, the last ``age`` seconds ago."""
    made = Feed(channel, 1, NOW - age, NOW + 90 * 86400)
    for number, version in enumerate(reversed(versions)):
        entry = Entry(
            version=version,
            record=digest_of(f"record {version}")[:40],
            record_digest=digest_of(f"of {version}"),
            record_size=2000,
            artifact=digest_of(f"object {version}")[:40],
            size=1000,
            sealed_size=1100,
            digest=digest_of(version),
            created=NOW - age - number * 86400,
        )
        before = made.artifacts.get(name)
        made = made.published(name, entry)
        if before is not None:
            made = made.made_current(name, before.current)
    return made


def sample_fleet(hosts: int = 60, *, hostile: bool = True) -> Fleet:
    """Two artifacts; a few hosts are behind, one fails, one was rolled back, one is silent, one ``hostile``."""
    chance = random.Random(6)

    def delay() -> int:
        return max(1, int(chance.lognormvariate(3, 0.5)))

    def one(number: int) -> HostStatus:
        name = f"web{number:02}.example.com"
        site = artifact("2026-11-20", name="site", late=delay())
        special: dict[int, tuple[ArtifactStatus, dict[str, t.Any]]] = {
            3: (
                artifact(
                    "1.9.3",
                    "failed",
                    wanted="2.0",
                    late=570,
                    error="Could not write '/srv/app': no space is left on the device.",
                ),
                {},
            ),
            7: (
                artifact(
                    "1.9.3",
                    "rolled back",
                    wanted="2.0",
                    late=570,
                    error="The hook ended with status 1: systemctl reload app.",
                ),
                {},
            ),
            11: (artifact("1.9.3", late=20), {"age": 86400}),
            19: (artifact("1.9.2", "fetching", wanted="2.0", late=570), {}),
        }
        app, how = special.get(number, (artifact("2.0", late=delay()), {}))
        if number == 11:
            # as it was a day ago
            app, site = (
                dataclasses.replace(one, since=NOW - 2 * 86400)
                for one in (app, artifact("2026-11-18", name="site", late=20))
            )
        how = {"age": chance.randrange(10, 200), **how}
        return host(name, app, site, **how)

    made = [one(number) for number in range(hosts)]
    if hostile:
        app = artifact("1.9.3", "failed", wanted="2.0", error=HOSTILE)
        made[-1] = host(HOSTILE, app)
    known = feed("1.9.2", "1.9.3", "2.0")
    site = feed("2026-11-20", name="site")
    both = {**known.artifacts, **site.artifacts}
    whole = Feed("stable", 3, NOW - 600, NOW + 90 * 86400, both)
    return view_fleet(statuses(*made, left_out=1), [whole])
