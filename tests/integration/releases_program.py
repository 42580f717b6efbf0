# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publishes or fetches one file in a process of its own, which can be killed: arguments as JSON."""

from __future__ import annotations

import json
import sys

from ansible_collections.longshore.storage.plugins.module_utils._distsync._fetch import (
    Fetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._publish import (
    Publisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    PublicKey,
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers


def main() -> None:
    what = json.loads(sys.argv[1])
    endpoint = parse_endpoint(
        what["endpoint"], option="store", providers=None, default_provider=None
    )
    secret = SharedSecret.decode(what["secret"])
    with open_store(endpoint) as store, Workers(2) as workers:
        if "publish" in what:
            key = SigningKey.decode(what["key"])
            publisher = Publisher(
                store, secret, key, "stable", workers, folder=what["folder"]
            )
            publisher.publish([Publication(what["publish"], "app", "1")])
        else:
            public = PublicKey.decode(what["key"])
            fetcher = Fetcher(
                store, secret, public, "stable", workers, folder=what["folder"]
            )
            fetcher.fetch("app", "latest", what["fetch"])


if __name__ == "__main__":
    main()
