# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Finding peers in the local network, without telling anybody else about them.

Each host says by multicast, every few seconds, where it listens. What it says is authenticated with a key
that comes from the secret, names the address that it holds for, and is good for a short time only; so who
lacks the secret can neither join nor make a host look elsewhere. It says nothing about what is fetched.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import select
import socket
import struct
import threading
import time
import typing as t

from ..._encryption._secret import SharedSecret
from ._hosts import Address, Host
from ._settings import SwarmSettings

GROUP: t.Final = "239.255.76.83"
PORT: t.Final = 6882
#: Seconds from one announcement to the next, and for how long one is good; clocks may differ by as much.
_EVERY: t.Final = 5.0
_GOOD_FOR: t.Final = 60.0

_MAGIC: t.Final = b"longshore swarm 1\0"
#: Seconds since the epoch, the address (4 bytes) and the port.
_BODY: t.Final = struct.Struct("!Q4sH")
_MAC: t.Final = 32


def announcement(key: bytes, host: Host, now: float) -> bytes:
    """What a host sends. Only for IPv4."""
    body = _MAGIC + _BODY.pack(int(now), host.address.packed, host.port)
    return body + hmac.digest(key, body, "sha256")


def announced(key: bytes, data: bytes, sender: str, now: float) -> Host | None:
    """The host that sent this; None if it is not one of ours, or not from there, or not from now."""
    body, mac = data[:-_MAC], data[-_MAC:]
    if len(body) != len(_MAGIC) + _BODY.size or not body.startswith(_MAGIC):
        return None
    if not hmac.compare_digest(mac, hmac.digest(key, body, "sha256")):
        return None
    moment, packed, port = _BODY.unpack(body[len(_MAGIC) :])
    address = ipaddress.IPv4Address(packed)
    if str(address) != sender or abs(now - moment) > _GOOD_FOR or not port:
        return None
    return Host(address, port)


class Announcer:
    """Says where this host listens, and tells ``seen`` of all hosts that say so, while it is entered.

    ``bound``: the address to speak from; None is whichever the system takes. Where there is no multicast, nobody is found.
    """

    def __init__(
        self,
        settings: SwarmSettings,
        secret: SharedSecret,
        bound: Address | None,
        seen: t.Callable[[t.Collection[Host]], None],
    ) -> None:
        self._port = settings.port
        self._key = secret.derive("swarm discovery")
        self._bound = str(bound) if bound is not None and bound.version == 4 else None
        self._seen = seen
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="longshore-discovery", daemon=True
        )

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        hosts: dict[Host, float] = {}
        spoke = 0.0
        with contextlib.ExitStack() as stack:
            ears: socket.socket | None = None
            while not self._ended.is_set():
                try:
                    if ears is None:
                        ears = stack.enter_context(self._listening())
                    if time.monotonic() - spoke >= _EVERY:
                        spoke = time.monotonic()
                        self._speak()
                    self._hear(ears, hosts)
                except OSError:
                    # no network yet, or not any more
                    self._ended.wait(_EVERY)
                    continue
                now = time.monotonic()
                hosts = {host: at for host, at in hosts.items() if now - at < _GOOD_FOR}
                self._seen(hosts.keys())

    def _listening(self) -> socket.socket:
        ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ears.bind((GROUP, PORT))
            group = socket.inet_aton(GROUP) + socket.inet_aton(self._bound or "0.0.0.0")
            ears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        except OSError:
            ears.close()
            raise
        return ears

    def _speak(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            if self._bound is not None:
                interface = socket.inet_aton(self._bound)
                mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
                mouth.bind((self._bound, 0))
            # connected, it knows the address that it speaks from
            mouth.connect((GROUP, PORT))
            own = ipaddress.IPv4Address(mouth.getsockname()[0])
            mouth.send(announcement(self._key, Host(own, self._port), time.time()))

    def _hear(self, ears: socket.socket, hosts: dict[Host, float]) -> None:
        if select.select([ears], [], [], 0.5)[0]:
            data, (sender, _port) = ears.recvfrom(2048)
            host = announced(self._key, data, sender, time.time())
            if host is not None:
                hosts[host] = time.monotonic()
