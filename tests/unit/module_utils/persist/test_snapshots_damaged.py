# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots that are not whole, or not what they say: refused, and never taken for good ones."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    DamagedSnapshotError,
    KeyMissingError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.persist.snapshot_scene import (
    DATA,
    MIB,
    Compression,
    Encryption,
    Keys,
    Scene,
    flipped,
    memory_store,
    noise,
)


def test_what_is_not_whole_is_not_listed_as_good(
    scene: Scene, workers: Workers
) -> None:
    prefix = scene.store.endpoint.prefix
    options: dict[str, t.Any] = {"compression": Compression("none"), "object_size": MIB}
    good, cut, gone, recordless, badrecord, strange = (
        scene.save(DATA, str(n), **options).snapshot for n in range(6)
    )
    scene.alter(cut.key(prefix, cut.parts[1].name), lambda data: data[:-1])
    scene.store.delete([gone.key(prefix, gone.parts[1].name)])
    scene.store.delete([recordless.key(prefix, "snapshot.json")])
    scene.alter(badrecord.key(prefix, "snapshot.json"), lambda data: data[:-5])
    scene.store.write(strange.key(prefix, "snapshot.json"), good.encode())
    catalogue = scene.catalogue()
    whole, broken = catalogue.all(workers)
    assert whole == [good] and catalogue.find("latest") == good
    assert {one.id: one.fault.split(" '/srv/data' of web-1 ")[1] for one in broken} == {
        cut.id: "is damaged: its object data.tar.0002 has 1,048,575 bytes, and had 1,048,576.",
        gone.id: "lacks its object data.tar.0002.",
        badrecord.id: "has a damaged record.",
        strange.id: "has the record of another one.",
    }
    assert catalogue.unfinished == [recordless.id]
    for one in (cut, gone, badrecord, strange):
        with pytest.raises(DamagedSnapshotError, match="cannot be used"):
            catalogue.find(one.id)
    with pytest.raises(DamagedSnapshotError, match="is incomplete: its save is still"):
        catalogue.find(recordless.id)


@settings(max_examples=60)
@given(
    where=st.floats(0, 1, exclude_max=True),
    compression=st.sampled_from(["zstd", "gzip", "none"]),
    encrypted=st.booleans(),
    cut=st.booleans(),
)
def test_bit_flips_and_cuts_are_refused(
    workers: Workers, where: float, compression: str, encrypted: bool, cut: bool
) -> None:
    scene = Scene(memory_store(), workers)
    secret = SharedSecret.generate()
    snapshot = scene.save(
        DATA[:900_000],
        compression=Compression(compression),
        encryption=Encryption(secret if encrypted else None),
        object_size=300_000,
    ).snapshot
    key = snapshot.key("backup/", snapshot.parts[len(snapshot.parts) // 2].name)
    offset = int(scene.store.stat(key).info.size * where)
    scene.alter(key, (lambda data: data[:offset]) if cut else flipped(offset))
    with pytest.raises(LongshoreError) as caught:
        scene.load(snapshot, Keys(secret))
    assert snapshot.id in str(caught.value)


def test_parts_that_changed_places_and_streams_of_others(memory: Scene) -> None:
    secret = SharedSecret.generate()
    one, two = (
        memory.save(noise(500, n), encryption=Encryption(secret)).snapshot
        for n in (1, 2)
    )
    stored = b"".join(memory.store.read(two.key("backup/", two.parts[0].name)).chunks)
    memory.store.write(one.key("backup/", one.parts[0].name), stored)
    # even with a record that agrees with it
    forged = json.loads(one.encode())
    forged["parts"][0]["sha256"] = two.parts[0].sha256
    with pytest.raises(WrongSecretError):
        memory.load(Snapshot.decode(json.dumps(forged).encode(), "it"), Keys(secret))


def test_keys_that_are_missing_or_wrong(memory: Scene) -> None:
    encryption = Encryption(SharedSecret.generate())
    snapshot = memory.save(DATA, encryption=encryption).snapshot
    with pytest.raises(KeyMissingError, match="shared secret, and none was given"):
        memory.load(snapshot)
    with pytest.raises(WrongSecretError):
        memory.load(snapshot, Keys(SharedSecret.generate()))


@settings(max_examples=120)
@given(st.data())
def test_records_of_any_shape_are_no_traceback(
    workers: Workers, data: st.DataObject
) -> None:
    scene = Scene(memory_store(), workers)
    encoded = scene.save(b"x").snapshot.encode()
    document = json.loads(encoded)
    name = data.draw(st.sampled_from(sorted(document)))
    junk = (
        st.none()
        | st.integers()
        | st.text(max_size=3)
        | st.lists(st.none() | st.integers(), max_size=2)
    )
    document[name] = data.draw(
        junk | st.dictionaries(st.text(max_size=2), junk, max_size=2)
    )
    try:
        Snapshot.decode(json.dumps(document).encode(), "it")
    except DamagedSnapshotError:
        pass
    with pytest.raises(DamagedSnapshotError):
        Snapshot.decode(encoded[: data.draw(st.integers(0, len(encoded) - 1))], "it")


def test_a_record_of_a_later_release(memory: Scene) -> None:
    document = json.loads(memory.save(b"x").snapshot.encode())
    with pytest.raises(DamagedSnapshotError, match="version 2") as caught:
        Snapshot.decode(json.dumps(document | {"version": 2}).encode(), "it")
    assert "update here" in caught.value.hint


@pytest.mark.parametrize("name", ["../../other", "a/b", "", "x\0"])
def test_parts_lie_in_their_own_folder(memory: Scene, name: str) -> None:
    document = json.loads(memory.save(b"x").snapshot.encode())
    document["parts"][0]["name"] = name
    with pytest.raises(DamagedSnapshotError):
        Snapshot.decode(json.dumps(document).encode(), "it")
