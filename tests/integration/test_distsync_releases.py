# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases in real stores: published, fetched, by two at once, by killed processes, by minimal identities."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
import typing as t
import uuid
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    MismatchError,
    RolledBackError,
    VersionTakenError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._fetch import (
    Fetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identities import (
    open_identities,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._original_fetch import (
    OriginalFetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._original_publish import (
    OriginalPublisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._publish import (
    Publisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._release import (
    LATEST,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.integration import releases_program
from tests.integration.networks import Tripwire, by_way
from tests.integration.places import Places, S3Place
from tests.integration.processes import Killable

MIB = 1024 * 1024
#: Through parts of an upload, and ranges of a download.
BIG = random.Random(1).randbytes(20 * MIB + 12345)
KINDS = ("seaweedfs", "moto", "azurite", "swift", "gcs", "local")


@pytest.fixture(scope="module")
def workers() -> t.Iterator[Workers]:
    with Workers(2) as started:
        yield started


class Distribution:
    """A distribution in a place, and a folder of the test's own."""

    def __init__(self, place: t.Any, folder: Path, workers: Workers) -> None:
        self.place = place
        self.folder = folder
        self.workers = workers
        self.secret = SharedSecret.generate()
        self.key = SigningKey.generate()
        written = place.endpoint()
        self.store = open_store(
            parse_endpoint(
                written, option="store", providers=None, default_provider=None
            )
        )

    def publisher(
        self, name: str = "publisher", store: Store | None = None, **options: t.Any
    ) -> Publisher:
        return Publisher(
            store or self.store,
            self.secret,
            self.key,
            "stable",
            self.workers,
            folder=str(self.folder / name),
            algorithm=AES_256_GCM,
            **options,
        )

    def fetcher(self, name: str = "host", store: Store | None = None) -> Fetcher:
        return Fetcher(
            store or self.store,
            self.secret,
            self.key.public,
            "stable",
            self.workers,
            folder=str(self.folder / name),
        )

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / "sources" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return str(path)

    def publish(self, name: str, version: str, data: bytes, **options: t.Any) -> t.Any:
        one = Publication(self.file(name, data), version=version)
        return self.publisher().publish([one], **options)

    def fetch(self, name: str = "app", version: str = "latest") -> bytes:
        self.dest.unlink(missing_ok=True)
        assert self.fetcher().fetch(name, version, str(self.dest)).changed
        return self.dest.read_bytes()

    @property
    def dest(self) -> Path:
        return self.folder / "placed"

    def ids(self, prefix: str) -> list[str]:
        return sorted(key for key in self.place.keys() if key.startswith(prefix))


@pytest.fixture()
def new(
    places: Places, tmp_path: Path, workers: Workers
) -> t.Iterator[t.Callable[[str], Distribution]]:
    made: list[Distribution] = []

    def make(kind: str) -> Distribution:
        place = places(kind)
        place.make()
        made.append(Distribution(place, tmp_path, workers))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_life_of_releases(new: t.Callable[[str], Distribution], kind: str) -> None:
    fleet = new(kind)
    assert fleet.publish("app", "1", BIG).releases[0].sent
    assert not fleet.publish("app", "1", BIG).changed
    assert fleet.fetch() == BIG
    assert not fleet.fetcher().fetch("app", "1", str(fleet.dest)).changed

    seen = fleet.fetcher().poll(None)
    assert seen is not None and fleet.fetcher().poll(seen.etag) is None
    assert fleet.publish("app", "2", b"two").sequence == 2
    later = fleet.fetcher().poll(seen.etag)
    assert later is not None and later.sequence == 2
    assert fleet.fetch() == b"two" and fleet.fetch(version="1") == BIG
    with pytest.raises(VersionTakenError):
        fleet.publish("app", "2", b"other")

    assert fleet.publisher().roll_back("app").changed
    assert fleet.fetch() == BIG
    assert fleet.publisher().withdraw("app", "1").changed
    assert fleet.fetch() == b"two"
    assert fleet.publisher().prune() == (0, 0)
    shapes = {key.rpartition("/")[0] for key in fleet.place.keys()}
    assert shapes == {"artifacts", "releases", "feed"}
    assert {len(key.rpartition("/")[2]) for key in fleet.place.keys()} == {40}
    assert len(fleet.place.keys()) == 3


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "azurite", "gcs", "local"])
def test_two_publishers_at_once(
    new: t.Callable[[str], Distribution], kind: str
) -> None:
    """By conditional writes, everything that was published is in the feed."""
    fleet = new(kind)
    barrier = threading.Barrier(3)
    failures: list[LongshoreError] = []

    def work(number: int) -> None:
        publisher = fleet.publisher(f"publisher{number}")
        own = fleet.file(f"app{number}", b"%d" % number)
        same = fleet.file(f"same{number}", b"%d" % number)
        barrier.wait()
        try:
            publisher.publish([Publication(own, version="1")])
            publisher.publish([Publication(same, "same", "1")])
        except LongshoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # one of three contents got the version, and the others were told
    assert [type(one) for one in failures] == [VersionTakenError] * 2
    assert "'same' '1'" in str(failures[0])
    for number in range(3):
        assert fleet.fetch(f"app{number}") == b"%d" % number
    assert fleet.fetch("same") in (b"0", b"1", b"2")
    assert len(fleet.ids("artifacts/")) == len(fleet.ids("releases/")) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_attacker_puts_there(
    new: t.Callable[[str], Distribution], kind: str
) -> None:
    fleet = new(kind)
    fleet.publish("app", "1", b"one")
    (feed,) = fleet.ids("feed/")
    old = fleet.place.read(feed)
    fleet.publish("app", "2", b"two")
    assert fleet.fetch() == b"two"
    newest = fleet.place.read(feed)
    fleet.place.write(feed, old)
    with pytest.raises(RolledBackError):
        fleet.fetch()
    fleet.place.write(feed, newest)
    for key in fleet.ids("artifacts/"):
        fleet.place.write(key, fleet.place.read(key) + bytes(MIB))
    with pytest.raises(MismatchError):
        fleet.fetch()
    assert not fleet.dest.exists()


@pytest.mark.parametrize("kind", ["seaweedfs", "moto"])
def test_more_objects_than_a_listing_has_on_a_page(
    new: t.Callable[[str], Distribution], kind: str
) -> None:
    fleet = new(kind)
    fleet.publish("app", "1", b"one")
    before = fleet.place.keys()
    for number in range(1050):
        fleet.store.write(f"artifacts/{number:040x}", b"x")
    assert fleet.publisher().prune(check=True) == (1050, 1050)
    assert fleet.publisher().prune() == (1050, 1050)
    assert fleet.place.keys() == before
    assert fleet.fetch() == b"one"


@pytest.mark.parametrize("kind", KINDS)
def test_the_original_format(new: t.Callable[[str], Distribution], kind: str) -> None:
    fleet = new(kind)
    publisher = OriginalPublisher(fleet.store, fleet.secret, fleet.workers)
    folder = str(fleet.folder / "memory")
    fetcher = OriginalFetcher(fleet.store, fleet.secret, fleet.workers, folder=folder)
    dest, etag = str(fleet.dest), None
    for data in (BIG[: 3 * MIB], b"two"):
        one = Publication(fleet.file("app", data))
        assert publisher.publish([one]).changed
        assert not publisher.publish([one]).changed
        seen = fetcher.poll(etag)
        assert seen is not None and fetcher.poll(seen.etag) is None
        etag = seen.etag
        assert fetcher.fetch("app", LATEST, dest).changed
        assert not fetcher.fetch("app", LATEST, dest).changed
        assert fleet.dest.read_bytes() == data
    assert len(fleet.place.keys()) == 2
    assert publisher.withdraw("app").changed


# -- killed


class _Cut:
    """A process that is killed when ``after`` bytes have passed, and the way that the next can take, too."""

    def __init__(
        self, fleet: Distribution, counted: t.Any, after: int, **what: str
    ) -> None:
        self._process: Killable | None = None
        self._counted = counted
        self._way = Tripwire(fleet.place.server.port, after, self._kill, counted)
        self._fleet = fleet
        self._what = what

    def __enter__(self) -> t.Self:
        self._way.__enter__()
        self._run()
        # the process may be gone before its killer says so
        assert self._way.tripped.wait(60)
        return self

    def __exit__(self, *exc: object) -> None:
        self._way.__exit__(*exc)

    def _run(self) -> int:
        what = {
            "endpoint": by_way(self._way, self._fleet.place),
            "secret": self._fleet.secret.encode(),
            "folder": str(self._fleet.folder / "state"),
            **self._what,
        }
        self._process = Killable(releases_program, what)
        return self._process.run()

    def _kill(self) -> None:
        assert self._process is not None
        self._process.kill()

    def run_again(self) -> int:
        """The next run; how many bytes passed in it."""
        before = self._way.passed[self._counted]
        assert self._run() == 0
        return self._way.passed[self._counted] - before


LARGE = random.Random(2).randbytes(64 * MIB)


def test_a_killed_upload_is_gone_on_with(
    new: t.Callable[[str], Distribution],
) -> None:
    fleet = new("seaweedfs")
    path = fleet.file("app", LARGE)
    key = fleet.key.encode()
    with _Cut(fleet, "up", 48 * MIB, publish=path, key=key) as cut:
        assert not fleet.ids("feed/") and not fleet.ids("artifacts/")
        (upload,) = _unfinished(fleet)
        answer = fleet.place.client.list_parts(Bucket=fleet.place.name, **upload)
        stored = sum(part["Size"] for part in answer["Parts"])
        assert stored > 0
        notes = list((fleet.folder / "state").glob("*.sending"))
        assert len(notes) == 1
        for text in (notes[0].read_text(), str(notes[0])):
            assert fleet.secret.encode() not in text and key not in text
        assert cut.run_again() < len(LARGE) - stored + MIB
    assert fleet.fetch() == LARGE
    assert not _unfinished(fleet)
    assert not list((fleet.folder / "state").glob("*.sending"))
    assert len(fleet.place.keys()) == 3


def _unfinished(fleet: Distribution) -> list[dict[str, str]]:
    answer = fleet.place.client.list_multipart_uploads(Bucket=fleet.place.name)
    return [
        {"Key": upload["Key"], "UploadId": upload["UploadId"]}
        for upload in answer.get("Uploads", ())
    ]


def test_a_killed_download_is_gone_on_with(
    new: t.Callable[[str], Distribution],
) -> None:
    fleet = new("seaweedfs")
    fleet.publish("app", "1", LARGE)
    dest, key = str(fleet.dest), fleet.key.public.encode()
    with _Cut(fleet, "down", 56 * MIB, fetch=dest, key=key) as cut:
        assert not fleet.dest.exists()
        (aside,) = fleet.folder.glob(".longshore-*")
        assert aside.stat().st_mode & 0o777 == 0o600
        assert cut.run_again() < len(LARGE) - 8 * MIB
    assert fleet.dest.read_bytes() == LARGE
    assert not list(fleet.folder.glob(".longshore-*"))


@pytest.mark.parametrize("turns", range(14))
def test_a_publisher_killed_at_any_moment(
    new: t.Callable[[str], Distribution], turns: int
) -> None:
    """What can be seen is the old or the new; the next run comes to the new, and litter is pruned."""
    fleet = new("moto")
    fleet.publish("app", "0", b"old")
    path = fleet.file("app", b"new")
    with _Cut(fleet, "turns", turns, publish=path, key=fleet.key.encode()) as cut:
        # the fifth request of six replaces the feed: what was sent when the process died arrives, now or soon
        seen = {b"old"} if turns < 10 else {b"old", b"new"}
        assert fleet.fetch() in (seen if turns <= 10 else {b"new"})
        cut.run_again()
    assert fleet.fetch() == b"new" and fleet.fetch(version="0") == b"old"
    week_later = fleet.publisher(clock=lambda: time.time() + 8 * 86400)
    week_later.prune()
    assert len(fleet.place.keys()) == 5
    assert fleet.fetch() == b"new" and fleet.fetch(version="0") == b"old"


# -- minimal identities


@pytest.mark.parametrize("kind", ["moto", "seaweedfs"])
def test_with_the_two_identities(
    request: pytest.FixtureRequest, tmp_path: Path, workers: Workers, kind: str
) -> None:
    """All that publishing and fetching take is allowed, and no more."""
    server = request.getfixturevalue(kind)
    place = S3Place(server)
    place.name = f"longshore-{uuid.uuid4().hex[:16]}"
    place.make()
    fleet = Distribution(place, tmp_path, workers)
    identities = open_identities(server.endpoint(container=place.name))
    stores = []
    try:
        for identity in identities:
            made = identity.apply(identity.plan())
            assert made is not None
            endpoint = dataclasses.replace(
                fleet.store.endpoint, key=made.id, secret=made.secret
            )
            stores.append(open_store(endpoint))
        uploader, reader = stores
        publisher = fleet.publisher(store=uploader)
        one = Publication(fleet.file("app", BIG), version="1")
        two = Publication(fleet.file("app2", b"two"), "app", "2")
        assert publisher.publish([one]).sequence == 1
        assert publisher.publish([two]).sequence == 2
        assert publisher.roll_back("app").sequence == 3
        fetcher = fleet.fetcher(store=reader)
        assert fetcher.fetch("app", "latest", str(fleet.dest)).changed
        assert fleet.dest.read_bytes() == BIG
        assert publisher.withdraw("app", "1").sequence == 4
        assert publisher.prune() == (0, 0)
        assert fetcher.poll("other") is not None
        with pytest.raises(AccessDeniedError):
            fleet.publisher(store=reader).renew()
        new_key = SigningKey.generate()
        assert publisher.hand_over(new_key).changed
        assert fetcher.release("app").version == "2"
        with pytest.raises(AccessDeniedError):
            dest = str(tmp_path / "other")
            fleet.fetcher("other", store=uploader).fetch("app", "latest", dest)
    finally:
        for store in stores:
            store.close()
        for identity in identities:
            identity.remove()
        fleet.store.close()
        place.discard()
