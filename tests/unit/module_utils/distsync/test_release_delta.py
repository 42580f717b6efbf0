# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new version out of an older file and what changed."""

from __future__ import annotations

import os
import random
import sys
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._local_file import (
    LocalFile,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._patching import (
    LARGEST_INDEX,
    SEALED_CHUNK,
    cutter_of,
    encoded_index,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Fetched,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    Layout,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    MissingLibraryError,
)
from tests.unit.module_utils.distsync.release_helpers import Scene

OLD = random.Random(7).randbytes(3_000_000)
#: Something inserted, something else, and something gone.
NEW = OLD[:500_000] + b"more" + OLD[500_000:2_000_000] + bytes(999) + OLD[2_010_000:]


def publish(scene: Scene, version: str, data: bytes, **options: t.Any) -> None:
    scene.publish("app", version, data, **{"delta": True, **options})


def fetch(scene: Scene, *, older: str | None = None, delta: bool = True) -> Fetched:
    """And what it fetched is right."""
    progressed: list[int] = []
    fetched = scene.fetcher(delta=delta).fetch(
        "app", "2", str(scene.dest), progress=progressed.append, older=older
    )
    assert scene.dest.read_bytes() == NEW
    assert sum(progressed) == (len(NEW) if fetched.changed else 0)
    assert not list(scene.folder.glob(".longshore-*"))
    return fetched


def test_what_did_not_change_is_taken_from_the_file_that_is_there(scene: Scene) -> None:
    publish(scene, "1", OLD)
    publish(scene, "2", NEW)
    scene.fetcher().fetch("app", "1", str(scene.dest))
    assert 0 < fetch(scene).received < len(NEW) // 3
    assert fetch(scene).received == 0


def test_the_older_file_may_be_elsewhere(scene: Scene) -> None:
    publish(scene, "2", NEW)
    older = scene.file("older", OLD)
    assert fetch(scene, older=older).received < len(NEW) // 3


def test_the_envelope_has_small_chunks(scene: Scene) -> None:
    publish(scene, "1", OLD)
    (entry,) = scene.publisher().feed().entries
    layout = Layout(AES_256_GCM, SEALED_CHUNK)
    assert entry.sealed_size == layout.sealed_size(len(OLD))


@pytest.mark.parametrize("older", ["link", "pipe", "folder", "other", "empty", "none"])
def test_without_a_file_of_use_all_is_fetched(scene: Scene, older: str) -> None:
    publish(scene, "2", NEW)
    path = scene.folder / "older"
    match older:
        case "link":
            path.symlink_to(scene.file("there", OLD))
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "other":
            path.write_bytes(random.Random(8).randbytes(100_000))
        case "empty":
            path.touch()
    assert fetch(scene, older=str(path)).received == len(NEW)


@pytest.mark.parametrize("publishes", [True, False])
def test_both_sides_must_want_it(scene: Scene, publishes: bool) -> None:
    publish(scene, "2", NEW, delta=publishes)
    older = scene.file("older", OLD)
    assert fetch(scene, older=older, delta=not publishes).received == len(NEW)


def test_an_index_of_another_file_is_not_used(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scene.file("other", OLD)
    with LocalFile(path) as file:
        index = encoded_index(file, cutter_of(scene.secret))
    for bad in (index, index[:-1], b"x", b""):
        name = f"{encoded_index.__module__.rpartition('.')[0]}._batch.encoded_index"
        monkeypatch.setattr(name, lambda *_args, bad=bad: bad)
        publish(scene, "2", NEW, force=True)
        publish(scene, "1", OLD, force=True)
        scene.dest.unlink(missing_ok=True)
        assert fetch(scene, older=path).received == len(NEW)
        scene.publisher().withdraw("app")


def test_an_index_that_is_too_large_is_left_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{encoded_index.__module__}.LARGEST_INDEX"
    monkeypatch.setattr(name, 100)
    assert LARGEST_INDEX > 100
    publish(scene, "2", NEW)
    assert scene.fetcher().release("app").index == b""
    assert fetch(scene, older=scene.file("older", OLD)).received == len(NEW)


def test_cuts_are_of_the_secret(scene: Scene) -> None:
    """Who has not the secret cannot tell a known file by the sizes of what is fetched."""
    with LocalFile(scene.file("app", OLD)) as file:
        ours = encoded_index(file, cutter_of(scene.secret))
        other = Scene(scene.folder, scene.workers)
        assert encoded_index(file, cutter_of(other.secret)) != ours


def test_a_library_that_is_missing_is_named(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyfastcdc", None)
    with pytest.raises(MissingLibraryError, match="pyfastcdc"):
        publish(scene, "1", OLD)
    monkeypatch.undo()
    publish(scene, "2", NEW)
    older = scene.file("older", OLD)
    monkeypatch.setitem(sys.modules, "pyfastcdc", None)
    fetched = fetch(scene, older=older)
    assert fetched.received == len(NEW) and "pyfastcdc" in fetched.warnings[0]
