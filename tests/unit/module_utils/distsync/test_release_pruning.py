# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pruning takes, and what it leaves."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
)
from tests.unit.module_utils.distsync.release_helpers import (
    DAY,
    RestlessStore,
    Scene,
)


def test_pruning_takes_what_no_feed_names(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.publish("app", "1", b"one", channel="beta")
    before = scene.snapshot()
    litter = {
        f"{prefix}{'0' * 39}{n}": b"x"
        for n in "12"
        for prefix in ("artifacts/", "releases/")
    }
    foreign = {
        "artifacts/readme.txt": b"x",
        "releases/x": b"x",
        "feed/x": b"x",
        "web/a": b"x",
    }
    scene.restore({**litter, **foreign})
    assert scene.publisher().prune(check=True) == (4, 4)
    assert scene.snapshot() == {**before, **litter, **foreign}
    assert scene.publisher().prune() == (4, 4)
    assert scene.snapshot() == {**before, **foreign}
    assert scene.publisher().prune() == (0, 0)


def test_pruning_leaves_what_is_on_its_way(scene: Scene, store: RestlessStore) -> None:
    pruned = []

    def prune(key: str) -> None:
        pruned.append(scene.publisher(folder=None).prune())

    store.before = prune
    scene.publish("app", "1", b"one", store=store)
    scene.publish("app", "2", b"two", store=store)
    assert scene.fetch() == b"two" and scene.fetch(version="1") == b"one"
    assert {one.objects for one in pruned} == {0} and len(pruned) == 8


def test_pruning_takes_what_a_killed_publisher_left(
    scene: Scene, store: RestlessStore
) -> None:
    scene.publish("app", "1", b"one")

    def die(key: str) -> None:
        if key.startswith("feed/"):
            raise KeyboardInterrupt

    store.before = die
    with pytest.raises(KeyboardInterrupt):
        scene.publish("app", "2", b"two", store=store)
    assert scene.publisher().prune().objects == 0
    scene.now += 8 * DAY
    assert scene.publisher().prune().objects == 3
    assert len(scene.keys()) == 3 and scene.fetch() == b"one"


def test_pruning_stops_at_a_feed_that_cannot_be_read(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    litter = f"artifacts/{'0' * 40}"
    scene.restore({litter: b"x", f"feed/{'0' * 40}": b"damaged"})
    with pytest.raises(LongshoreError, match="0000000"):
        scene.publisher().prune()
    assert litter in scene.keys()
