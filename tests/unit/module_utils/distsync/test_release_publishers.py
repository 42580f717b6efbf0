# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases that several publishers make at once: none is lost, and none is made twice."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    BusyError,
    VersionTakenError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
)
from tests.unit.module_utils.distsync.release_helpers import (
    DAY,
    RestlessStore,
    Scene,
    names,
)


def test_two_publishers_of_two_artifacts(scene: Scene, store: RestlessStore) -> None:
    """The one that loses goes on from what the other has made."""
    scene.publish("app", "1", b"one")

    def interfere(key: str) -> None:
        if key.startswith("feed/"):
            store.before = lambda key: None
            scene.publish("other", "1", b"other")

    store.before = interfere
    assert scene.publish("app", "2", b"two", store=store).sequence == 3
    assert scene.fetch() == b"two" and scene.fetch("other") == b"other"


def test_two_publishers_of_one_version(scene: Scene, store: RestlessStore) -> None:
    """The one that loses says which version it was, and takes its objects away."""
    scene.publish("app", "1", b"one")

    def interfere(key: str) -> None:
        if key.startswith("feed/"):
            store.before = lambda key: None
            other = str(scene.folder / "other")
            scene.publish("app", "2", b"theirs", folder=other)

    store.before = interfere
    with pytest.raises(VersionTakenError, match="'app' '2'"):
        scene.publish("app", "2", b"ours", store=store)
    assert scene.fetch() == b"theirs"
    assert [len(scene.keys(p)) for p in ("artifacts/", "releases/")] == [2, 2]


def test_two_publishers_of_the_same(scene: Scene, store: RestlessStore) -> None:
    def interfere(key: str) -> None:
        if key.startswith("feed/"):
            store.before = lambda key: None
            scene.publish("app", "1", b"one", folder=str(scene.folder / "other"))

    store.before = interfere
    scene.publish("app", "1", b"one", store=store)
    assert scene.fetch() == b"one"
    # one of the two was taken away, or is litter
    scene.now += 8 * DAY
    scene.publisher().prune()
    assert len(scene.keys()) == 3


def test_many_publishers_at_once(scene: Scene) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            scene.publish(f"app{number}", "1", b"%d" % number, folder=None)
        # looked at below
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert names(scene.fetcher()) == {f"app{n}" for n in range(4)}


def test_a_feed_that_is_never_still(scene: Scene, store: RestlessStore) -> None:
    count = iter(range(100))

    def interfere(key: str) -> None:
        if key.startswith("feed/"):
            scene.publish("other", str(next(count)), b"x", folder=None)

    store.before = interfere
    with pytest.raises(ConditionFailedError):
        scene.publish("app", "1", b"one", store=store)


def test_one_file_published_twice_at_once(scene: Scene, store: RestlessStore) -> None:
    def interfere(key: str) -> None:
        if key.startswith("artifacts/"):
            store.before = lambda key: None
            with pytest.raises(BusyError):
                scene.publisher().publish([Publication(path, version="1")])

    store.before = interfere
    path = scene.file("app", b"one")
    scene.publisher(store=store).publish([Publication(path, version="1")])
    assert scene.fetch() == b"one"
