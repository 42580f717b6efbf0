# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts say in the local network, and what is not believed."""

from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._discovery import (
    announced,
    announcement,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._hosts import (
    Host,
)

KEY = bytes(range(32))
HOST = Host(ipaddress.ip_address("10.0.0.7"), 6881)
NOW = 1_800_000_000.0
SAID = announcement(KEY, HOST, NOW)


def test_a_host_of_the_fleet_is_believed() -> None:
    assert announced(KEY, SAID, "10.0.0.7", NOW + 30) == HOST


def test_every_byte_counts() -> None:
    for at in range(len(SAID)):
        changed = bytearray(SAID)
        changed[at] ^= 1
        assert announced(KEY, bytes(changed), "10.0.0.7", NOW) is None


@pytest.mark.parametrize("data", [b"", SAID[:-1], SAID + b"x", bytes(len(SAID))])
def test_other_datagrams_are_nothing(data: bytes) -> None:
    assert announced(KEY, data, "10.0.0.7", NOW) is None


def test_what_others_repeat_is_not_believed() -> None:
    assert announced(KEY, SAID, "10.0.0.8", NOW) is None
    assert announced(KEY, SAID, "10.0.0.7", NOW + 61) is None
    assert announced(KEY, SAID, "10.0.0.7", NOW - 61) is None
    assert announced(bytes(32), SAID, "10.0.0.7", NOW) is None
