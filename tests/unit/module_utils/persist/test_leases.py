# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saves of one path at once, and what killed ones left."""

from __future__ import annotations

import json
import os
import typing as t
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Features,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist import _lease
from ansible_collections.longshore.storage.plugins.module_utils._persist._lease import (
    Lease,
    read_head,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Series,
    new_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    BusyError,
)
from tests.unit.module_utils.persist.snapshot_scene import (
    DATA,
    SERIES,
    Denying,
    Scene,
)


def test_two_saves_of_one_path_at_once(scene: Scene) -> None:
    with Lease(scene.store, SERIES, new_id(datetime.now(UTC))):
        with pytest.raises(BusyError, match="being saved by another process .process"):
            scene.save(DATA)
        assert scene.save(DATA, series=Series("other", "/srv/data")).changed
    assert scene.save(DATA).changed


def test_two_at_once_without_conditional_writes(memory: Scene) -> None:
    class Plain(Denying):
        features = Features()

    store = Plain(memory.store)

    def data() -> t.Iterator[bytes]:
        yield b"first"
        memory.save(b"second", "two", store=store)

    first = Scene(store, memory.workers)
    first.save_stream(data())
    assert [memory.load(one) for one in memory.catalogue().all(memory.workers)[0]] == [
        b"second",
        b"first",
    ]


def _leave_lease(scene: Scene, snapshot_id: str, **changes: object) -> None:
    lease = Lease(scene.store, SERIES, snapshot_id)
    key = SERIES.folder(scene.store.endpoint.prefix) + "head.json"
    note = {**lease._note(), **changes}
    scene.store.write(
        key, json.dumps({"version": 1, "latest": None, "lease": note}).encode()
    )
    _lease._ours.discard(snapshot_id)


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        ({}, True),  # of this process, which has no such save
        ({"pid": 2**22 + 1}, True),  # gone
        ({"pid": 1}, True),  # another process of that number now
        ({"pid": 2**22 + 1, "boot": "another"}, False),
        ({"pid": 2**22 + 1, "namespace": "pid:[1]"}, False),
        ({"pid": 1, "boot": "another", "until": "2020-01-01T00:00:00+00:00"}, True),
        ({"until": "nonsense"}, True),
        ({"boot": None, "pid": "x"}, False),
    ],
)
def test_what_a_killed_save_left(
    scene: Scene, changes: dict[str, t.Any], ended: bool
) -> None:
    dead = new_id(datetime.now(UTC))
    left = f"{SERIES.folder(scene.store.endpoint.prefix)}{dead}/data.tar.zst.0001"
    scene.store.write(left, DATA)
    _leave_lease(scene, dead, **changes)
    if not ended:
        with pytest.raises(BusyError, match="forgotten 15 minutes later"):
            scene.save(DATA)
        return
    assert scene.save(DATA).changed
    assert left not in scene.keys() and not scene.catalogue().unfinished


def test_a_living_process_of_this_host_is_waited_for(scene: Scene) -> None:
    other = _lease._process(os.getppid())
    _leave_lease(scene, new_id(datetime.now(UTC)), **other)
    with pytest.raises(BusyError):
        scene.save(DATA)


def test_a_damaged_head_is_written_anew(scene: Scene) -> None:
    scene.save(DATA, "one")
    key = SERIES.folder(scene.store.endpoint.prefix) + "head.json"
    for junk in (b"", b"[]", b"{}", b'{"latest": 3, "lease": 4}', b"\xff"):
        scene.store.write(key, junk)
        assert scene.save(DATA, repr(junk)).changed


def test_who_lost_the_lease_is_told_and_leaves_nothing(memory: Scene) -> None:
    key = SERIES.folder("backup/") + "head.json"

    def data() -> t.Iterator[bytes]:
        yield b"first"
        memory.store.delete([key])
        assert memory.save(b"second", "two").changed

    with pytest.raises(BusyError):
        memory.save_stream(data())
    (good,), broken = memory.catalogue().all(memory.workers)
    assert memory.load(good) == b"second" and not broken
    assert not memory.catalogue().unfinished


def test_the_lease_is_renewed(memory: Scene) -> None:
    now = [0.0]
    with Lease(
        memory.store, SERIES, new_id(datetime.now(UTC)), lambda: now[0]
    ) as lease:
        first = read_head(memory.store, SERIES).lease
        lease.keep()
        assert read_head(memory.store, SERIES).lease == first
        now[0] = 61
        lease.keep()
        assert read_head(memory.store, SERIES).lease != first
    assert read_head(memory.store, SERIES).lease is None


def test_left_overs_without_conditional_writes_are_removed_late(memory: Scene) -> None:
    class Plain(Denying):
        features = Features()

    store: Store = Plain(memory.store)
    folder = SERIES.folder("backup/")
    now = datetime.now(UTC)
    young, old = (new_id(now - timedelta(days=days)) for days in (6, 8))
    for one in (young, old):
        memory.store.write(f"{folder}{one}/data.tar.0001", b"x")
    memory.save(DATA, store=store)
    assert memory.catalogue().unfinished == [young]
