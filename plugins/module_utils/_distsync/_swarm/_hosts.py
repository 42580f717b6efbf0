# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Who belongs to the fleet: as a configuration says it, and as addresses."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import socket
import typing as t

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_NAME: t.Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_WITH_PORT: t.Final = re.compile(
    r"\[(?P<six>[^\]]*)\](:(?P<port6>\d+))?|(?P<rest>[^:]+)(:(?P<port>\d+))?"
)


class Host(t.NamedTuple):
    """A member of the fleet, where it listens. Its text is the same on every host."""

    address: Address
    port: int

    def __str__(self) -> str:
        return f"{self.address} {self.port}"


class Peer(t.NamedTuple):
    """As written: a name or an address, and a port or None for the one that this host has, too."""

    name: str
    port: int | None = None

    def encode(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


def read_peer(text: str) -> Peer | Network:
    """A host, with or without a port, or a network. Raises ``ValueError``."""
    if "/" in text:
        return ipaddress.ip_network(text)
    try:
        return Peer(str(ipaddress.ip_address(text)))
    except ValueError:
        pass
    found = _WITH_PORT.fullmatch(text)
    if found is None:
        raise ValueError("no host")
    written = found["port6"] or found["port"]
    port = int(written) if written else None
    if port is not None and not 1 <= port <= 65535:
        raise ValueError("no port")
    if found["six"] is not None:
        return Peer(str(ipaddress.IPv6Address(found["six"])), port)
    name = found["rest"]
    if re.fullmatch(r"[0-9.]+", name):
        name = str(ipaddress.IPv4Address(name))
    elif _NAME.fullmatch(name) is None:
        raise ValueError("no name of a host")
    return Peer(name, port)


def resolve(peers: t.Iterable[Peer], default_port: int) -> tuple[set[Host], list[str]]:
    """Where they are, each at one address, of IPv4 if it has one; and the names that nobody knows now."""
    hosts: set[Host] = set()
    unknown = []
    for peer in peers:
        try:
            found = socket.getaddrinfo(peer.name, None, type=socket.SOCK_STREAM)
            addresses = [ipaddress.ip_address(str(one[4][0])) for one in found]
        except (OSError, ValueError):
            unknown.append(peer.name)
            continue
        address = min(addresses, key=lambda one: (one.version, int(one)))
        hosts.add(Host(address, peer.port or default_port))
    return hosts, unknown


def is_here(address: Address) -> bool:
    """Whether it is an address of this host."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True


def rank(artifact: str, host: Host, fleet: t.Collection[Host]) -> int:
    """The host's place, from 0, in an order of the fleet that every host finds, another one for each artifact.

    By rendezvous hashing: a host that comes or goes changes nothing in the order of the others.
    """

    def weight(one: Host) -> bytes:
        return hashlib.sha256(f"{artifact} {one}".encode()).digest()

    own = weight(host)
    return sum(1 for one in fleet if one != host and weight(one) < own)
