# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a snapshot is verified when."""

from __future__ import annotations

import itertools
import threading
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist._opening import (
    open_snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    DamagedSnapshotError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.persist.snapshot_scene import (
    MIB,
    UNLIMITED,
    Keys,
    Scene,
    memory_store,
    noise,
)


@pytest.fixture
def scene(workers: Workers) -> Scene:
    return Scene(memory_store(), workers)


def opened(
    scene: Scene, snapshot: Snapshot, *, thorough: bool = False
) -> t.Iterator[bytes]:
    return open_snapshot(
        scene.store, snapshot, Keys(), scene.workers, UNLIMITED, thorough=thorough
    )


@pytest.mark.parametrize("format_", ["tar", "chunks"])
def test_the_digest_of_what_comes_out_is_for_the_thorough(
    scene: Scene, format_: str
) -> None:
    data = noise(3 * MIB)
    snapshot = scene.save(data, format=format_).snapshot
    assert b"".join(opened(scene, snapshot, thorough=True)) == data
    other = replace(snapshot, tar_sha256="0" * 64)
    assert b"".join(opened(scene, other)) == data
    with pytest.raises(DamagedSnapshotError):
        list(opened(scene, other, thorough=True))
    with pytest.raises(DamagedSnapshotError):
        list(opened(scene, replace(snapshot, tar_size=snapshot.tar_size + 1)))


def test_one_that_is_given_up_leaves_no_threads(scene: Scene) -> None:
    snapshot = scene.save(noise(30 * MIB)).snapshot
    before = threading.active_count()
    stream = t.cast("t.Generator[bytes, None, None]", opened(scene, snapshot))
    assert len(list(itertools.islice(stream, 2))) == 2
    assert threading.active_count() > before
    stream.close()
    assert threading.active_count() == before
