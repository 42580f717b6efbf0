# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots: saved, found, verified, read back, removed."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Features,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LongshoreError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._info import (
    inspect,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._lease import (
    read_head,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._pruning import (
    plan_pruning,
    remove,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Series,
    is_id,
    new_id,
    time_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._retention import (
    Retention,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._saving import (
    SaveOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    SnapshotMissingError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshots import (
    Catalogue,
    latest_snapshot,
    list_series,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.persist.snapshot_scene import (
    DATA,
    SERIES,
    Compression,
    Contents,
    Denying,
    Encryption,
    Keys,
    Scene,
    identity,
    noise,
)

# -- saving and reading back


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
@pytest.mark.parametrize("encryption", [None, "envelope", "age"])
@pytest.mark.parametrize("object_size", [None, 100_000])
def test_what_comes_out_went_in(
    scene: Scene, compression: str, encryption: str | None, object_size: int | None
) -> None:
    secret, (private, public) = SharedSecret.generate(), identity()
    given = {
        None: Encryption(),
        "envelope": Encryption(secret),
        "age": Encryption(recipients=(public,)),
    }[encryption]
    options = {"object_size": object_size} if object_size else {}
    contents = Contents({"files": 3, "folders": 1}, 12345, 7, ["a: it vanished"])
    saved = scene.save(
        DATA,
        "one",
        contents=contents,
        compression=Compression(compression),
        encryption=given,
        tags={"why": "a test"},
        **options,
    )
    assert saved.changed
    found = scene.catalogue().find("latest")
    assert found == saved.snapshot and found.verified
    assert scene.load(found, Keys(secret, (private,))) == DATA
    assert (
        scene.load(scene.catalogue().find(found.id), Keys(secret, (private,))) == DATA
    )
    assert (found.tar_size, found.size, found.counts) == (
        len(DATA),
        12345,
        {"files": 3, "folders": 1},
    )
    assert (found.problem_count, found.problems) == (7, ("a: it vanished",))
    assert found.tags == {"why": "a test"}
    assert (found.tar_sha256 is None) == (encryption is not None)
    assert len(found.parts) == 1 if object_size is None else len(found.parts) > 6
    assert found.stored_size == sum(part.size for part in found.parts)
    ending = {None: "", "envelope": ".sealed", "age": ".age"}[encryption]
    ending = {"zstd": ".zst", "gzip": ".gz", "none": ""}[compression] + ending
    assert found.parts[0].name == f"data.tar{ending}.0001"


@pytest.mark.parametrize("size", [0, 1, 100_000, 200_000])
def test_streams_that_end_where_an_object_does(scene: Scene, size: int) -> None:
    saved = scene.save(
        noise(size), compression=Compression("none"), object_size=100_000
    )
    assert scene.load(saved.snapshot) == noise(size)
    assert len(saved.snapshot.parts) == max(1, size // 100_000)


def test_nothing_is_sent_when_nothing_changed(memory: Scene) -> None:
    first = memory.save(DATA, "one").snapshot
    before = memory.keys()
    requests = memory.store.requests.count
    assert memory.save(b"never read", "one") == (first, False)
    # one listing, one record
    assert memory.store.requests.count - requests == 2
    assert memory.keys() == before
    second = memory.save(DATA, "two").snapshot
    assert second.id > first.id
    # the tree of before is another one than the latest
    assert memory.save(DATA, "one").changed


def test_a_tree_is_saved_again_where_it_is_not_as_secret_as_asked_for(
    memory: Scene,
) -> None:
    secret, (_private, public) = SharedSecret.generate(), identity()
    asked = [
        Encryption(),
        Encryption(secret),
        Encryption(SharedSecret.generate()),
        Encryption(recipients=(public,)),
        Encryption(recipients=(public, identity()[1])),
        Encryption(),
    ]
    for encryption in asked:
        assert memory.save(DATA, "one", encryption=encryption).changed
        assert not memory.save(DATA, "one", encryption=encryption).changed


def test_a_latest_one_that_is_not_whole_does_not_count(scene: Scene) -> None:
    snapshot = scene.save(DATA, "one").snapshot
    key = snapshot.key(scene.store.endpoint.prefix, snapshot.parts[0].name)
    scene.store.delete([key])
    assert scene.save(DATA, "one").changed
    catalogue = scene.catalogue()
    assert len(catalogue.ids) == 2 and catalogue.find("latest").id > snapshot.id


@pytest.mark.parametrize(
    "options",
    [
        {"compression": Compression("none"), "object_size": 100_000},
        {"compression": Compression("none")},
        {"format": "chunks"},
    ],
)
def test_what_breaks_off_leaves_nothing(
    scene: Scene, options: dict[str, t.Any]
) -> None:
    def broken() -> t.Iterator[bytes]:
        yield noise(250_000)
        raise LongshoreError("the source broke")

    first = scene.save(DATA).snapshot
    before = scene.keys()
    with pytest.raises(LongshoreError, match="^the source broke$"):
        scene.save_stream(broken(), **options)
    assert scene.keys() == before
    assert scene.catalogue().find("latest") == first
    assert scene.save(DATA, "more").changed


def test_series_do_not_mix(memory: Scene) -> None:
    others = [
        Series("web-2", "/srv/data"),
        Series("web-1", "/srv/data/sub"),
        Series("web-1", "/srv-data"),
        Series("../..", "/"),
        Series("", "/srv/\udcff/ü\n"),
    ]
    for number, series in enumerate([SERIES, *others]):
        memory.save(noise(1000, number), "same", series=series)
    for number, series in enumerate([SERIES, *others]):
        (snapshot_id,) = memory.catalogue(series).ids
        found = memory.catalogue(series).find(snapshot_id)
        assert memory.load(found) == noise(1000, number) and found.series == series
    assert set(list_series(memory.store)) == {SERIES, *others}
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.-_")
    assert all(set(key) <= allowed and "/." not in key for key in memory.keys())


# -- which one


def test_which_one_is_meant(memory: Scene) -> None:
    ids = [memory.save(noise(10, n), str(n)).snapshot.id for n in range(3)]
    assert ids == sorted(ids)
    catalogue = memory.catalogue()
    assert catalogue.find("latest").id == ids[2]
    assert catalogue.find(ids[0]).id == ids[0]
    for zone in ("+00:00", "", "Z"):
        when = time_of(ids[1]).isoformat().removesuffix("+00:00") + zone
        assert catalogue.find(when).id == ids[1]
    assert catalogue.find("2999-01-01").id == ids[2]
    with pytest.raises(
        SnapshotMissingError, match="from 2001-01-01T00:00:00.00:00 or before"
    ):
        catalogue.find("2001-01-01")
    with pytest.raises(SnapshotMissingError, match="no snapshot") as missing:
        catalogue.find(new_id(datetime.now(UTC)))
    assert ids[2] in missing.value.hint
    with pytest.raises(ConfigurationError, match="neither 'latest' nor"):
        catalogue.find("yesterday")
    with pytest.raises(SnapshotMissingError, match="no whole snapshot of '/x' of y"):
        memory.catalogue(Series("y", "/x")).find("latest")


def test_ids_sort_by_time_whatever_the_clock_says() -> None:
    now = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
    first = new_id(now)
    second = new_id(now - timedelta(days=3), first)
    assert is_id(first) and is_id(second) and second > first
    assert time_of(second) == now + timedelta(microseconds=1)
    assert not is_id("99999999T999999.999999Z-00000000") and not is_id("latest")


# -- verified


class Losing(Denying):
    """Takes another body than it was sent, and tells no hash."""

    features = Features(conditional_write=True)

    def write(
        self, key: str, body: t.Any, *arguments: t.Any, **options: t.Any
    ) -> t.Any:
        if "data." in key:
            body = b"".join(body)[:-1] + b"?"
        return super().write(key, body, *arguments, **options)


def test_what_was_not_stored_as_sent_is_no_snapshot(memory: Scene) -> None:
    first = memory.save(DATA).snapshot
    with pytest.raises(StoreError, match="what is stored is not what was sent"):
        memory.save(DATA, "two", store=Losing(memory.store))
    catalogue = memory.catalogue()
    assert catalogue.ids == [first.id] and not catalogue.unfinished


def test_what_could_not_be_verified_prunes_nothing(memory: Scene) -> None:
    class Hashless(Denying):
        features = Features(conditional_write=True)

    first = memory.save(DATA).snapshot
    second = memory.save(
        DATA, "two", store=Hashless(memory.store, "stat", "read", "list")
    ).snapshot
    assert not second.verified and first.verified
    pruning = plan_pruning(memory.catalogue(), Retention(keep_last=1), memory.workers)
    assert not pruning.removed and "could not be verified" in pruning.refused


# -- who may not do all


def test_without_delete_and_list(memory: Scene) -> None:
    """Append-only, and no listing: the unchanged tree is still seen."""
    writer = Denying(memory.store, "delete", "list")
    assert memory.save(DATA, "one", store=writer).changed
    assert not memory.save(DATA, "one", store=writer).changed
    assert memory.save(DATA, "two", store=writer).changed
    assert not memory.save(DATA, "two", store=writer).changed
    assert memory.save(DATA, "one", store=writer).changed
    assert len(memory.catalogue().ids) == 3
    latest = latest_snapshot(writer, SERIES)
    assert latest is not None and latest.id == memory.catalogue().ids[0]
    memory.store.delete([latest.key("backup/", latest.parts[0].name)])
    assert latest_snapshot(writer, SERIES) is None


def test_who_may_only_write(memory: Scene) -> None:
    writer = Denying(memory.store, "delete", "list", "read", "stat")
    for _unused in range(2):
        assert memory.save(DATA, "one", store=writer).snapshot.verified
    assert len(memory.catalogue().ids) == 2
    assert read_head(memory.store, SERIES).latest == memory.catalogue().ids[0]


# -- removing, looking


def test_pruning(scene: Scene, workers: Workers) -> None:
    made = [scene.save(noise(10, n), str(n)).snapshot for n in range(5)]
    scene.alter(
        made[3].key(scene.store.endpoint.prefix, "snapshot.json"), lambda _data: b""
    )
    pruning = plan_pruning(scene.catalogue(), Retention(keep_last=2), workers)
    assert [one.id for one, _rules in pruning.kept] == [made[4].id, made[2].id]
    assert [one.id for one in pruning.removed] == [made[1].id, made[0].id]
    removed = [one.id for one in pruning.removed]
    if scene.store.endpoint.family == "memory":
        before = scene.keys()
        denied = Catalogue(Denying(scene.store, "delete"), SERIES)
        assert set(remove(denied, removed).values()) == {"no"}
        assert scene.keys() == before
    assert remove(scene.catalogue(), removed) == {}
    catalogue = scene.catalogue()
    assert catalogue.ids == [made[n].id for n in (4, 3, 2)] and not catalogue.unfinished
    assert remove(catalogue, ["20200101T000000.000000Z-00000000"]) == {}


def test_what_there_is(memory: Scene, workers: Workers) -> None:
    day = timedelta(days=1)
    empty = inspect(memory.store, SERIES, workers, max_age=day)
    assert (empty.latest, empty.age, empty.late) == (None, None, True)
    made = [memory.save(noise(10, n), str(n)).snapshot for n in range(3)]
    memory.store.delete([made[1].key("backup/", made[1].parts[0].name)])
    memory.store.delete([made[0].key("backup/", "snapshot.json")])
    found = inspect(memory.store, SERIES, workers)
    assert found.snapshots == (made[2],) and found.latest == made[2]
    assert [one.id for one in found.broken] == [made[1].id]
    assert found.unfinished == (made[0].id,) and found.late is None
    assert found.stored_size == made[2].stored_size
    for hours, late in ((23, False), (25, True)):
        later = made[2].time + timedelta(hours=hours)
        seen = inspect(memory.store, SERIES, workers, max_age=day, now=lambda later=later: later)  # type: ignore[misc]  # a default that is bound
        assert seen.late == late and seen.age == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "zip"}, "'zip' is not a format"),
        (
            {"format": "chunks", "compression": Compression("gzip")},
            "zstd or not at all",
        ),
        (
            {"format": "chunks", "encryption": Encryption(recipients=(identity()[1],))},
            "cannot be encrypted for age",
        ),
    ],
)
def test_what_cannot_be_asked_for(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        SaveOptions(**options)
