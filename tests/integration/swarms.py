# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swarms of this machine's loopback addresses, a bucket for them, and peers that are not as they should be."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import random
import secrets
import threading
import time
import typing as t
from pathlib import Path

import libtorrent

from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._failures import (
    SwarmError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._hosts import (
    Host,
    Peer,
    rank,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._pieces import (
    PieceHasher,
    metainfo,
    torrent_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._settings import (
    SwarmSettings,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._swarm import (
    Swarm,
    Wanted,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._torrent import (
    Standing,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from tests.servers._process import free_ports
from tests.waiting import PATIENCE

SIZE = 6 * 1024 * 1024 + 4321


def address(number: int) -> str:
    return f"127.0.0.{number}"


class Fleet:
    """Hosts ``127.0.0.2`` and following, each with a folder, and an object that a store has."""

    def __init__(
        self, folder: Path, store: Store, hosts: int, size: int = SIZE
    ) -> None:
        self.folder = folder
        self.store = store
        (self.port,) = free_ports(1)
        self.secret = SharedSecret.generate()
        self.numbers = [number + 2 for number in range(hosts)]
        self.data = random.Random(size).randbytes(size)
        hasher = PieceHasher(size)
        hasher.update(self.data)
        self.hashes = hasher.finish()
        self.artifact = secrets.token_hex(20)
        self.key = f"{store.endpoint.prefix}artifacts/{self.artifact}"
        self.got: bytes | SwarmError = b""
        store.write(self.key, self.data)

    def order(self) -> list[int]:
        """The hosts as they are elected."""
        fleet = [self.host(number) for number in self.numbers]
        return sorted(
            self.numbers, key=lambda one: rank(self.artifact, self.host(one), fleet)
        )

    def host(self, number: int) -> Host:
        return Host(ipaddress.ip_address(address(number)), self.port)

    def swarm(self, number: int, **changes: t.Any) -> Swarm:
        settings = SwarmSettings(
            peers=tuple(Peer(address(one)) for one in self.numbers),
            port=self.port,
            address=ipaddress.ip_address(address(number)),
        )
        settings = dataclasses.replace(settings, **changes)
        return Swarm(settings, self.secret, str(self.place(number)))

    def place(self, number: int) -> Path:
        """The swarm's folder of a host."""
        return self.folder / f"host{number}"

    def file(self, number: int) -> Path:
        return self.place(number) / torrent_name(self.secret, self.artifact)

    def wanted(self, store: Store | None = None) -> Wanted:
        size = len(self.data)
        return Wanted(self.artifact, size, self.hashes, store or self.store, self.key)

    def fetch(self, swarm: Swarm, store: Store | None = None) -> bytes:
        with swarm.obtained(self.wanted(store)) as (there, key):
            return b"".join(there.read(key).chunks)

    def begin(self, swarm: Swarm) -> threading.Thread:
        """In a thread; ``got`` is what came, or what was raised."""

        def work() -> None:
            try:
                self.got = self.fetch(swarm)
            except SwarmError as error:
                self.got = error

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def fetch_all(self, swarms: t.Sequence[Swarm]) -> list[bytes]:
        """By all of them at the same time."""
        found: dict[int, bytes] = {}

        def one(number: int) -> None:
            found[number] = self.fetch(swarms[number])

        threads = [
            threading.Thread(target=one, args=(number,), daemon=True)
            for number in range(len(swarms))
        ]
        deadline = time.monotonic() + PATIENCE
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [found.get(number, b"") for number in range(len(swarms))]

    @property
    def metainfo(self) -> bytes:
        return metainfo(
            self.secret, self.artifact, len(self.data), self.hashes, "the test's"
        )


def standing(swarm: Swarm) -> Standing:
    """Of its only object."""
    (found,) = swarm.standings()
    return found


class Outsider:
    """A plain BitTorrent client at an address; ``encrypted`` as the fleet is."""

    def __init__(
        self, folder: Path, number: int, port: int = 0, *, encrypted: bool = True
    ) -> None:
        self.folder = folder
        folder.mkdir()
        policy = libtorrent.enc_policy
        wanted = int(policy.forced if encrypted else policy.disabled)
        self.session: t.Any = libtorrent.session(
            {
                "listen_interfaces": f"{address(number)}:{port}",
                "outgoing_interfaces": address(number),
                "enable_dht": False,
                "enable_lsd": False,
                "enable_upnp": False,
                "enable_natpmp": False,
                "in_enc_policy": wanted,
                "out_enc_policy": wanted,
                "allow_multiple_connections_per_ip": True,
                "alert_mask": libtorrent.alert_category.error
                | libtorrent.alert_category.connect
                | libtorrent.alert_category.status,
            }
        )
        self.told: list[str] = []

    def add(self, data: bytes) -> t.Any:
        how = libtorrent.load_torrent_buffer(data)
        how.save_path = str(self.folder)
        flags = libtorrent.torrent_flags
        how.flags &= ~(flags.auto_managed | flags.paused)
        return self.session.add_torrent(how)

    def was_turned_away(self) -> bool:
        """Whether a connection that it made has ended."""
        kinds = (libtorrent.peer_disconnected_alert, libtorrent.peer_error_alert)
        for alert in self.session.pop_alerts():
            if isinstance(alert, kinds):
                self.told.append(alert.message())
        return bool(self.told)


def patient(monkeypatch: t.Any) -> None:
    """Nobody draws on the bucket but who was elected, however slow the machine is."""
    from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm import (
        _members,
    )

    monkeypatch.setattr(_members, "_SHORTEST_WAIT", 2 * PATIENCE)
    monkeypatch.setattr(_members, "_LONGEST_WAIT", 2 * PATIENCE)


@contextlib.contextmanager
def running(swarms: t.Sequence[Swarm]) -> t.Iterator[list[Swarm]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(one) for one in swarms]
