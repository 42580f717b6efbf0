# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How a host takes part in a swarm."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from ._hosts import Address, Network, Peer

DEFAULT_PORT: t.Final = 6881


class Discovery(enum.Enum):
    """Where peers are known from, beside the configuration."""

    NONE = "None"
    LAN = "LAN"


@dataclass(frozen=True, slots=True)
class SwarmSettings:
    """Of one host. Limits are bytes a second, None for none; ``seed_time`` is seconds.

    ``seeds``: how many hosts draw on the bucket. ``peers``: the fleet, this host included or not; networks are
    where peers may be, too. ``address``: this host's, as the others have it; None to find it among
    ``peers``. ``seed_ratio``: how many times its size a host sends of an object before it ends.
    """

    seeds: int = 2
    peers: tuple[t.Union[Peer, Network], ...] = ()
    port: int = DEFAULT_PORT
    address: Address | None = None
    upload_limit: int | None = None
    download_limit: int | None = None
    seed_time: float = 3600.0
    seed_ratio: float | None = None
    discovery: Discovery = Discovery.NONE
