# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs in the namespaces of ``fleet``: the store with one release in it, and a host.

    python -m tests.benchmarks.fleet_node store FOLDER ADDRESS SIZE
    python -m tests.benchmarks.fleet_node host FOLDER ADDRESS PEERS RELEASE

Each says a line of JSON when it is ready. A host fetches on a line of input, and says how long that took; both end with
the end of input.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import json
import random
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._fetch import (
    Fetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._publish import (
    Publisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
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
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.servers._process import Command
from tests.servers.seaweedfs import SeaweedFS

_BUCKET = "fleet"
_CHANNEL = "stable"
_ARTIFACT = "app.bin"


class _Reachable(SeaweedFS):
    """Listens at every address of its namespace."""

    def commands(self) -> t.Sequence[Command]:
        return [
            dataclasses.replace(
                one,
                arguments=[
                    "-ip.bind=0.0.0.0" if str(part).startswith("-ip.bind=") else part
                    for part in one.arguments
                ],
            )
            for one in super().commands()
        ]


def main() -> None:
    role, folder, address, *rest = sys.argv[1:]
    if role == "store":
        _store(Path(folder), address, int(rest[0]))
    else:
        _host(Path(folder), address, rest[0].split(","), json.loads(rest[1]))


def _store(folder: Path, address: str, size: int) -> None:
    secret, key = SharedSecret.generate(), SigningKey.generate()
    with _Reachable(folder) as server, Workers(2) as workers:
        store = open_store(server.endpoint(container=_BUCKET))
        store.create_container()
        source = folder / _ARTIFACT
        source.write_bytes(random.Random(size).randbytes(size))
        publisher = Publisher(
            store,
            secret,
            key,
            _CHANNEL,
            workers,
            algorithm=AES_256_GCM,
            torrents=True,
        )
        publisher.publish([Publication(str(source), version="1")])
        endpoint = {
            "key": server.key,
            "secret": server.secret,
            "region": server.region,
            "host": address,
            "port": server.port,
        }
        _say(
            {
                "endpoint": endpoint,
                "secret": secret.encode(),
                "key": key.public.encode(),
            }
        )
        sys.stdin.read()


def _host(
    folder: Path, address: str, peers: t.Sequence[str], release: dict[str, t.Any]
) -> None:
    from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
        PublicKey,
    )

    secret = SharedSecret.decode(release["secret"])
    endpoint = Endpoint("S3", _BUCKET, secure=False, **release["endpoint"])
    settings = SwarmSettings(
        peers=tuple(Peer(one) for one in peers if one),
        address=ipaddress.ip_address(address),
    )
    with contextlib.ExitStack() as stack:
        swarm = None
        if settings.peers:
            from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._swarm import (
                Swarm,
            )

            swarm = stack.enter_context(Swarm(settings, secret, str(folder / "swarm")))
        store = stack.enter_context(open_store(endpoint))
        workers = stack.enter_context(Workers(2))
        key = PublicKey.decode(release["key"])
        fetcher = Fetcher(store, secret, key, _CHANNEL, workers, swarm=swarm)
        store.container_exists()
        _say({"ready": True})
        sys.stdin.readline()
        began, used = time.monotonic(), time.process_time()
        fetched = fetcher.fetch(_ARTIFACT, "latest", str(folder))
        took = time.monotonic() - began
        _say(
            {
                "seconds": took,
                "processor": time.process_time() - used,
                "warnings": fetched.warnings,
            }
        )
        sys.stdin.read()


def _say(document: t.Mapping[str, t.Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
