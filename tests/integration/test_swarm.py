# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that fetch from each other, with a real bucket, and against those who should not take part."""

from __future__ import annotations

import faulthandler
import json
import signal
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._fetch import (
    Fetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._publish import (
    Publisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm import (
    _members,
    _swarm,
    _torrent,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._failures import (
    SwarmError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._hosts import (
    Peer,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._settings import (
    Discovery,
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
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.benchmarks.meter import Meter
from tests.integration import swarm_program
from tests.integration.networks import Way
from tests.integration.places import Place, Places
from tests.integration.swarms import (
    SIZE,
    Fleet,
    Outsider,
    address,
    patient,
    running,
    standing,
)
from tests.waiting import PATIENCE, wait_until


@pytest.fixture(autouse=True)
def limit() -> t.Iterator[None]:
    """Whatever the library does, no test takes longer than this, which ends the process."""
    faulthandler.dump_traceback_later(4 * PATIENCE, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def opened(place: Place, **changes: t.Any) -> Store:
    written = {**place.endpoint(), **changes}
    return open_store(
        parse_endpoint(written, option="store", providers=None, default_provider=None)
    )


@pytest.fixture()
def place(places: Places) -> Place:
    made: Place = places("seaweedfs")
    made.make()
    return made


@pytest.fixture()
def store(place: Place) -> t.Iterator[Store]:
    with opened(place) as store:
        yield store


# -- who draws on what


def test_elected_hosts_draw_on_the_bucket_and_the_others_on_them(
    place: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    with Meter(place.server.port, "artifacts/") as meter:
        url = f"http://127.0.0.1:{meter.port}"
        with opened(place, endpoint=url) as store:
            fleet = Fleet(tmp_path, store, 5)
            meter.passed = 0
            with running([fleet.swarm(one) for one in fleet.numbers]) as swarms:
                assert fleet.fetch_all(swarms) == [fleet.data] * 5
                drawn = [standing(one).drawn for one in swarms]
    # one that was elected may have it all from the other, where that is faster
    draws = {n for n, bytes_ in zip(fleet.numbers, drawn, strict=True) if bytes_}
    assert draws and draws <= set(fleet.order()[:2])
    assert meter.passed <= 2.2 * SIZE


def test_one_elected_host_is_enough(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    fleet = Fleet(tmp_path, store, 4)
    with running([fleet.swarm(one, seeds=1) for one in fleet.numbers]) as swarms:
        assert fleet.fetch_all(swarms) == [fleet.data] * 4
        drawn = [standing(one).drawn for one in swarms]
    assert sum(bytes_ > 0 for bytes_ in drawn) == 1
    assert drawn[fleet.numbers.index(fleet.order()[0])] == SIZE


def test_a_host_whose_peers_are_all_away_draws_on_the_bucket(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_members, "_LONGEST_WAIT", 1.0)
    monkeypatch.setattr(_members, "_SHORTEST_WAIT", 1.0)
    fleet = Fleet(tmp_path, store, 3)
    last = fleet.order()[-1]
    with fleet.swarm(last, seeds=1) as swarm:
        assert fleet.fetch(swarm) == fleet.data
        assert standing(swarm).drawn == SIZE


def test_a_host_without_peers_draws_on_the_bucket(store: Store, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2, peers=()) as swarm:
        assert fleet.fetch(swarm) == fleet.data


def test_a_bucket_that_fails_is_said_and_nobody_waits_for_ever(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_torrent, "GIVE_UP", 2.0)
    fleet = Fleet(tmp_path, store, 1)
    store.delete([fleet.key])
    with fleet.swarm(2) as swarm:
        with pytest.raises(SwarmError, match="no such|missing|not exist|not there"):
            fleet.fetch(swarm)
        assert swarm.standings() == []


def test_a_library_that_does_not_answer_is_not_waited_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_swarm, "GIVE_UP", 1.0)
    monkeypatch.setattr(_swarm, "_END", 0.1)
    answers = threading.Event()
    monkeypatch.setattr(_torrent.Torrent, "tend", lambda *_args: answers.wait(PATIENCE))
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2) as swarm:
        with pytest.raises(SwarmError, match="has not answered"):
            fleet.fetch(swarm)
        with pytest.raises(SwarmError, match="has not answered"):
            fleet.fetch(swarm)
    # it ends all the same
    answers.set()


def test_what_is_never_written_is_not_waited_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_torrent, "GIVE_UP", 2.0)
    monkeypatch.setattr(_torrent, "LOST", 0.5)
    monkeypatch.setattr(_torrent.Torrent, "written", lambda *_args: None)
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2) as swarm:
        with pytest.raises(SwarmError, match="could not be written"):
            fleet.fetch(swarm)
        wait_until(lambda: swarm.standings() == [])


def test_a_lost_answer_is_asked_for_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_torrent, "LOST", 0.5)
    written = _torrent.Torrent.written
    lost: list[_torrent.Torrent] = []

    def lose(torrent: _torrent.Torrent) -> None:
        if torrent.stage is _torrent.Stage.WRITING and len(lost) < 2:
            lost.append(torrent)
        else:
            written(torrent)

    monkeypatch.setattr(_torrent.Torrent, "written", lose)
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2) as swarm:
        assert fleet.fetch(swarm) == fleet.data
    assert len(lost) == 2


def test_one_object_that_fails_is_not_the_others_affair(
    store: Store, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2, download_limit=2_000_000) as swarm:
        thread = fleet.begin(swarm)
        other = Fleet(tmp_path, store, 1, 4 * 1024 * 1024)
        other.secret, other.port = fleet.secret, fleet.port
        second = other.begin(swarm)
        wait_until(lambda: len(swarm.standings()) == 2)
        for torrent in swarm._torrents.values():
            if torrent.artifact == other.artifact:
                swarm._session.remove_torrent(torrent.handle)
        second.join(PATIENCE)
        assert isinstance(other.got, SwarmError)
        thread.join(PATIENCE)
        assert fleet.got == fleet.data


def test_what_goes_to_the_bucket_is_signed_request_by_request(
    place: t.Any, tmp_path: Path
) -> None:
    seen = bytearray()

    class Watched(Way):
        def seen(self, data: bytes, direction: str) -> None:
            if direction == "up":
                seen.extend(data)

    with Watched(place.server.port) as way:
        url = f"http://127.0.0.1:{way.port}"
        with opened(place, endpoint=url) as store:
            fleet = Fleet(tmp_path, store, 1)
            seen.clear()
            with fleet.swarm(2) as swarm:
                assert fleet.fetch(swarm) == fleet.data
    requests = bytes(seen).lower().split(b"\r\n\r\n")
    gets = [one for one in requests if one.startswith(b"get ")]
    assert len(gets) > 1
    assert all(b"\r\nauthorization: aws4-hmac-sha256" in one for one in gets)
    assert b"x-amz-signature=" not in bytes(seen).lower()


# -- who takes part


def test_a_stranger_gets_nothing(store: Store, tmp_path: Path) -> None:
    """He has the torrent, and speaks as the fleet does; but his address is not of the fleet."""
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2) as swarm:
        assert fleet.fetch(swarm) == fleet.data
        stranger = Outsider(tmp_path / "stranger", 99)
        torrent = stranger.add(fleet.metainfo)
        torrent.connect_peer((address(2), fleet.port))
        wait_until(stranger.was_turned_away)
        assert torrent.status().total_payload_download == 0
        assert standing(swarm).sent == 0


def test_who_lacks_the_secret_gets_nothing(store: Store, tmp_path: Path) -> None:
    """He has an address of the fleet and knows the whole object, so all that a torrent says but its name."""
    fleet = Fleet(tmp_path, store, 2)
    with fleet.swarm(2) as swarm:
        assert fleet.fetch(swarm) == fleet.data
        right, fleet.secret = fleet.secret, SharedSecret.generate()
        outsider = Outsider(tmp_path / "outsider", 3)
        torrent = outsider.add(fleet.metainfo)
        fleet.secret = right
        torrent.connect_peer((address(2), fleet.port))
        wait_until(outsider.was_turned_away)
        assert torrent.status().total_payload_download == 0


def test_nothing_goes_over_the_network_in_the_clear(
    store: Store, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path, store, 2)
    with fleet.swarm(2) as swarm:
        assert fleet.fetch(swarm) == fleet.data
        outsider = Outsider(tmp_path / "outsider", 3, encrypted=False)
        torrent = outsider.add(fleet.metainfo)
        torrent.connect_peer((address(2), fleet.port))
        wait_until(outsider.was_turned_away)
        assert torrent.status().total_payload_download == 0


def test_a_peer_that_sends_bad_data_is_dropped(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    fleet = Fleet(tmp_path, store, 3)
    first, second, third = fleet.order()
    hostile = Outsider(tmp_path / "hostile", first, fleet.port)
    file = hostile.folder / fleet.file(2).name
    file.write_bytes(fleet.data)
    torrent = hostile.add(fleet.metainfo)
    wait_until(lambda: torrent.status().is_seeding)
    file.write_bytes(bytes(len(fleet.data)))
    with fleet.swarm(third, seeds=1) as swarm:
        thread = fleet.begin(swarm)
        wait_until(hostile.was_turned_away)
        assert torrent.status().total_payload_upload > 0
        # an honest one comes, and has it from the bucket
        with fleet.swarm(second, peers=(Peer(address(third)),), seeds=2) as honest:
            assert fleet.fetch(honest) == fleet.data
            thread.join(PATIENCE)
            assert fleet.got == fleet.data
            assert standing(swarm).drawn == 0
            assert standing(swarm).peers == 1


# -- how long and how fast


def test_a_host_gives_for_a_time(store: Store, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2, seed_time=0.0) as swarm:
        with swarm.obtained(fleet.wanted()) as (there, key):
            # while it is in use it stays
            wait_until(lambda: fleet.file(2).with_name(f"{key}.seed").exists())
            assert b"".join(there.read(key).chunks) == fleet.data
        wait_until(lambda: not list(fleet.place(2).iterdir()))
        assert swarm.standings() == []


def test_a_host_gives_so_many_times(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    fleet = Fleet(tmp_path, store, 2)
    first, second = fleet.order()
    with running(
        [fleet.swarm(first, seeds=1, seed_ratio=1.0), fleet.swarm(second, seeds=1)]
    ) as swarms:
        assert fleet.fetch_all(swarms) == [fleet.data] * 2
        wait_until(lambda: not list(fleet.place(first).iterdir()))
        assert fleet.file(second).exists()


def test_a_host_that_was_restarted_gives_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    fleet = Fleet(tmp_path, store, 2)
    first, second = fleet.order()
    with fleet.swarm(first, seeds=1) as swarm:
        assert fleet.fetch(swarm) == fleet.data
        wait_until(lambda: len(list(fleet.place(first).iterdir())) == 2)
    store.delete([fleet.key])
    with running([fleet.swarm(first, seeds=1), fleet.swarm(second, seeds=1)]) as swarms:
        assert fleet.fetch(swarms[1]) == fleet.data


def test_a_host_sends_no_faster_than_it_may(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    fleet = Fleet(tmp_path, store, 2)
    first, second = fleet.order()
    limit = 3_000_000
    with running(
        [fleet.swarm(first, seeds=1, upload_limit=limit), fleet.swarm(second, seeds=1)]
    ) as swarms:
        assert fleet.fetch(swarms[0]) == fleet.data
        began = time.monotonic()
        assert fleet.fetch(swarms[1]) == fleet.data
        # no machine is too slow for this: there is a least time, and no greatest
        assert time.monotonic() - began > SIZE / limit / 2


# -- interrupted


def test_a_killed_host_goes_on(place: Place, store: Store, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, store, 1)
    given = {
        "endpoint": place.endpoint(),
        "port": fleet.port,
        "address": address(2),
        "limit": 1_000_000,
        "secret": fleet.secret.encode(),
        "hashes": fleet.hashes.hex(),
        "folder": str(fleet.place(2)),
        "artifact": fleet.artifact,
        "size": SIZE,
        "key": fleet.key,
    }
    command = [sys.executable, swarm_program.__file__, json.dumps(given)]
    # it ends by itself after a time
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) > SIZE / 3 and _blocks(fleet.file(2)) > SIZE / 4:
                break
        process.send_signal(signal.SIGKILL)
    with fleet.swarm(2) as swarm:
        assert fleet.fetch(swarm) == fleet.data
        assert standing(swarm).drawn < SIZE


def _blocks(file: Path) -> int:
    """Bytes of it that are on the disk."""
    return file.stat().st_blocks * 512 if file.exists() else 0


def test_ending_while_it_fetches(store: Store, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, store, 1)
    with fleet.swarm(2, download_limit=100_000) as swarm:
        thread = fleet.begin(swarm)
        # there is none before it has begun
        wait_until(lambda: any(one.have > 0 for one in swarm.standings()))
    thread.join(PATIENCE)
    assert not thread.is_alive() and isinstance(fleet.got, SwarmError)


# -- found in the local network


def test_hosts_find_each_other_in_the_local_network(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = Fleet(tmp_path, store, 2)
    swarms = [
        fleet.swarm(one, peers=(), discovery=Discovery.LAN, seeds=1)
        for one in fleet.numbers
    ]
    with running(swarms):
        wait_until(lambda: all(one.hosts() for one in swarms))
        patient(monkeypatch)
        assert fleet.fetch_all(swarms) == [fleet.data] * 2
        assert sum(standing(one).drawn > 0 for one in swarms) == 1


# -- whole releases


def test_releases_through_the_swarm(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    fleet = Fleet(tmp_path, store, 2)
    key = SigningKey.generate()
    source = tmp_path / "app"
    source.write_bytes(fleet.data)
    with Workers(2) as workers:
        publisher = Publisher(
            store,
            fleet.secret,
            key,
            "stable",
            workers,
            algorithm=AES_256_GCM,
            torrents=True,
        )
        publisher.publish([Publication(str(source), version="1")])
        bucket = Fetcher(store, fleet.secret, key.public, "stable", workers)
        fleet.artifact = bucket.release("app").artifact
        order = fleet.order()
        with running([fleet.swarm(one, seeds=1) for one in order]) as swarms:
            for number, swarm in zip(order, swarms, strict=True):
                fetcher = Fetcher(
                    store, fleet.secret, key.public, "stable", workers, swarm=swarm
                )
                there = tmp_path / f"app{number}"
                fetched = fetcher.fetch("app", "1", str(there))
                assert there.read_bytes() == fleet.data
                assert fetched.warnings == ()
                assert standing(swarm).have == fetcher.release("app").sealed_size


def test_a_release_comes_from_the_bucket_where_the_swarm_fails(
    place: Place, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_torrent, "GIVE_UP", 0.5)
    fleet = Fleet(tmp_path, store, 1)
    key = SigningKey.generate()
    source = tmp_path / "app"
    source.write_bytes(fleet.data)
    with Workers(2) as workers, fleet.swarm(2, seeds=1) as swarm:
        publisher = Publisher(
            store, fleet.secret, key, "stable", workers, torrents=True
        )
        publisher.publish([Publication(str(source), version="1")])
        # the library is kept from the bucket
        monkeypatch.setattr(_torrent.Torrent, "_draw", _offer_nothing)
        fetcher = Fetcher(
            store, fleet.secret, key.public, "stable", workers, swarm=swarm
        )
        there = tmp_path / "there"
        fetched = fetcher.fetch("app", "1", str(there))
    assert there.read_bytes() == fleet.data
    assert "did not come through the swarm" in fetched.warnings[0]


def _offer_nothing(torrent: t.Any, share: object) -> None:
    torrent._url = "http://127.0.0.1:1/nothing/"
