# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a configuration says for the swarm alone."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._fields import listed
from ._swarm._hosts import Address, Network, Peer, read_peer
from ._swarm._settings import Discovery, SwarmSettings

#: Key -> field.
_FIELDS: t.Final = {
    "Seeds": "seeds",
    "Peers": "peers",
    "PeerPort": "port",
    "PeerAddress": "address",
    "UploadLimit": "upload_limit",
    "DownloadLimit": "download_limit",
    "SeedTime": "seed_time",
    "SeedRatio": "seed_ratio",
    "Discovery": "discovery",
}
_UNITS: t.Final = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def swarm_settings(given: t.Mapping[str, t.Any]) -> SwarmSettings:
    """Of the values that ``SWARM_KEYS`` read."""
    return SwarmSettings(
        **{_FIELDS[key]: given[key] for key in _FIELDS if key in given}
    )


def swarm_document(settings: SwarmSettings) -> dict[str, object]:
    """As TOML has it: what is not as it would be without being written."""
    default = SwarmSettings()
    return {
        key: _written(getattr(settings, name))
        for key, name in _FIELDS.items()
        if getattr(settings, name) != getattr(default, name)
    }


def _written(value: t.Any) -> object:
    if isinstance(value, tuple) and not isinstance(value, Peer):
        return [_written(one) for one in value]
    if isinstance(value, Peer):
        return value.encode()
    if isinstance(value, Discovery):
        return value.value
    return value if isinstance(value, (int, float)) else str(value)


def _peers(value: object) -> tuple[Peer | Network, ...]:
    rule = (
        'a list of hosts and networks, such as ["web1.example.com", "10.0.0.7:6881", "10.0.1.0/24"], '
        "each once"
    )
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(rule)
    try:
        peers = tuple(read_peer(one.strip()) for one in value)
    except ValueError:
        raise ValueError(rule) from None
    if len(set(peers)) < len(peers):
        raise ValueError(rule)
    return peers


def _address(value: object) -> Address:
    try:
        if isinstance(value, str):
            return ipaddress.ip_address(value.strip())
    except ValueError:
        pass
    raise ValueError("an address, such as 10.0.0.7")


def _rate(value: object) -> int:
    rule = 'bytes a second from 16384 on, such as 5000000 or "5M"'
    found = (
        re.fullmatch(r"(\d{1,12})([kMG]?)", value) if isinstance(value, str) else None
    )
    if found is not None:
        value = int(found[1]) * _UNITS[found[2]]
    # the library's own limit, and less than a piece's block would be none
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 2**14 <= value < 2**31
    ):
        raise ValueError(rule)
    return value


def _number(least: float, most: float, rule: str) -> t.Callable[[object], float]:
    def read(value: object) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not least <= t.cast(float, value) <= most:
            raise ValueError(rule)
        return float(t.cast(float, value))

    return read


def _whole(least: int, most: int) -> t.Callable[[object], int]:
    def read(value: object) -> int:
        number = isinstance(value, int) and not isinstance(value, bool)
        if not number or not least <= t.cast(int, value) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return t.cast(int, value)

    return read


def _discovery(value: object) -> Discovery:
    allowed = {one.value.upper(): one for one in Discovery}
    found = allowed.get(value.strip().upper()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(listed([one.value for one in Discovery], "or"))
    return found


#: What reads each key, raising ValueError with what it must be.
SWARM_KEYS: t.Final[t.Mapping[str, t.Callable[[object], object]]] = {
    "Seeds": _whole(1, 1000),
    "Peers": _peers,
    "PeerPort": _whole(1, 65535),
    "PeerAddress": _address,
    "UploadLimit": _rate,
    "DownloadLimit": _rate,
    "SeedTime": _number(0, 30 * 86400, "a number of seconds from 0 to 2592000"),
    "SeedRatio": _number(0, 1e6, "a number from 0 to 1000000"),
    "Discovery": _discovery,
}
