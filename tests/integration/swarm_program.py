# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host of a swarm as a process of its own, to be killed: it says how much it has."""

from __future__ import annotations

import ipaddress
import json
import signal
import sys
import threading

from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._settings import (
    SwarmSettings,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._swarm import (
    Swarm,
    Wanted,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)

#: Seconds after which it ends, whoever forgot it.
_LIMIT = 120


def main() -> None:
    signal.alarm(_LIMIT)
    given = json.loads(sys.argv[1])
    endpoint = parse_endpoint(
        given["endpoint"], option="store", providers=None, default_provider=None
    )
    settings = SwarmSettings(
        port=given["port"],
        address=ipaddress.ip_address(given["address"]),
        download_limit=given["limit"],
    )
    secret = SharedSecret.decode(given["secret"])
    hashes = bytes.fromhex(given["hashes"])
    with (
        open_store(endpoint) as store,
        Swarm(settings, secret, given["folder"]) as swarm,
    ):
        wanted = Wanted(given["artifact"], given["size"], hashes, store, given["key"])

        def fetch() -> None:
            with swarm.obtained(wanted):
                pass

        threading.Thread(target=fetch, daemon=True).start()
        ended = threading.Event()
        while not ended.wait(0.1):
            for one in swarm.standings():
                sys.stdout.write(f"{one.have}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
