# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The swarm's keys of a configuration, and that nothing else needs its library."""

from __future__ import annotations

import ipaddress
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    as_document,
    parse_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._hosts import (
    Peer,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._library import (
    library,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._settings import (
    Discovery,
    SwarmSettings,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    MissingLibraryError,
)

BASE: dict[str, object] = {
    "SharedSecret": SharedSecret(bytes(32)).encode(),
    "StorageBucket": "artifacts",
    "Storage": "S3+BitTorrent",
}


def read(**keys: object) -> SwarmSettings:
    return parse_configuration({**BASE, **keys}, "conf").configuration.swarm_settings


def test_defaults() -> None:
    assert read() == SwarmSettings()


def test_all_of_them_and_back() -> None:
    written: dict[str, t.Any] = {
        "Seeds": 3,
        "Peers": ["web1:7000", "10.0.0.7", "10.1.0.0/16"],
        "PeerPort": 7000,
        "PeerAddress": "10.0.0.9",
        "UploadLimit": "5M",
        "DownloadLimit": 20000,
        "SeedTime": 60,
        "SeedRatio": 1.5,
        "Discovery": "lan",
    }
    settings = read(**written)
    assert settings == SwarmSettings(
        3,
        (Peer("web1", 7000), Peer("10.0.0.7"), ipaddress.ip_network("10.1.0.0/16")),
        7000,
        ipaddress.ip_address("10.0.0.9"),
        5_000_000,
        20000,
        60.0,
        1.5,
        Discovery.LAN,
    )
    configuration = parse_configuration({**BASE, **written}, "conf").configuration
    again = parse_configuration(as_document(configuration), "conf")
    assert again.configuration == configuration


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Seeds", 0),
        ("Seeds", True),
        ("Peers", "web1"),
        ("Peers", ["a", "a"]),
        ("Peers", ["a b"]),
        ("PeerPort", 65536),
        ("PeerAddress", "web1"),
        ("UploadLimit", 100),
        ("DownloadLimit", "5 MB"),
        ("SeedTime", -1),
        ("SeedRatio", "2"),
        ("Discovery", "DHT"),
    ],
)
def test_what_cannot_be_used_is_said(key: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"^conf: {key} must be "):
        read(**{key: value})


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libtorrent", None)
    with pytest.raises(
        MissingLibraryError, match="libtorrent.*BitTorrent.*pip install"
    ):
        library()


def test_who_has_no_swarm_needs_no_library() -> None:
    program = (
        "import sys; sys.modules['libtorrent'] = None; "
        "import ansible_collections.longshore.storage.plugins.module_utils._distsync._opening"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
