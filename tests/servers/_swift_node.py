# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One server of Swift as an ordinary process: ``_swift_node.py ROLE CONFIGURATION``.

Run with ``python -P`` by an interpreter that has ``swift``: without ``-P`` the ``swift.py`` beside
this file would be what ``import swift`` finds. ``rings DIRECTORY ROLE=PORT …`` makes the ring files
of a Swift of one device.
"""

from __future__ import annotations

import json
import os
import sys
import time
import typing as t

# Swift may be another interpreter's, which the type checker does not look at.
import swift.common.utils  # type: ignore[import-not-found, unused-ignore]
import swift.common.wsgi  # type: ignore[import-not-found, unused-ignore]
from swift.common.ring import (  # type: ignore[import-not-found, unused-ignore]
    RingBuilder,
)

_PARTITION_POWER = 4


class Cache:
    """What Swift asks of memcached, in the proxy's own memory: there is only one proxy."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, str]] = {}

    def get(self, key: str, **_options: t.Any) -> t.Any:
        expires, value = self._values.get(key, (0.0, "null"))
        return json.loads(value) if expires > time.time() else None

    # Swift calls the parameter by the module's name, hence the function below.
    def set(self, key: str, value: t.Any, time: float = 0, **_options: t.Any) -> None:
        self._values[key] = (_expiry(time), json.dumps(value))

    def delete(self, key: str, **_options: t.Any) -> None:
        self._values.pop(key, None)

    def incr(self, key: str, delta: int = 1, time: float = 0, **_options: t.Any) -> int:
        count = max(0, (self.get(key) or 0) + int(delta))
        self.set(key, count, time)
        return count


def _expiry(seconds: float) -> float:
    return time.time() + (seconds or 86400.0)


def cache_filter(_global: object, **_local: object) -> t.Callable[[t.Any], t.Any]:
    """The paste factory of the proxy's ``cache`` filter."""
    cache = Cache()

    def wrap(application: t.Any) -> t.Any:
        def call(environment: dict[str, t.Any], start_response: t.Any) -> t.Any:
            environment["swift.cache"] = cache
            return application(environment, start_response)

        return call

    return wrap


def make_rings(directory: str, servers: t.Sequence[str]) -> None:
    """Write ``ROLE.ring.gz`` for each ``ROLE=PORT`` with one replica on the device ``disk``."""
    for server in servers:
        role, port = server.split("=")
        builder = RingBuilder(_PARTITION_POWER, 1, 1)
        builder.add_dev(
            {
                "region": 1,
                "zone": 1,
                "ip": "127.0.0.1",
                "port": int(port),
                "device": "disk",
                "weight": 1.0,
            }
        )
        builder.rebalance(seed=1)
        builder.get_ring().save(os.path.join(directory, f"{role}.ring.gz"))


def main() -> int:
    command, path, *rest = sys.argv[1:]
    swift.common.utils.set_swift_dir(
        path if command == "rings" else os.path.dirname(path)
    )
    if command == "rings":
        make_rings(path, rest)
        return 0
    # A session of its own would take the process out of the group that the tests end.
    wsgi: t.Any = swift.common.wsgi
    wsgi.clean_up_daemon_hygiene = lambda: None
    return int(swift.common.wsgi.run_wsgi(path, f"{command}-server", verbose=True))


if __name__ == "__main__":
    sys.exit(main())
