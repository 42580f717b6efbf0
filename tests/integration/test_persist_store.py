# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots in real stores: saved, read back, damaged, by killed processes, on full disks, with few permissions."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import random
import subprocess
import sys
import threading
import typing as t
from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    Compression,
    Keys,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._collecting import (
    collect,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._opening import (
    open_snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._pruning import (
    plan_pruning,
    remove,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._retention import (
    Retention,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._saving import (
    SavedSnapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._single import (
    open_single,
    save_single,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    BusyError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshots import (
    Catalogue,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.integration import snapshots_program
from tests.integration.identities import appender_of
from tests.integration.networks import Tripwire, by_way
from tests.integration.places import Places
from tests.integration.snapshots_program import MIB, SERIES, noise, save_noise
from tests.servers.seaweedfs import SeaweedFS
from tests.unit.machine import small_disk_at

KINDS = ("seaweedfs", "moto", "azurite", "swift", "gcs", "local")
UNLIMITED = Bandwidth(None)
#: In parts of an upload, and in objects of one size and of another.
SIZE = 10 * MIB + 12345


@pytest.fixture(scope="module")
def workers() -> t.Iterator[Workers]:
    with Workers(2) as started:
        yield started


class Backup:
    """Snapshots of one path in a place."""

    def __init__(self, place: t.Any, workers: Workers, folder: Path) -> None:
        self.place = place
        self.workers = workers
        self.folder = str(folder)
        self.secret = SharedSecret.generate()
        self.store = open_store(
            parse_endpoint(
                place.endpoint(), option="store", providers=None, default_provider=None
            )
        )

    def save(self, size: int, seed: int, **options: t.Any) -> SavedSnapshot:
        store = options.pop("store", self.store)
        options = {"folder": self.folder, **options}
        return save_noise(store, self.workers, size, seed, **options)

    def load(self, snapshot: Snapshot) -> bytes:
        stream = open_snapshot(
            self.store, snapshot, Keys(self.secret), self.workers, UNLIMITED
        )
        return b"".join(stream)

    def catalogue(self) -> Catalogue:
        return Catalogue(self.store, SERIES)

    def key(self, snapshot: Snapshot, name: str) -> str:
        return snapshot.key(self.store.endpoint.prefix, name)

    def run(self, endpoint: t.Any, size: int, seed: int, **options: t.Any) -> int:
        """A save in a process of its own; its exit code."""
        options = {"folder": self.folder, **options}
        what = {"endpoint": endpoint, "size": size, "seed": seed, "options": options}
        program = [sys.executable, snapshots_program.__file__, json.dumps(what)]
        return subprocess.run(program, check=False).returncode

    def all_are_whole(self) -> list[str]:
        """Fingerprints of the good ones, each of which comes back; nothing has a record and is not whole."""
        good, broken = self.catalogue().all(self.workers)
        assert not broken
        for one in good:
            assert self.load(one) == noise(one.tar_size, int(one.fingerprint[5:]))
        return [one.fingerprint for one in good]


@pytest.fixture()
def new(
    places: Places, workers: Workers, tmp_path: Path
) -> t.Iterator[t.Callable[[str], Backup]]:
    with contextlib.ExitStack() as stack:

        def make(kind: str) -> Backup:
            place = places(kind) if kind == "local" else places(kind, "some/where/")
            place.make()
            backup = Backup(place, workers, tmp_path / "state")
            stack.callback(backup.store.close)
            return backup

        yield make


# -- what comes out went in


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_read_back(new: t.Callable[[str], Backup], kind: str) -> None:
    backup = new(kind)
    sealed: dict[str, t.Any] = {"secret": backup.secret.encode()}
    many: dict[str, t.Any] = {"compression": "none", "object_size": 4 * MIB}
    for seed, options in enumerate((sealed, many, {"compression": "gzip"})):
        size = 300_000 if seed == 2 else SIZE
        saved = backup.save(size, seed, **options)
        assert saved.changed and saved.snapshot.verified
        assert len(saved.snapshot.parts) == (3 if seed == 1 else 1)
        before = backup.place.keys()
        assert not backup.save(size, seed, **options).changed
        assert backup.place.keys() == before
    assert backup.all_are_whole() == ["seed 2", "seed 1", "seed 0"]
    catalogue = backup.catalogue()
    pruning = plan_pruning(catalogue, Retention(keep_last=2), backup.workers)
    assert remove(catalogue, [one.id for one in pruning.removed]) == {}
    assert backup.all_are_whole() == ["seed 2", "seed 1"]
    # two snapshots of one and three objects, their records, and the head
    assert len(backup.place.keys()) == 1 + 3 + 2 + 1


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "azurite", "swift", "local"])
def test_chunks(new: t.Callable[[str], Backup], kind: str) -> None:
    backup = new(kind)
    options = {"format": "chunks", "secret": backup.secret.encode()}
    first = backup.save(SIZE, 1, **options).snapshot
    second = backup.save(SIZE, 1, **options)
    assert not second.changed
    third = backup.save(8 * MIB, 3, **options).snapshot
    assert first.verified and third.verified
    assert backup.all_are_whole() == ["seed 3", "seed 1"]
    remove(backup.catalogue(), [first.id])
    for condemned, removed in ((2, 0), (0, 2)):
        done = collect(backup.store, backup.secret, backup.workers, grace=timedelta(0))
        assert (done.condemned, done.removed, done.failures) == (condemned, removed, {})
    assert backup.all_are_whole() == ["seed 3"]
    # two packs and their index; recipe and record; the head
    assert len(backup.place.keys()) == 3 + 2 + 1


@pytest.mark.parametrize(
    ("kind", "compression"),
    [
        ("seaweedfs", "gzip"),
        ("moto", "none"),
        ("azurite", "none"),
        ("azurite", "gzip"),
        ("local", "gzip"),
    ],
)
def test_the_object_of_the_original(
    new: t.Callable[[str], Backup], kind: str, compression: str
) -> None:
    backup = new(kind)
    data = noise(9 * MIB, 1)
    arguments: dict[str, t.Any] = {
        "is_directory": True,
        "fingerprint": "f",
        "compression": Compression(compression),
        "bandwidth": UNLIMITED,
    }
    saved = save_single(backup.store, "/var/www", stream=[data], **arguments)
    assert saved.changed and saved.verified
    key = f"{backup.place.prefix}var/www"
    assert backup.place.keys() == {key}
    stored = backup.place.read(key)
    assert (gzip.decompress(stored) if compression == "gzip" else stored) == data
    assert b"".join(open_single(backup.store, "/var/www", UNLIMITED)[1]) == data
    if kind != "local":
        headers = backup.place.headers(key)
        assert headers.metadata["isdirectory"] == "true"
        assert headers.metadata["iscompressed"] == str(compression == "gzip").lower()
        types = {"gzip": "application/x-gtar", "none": "application/x-tar"}
        assert headers.content_type == types[compression]
        assert headers.content_encoding is None
        again = save_single(backup.store, "/var/www", stream=[], **arguments)
        assert not again.changed


# -- damage


@pytest.mark.parametrize("kind", ["seaweedfs", "azurite", "local"])
@pytest.mark.parametrize("options", [{}, {"format": "chunks"}, {"compression": "gzip"}])
def test_bit_flips_and_cuts_are_refused(
    new: t.Callable[[str], Backup], kind: str, options: dict[str, t.Any]
) -> None:
    backup = new(kind)
    snapshot = backup.save(MIB, 1, **options).snapshot
    rng = random.Random(f"{kind}{options}")
    keys = sorted(key for key in backup.place.keys() if not key.endswith(".json"))
    for number in range(8):
        key = rng.choice(keys)
        data = backup.place.read(key)
        at = rng.randrange(len(data))
        altered = data[:at]
        if number % 2:
            altered += bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        backup.place.write(key, altered)
        with pytest.raises(LongshoreError):
            backup.load(snapshot)
        backup.place.write(key, data)
    assert backup.load(snapshot) == noise(MIB, 1)


# -- two at once


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "azurite", "local"])
def test_two_saves_at_once(new: t.Callable[[str], Backup], kind: str) -> None:
    backup = new(kind)
    barrier = threading.Barrier(3)
    outcomes: list[str] = []

    def work(seed: int) -> None:
        barrier.wait()
        try:
            outcomes.append(backup.save(2 * MIB, seed).snapshot.fingerprint)
        except BusyError:
            outcomes.append("busy")

    threads = [threading.Thread(target=work, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 3
    saved = [outcome for outcome in outcomes if outcome != "busy"]
    assert saved and sorted(backup.all_are_whole()) == sorted(saved)
    assert backup.save(MIB, 4).changed and not backup.catalogue().unfinished


# -- killed


def _unfinished_uploads(place: t.Any) -> int:
    answer = place.client.list_multipart_uploads(Bucket=place.name)
    return len(answer.get("Uploads", ()))


@pytest.mark.parametrize("options", [{"object_size": 9 * MIB}, {"format": "chunks"}])
def test_saves_killed_at_random_moments(
    new: t.Callable[[str], Backup], options: dict[str, t.Any]
) -> None:
    """Whatever was sent when the process died: nothing that is not whole is listed, and the next save cleans up."""
    backup = new("seaweedfs")
    options = {"compression": "none", **options}
    rng = random.Random(str(options))
    backup.save(MIB, 1, **options)
    process: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        process[-1].kill()

    for seed in range(2, 5):
        port = backup.place.server.port
        after = rng.randrange(13 * MIB)
        with Tripwire(port, after, kill) as way:
            what = {
                "endpoint": by_way(way, backup.place),
                "size": 12 * MIB,
                "seed": seed,
                "options": {"folder": backup.folder, **options},
            }
            program = [sys.executable, snapshots_program.__file__, json.dumps(what)]
            process.append(subprocess.Popen(program))
            process[-1].wait()
            assert set(backup.all_are_whole()) <= {"seed 1", f"seed {seed}"}
            subprocess.run(program, check=True)
        way.settle()
        assert backup.all_are_whole() == [f"seed {seed}", "seed 1"]
        catalogue = backup.catalogue()
        assert not catalogue.unfinished and not _unfinished_uploads(backup.place)
        assert remove(catalogue, [catalogue.ids[0]]) == {}
        for _unused in range(2):
            collect(backup.store, None, backup.workers, grace=timedelta(0))
        assert _owners(backup) <= {catalogue.ids[1]}


def _owners(backup: Backup) -> set[str]:
    """Whose packs there are."""
    return {key.split("/")[-2] for key in backup.place.keys() if "chunks/" in key}


@pytest.mark.parametrize("kind", ["azurite", "local"])
@pytest.mark.parametrize("options", [{"object_size": 3 * MIB}, {"format": "chunks"}])
def test_saves_killed_while_reading(
    new: t.Callable[[str], Backup], kind: str, options: dict[str, t.Any]
) -> None:
    backup = new(kind)
    endpoint = backup.place.endpoint()
    backup.save(MIB, 1, **options)
    for seed, kill_at in ((2, 0), (3, 7 * MIB)):
        code = backup.run(endpoint, 8 * MIB, seed, kill_at=kill_at, **options)
        assert code == -9
        assert backup.all_are_whole() == ["seed 1"]
    assert backup.run(endpoint, 8 * MIB, 4, **options) == 0
    assert backup.all_are_whole() == ["seed 4", "seed 1"]
    assert not backup.catalogue().unfinished
    assert _owners(backup) <= set(backup.catalogue().ids)


# -- full disks


@pytest.mark.parametrize("percent", [1, 50, 99])
@pytest.mark.parametrize("options", [{"object_size": MIB}, {"format": "chunks"}])
def test_a_full_disk(places: Places, percent: int, options: dict[str, t.Any]) -> None:
    place = places("local")
    place.make()
    size = 4 * MIB
    what = {
        "endpoint": place.endpoint(),
        "size": size,
        "room": size * percent // 100,
        "options": {"compression": "none", **options},
    }
    run = subprocess.run(
        [sys.executable, snapshots_program.__file__, json.dumps(what)],
        preexec_fn=small_disk_at(place.path, 16 * MIB),
        stdout=subprocess.PIPE,
        check=True,
    )
    seen = json.loads(run.stdout)
    failure = seen.pop("failure")
    assert "No space left on device" in failure and "Free space" in failure
    assert seen == {
        "good": ["seed 1"],
        "broken": [],
        "left": [],
        "again": True,
        "unfinished": [],
    }


# -- few permissions


@pytest.mark.parametrize("options", [{}, {"format": "chunks"}])
def test_append_only(
    seaweedfs: SeaweedFS,
    new: t.Callable[[str], Backup],
    options: dict[str, t.Any],
) -> None:
    """Who may put, get and list: saves, sees what did not change, restores; and removes nothing."""
    backup = new("seaweedfs")
    key, secret = appender_of(seaweedfs, backup.place.name)
    endpoint = dataclasses.replace(backup.store.endpoint, key=key, secret=secret)
    with open_store(endpoint) as store:
        for seed in (1, 2):
            saved = backup.save(9 * MIB, seed, store=store, **options)
            assert saved.changed and saved.snapshot.verified
            assert not backup.save(9 * MIB, seed, store=store, **options).changed
        catalogue = Catalogue(store, SERIES)
        latest = catalogue.find("latest")
        stream = open_snapshot(store, latest, Keys(), backup.workers, UNLIMITED)
        assert b"".join(stream) == noise(9 * MIB, 2)
        before = backup.place.keys()
        assert remove(catalogue, catalogue.ids)
        with pytest.raises(AccessDeniedError):
            open_store(dataclasses.replace(endpoint, container="other")).stat("x")
        assert backup.place.keys() == before
    assert backup.all_are_whole() == ["seed 2", "seed 1"]
