# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that never was, for pages about it."""

from __future__ import annotations

import math

from ansible_collections.longshore.storage.plugins.module_utils._sync._recorder import (
    Recorder,
)

HOSTILE = '<script>fetch("//x")</script>&"\'<img src=x onerror=alert(1)>'

MIB = 1024 * 1024


def sample_recorder(*, hostile: bool = True, scale: int = 1) -> Recorder:
    """A site of which a part is new; ``scale`` times as many bytes."""
    recorder = Recorder(began=1_800_000_000.0, unseen=0)
    report = recorder.report
    report.source = "folder '/srv/build/www.example.com'"
    report.destination = "container 'www.example.com' of S3, prefix 'docs/'"
    report.requests, report.seconds, report.unchanged = 713, 21.4, 2408
    report.manifest_written = report.releases_changed = True
    report.release, report.releases_pruned = "412", ["401", "402"]
    report.invalidated = ["/", "/index.html"]
    report.warnings = ["1 name(s) of the source were left out: shared/socket a socket."]
    names = [f"assets/app-{n:02}.js" for n in range(30)]
    names += [f"img/photo-{n:03}.jpg" for n in range(300)]
    names += [f"posts/{n}/index.html" for n in range(220)]
    names += ["video/tour.mp4", "fonts/text.woff2", "site.css", "feed.xml"]
    if hostile:
        names.append(f"{HOSTILE}.html")
        report.warnings.append(HOSTILE)
        report.destination = HOSTILE
    for number, name in enumerate(names):
        weight = {"jpg": 180_000, "mp4": 48 * MIB, "js": 64_000}.get(name[-3:], 9_000)
        size = (weight + 977 * (number % 50)) * scale
        recorder.published.add(name, size)
        if number % 3 == 0:
            report.add("created" if number % 2 else "updated", name)
            report.bytes += size
            recorder.sent.add(name, size)
    if hostile:
        report.add("created", names[-1])
    report.add("deleted", "assets/app-old.js")
    _pass_time(recorder, scale)
    return recorder


def _pass_time(recorder: Recorder, scale: int) -> None:
    timeline = recorder.timeline
    now = 0.0

    def pass_by(seconds: float, rate: float, items: int = 0) -> None:
        nonlocal now
        for step in range(int(seconds * 40)):
            now += 0.025
            wave = 1 + 0.3 * math.sin(step / 9)
            timeline.advance(now, int(rate * 0.025 * wave * scale), items)

    timeline.begin("starting", now)
    pass_by(0.4, 0)
    timeline.begin("listing", now)
    pass_by(1.8, 0, 70)
    timeline.begin("comparing", now)
    pass_by(3.5, 14e6, 1)
    timeline.begin("writing", now)
    for part, seconds in enumerate((11.6, 2.3)):
        timeline.begin("writing", now, part)
        pass_by(seconds, 4e6, 1)
    timeline.begin("deleting", now)
    pass_by(0.6, 0, 1)
    timeline.begin("finishing", now)
    pass_by(1.2, 0)
    timeline.end(now)
