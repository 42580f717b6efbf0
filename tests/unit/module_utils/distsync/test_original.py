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
from ansible_collections.longshore.storage.plugins.module_utils._distsync._original import (
    OriginalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._publish import (
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


def original(scene: Scene, **options: t.Any) -> OriginalStore:
    folder = str(scene.folder / "memory")
    return OriginalStore(
        scene.store, scene.secret, scene.workers, **{"folder": folder, **options}
    )


def publish(scene: Scene, name: str, data: bytes, **options: t.Any) -> t.Any:
    return original(scene, **options).publish([Publication(scene.file(name, data))])


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
    assert publish(scene, "app", BIG[:size]).changed == ["app"]
    fetched = original(scene).fetch("app", str(scene.dest))
    assert fetched.changed and scene.dest.read_bytes() == BIG[:size]
    assert scene.dest.stat().st_mode & 0o777 == 0o600
    # as the original reads it
    touched, key = scene.keys()
    assert touched == ".distsync" and read_name(scene.secret, key) == "app"
    opened = open_distsync01([scene.read(key)], scene.secret, scene.workers)
    assert b"".join(opened) == BIG[:size]
    assert len(SharedSecret.decode(scene.read(touched).decode()).raw) == 32
    (listed,) = original(scene).listing()
    assert listed == ("app", len(scene.read(key)))


def test_the_same_again_changes_nothing(scene: Scene) -> None:
    publish(scene, "app", BIG)
    before = scene.snapshot()
    assert publish(scene, "app", BIG).unchanged == ["app"]
    assert scene.snapshot() == before
    original(scene).fetch("app", str(scene.dest))
    asked = scene.store.requests.count
    assert not original(scene).fetch("app", str(scene.dest)).changed
    assert scene.store.requests.count == asked + 1
    assert not original(scene, folder=None).fetch("app", str(scene.dest)).changed
    scene.dest.write_bytes(b"other")
    assert original(scene).fetch("app", str(scene.dest), check=True).changed
    assert original(scene).fetch("app", str(scene.dest)).changed
    assert scene.dest.read_bytes() == BIG


@pytest.mark.parametrize("plain", [True, False])
def test_what_the_original_uploaded_is_read_and_replaced(
    scene: Scene, plain: bool
) -> None:
    key = by_the_original(scene, "app", b"one", plain=plain)
    touched = original(scene).touched()
    original(scene).fetch("app", str(scene.dest))
    assert scene.dest.read_bytes() == b"one"
    publish(scene, "app", b"two")
    assert scene.keys() == sorted([".distsync", key])
    assert original(scene).touched() != touched
    original(scene).fetch("app", str(scene.dest))
    assert scene.dest.read_bytes() == b"two"


def test_plain_names(scene: Scene) -> None:
    publish(scene, "app", b"one", encrypt_names=False)
    assert scene.keys() == [".distsync", "app"]


def test_a_name_that_two_objects_have(scene: Scene) -> None:
    by_the_original(scene, "app", b"one")
    by_the_original(scene, "app", b"two")
    with pytest.raises(DistributionError, match="2 objects"):
        original(scene).fetch("app", str(scene.dest))
    publish(scene, "app", b"two")
    assert len(scene.keys()) == 2
    assert original(scene).fetch("app", str(scene.dest)).changed


def test_objects_that_are_not_ours_are_left_alone(scene: Scene) -> None:
    other = encrypt_name(SharedSecret.generate(), "app")
    for key in (other, "web/index.html", "a\nb"):
        scene.write(key, b"x")
    publish(scene, "app", b"one")
    assert [one.name for one in original(scene).listing()] == ["app"]
    assert original(scene).withdraw("app").changed == ["app"]
    assert original(scene).withdraw("app").unchanged == ["app"]
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
            original(scene).fetch("app", str(scene.dest))
        assert [path.name for path in scene.folder.iterdir()] == []


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", "a\0b", "n" * 300, ".distsync", "ZDAA" + "a" * 64]
)
def test_names_that_are_refused(scene: Scene, name: str) -> None:
    asked = scene.store.requests.count
    path = scene.file("app", b"one")
    with pytest.raises(NameRefusedError):
        original(scene).publish([Publication(path, name=name)])
    assert scene.store.requests.count == asked


def test_what_this_format_has_not(scene: Scene) -> None:
    one = Publication(scene.file("app", b"one"), version="1")
    with pytest.raises(DistributionError, match="version"):
        original(scene).publish([one])
    with pytest.raises(ReleaseMissingError):
        original(scene).fetch("app", str(scene.dest))


def test_check_mode_and_a_file_that_changes(scene: Scene) -> None:
    path = scene.file("app", BIG)
    store = original(scene)
    assert store.publish([Publication(path)], check=True).changed == ["app"]

    def change(_size: int) -> None:
        Path(path).write_bytes(b"other")

    with pytest.raises(SourceError, match="changed"):
        store.publish([Publication(path)], progress=change)
    assert not scene.keys()


def test_who_may_not_read_publishes_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(scene, "app", b"one")

    def deny(*_args: object, **_options: object) -> t.Any:
        raise AccessDeniedError("read", "there", "no")

    monkeypatch.setattr(type(scene.store), "read", deny)
    assert publish(scene, "app", b"one").changed == ["app"]
