# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is who in a fleet, and who draws on the bucket."""

from __future__ import annotations

import collections
import ipaddress

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._hosts import (
    Host,
    Peer,
    is_here,
    rank,
    read_peer,
    resolve,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._members import (
    Members,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._settings import (
    SwarmSettings,
)

HOSTS = [Host(ipaddress.ip_address(f"10.0.0.{n}"), 6881) for n in range(1, 21)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web1.example.com", Peer("web1.example.com")),
        ("web1:7000", Peer("web1", 7000)),
        ("10.0.0.7", Peer("10.0.0.7")),
        ("10.0.0.7:1", Peer("10.0.0.7", 1)),
        ("fd00::7", Peer("fd00::7")),
        ("[fd00::7]:7000", Peer("fd00::7", 7000)),
        ("10.0.1.0/24", ipaddress.ip_network("10.0.1.0/24")),
        ("fd00::/64", ipaddress.ip_network("fd00::/64")),
    ],
)
def test_peers_as_written(text: str, expected: object) -> None:
    found = read_peer(text)
    assert found == expected
    if isinstance(found, Peer):
        assert read_peer(found.encode()) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a b",
        "10.0.0.256",
        "10.0.0",
        "web:0",
        "web:65536",
        "10.0.0.1/8",
        "-a",
        "[web]:1",
        "a:b",
        "http://a",
    ],
)
def test_no_peers(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        read_peer(text)


def test_names_are_looked_up() -> None:
    peers = [Peer("localhost"), Peer("10.0.0.1", 7), Peer("nobody.invalid")]
    hosts, unknown = resolve(peers, 6881)
    assert Host(ipaddress.ip_address("10.0.0.1"), 7) in hosts
    assert any(one.address.is_loopback and one.port == 6881 for one in hosts)
    assert unknown == ["nobody.invalid"]


def test_addresses_of_this_host() -> None:
    assert is_here(ipaddress.ip_address("127.0.0.1"))
    assert not is_here(ipaddress.ip_address("192.0.2.1"))


def test_every_host_finds_the_same_order() -> None:
    order = sorted(HOSTS, key=lambda one: rank("a", one, HOSTS))
    assert [rank("a", one, HOSTS[::-1]) for one in order] == [*range(20)]


def test_a_host_that_goes_changes_nothing_among_the_others() -> None:
    order = sorted(HOSTS, key=lambda one: rank("a", one, HOSTS))
    rest = [one for one in HOSTS if one != order[5]]
    assert sorted(rest, key=lambda one: rank("a", one, rest)) == [
        *order[:5],
        *order[6:],
    ]


def test_artifacts_are_spread_over_the_fleet() -> None:
    firsts = collections.Counter(
        one
        for n in range(400)
        for one in HOSTS
        if rank(f"artifact {n}", one, HOSTS) == 0
    )
    assert len(firsts) == 20 and max(firsts.values()) < 60


def settings(own: int, hosts: int = 20, seeds: int = 2) -> SwarmSettings:
    peers = tuple(Peer(str(one.address)) for one in HOSTS[:hosts])
    return SwarmSettings(seeds, peers, address=HOSTS[own].address)


def test_so_many_draw_on_the_bucket_as_were_asked_for() -> None:
    roles = [Members(settings(own)).role("a") for own in range(20)]
    shares = [one.share for one in roles if one.share is not None]
    assert sorted(shares) == [(0, 2), (1, 2)]


def test_the_others_wait_and_less_than_ten_seconds() -> None:
    waits = sorted(Members(settings(own)).role("a").patience for own in range(20))
    others = waits[2:]
    assert len(set(others)) == 18 and 4 <= others[0] and others[-1] <= 8


def test_a_host_alone_draws_at_once() -> None:
    role = Members(SwarmSettings(address=HOSTS[0].address)).role("a")
    assert (role.share, role.neighbours) == ((0, 1), ())


def test_one_that_is_not_in_the_fleet_is_not_elected() -> None:
    peers = tuple(Peer(str(one.address)) for one in HOSTS)
    members = Members(SwarmSettings(peers=peers))
    assert members.own is None and members.role("a").share is None
    assert members.role("a").patience <= 8


def test_only_the_fleet_is_allowed() -> None:
    network = ipaddress.ip_network("10.1.0.0/16")
    members = Members(SwarmSettings(peers=(Peer("10.0.0.1"), network)))
    assert members.allowed == [HOSTS[0].address, network]
    assert members.discover([HOSTS[3]]) and not members.discover([HOSTS[3]])
    assert HOSTS[3].address in members.allowed
