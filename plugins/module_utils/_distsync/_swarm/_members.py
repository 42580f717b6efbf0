# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which hosts there are, which of them this one is, and who draws on the bucket."""

from __future__ import annotations

import random
import threading
import typing as t

from ._hosts import Address, Host, Network, Peer, is_here, rank, resolve
from ._settings import SwarmSettings

#: A host is connected with those that draw on the bucket, and with so many others.
_NEIGHBOURS: t.Final = 40
#: A host that does not draw on the bucket waits so long for progress before it does (seconds). Not all begin at
#: once: who stands first in the order begins, and the others may get it from him.
_SHORTEST_WAIT: t.Final = 4.0
_LONGEST_WAIT: t.Final = 8.0


class Role(t.NamedTuple):
    """This host's, for one artifact. ``share``: of how many that draw on the bucket, and which one it is;
    None if it is none of them. ``patience``: seconds without progress after which it draws in any case.
    """

    share: tuple[int, int] | None
    patience: float
    neighbours: tuple[Host, ...]


class Members:
    """The fleet as it is known. May be used from any thread."""

    def __init__(self, settings: SwarmSettings) -> None:
        self._settings = settings
        self._peers = [one for one in settings.peers if isinstance(one, Peer)]
        self._networks = [one for one in settings.peers if not isinstance(one, Peer)]
        self._lock = threading.Lock()
        self._discovered: set[Host] = set()
        self._hosts: set[Host] = set()
        self.unknown: list[str] = []
        self.refresh()

    def refresh(self) -> None:
        """Look names up again."""
        hosts, unknown = resolve(self._peers, self._settings.port)
        with self._lock:
            self._hosts = hosts
            self.unknown = unknown

    def discover(self, hosts: t.Collection[Host]) -> bool:
        """Those that were seen lately; whether that is news."""
        with self._lock:
            before, self._discovered = self._discovered, set(hosts)
            return before != self._discovered

    @property
    def own(self) -> Host | None:
        """This host, as the others know it."""
        port = self._settings.port
        if self._settings.address is not None:
            return Host(self._settings.address, port)
        with self._lock:
            hosts = sorted(self._hosts, key=str)
        here = (one for one in hosts if one.port == port and is_here(one.address))
        return next(here, None)

    @property
    def others(self) -> list[Host]:
        """All hosts but this one."""
        own = self.own
        with self._lock:
            return sorted((self._hosts | self._discovered) - {own}, key=str)

    @property
    def allowed(self) -> list[Address | Network]:
        """Where peers may be."""
        with self._lock:
            hosts = {one.address for one in self._hosts | self._discovered}
        return [*sorted(hosts, key=str), *self._networks]

    def role(self, artifact: str) -> Role:
        own, others = self.own, self.others
        fleet = others if own is None else [own, *others]
        seeds = min(self._settings.seeds, len(fleet))
        place = rank(artifact, own, fleet) if own is not None else len(fleet)
        first = [one for one in others if rank(artifact, one, fleet) < seeds]
        rest = [one for one in others if one not in first]
        # which of them does not matter, as long as it is not the same ones for everybody
        chosen = random.sample(rest, min(_NEIGHBOURS, len(rest)))
        behind = (place - seeds) / max(len(fleet) - seeds, 1)
        patience = _SHORTEST_WAIT + (_LONGEST_WAIT - _SHORTEST_WAIT) * behind
        if not others and not self._networks:
            return Role((0, 1), 0.0, ())
        share = (place, seeds) if place < seeds else None
        return Role(share, patience, (*first, *chosen))
