# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a configuration to who publishes and who fetches, in both formats."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    RequestRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._opening import (
    Fetching,
    Publishing,
    fetching,
    publishing,
    state_folder,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._release import (
    LATEST,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from tests.unit.module_utils.distsync.release_helpers import Scene

FORMATS = list(Format)


@pytest.fixture(autouse=True)
def _own_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))


def configured(scene: Scene, store_format: Format) -> Configuration:
    """Of who publishes."""
    common = Configuration(scene.secret, scene.endpoint, format=store_format)
    if store_format is Format.DISTSYNC01:
        return common
    return dataclasses.replace(
        common, signing_key=scene.key, algorithm=AES_256_GCM, delta=True
    )


@pytest.mark.parametrize("store_format", FORMATS)
def test_both_formats(scene: Scene, store_format: Format) -> None:
    configuration = configured(scene, store_format)
    path = scene.file("app", b"one")
    with publishing(configuration) as publisher:
        assert publisher.look().releases == ()
        planned = publisher.publish([Publication(path)], check=True)
        done = publisher.publish([Publication(path)])
        assert planned.releases == done.releases and done.changed
        assert done.releases[0][3:] == (3, True, True)
        assert not publisher.publish([Publication(path)]).changed
        (listed,) = publisher.look().releases
        assert (listed.name, listed.latest) == ("app", True)
    with fetching(configuration) as fetcher:
        seen = fetcher.poll(None)
        assert seen is not None and fetcher.poll(seen.etag) is None
        # but for its age
        assert [one[:-1] for one in seen.releases] == [
            one[:-1] for one in fetcher.look().releases
        ]
        planned_fetch = fetcher.fetch("app", LATEST, str(scene.dest), check=True)
        fetched = fetcher.fetch("app", LATEST, str(scene.dest))
        assert planned_fetch.changed and fetched.changed and fetched.received == 3
        assert fetched.digest == done.releases[0].digest
        assert not fetcher.fetch("app", LATEST, str(scene.dest)).changed
    assert scene.dest.read_bytes() == b"one"
    with publishing(configuration) as publisher:
        assert publisher.withdraw("app").changed
        assert publisher.look().releases == ()
    assert Path(state_folder()).is_dir() and not list(scene.folder.glob("*.feed"))


def test_what_distsync01_has_not(scene: Scene) -> None:
    configuration = configured(scene, Format.DISTSYNC01)
    one = Publication(scene.file("app", b"one"))
    release: t.Any = dataclasses.make_dataclass("Release", ["name"])("app")

    def refuses(
        call: t.Callable[..., object], *args: object, **options: object
    ) -> None:
        with pytest.raises(RequestRefusedError, match="the format distsync01 has none"):
            call(*args, **options)

    with publishing(configuration) as publisher:
        for asked in (
            dataclasses.replace(one, version="1"),
            dataclasses.replace(one, owner="root"),
            dataclasses.replace(one, group="root"),
            dataclasses.replace(one, mode=0o600),
            dataclasses.replace(one, expires=60),
        ):
            refuses(publisher.publish, [asked])
        refuses(publisher.withdraw, "app", "1")
        refuses(publisher.roll_back, "app")
        refuses(publisher.renew)
        refuses(publisher.hand_over, SigningKey.generate())
        refuses(publisher.prune)
    with fetching(configuration) as fetcher:
        refuses(fetcher.release, "app")
        refuses(fetcher.put, release, "app")
        refuses(fetcher.fetch, "app", "1", "app")
    assert not scene.keys()


def test_keys_that_are_missing(scene: Scene) -> None:
    configuration = Configuration(scene.secret, scene.endpoint)
    with pytest.raises(ConfigurationError, match="SigningKey is missing"):
        with publishing(configuration):
            pass
    with pytest.raises(ConfigurationError, match="PublicKey is missing"):
        with fetching(configuration):
            pass


def test_a_channel_of_several(scene: Scene) -> None:
    scene.now = time.time()
    scene.publish("app", "1", b"one", channel="canary")
    public = scene.key.public
    channels = ("stable", "canary")
    configuration = Configuration(
        scene.secret, scene.endpoint, public_key=public, channels=channels
    )
    with fetching(
        configuration, "canary", folder=str(scene.folder / "state")
    ) as fetcher:
        (listed,) = fetcher.look().releases
    assert listed.version == "1" and list((scene.folder / "state").glob("*.feed"))


def test_the_protocols_are_satisfied(scene: Scene) -> None:
    """Said to the type checker."""
    publisher: Publishing = scene.publisher()
    fetcher: Fetching = scene.fetcher()
    assert publisher and fetcher
