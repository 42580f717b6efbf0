# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores of the original distsync, in memory."""

from __future__ import annotations

import io
import random
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    DistributionError,
    ReleaseMissingError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._original_fetch import (
    OriginalFetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._original_publish import (
    OriginalPublisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._release import (
    LATEST,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Fetched,
    Outcome,
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01 import (
    open_distsync01,
    seal_distsync01,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01_names import (
    encrypt_name,
    read_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    FormatError,
    NameRefusedError,
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    SourceError,
)
from tests.unit.module_utils.distsync.release_helpers import Scene

BIG = random.Random(1).randbytes(2_500_000)


def publisher(scene: Scene, **options: t.Any) -> OriginalPublisher:
    return OriginalPublisher(scene.store, scene.secret, scene.workers, **options)


def publish(scene: Scene, name: str, data: bytes, **options: t.Any) -> Outcome:
    one = Publication(scene.file(name, data))
    return publisher(scene, **options).publish([one])


def fetcher(scene: Scene, **options: t.Any) -> OriginalFetcher:
    folder = str(scene.folder / "memory")
    options = {"folder": folder, **options}
    return OriginalFetcher(scene.store, scene.secret, scene.workers, **options)


def fetch(scene: Scene, *, check: bool = False, **options: t.Any) -> Fetched:
    dest = str(scene.dest)
    return fetcher(scene, **options).fetch("app", LATEST, dest, check=check)


def names(scene: Scene) -> list[str]:
    return [one.name for one in fetcher(scene).look().releases]


def by_the_original(
    scene: Scene, name: str, data: bytes, *, plain: bool = False
) -> str:
    """What its upload does."""
    sealed = seal_distsync01(io.BytesIO(data), scene.secret, scene.workers)
    key = name if plain else encrypt_name(scene.secret, name)
    scene.write(key, b"".join(sealed))
    scene.write(".distsync", SharedSecret.generate().encode().encode())
    return key


@pytest.mark.parametrize("size", [0, 1, 15, 16, 999_999, 1_000_000, 2_500_000])
def test_published_and_fetched(scene: Scene, size: int) -> None:
    assert publish(scene, "app", BIG[:size]).changed
    fetched = fetch(scene)
    assert fetched.changed and scene.dest.read_bytes() == BIG[:size]
    assert scene.dest.stat().st_mode & 0o777 == 0o600
    # as the original reads it
    touched, key = scene.keys()
    assert touched == ".distsync" and read_name(scene.secret, key) == "app"
    opened = open_distsync01([scene.read(key)], scene.secret, scene.workers)
    assert b"".join(opened) == BIG[:size]
    assert len(SharedSecret.decode(scene.read(touched).decode()).raw) == 32
    (listed,) = fetcher(scene).look().releases
    assert (listed.name, listed.sealed_size) == ("app", len(scene.read(key)))


def test_the_same_again_changes_nothing(scene: Scene) -> None:
    publish(scene, "app", BIG)
    before = scene.snapshot()
    assert not publish(scene, "app", BIG).changed
    assert scene.snapshot() == before
    fetch(scene)
    asked = scene.store.requests.count
    assert not fetch(scene).changed
    assert scene.store.requests.count == asked + 1
    assert not fetch(scene, folder=None).changed
    scene.dest.write_bytes(b"other")
    assert fetch(scene, check=True).changed
    assert fetch(scene).changed
    assert scene.dest.read_bytes() == BIG


@pytest.mark.parametrize("plain", [True, False])
def test_what_the_original_uploaded_is_read_and_replaced(
    scene: Scene, plain: bool
) -> None:
    key = by_the_original(scene, "app", b"one", plain=plain)
    seen = fetcher(scene).look()
    fetch(scene)
    assert scene.dest.read_bytes() == b"one"
    publish(scene, "app", b"two")
    assert scene.keys() == sorted([".distsync", key])
    assert fetcher(scene).poll(seen.etag)
    fetch(scene)
    assert scene.dest.read_bytes() == b"two"


def test_plain_names(scene: Scene) -> None:
    publish(scene, "app", b"one", encrypt_names=False)
    assert scene.keys() == [".distsync", "app"]


def test_a_name_that_two_objects_have(scene: Scene) -> None:
    by_the_original(scene, "app", b"one")
    by_the_original(scene, "app", b"two")
    with pytest.raises(DistributionError, match="2 objects"):
        fetch(scene)
    publish(scene, "app", b"two")
    assert len(scene.keys()) == 2
    assert fetch(scene).changed


def test_objects_that_are_not_ours_are_left_alone(scene: Scene) -> None:
    other = encrypt_name(SharedSecret.generate(), "app")
    for key in (other, "web/index.html", "a\nb"):
        scene.write(key, b"x")
    publish(scene, "app", b"one")
    assert names(scene) == ["app"]
    assert publisher(scene).withdraw("app").changed
    assert not publisher(scene).withdraw("app").changed
    assert set(scene.keys()) == {".distsync", other, "web/index.html", "a\nb"}


def test_what_is_wrong_leaves_nothing(scene: Scene) -> None:
    key = by_the_original(scene, "app", BIG)
    whole = scene.read(key)
    for data, kind in (
        (whole[:-1], DamagedError),
        (whole[:2_000_000], DamagedError),
        (whole + b"x", DamagedError),
        (b"distsync02" + whole[10:], FormatError),
        (whole[:2000] + b"x" + whole[2001:], WrongSecretError),
    ):
        scene.write(key, data)
        with pytest.raises(kind):
            fetch(scene)
        assert [path.name for path in scene.folder.iterdir()] == []


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", "a\0b", "n" * 300, ".distsync", "ZDAA" + "a" * 64]
)
def test_names_that_are_refused(scene: Scene, name: str) -> None:
    asked = scene.store.requests.count
    path = scene.file("app", b"one")
    with pytest.raises(NameRefusedError):
        publisher(scene).publish([Publication(path, name=name)])
    assert scene.store.requests.count == asked


def test_what_this_format_has_not(scene: Scene) -> None:
    one = Publication(scene.file("app", b"one"), version="1")
    with pytest.raises(DistributionError, match="version"):
        publisher(scene).publish([one])
    with pytest.raises(ReleaseMissingError):
        fetch(scene)


def test_check_mode_and_a_file_that_changes(scene: Scene) -> None:
    path = scene.file("app", BIG)
    who = publisher(scene)
    assert who.publish([Publication(path)], check=True).changed

    def change(_size: int) -> None:
        Path(path).write_bytes(b"other")

    with pytest.raises(SourceError, match="changed"):
        who.publish([Publication(path)], progress=change)
    assert not scene.keys()


def test_who_may_not_read_publishes_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(scene, "app", b"one")

    def deny(*_args: object, **_options: object) -> t.Any:
        raise AccessDeniedError("read", "there", "no")

    monkeypatch.setattr(type(scene.store), "read", deny)
    assert publish(scene, "app", b"one").changed
