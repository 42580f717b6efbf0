# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots as chunks that they share: what is added, what comes back, what is collected."""

from __future__ import annotations

import random
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Features,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._chunk_pool import (
    Pool,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._collecting import (
    Collection,
    collect,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._pruning import (
    remove,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Series,
    Snapshot,
    new_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    DamagedSnapshotError,
    KeyMissingError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.persist.snapshot_scene import (
    MIB,
    SERIES,
    Compression,
    Denying,
    Encryption,
    Keys,
    Scene,
    flipped,
    local_store,
    memory_store,
    noise,
)

NO_GRACE = timedelta(0)


@pytest.fixture(params=["plain", "sealed"])
def secret(request: pytest.FixtureRequest) -> SharedSecret | None:
    return SharedSecret.generate() if request.param == "sealed" else None


@pytest.fixture()
def scene(workers: Workers) -> Scene:
    return Scene(memory_store(), workers)


def edited(data: bytes, share: float, seed: int) -> bytes:
    """With as large a share of it replaced, in four places, and a few bytes put in."""
    rng = random.Random(seed)
    changed = bytearray(data)
    for _place in range(4):
        size = int(len(data) * share / 4)
        at = rng.randrange(len(data) - size)
        changed[at : at + size] = rng.randbytes(size + rng.randrange(3))
    return bytes(changed)


def chunked(
    scene: Scene, data: bytes, secret: SharedSecret | None = None, **options: t.Any
) -> Snapshot:
    encryption = Encryption(secret)
    return scene.save(data, format="chunks", encryption=encryption, **options).snapshot


def pool_size(scene: Scene) -> int:
    return sum(info.size for info in scene.store.list("backup/chunks/"))


def stored_size(scene: Scene) -> int:
    return sum(info.size for info in scene.store.list())


@pytest.mark.parametrize("size", [0, 1, 5000, MIB, 20 * MIB + 1])
def test_what_comes_out_went_in(
    scene: Scene, secret: SharedSecret | None, size: int
) -> None:
    data = noise(size)
    snapshot = chunked(scene, data, secret)
    assert scene.load(snapshot, Keys(secret)) == data
    assert scene.catalogue().find("latest") == snapshot and snapshot.verified
    assert (snapshot.tar_sha256 is None) == (secret is not None)
    # packs are each one request
    sizes = [info.size for info in scene.store.list("backup/chunks/")]
    assert all(one < 8 * MIB for one in sizes)
    assert not any("saving" in key for key in scene.keys())


def test_in_a_folder(workers: Workers, tmp_path: Path) -> None:
    scene = Scene(local_store(tmp_path / "store"), workers)
    data = noise(9 * MIB)
    assert scene.load(chunked(scene, data)) == data
    assert scene.load(chunked(scene, data * 2)) == data * 2


def test_compressed_and_not(scene: Scene) -> None:
    data = bytes(range(256)) * 40_000
    small = chunked(scene, data)
    assert scene.load(small) == data and small.stored_size < 200_000
    other = Scene(memory_store(), scene.workers)
    large = chunked(other, data, compression=Compression("none"))
    assert other.load(large) == data
    # and what was written in two ways comes back as one
    mixed = chunked(other, data + noise(MIB))
    assert other.load(mixed) == data + noise(MIB)


def test_twenty_snapshots_take_little_more_than_one(
    scene: Scene, secret: SharedSecret | None
) -> None:
    data = noise(24 * MIB)
    made = [(chunked(scene, data, secret), data)]
    one = stored_size(scene)
    for number in range(19):
        data = edited(data, 0.01, number)
        made.append((chunked(scene, data, secret), data))
    assert stored_size(scene) <= 1.5 * one
    for snapshot, wanted in (made[0], made[7], made[-1]):
        assert scene.load(snapshot, Keys(secret)) == wanted
    assert sum(snapshot.stored_size for snapshot, _data in made) < 1.5 * one


def test_chunks_are_shared_between_paths_and_within_one(scene: Scene) -> None:
    data = noise(5 * MIB)
    chunked(scene, data + data + data)
    assert pool_size(scene) < 5.3 * MIB
    other = chunked(scene, data, series=Series("web-2", "/elsewhere"))
    assert pool_size(scene) < 5.3 * MIB and other.stored_size < 2000
    assert scene.load(other) == data


def test_a_pool_is_for_one_secret(scene: Scene) -> None:
    data = noise(5 * MIB)
    one, two = SharedSecret.generate(), SharedSecret.generate()
    made = [(chunked(scene, data, secret), secret) for secret in (None, one, two)]
    assert len({snapshot.pool for snapshot, _secret in made}) == 3
    assert pool_size(scene) > 15 * MIB
    for snapshot, secret in made:
        assert scene.load(snapshot, Keys(secret)) == data
    with pytest.raises(KeyMissingError):
        scene.load(made[1][0])
    with pytest.raises(WrongSecretError):
        scene.load(made[1][0], Keys(two))


def test_what_is_known_of_the_contents_without_the_secret(scene: Scene) -> None:
    """Nothing that is stored has a chunk's bytes or digest in it, or tells where chunks begin."""
    secret = SharedSecret.generate()
    snapshot = chunked(scene, b"0123456789abcdef" * 100_000, secret)
    (owner,) = snapshot.packs
    index = Pool(scene.store, secret, scene.workers).read_index(owner)
    digests = {pack.digest(0) for pack in index.packs.values()}
    stored = b"".join(b"".join(scene.store.read(key).chunks) for key in scene.keys())
    assert b"0123456789abcdef" not in stored
    assert not any(
        digest in stored or digest.hex().encode() in stored for digest in digests
    )


# -- damage


@settings(max_examples=40)
@given(
    which=st.floats(0, 1, exclude_max=True),
    where=st.floats(0, 1, exclude_max=True),
    cut=st.booleans(),
    sealed=st.booleans(),
)
def test_bit_flips_and_cuts_are_refused(
    workers: Workers, which: float, where: float, cut: bool, sealed: bool
) -> None:
    scene = Scene(memory_store(), workers)
    secret = SharedSecret.generate() if sealed else None
    snapshot = chunked(scene, noise(400_000), secret)
    keys = [key for key in scene.keys() if not key.endswith(".json")]
    key = keys[int(which * len(keys))]
    offset = int(scene.store.stat(key).info.size * where)
    scene.alter(key, (lambda data: data[:offset]) if cut else flipped(offset))
    with pytest.raises(LongshoreError):
        assert scene.load(snapshot, Keys(secret)) == b"never"


def test_what_is_gone(scene: Scene) -> None:
    snapshot = chunked(scene, noise(8 * MIB))
    (owner,) = snapshot.packs
    for name, words in (("00002", "lacks the pack"), ("index", "lacks the list")):
        key = f"backup/chunks/plain/{owner}/{name}"
        before = b"".join(scene.store.read(key).chunks)
        scene.store.delete([key])
        with pytest.raises(DamagedSnapshotError, match=words):
            scene.load(snapshot)
        if name != "index":
            with pytest.raises(DamagedSnapshotError, match="cannot be used"):
                scene.catalogue().find(snapshot.id)
        scene.store.write(key, before)
    assert scene.load(snapshot) == noise(8 * MIB)


# -- killed


@pytest.mark.parametrize("published", [True, False])
def test_what_a_killed_save_left(scene: Scene, published: bool) -> None:
    """Packs that nobody knows of go with the next save; others may be in use by now."""
    data = noise(8 * MIB)
    dead = chunked(scene, data)
    folder = f"{SERIES.folder('backup/')}{dead.id}/"
    scene.store.delete([folder + "snapshot.json", folder + "recipe"])
    scene.store.write(folder + "saving.json", b"{}")
    if not published:
        scene.store.delete([f"backup/chunks/plain/{dead.id}/index"])
    snapshot = chunked(scene, data)
    assert scene.load(snapshot) == data
    assert (dead.id in snapshot.packs) == published
    assert any(f"plain/{dead.id}/" in key for key in scene.keys()) == published
    assert not any("saving" in key for key in scene.keys())
    assert pool_size(scene) < 8.3 * MIB


# -- collecting


def collected(
    scene: Scene, secret: SharedSecret | None = None, **options: t.Any
) -> Collection:
    return collect(scene.store, secret, scene.workers, **{"grace": NO_GRACE, **options})


def counts(done: Collection) -> tuple[int, int, int]:
    return done.condemned, done.pardoned, done.removed


def test_packs_that_nothing_needs_are_removed_in_two_runs(
    scene: Scene, secret: SharedSecret | None
) -> None:
    old, new = noise(12 * MIB, 1), noise(12 * MIB, 2)
    first, second = (
        chunked(scene, data, secret) for data in (old, old[: 5 * MIB] + new)
    )
    assert counts(collected(scene, secret)) == (0, 0, 0)
    assert remove(scene.catalogue(), [first.id]) == {}
    before = scene.keys()
    assert counts(collected(scene, secret, check=True)) == (1, 0, 0)
    assert counts(collected(scene, secret)) == (1, 0, 0)
    assert scene.keys() == before
    # not before its time
    assert not collected(scene, secret, grace=timedelta(hours=1)).changed
    done = collected(scene, secret)
    assert counts(done) == (0, 0, 1) and done.removed_size == pytest.approx(
        6 * MIB, rel=0.1
    )
    assert len(scene.keys()) == len(before) - 1
    assert scene.load(second, Keys(secret)) == old[: 5 * MIB] + new
    assert not collected(scene, secret).changed
    remove(scene.catalogue(), [second.id])
    collected(scene, secret)
    collected(scene, secret)
    assert [key for key in scene.keys() if "/chunks/" in key] == []


def test_condemned_packs_are_not_used_and_pardoned_when_needed(scene: Scene) -> None:
    data = noise(8 * MIB)
    first = chunked(scene, data)
    record = first.key("backup/", "snapshot.json")
    kept = b"".join(scene.store.read(record).chunks)
    scene.store.delete([record])
    assert collected(scene).condemned == 2
    second = chunked(scene, data)
    assert first.id not in second.packs
    scene.store.write(record, kept)  # a save that was slow
    assert counts(collected(scene)) == (0, 2, 0)
    scene.store.write(first.key("backup/", "recipe"), b"x")
    assert not collected(scene).changed


def test_a_save_that_is_under_way_holds_packs_back(scene: Scene) -> None:
    """It looked at the lists before they were condemned, and names them in a record that is not there yet."""
    data = noise(8 * MIB)
    first = chunked(scene, data)
    seen: list[Collection] = []

    def stream() -> t.Iterator[bytes]:
        yield data[: 4 * MIB]
        remove(scene.catalogue(), [first.id])
        seen.extend(collected(scene) for _unused in range(3))
        yield data[4 * MIB :]

    second = scene.save_stream(
        stream(), format="chunks", series=Series("x", "/y")
    ).snapshot
    assert [counts(done) for done in seen] == [(2, 0, 0), (0, 0, 0), (0, 0, 0)]
    assert counts(collected(scene)) == (0, 2, 0)
    assert scene.load(second) == data and second.packs == first.packs


def test_a_save_whose_packs_were_removed_is_none(scene: Scene) -> None:
    data = noise(8 * MIB)
    first = chunked(scene, data)

    def stream() -> t.Iterator[bytes]:
        yield data
        scene.store.delete([f"backup/chunks/plain/{first.id}/00002"])

    with pytest.raises(StoreError, match="/00002 was removed meanwhile"):
        scene.save_stream(stream(), format="chunks")
    assert scene.catalogue().ids == [first.id]


def test_orphans_of_saves_long_dead(scene: Scene) -> None:
    now = datetime.now(UTC)
    for hours, left in ((2, False), (0.5, True)):
        owner = new_id(now - timedelta(hours=hours))
        key = f"backup/chunks/plain/{owner}/00001"
        scene.store.write(key, b"x")
        collected(scene)
        assert (key in scene.keys()) == left


def test_a_record_that_cannot_be_read_stops_everything(scene: Scene) -> None:
    snapshot = chunked(scene, noise(MIB))
    scene.alter(snapshot.key("backup/", "snapshot.json"), lambda data: data[:-3])
    with pytest.raises(DamagedSnapshotError, match="damaged record"):
        collected(scene)


def test_collecting_needs_its_own_permission(scene: Scene) -> None:
    snapshot = chunked(scene, noise(MIB))
    remove(scene.catalogue(), [snapshot.id])
    collected(scene)

    class NoDelete(Denying):
        def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
            return dict.fromkeys(keys, "no")

    done = collect(NoDelete(scene.store), None, scene.workers, grace=NO_GRACE)
    assert set(done.failures.values()) == {"no"}


def test_saving_needs_no_permission_to_delete(scene: Scene) -> None:
    writer = Denying(scene.store, "delete")
    for number in range(3):
        saved = scene.save(noise(MIB, number), format="chunks", store=writer)
        assert saved.changed
    assert not collected(scene).changed


def test_without_conditional_writes(scene: Scene) -> None:
    class Plain(Denying):
        features = Features()

    plain = Scene(Plain(scene.store), scene.workers)
    snapshot = chunked(plain, noise(MIB))
    assert plain.load(snapshot) == noise(MIB)
    remove(plain.catalogue(), [snapshot.id])
    assert counts(collected(plain)) == (1, 0, 0)
    assert counts(collected(plain)) == (0, 0, 1)


def test_the_tree_that_is_there_as_chunks_is_there(scene: Scene) -> None:
    assert scene.save(b"x", "one", format="chunks").changed
    assert not scene.save(b"x", "one", format="chunks").changed
    assert scene.save(b"x", "one").changed
