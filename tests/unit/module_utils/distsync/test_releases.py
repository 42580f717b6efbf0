# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases in memory: published, fetched, withdrawn, rolled back, listed."""

from __future__ import annotations

import hashlib
import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync import (
    _results,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._channel import (
    LIFETIME,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    ReleaseMissingError,
    RequestRefusedError,
    VersionTakenError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    NameRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    ObjectMissingError,
    SourceError,
)
from tests.unit.module_utils.distsync.release_helpers import (
    BIG,
    NOON,
    RestlessStore,
    Scene,
    names,
)

# -- publish and fetch


@pytest.mark.parametrize("data", [b"", b"x", BIG], ids=["empty", "small", "big"])
def test_what_is_published_is_fetched(scene: Scene, data: bytes) -> None:
    outcome = scene.publish("app", "1", data)
    assert (outcome.changed, outcome.sequence) == (True, 1)
    (published,) = outcome.releases
    digest = hashlib.sha256(data).hexdigest()
    assert published == ("app", "1", digest, len(data), True, True)
    fetched = scene.fetcher().fetch("app", "latest", str(scene.dest))
    assert (fetched.changed, fetched.received) == (True, len(data))
    assert scene.dest.read_bytes() == data
    again = scene.fetcher().fetch("app", "latest", str(scene.dest))
    assert (again.changed, again.received) == (False, 0)


def test_the_version_is_of_the_digest_by_default(scene: Scene) -> None:
    (published,) = scene.publish("app", None, b"one").releases
    assert published.version == hashlib.sha256(b"one").hexdigest()[:16]
    assert scene.fetch(version=published.version) == b"one"


@pytest.mark.parametrize("version", ["1", None])
def test_the_same_again_changes_nothing(scene: Scene, version: str | None) -> None:
    scene.publish("app", version, b"one")
    before = scene.snapshot()
    outcome = scene.publish("app", version, b"one")
    assert not outcome.changed and not outcome.releases[0].changed
    assert scene.snapshot() == before
    # nor on a machine that remembers nothing
    assert not scene.publish("app", version, b"one", folder=None).changed
    assert scene.snapshot() == before


def test_other_contents_under_a_version_are_refused_unless_forced(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    before = scene.snapshot()
    with pytest.raises(VersionTakenError, match="SHA-256"):
        scene.publish("app", "1", b"two")
    assert scene.snapshot() == before
    assert scene.publish("app", "1", b"two", force=True).changed
    assert scene.fetch() == b"two"
    # what was replaced is gone
    assert [len(scene.keys(p)) for p in ("artifacts/", "releases/")] == [1, 1]


def test_several_files_are_seen_at_once(scene: Scene, store: RestlessStore) -> None:
    scene.publish("a", "1", b"a")
    seen: list[set[str]] = []

    def look(_key: str) -> None:
        seen.append(names(scene.fetcher(host="")))

    store.before = look
    files = [Publication(scene.file(name, b"2"), version="2") for name in "abc"]
    assert scene.publisher(store=store).publish(files).sequence == 2
    assert all(names == {"a"} for names in seen) and len(seen) > 6
    assert names(scene.fetcher()) == {"a", "b", "c"}
    assert scene.fetch("c") == b"2"


def test_mode_and_owner(scene: Scene) -> None:
    path = scene.file("app", b"one")
    os.chmod(path, 0o2751)
    scene.publisher().publish([Publication(path, version="1")])
    scene.fetch()
    assert scene.dest.stat().st_mode & 0o7777 == 0o751
    # another mode takes another record, and no other contents
    (artifact,) = scene.keys("artifacts/")
    one = Publication(path, version="1", mode=0o640, owner="root", group="root")
    outcome = scene.publisher().publish([one])
    assert outcome.changed and not outcome.releases[0].sent
    assert scene.keys("artifacts/") == [artifact]
    assert len(scene.keys("releases/")) == 1
    fetched = scene.fetcher().fetch("app", "latest", str(scene.dest))
    assert (fetched.changed, fetched.received) == (True, 0)
    assert scene.dest.stat().st_mode & 0o7777 == 0o640
    assert not scene.fetcher().fetch("app", "latest", str(scene.dest)).changed


def test_an_owner_that_is_not_on_the_host(scene: Scene) -> None:
    one = Publication(scene.file("app", b"one"), version="1", owner="no-such-user")
    scene.publisher().publish([one])
    with pytest.raises(ConfigurationError, match="user 'no-such-user'"):
        scene.fetch()
    assert not scene.dest.exists()


def test_a_destination_may_be_a_folder(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    folder = scene.folder / "out"
    folder.mkdir()
    fetched = scene.fetcher().fetch("app", "1", str(folder))
    assert fetched.path == str(folder / "app")
    assert [path.name for path in folder.iterdir()] == ["app"]


def test_a_link_at_the_destination_is_replaced_and_not_followed(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    other = scene.folder / "other"
    other.write_bytes(b"one")
    scene.dest.symlink_to(other)
    assert scene.fetcher().fetch("app", "1", str(scene.dest)).changed
    assert not scene.dest.is_symlink() and scene.dest.read_bytes() == b"one"


def test_what_was_changed_on_the_host_is_repaired(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.fetch()
    scene.dest.write_bytes(b"two")
    assert scene.fetcher().fetch("app", "1", str(scene.dest)).changed
    assert scene.dest.read_bytes() == b"one"


# -- check mode


def test_check_mode_tells_and_changes_nothing(scene: Scene) -> None:
    outcome = scene.publish("app", "1", b"one", check=True)
    assert outcome.changed and outcome.releases[0].sent and not scene.keys()
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two")
    before = scene.snapshot()
    publisher = scene.publisher()
    assert not scene.publish("app", "2", b"two", check=True).changed
    assert scene.publish("app", "1", b"one", check=True).changed
    assert scene.publish("app", "3", b"one", check=True).changed
    assert publisher.withdraw("app", check=True).changed
    assert publisher.roll_back("app", check=True).changed
    path = scene.file("app", b"two")
    one = Publication(path, version="2", mode=0o600)
    assert publisher.publish([one], check=True).changed
    assert scene.fetcher().fetch("app", "1", str(scene.dest), check=True).changed
    assert not scene.dest.exists()
    assert scene.snapshot() == before


# -- refused before any request


@pytest.mark.parametrize(
    "name", ["", "a/b", "/a", "..", ".", "a\0b", "a\nb", "n" * 300, "\udcff"]
)
def test_names_that_are_refused(scene: Scene, name: str) -> None:
    asked = scene.store.requests.count
    one = Publication(scene.file("app", b"one"), name=name, version="1")
    with pytest.raises(NameRefusedError):
        scene.publisher().publish([one])
    with pytest.raises(NameRefusedError):
        scene.fetcher().fetch(name, "1", str(scene.dest))
    assert scene.store.requests.count == asked


@pytest.mark.parametrize(
    "what",
    [
        *({"version": version} for version in ("", "latest", "a/b", "-1", "v" * 129)),
        *({"mode": mode} for mode in (-1, 0o1000, 0o4755)),
        *({"owner": owner} for owner in ("", "a:b", "-a", "../a")),
        {"expires": 0},
    ],
)
def test_requests_that_are_refused(scene: Scene, what: dict[str, t.Any]) -> None:
    asked = scene.store.requests.count
    one = Publication(scene.file("app", b"one"), **{"version": "1", **what})
    with pytest.raises(RequestRefusedError):
        scene.publisher().publish([one])
    assert scene.store.requests.count == asked


def test_one_name_twice_is_refused(scene: Scene) -> None:
    one = Publication(scene.file("app", b"one"), version="1")
    with pytest.raises(RequestRefusedError, match="Two files"):
        scene.publisher().publish([one, one])


@pytest.mark.parametrize("what", ["missing", "folder", "pipe"])
def test_sources_that_are_no_files(scene: Scene, what: str, tmp_path: Path) -> None:
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    with pytest.raises(SourceError, match=what):
        scene.publisher().publish([Publication(str(path))])
    assert not scene.keys()


# -- a file that changes


@pytest.mark.parametrize("version", ["1", None])
@pytest.mark.parametrize("how", ["written", "grown", "cut", "replaced"])
def test_a_file_that_changes_while_it_is_published(
    scene: Scene, how: str, version: str | None
) -> None:
    path = Path(scene.file("app", BIG))
    done: list[str] = []

    def change(_size: int) -> None:
        if done:
            return
        done.append(how)
        if how == "replaced":
            path.with_name("new").write_bytes(BIG)
            path.with_name("new").rename(path)
            return
        with path.open("r+b") as file:
            if how == "cut":
                file.truncate(1000)
            else:
                file.seek(0, os.SEEK_END if how == "grown" else os.SEEK_SET)
                file.write(b"other")

    with pytest.raises(SourceError, match="changed|shorter"):
        scene.publisher().publish(
            [Publication(str(path), version=version)], progress=change
        )
    assert done and not scene.keys("feed/") and not scene.keys("artifacts/")


# -- withdraw, roll back, renew, list


def test_withdraw(scene: Scene) -> None:
    for version in "123":
        scene.publish("app", version, version.encode())
    publisher = scene.publisher()
    assert publisher.withdraw("app", "3").changed
    assert scene.fetch() == b"2"
    assert not publisher.withdraw("app", "3").changed
    assert publisher.withdraw("app", "1").changed
    assert scene.fetch() == b"2"
    # nothing of them is left
    assert [len(scene.keys(p)) for p in ("artifacts/", "releases/")] == [1, 1]
    assert publisher.withdraw("app").changed
    assert not publisher.withdraw("app").changed
    assert not publisher.withdraw("never was").changed
    with pytest.raises(ReleaseMissingError):
        scene.fetch()
    assert scene.keys() == [scene.feed_key]


def test_roll_back(scene: Scene) -> None:
    for version in "123":
        scene.publish("app", version, version.encode())
    outcome = scene.publisher().roll_back("app")
    assert (outcome.changed, outcome.sequence) == (True, 4)
    assert scene.fetch() == b"2"
    assert scene.publisher().roll_back("app", "1").sequence == 5
    assert scene.fetch() == b"1"
    assert not scene.publisher().roll_back("app", "1").changed
    with pytest.raises(ReleaseMissingError, match="before '1'"):
        scene.publisher().roll_back("app")
    with pytest.raises(ReleaseMissingError, match="There are: 1, 2, 3"):
        scene.publisher().roll_back("app", "zzzz")
    # publishing it again brings it back, and sends nothing
    (published,) = scene.publish("app", "3", b"3").releases
    assert published.changed and not published.sent
    assert scene.fetch() == b"3" and scene.fetch(version="1") == b"1"


def test_what_is_not_there(scene: Scene) -> None:
    with pytest.raises(ReleaseMissingError, match="Nothing was published"):
        scene.fetch()
    scene.publish("app-linux", "1.0", b"one")
    with pytest.raises(ReleaseMissingError, match="Did you mean app-linux"):
        scene.fetch("app-linus")
    with pytest.raises(ReleaseMissingError, match=r"Did you mean 1\.0"):
        scene.fetch("app-linux", "1.1")
    with pytest.raises(ReleaseMissingError, match="Nothing was published"):
        scene.fetch("app-linux", channel="beta")
    for key in scene.keys("artifacts/"):
        scene.store.delete([scene.endpoint.prefix + key])
    with pytest.raises(ObjectMissingError, match="publish it again"):
        scene.fetch("app-linux")


def test_the_feed_is_renewed_when_it_ends_soon(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.now += LIFETIME * 0.6
    assert not scene.publish("app", "1", b"one").changed
    scene.now += LIFETIME * 0.1
    outcome = scene.publish("app", "1", b"one")
    assert (outcome.changed, outcome.renewed, outcome.sequence) == (True, True, 2)
    assert not outcome.releases[0].changed
    scene.now += LIFETIME * 0.9
    assert scene.fetch() == b"one"


def test_listing(scene: Scene) -> None:
    for name, version in (("b", "1"), ("a", "1"), ("a", "2")):
        scene.publish(name, version, BIG)
        scene.now += 60
    scene.publisher().roll_back("a")
    found = scene.fetcher().look().releases
    assert [(one.name, one.version, one.latest) for one in found] == [
        ("a", "1", True),
        ("a", "2", False),
        ("b", "1", True),
    ]
    assert [one.age for one in found] == [120, 60, 180]
    assert {one.size for one in found} == {len(BIG)}
    assert found[2].created == NOON and found[0].sealed_size > len(BIG)


def test_polling(scene: Scene) -> None:
    fetcher = scene.fetcher()
    assert fetcher.poll(None) is None
    scene.publish("app", "1", b"one")
    seen = fetcher.poll(None)
    assert seen is not None and seen.sequence == 1
    asked = scene.store.requests.count
    assert fetcher.poll(seen.etag) is None
    assert scene.store.requests.count <= asked + 1
    scene.publish("app", "2", b"two")
    later = fetcher.poll(seen.etag)
    assert later is not None and later.sequence == 2


# -- what a listing of the bucket shows


def test_keys_show_neither_names_nor_versions_nor_their_lengths(scene: Scene) -> None:
    for name in ("a", "application-" * 20):
        for version in ("1", "1.2.3-" + "x" * 100):
            scene.publish(name, version, b"one", channel="stable")
            scene.publish(name, version, b"one", channel="a-much-longer-channel")
    shapes = {key.rpartition("/")[0] for key in scene.keys()}
    assert shapes == {"artifacts", "releases", "feed"}
    assert {len(key.rpartition("/")[2]) for key in scene.keys()} == {40}
    assert all(
        set(k.rpartition("/")[2]) <= set("0123456789abcdef") for k in scene.keys()
    )
    everything = b"".join([*scene.snapshot().values(), *map(str.encode, scene.keys())])
    for clear in (b"application", b"stable", b"1.2.3", scene.secret.encode().encode()):
        assert clear not in everything
    # records are of one size, whatever they say
    assert len({len(scene.read(key)) for key in scene.keys("releases/")}) == 1


def test_no_module_names_the_secret(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.fetch()
    texts = (path.read_text() for path in scene.folder.rglob("*.feed"))
    for text in texts:
        assert scene.key.encode() not in text and scene.secret.encode() not in text
    assert "secret" not in repr(_results.Fetched)
