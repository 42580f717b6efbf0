# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was interrupted is gone on with, and says no more than it would have said at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync import (
    _placing,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._local_file import (
    LocalFile,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._sending import (
    Sending,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    CHUNK_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LocalWriteError,
    UnreachableError,
)
from tests.unit.module_utils.distsync.release_helpers import (
    BIG,
    RestlessStore,
    Scene,
)


@pytest.fixture()
def small_steps(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(_placing, "STEP", 50_000)
    return 50_000


def test_a_fetch_is_gone_on_with(
    scene: Scene, store: RestlessStore, small_steps: int
) -> None:
    data = random.Random(2).randbytes(5_000_000)
    scene.publish("app", "1", data)
    store.gone_from = 4_500_000
    fetcher = scene.fetcher(store=store)
    with pytest.raises(UnreachableError):
        fetcher.fetch("app", "1", str(scene.dest))
    assert not scene.dest.exists()
    (aside,) = scene.folder.glob(".longshore-*")
    assert aside.stat().st_mode & 0o777 == 0o600
    store.gone_from = None
    fetched = fetcher.fetch("app", "1", str(scene.dest))
    assert 500_000 <= fetched.received <= 2_000_000
    assert fetched.received % small_steps == 0
    assert scene.dest.read_bytes() == data
    assert not list(scene.folder.glob(".longshore-*"))


def test_what_was_altered_aside_is_fetched_again(
    scene: Scene, store: RestlessStore, small_steps: int
) -> None:
    data = BIG * 15
    scene.publish("app", "1", data)
    store.gone_from = 4_000_000
    with pytest.raises(UnreachableError):
        scene.fetch(store=store)
    (aside,) = scene.folder.glob(".longshore-*")
    with aside.open("r+b") as file:
        file.write(b"other")
    store.gone_from = None
    fetched = scene.fetcher(store=store).fetch("app", "1", str(scene.dest))
    assert fetched.received == len(data) and scene.dest.read_bytes() == data


def test_what_is_left_of_another_version_is_removed(
    scene: Scene, store: RestlessStore, small_steps: int
) -> None:
    scene.publish("app", "1", BIG * 2)
    store.gone_from = 500_000
    with pytest.raises(UnreachableError):
        scene.fetch(store=store)
    scene.publish("app", "2", b"two")
    assert scene.fetch() == b"two"
    assert not list(scene.folder.glob(".longshore-*"))


def test_a_disk_that_is_too_small(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.publish("app", "1", BIG)
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(LocalWriteError, match="300,000 bytes, and 1,000 are free"):
        scene.fetch()
    assert not list(scene.folder.glob(".longshore-*")) and not scene.dest.exists()


def test_a_folder_that_is_not_there(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    with pytest.raises(LocalWriteError, match="No such file"):
        scene.fetcher().fetch("app", "1", str(scene.folder / "no" / "app"))


class _Sealed:
    """What would be stored of a file, gone on with from one note."""

    def __init__(self, scene: Scene, path: str) -> None:
        self.scene, self.path = scene, path

    def __call__(self, *, keep: bool = True) -> tuple[str, bytes]:
        scene = self.scene
        folder = str(scene.folder / "notes")
        with (
            LocalFile(self.path) as file,
            contextlib.closing(
                Sending(file, scene.secret, AES_256_GCM, CHUNK_SIZE, folder, "x")
            ) as sending,
        ):
            key = scene.endpoint.prefix + "artifacts/x"
            scene.store.delete([key])
            bandwidth = Bandwidth(None)
            sending.send(scene.store, key, scene.workers, bandwidth, lambda size: None)
            if not keep:
                sending.forget()
            return sending.artifact, scene.read("artifacts/x")


def test_the_same_file_is_sealed_to_the_same_bytes_until_it_is_done(
    scene: Scene,
) -> None:
    data = random.Random(3).randbytes(3_000_000)
    seal = _Sealed(scene, scene.file("app", data))
    first = seal()
    assert seal(keep=False) == first
    artifact, other = seal()
    assert artifact != first[0] and other[80:] != first[1][80:]


def test_no_nonce_is_used_for_two_contents(scene: Scene) -> None:
    """Not even when somebody changes a file, and its times back."""
    data = random.Random(3).randbytes(3_000_000)
    path = scene.file("app", data)
    seal = _Sealed(scene, path)
    first, status = seal()[1], os.stat(path)
    nonces = {_nonce(first, number) for number in range(12)}
    assert len(nonces) == 12
    (note,) = (scene.folder / "notes").iterdir()
    kept = note.read_bytes()
    for changed, same in ((0, 0), (1_500_000, 0), (2_999_999, 4)):
        other = bytearray(data)
        other[changed] ^= 1
        Path(path).write_bytes(other)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        # as if its ctime had been set back, too
        with LocalFile(path) as file:
            name = _note_of(scene, file)
        (scene.folder / "notes" / name).write_bytes(kept)
        second = seal()[1]
        assert second[:80] == first[:80]
        now = [_nonce(second, number) for number in range(12)]
        assert len(nonces & set(now)) == same
        for number, nonce in enumerate(now):
            begin, end = number * 262144, (number + 1) * 262144
            if nonce in nonces:
                assert second[begin:end] == first[begin:end]


def _nonce(envelope: bytes, number: int) -> bytes:
    start = number * 262144 or 80
    return envelope[start : start + 12]


def _note_of(scene: Scene, file: LocalFile) -> str:
    identity = ["x", AES_256_GCM.name, CHUNK_SIZE, file.path, *file.identity]
    text = "\n".join(map(str, identity))
    return hashlib.sha256(text.encode()).hexdigest()[:32] + ".sending"


def test_contents_that_were_stored_are_not_sent_again(
    scene: Scene, store: RestlessStore
) -> None:
    def die(key: str) -> None:
        if key.startswith("feed/"):
            raise KeyboardInterrupt

    store.before = die
    path = scene.file("app", BIG)
    one = Publication(path, version="1")
    with pytest.raises(KeyboardInterrupt):
        scene.publisher(store=store).publish([one])
    (artifact,) = scene.keys("artifacts/")
    written: list[str] = []
    store.before = written.append
    assert scene.publisher(store=store).publish([one]).changed
    assert scene.keys("artifacts/") == [artifact] and artifact not in written
    assert scene.fetch() == BIG
    assert not list((scene.folder / "publisher").glob("*.sending"))
    assert not scene.keys("releases/announced/")
