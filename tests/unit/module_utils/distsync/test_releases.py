# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases in memory: published, fetched, withdrawn, rolled back, listed, pruned."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import random
import shutil
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync import (
    _placing,
    _results,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._channel import (
    LIFETIME,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    BusyError,
    ReleaseMissingError,
    RequestRefusedError,
    VersionTakenError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._fetch import (
    Fetcher,
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
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    CHUNK_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    NameRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
    ConfigurationError,
    LocalWriteError,
    LongshoreError,
    ObjectMissingError,
    SourceError,
    UnreachableError,
)
from tests.unit.module_utils.distsync.release_helpers import DAY, NOON, Scene

BIG = random.Random(1).randbytes(300_000)


class _Store(MemoryStore):
    """Calls ``before`` ahead of each write, and is gone for reads at and after an offset."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.endpoint)
        self.before: t.Callable[[str], None] = lambda key: None
        self.gone_from: int | None = None
        self.was_read: list[tuple[str, int]] = []

    def write(
        self, key: str, body: t.Any, *args: t.Any, **options: t.Any
    ) -> ObjectInfo:
        self.before(key.removeprefix(self.endpoint.prefix))
        return super().write(key, body, *args, **options)

    def read(self, key: str, start: int = 0, length: int | None = None) -> t.Any:
        self.was_read.append((key.removeprefix(self.endpoint.prefix), start))
        opened = super().read(key, start, length)
        if self.gone_from is None:
            return opened
        return dataclasses.replace(opened, chunks=self._breaking(opened.chunks, start))

    def _breaking(self, chunks: t.Iterator[bytes], start: int) -> t.Iterator[bytes]:
        assert self.gone_from is not None
        for chunk in chunks:
            if start + len(chunk) > self.gone_from:
                yield chunk[: max(0, self.gone_from - start)]
                raise UnreachableError("read", self.endpoint.place, "it is gone")
            start += len(chunk)
            yield chunk


@pytest.fixture()
def store(scene: Scene) -> _Store:
    return _Store(scene)


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


def names(fetcher: Fetcher) -> set[str]:
    return {one.name for one in fetcher.look().releases}


def test_several_files_are_seen_at_once(scene: Scene, store: _Store) -> None:
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


# -- two publishers


def test_two_publishers_of_two_artifacts(scene: Scene, store: _Store) -> None:
    """The one that loses goes on from what the other has made."""
    scene.publish("app", "1", b"one")

    def interfere(key: str) -> None:
        if key.startswith("feed/"):
            store.before = lambda key: None
            scene.publish("other", "1", b"other")

    store.before = interfere
    assert scene.publish("app", "2", b"two", store=store).sequence == 3
    assert scene.fetch() == b"two" and scene.fetch("other") == b"other"


def test_two_publishers_of_one_version(scene: Scene, store: _Store) -> None:
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


def test_two_publishers_of_the_same(scene: Scene, store: _Store) -> None:
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


def test_a_feed_that_is_never_still(scene: Scene, store: _Store) -> None:
    count = iter(range(100))

    def interfere(key: str) -> None:
        if key.startswith("feed/"):
            scene.publish("other", str(next(count)), b"x", folder=None)

    store.before = interfere
    with pytest.raises(ConditionFailedError):
        scene.publish("app", "1", b"one", store=store)


def test_one_file_published_twice_at_once(scene: Scene, store: _Store) -> None:
    def interfere(key: str) -> None:
        if key.startswith("artifacts/"):
            store.before = lambda key: None
            with pytest.raises(BusyError):
                scene.publisher().publish([Publication(path, version="1")])

    store.before = interfere
    path = scene.file("app", b"one")
    scene.publisher(store=store).publish([Publication(path, version="1")])
    assert scene.fetch() == b"one"


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
    found = scene.fetcher().listing()
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


# -- pruning


def test_pruning_takes_what_no_feed_names(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.publish("app", "1", b"one", channel="beta")
    before = scene.snapshot()
    litter = {
        f"{prefix}{'0' * 39}{n}": b"x"
        for n in "12"
        for prefix in ("artifacts/", "releases/")
    }
    foreign = {
        "artifacts/readme.txt": b"x",
        "releases/x": b"x",
        "feed/x": b"x",
        "web/a": b"x",
    }
    scene.restore({**litter, **foreign})
    assert scene.publisher().prune(check=True) == (4, 4)
    assert scene.snapshot() == {**before, **litter, **foreign}
    assert scene.publisher().prune() == (4, 4)
    assert scene.snapshot() == {**before, **foreign}
    assert scene.publisher().prune() == (0, 0)


def test_pruning_leaves_what_is_on_its_way(scene: Scene, store: _Store) -> None:
    pruned = []

    def prune(key: str) -> None:
        pruned.append(scene.publisher(folder=None).prune())

    store.before = prune
    scene.publish("app", "1", b"one", store=store)
    scene.publish("app", "2", b"two", store=store)
    assert scene.fetch() == b"two" and scene.fetch(version="1") == b"one"
    assert {one.objects for one in pruned} == {0} and len(pruned) == 8


def test_pruning_takes_what_a_killed_publisher_left(
    scene: Scene, store: _Store
) -> None:
    scene.publish("app", "1", b"one")

    def die(key: str) -> None:
        if key.startswith("feed/"):
            raise KeyboardInterrupt

    store.before = die
    with pytest.raises(KeyboardInterrupt):
        scene.publish("app", "2", b"two", store=store)
    assert scene.publisher().prune().objects == 0
    scene.now += 8 * DAY
    assert scene.publisher().prune().objects == 3
    assert len(scene.keys()) == 3 and scene.fetch() == b"one"


def test_pruning_stops_at_a_feed_that_cannot_be_read(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    litter = f"artifacts/{'0' * 40}"
    scene.restore({litter: b"x", f"feed/{'0' * 40}": b"damaged"})
    with pytest.raises(LongshoreError, match="0000000"):
        scene.publisher().prune()
    assert litter in scene.keys()


# -- going on after an interruption


@pytest.fixture()
def small_steps(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(_placing, "STEP", 50_000)
    return 50_000


def test_a_fetch_is_gone_on_with(scene: Scene, store: _Store, small_steps: int) -> None:
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
    scene: Scene, store: _Store, small_steps: int
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
    scene: Scene, store: _Store, small_steps: int
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
    scene: Scene, store: _Store
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


def test_no_module_names_the_secret(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.fetch()
    texts = (path.read_text() for path in scene.folder.rglob("*.feed"))
    for text in texts:
        assert scene.key.encode() not in text and scene.secret.encode() not in text
    assert "secret" not in repr(_results.Fetched)
