# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saved and pruned when a minute begins, with nobody there."""

from __future__ import annotations

from tests.integration.persistence_service.conftest import Scene
from tests.integration.persistence_service.service import PATIENCE


def test_a_volume_is_saved_and_pruned_at_its_time(scene: Scene) -> None:
    path = str(scene.volume)
    (scene.volume / "tide").write_text("low")
    before = scene.start().ready()
    first = before.done("POST", "/v1/snapshots", {"path": path})["snapshot"]
    before.end()

    (scene.volume / "tide").write_text("high")
    service = scene.start(
        SCHEDULE="* * * * *", SCHEDULE_JITTER="0", KEEP_LAST="1"
    ).ready()
    # a minute may pass until it is begun
    ended = service.event("job", origin="schedule", patience=60 + PATIENCE)
    assert (ended["kind"], ended["state"], ended["path"]) == ("save", "succeeded", path)
    found = service.ask("GET", "/v1/snapshots", query={"path": path}).json
    (kept,) = (one["id"] for one in found["snapshots"])
    assert kept != first
