# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Daemons of one fleet, each at a loopback address of its own, that fetch from each other."""

from __future__ import annotations

import dataclasses
import ipaddress
import random
import signal
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_daemon import (
    DaemonOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._hosts import (
    Peer,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._settings import (
    SwarmSettings,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from tests.integration.daemons import Daemon, Fleet, ask
from tests.integration.places import Places
from tests.integration.swarms import address
from tests.servers._process import free_ports
from tests.waiting import wait_until

DATA = random.Random(7).randbytes(6 * 1024 * 1024 + 77)
HOSTS = (2, 3)


class Host:
    """One of the fleet's, with a daemon, its folder and its metrics."""

    def __init__(self, fleet: Fleet, number: int, port: int) -> None:
        self.fleet = fleet
        self.output = fleet.folder / f"host{number}"
        self.output.mkdir()
        self.path = fleet.folder / f"host{number}.toml"
        (self.metrics_port,) = free_ports(1)
        self._settings = SwarmSettings(
            peers=tuple(Peer(address(one)) for one in HOSTS),
            port=port,
            address=ipaddress.ip_address(address(number)),
        )
        self.daemon: Daemon | None = None

    def configure(self, *, swarm: bool = True, **changes: t.Any) -> None:
        settings = dataclasses.replace(self._settings, **changes)
        configuration = dataclasses.replace(
            self.fleet.configuration,
            swarm=swarm,
            swarm_settings=settings if swarm else SwarmSettings(),
            output_dir=str(self.output),
            daemon=DaemonOptions(metrics_port=self.metrics_port),
        )
        write_configuration(str(self.path), configuration)

    def start(self) -> Daemon:
        self.daemon = Daemon([str(self.path)], {})
        return self.daemon

    def close(self) -> None:
        if self.daemon is not None:
            self.daemon.end(signal.SIGKILL)

    def has(self) -> bool:
        return (self.output / "app" / "current" / "app").read_bytes() == DATA

    def metric(self, name: str) -> float:
        begin = f"longshore_distsync_swarm_{name} "
        lines = ask(self.metrics_port, "/metrics")[1].splitlines()
        (value,) = (one.removeprefix(begin) for one in lines if one.startswith(begin))
        return float(value)


@pytest.fixture()
def fleet(places: Places, tmp_path: Path) -> Fleet:
    place = places("seaweedfs")
    place.make()
    made = Fleet(tmp_path / "fleet", place)
    made.publisher = dataclasses.replace(made.publisher, swarm=True)
    return made


@pytest.fixture()
def hosts(fleet: Fleet) -> t.Iterator[list[Host]]:
    (port,) = free_ports(1)
    made = [Host(fleet, number, port) for number in HOSTS]
    yield made
    for one in made:
        one.close()


def forget_contents(fleet: Fleet) -> None:
    """The bucket has them no more."""
    with open_store(fleet.publisher.store) as store:
        found = list(store.list("artifacts/"))
        assert found
        store.delete([one.key for one in found])


def test_one_host_has_it_from_the_other(fleet: Fleet, hosts: list[Host]) -> None:
    first, second = hosts
    fleet.publish("app", "1", DATA)
    first.configure()
    daemon = first.start()
    assert daemon.wait_for("delivered")["received"] == len(DATA)
    assert first.metric("drawn") >= len(DATA)
    # with another configuration it gives what it has, as before
    first.configure(upload_limit=50_000_000)
    daemon.send(signal.SIGHUP)
    daemon.wait_for("reloaded")
    forget_contents(fleet)
    second.configure()
    other = second.start()
    assert other.wait_for("delivered")["received"] == len(DATA)
    assert first.has() and second.has()
    assert second.metric("drawn") == 0
    assert second.metric("received") >= len(DATA)
    assert other.events("fetch") == []
    assert daemon.end() == 0 and other.end() == 0


def test_who_waits_for_the_swarm_can_be_told(fleet: Fleet, hosts: list[Host]) -> None:
    """To end, and to go on in another way."""
    host = hosts[0]
    fleet.publish("app", "1", DATA)
    host.configure(download_limit=200_000)
    daemon = host.start()
    daemon.wait_for("started")
    wait_until(lambda: host.metric("have") > 0)
    assert daemon.end() == 0 and daemon.events("delivered") == []
    daemon = host.start()
    daemon.wait_for("started")
    wait_until(lambda: host.metric("have") > 0)
    host.configure()
    daemon.send(signal.SIGHUP)
    daemon.wait_for("reloaded")
    daemon.wait_for("delivered")
    assert host.has()


def test_without_the_swarm_its_library_is_not_loaded(
    fleet: Fleet, hosts: list[Host]
) -> None:
    fleet.publish("app", "1", DATA)
    for host, swarm in zip(hosts, (False, True), strict=True):
        host.configure(swarm=swarm)
        daemon = host.start()
        daemon.wait_for("delivered")
        maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
        assert ("libtorrent" in maps) is swarm
        assert host.has()
