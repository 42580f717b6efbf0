# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saves one stream of bytes in a process of its own, which can be killed: arguments as JSON."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import typing as t

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
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
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    Compression,
    Encryption,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Contents,
    Series,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._saving import (
    SavedSnapshot,
    SaveOptions,
    save,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshots import (
    Catalogue,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

MIB = 1024 * 1024
SERIES = Series("host", "/srv/data")


def noise(size: int, seed: int) -> bytes:
    """Bytes that no compression makes less of."""
    return random.Random(seed).randbytes(size)


def pieces(data: bytes, kill_at: int | None = None) -> t.Iterator[bytes]:
    """The bytes; the process is killed when so many of them were taken."""
    for at in range(0, len(data), 256 * 1024):
        if kill_at is not None and at >= kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        yield data[at : at + 256 * 1024]


def save_noise(
    store: Store,
    workers: Workers,
    size: int,
    seed: int,
    *,
    kill_at: int | None = None,
    secret: str | None = None,
    compression: str = "zstd",
    **options: t.Any,
) -> SavedSnapshot:
    """Save so many bytes of a seed, which is the fingerprint, too."""
    encryption = Encryption(SharedSecret.decode(secret) if secret else None)
    return save(
        store,
        SERIES,
        f"seed {seed}",
        pieces(noise(size, seed), kill_at),
        Contents,
        SaveOptions(
            compression=Compression(compression), encryption=encryption, **options
        ),
        workers,
        Bandwidth(None),
    )


def on_a_full_disk(store: Store, workers: Workers, what: dict[str, t.Any]) -> None:
    """A save that there is room for a part of only; then one that there is room for."""
    path = store.endpoint.container
    save_noise(store, workers, 300_000, 1, **what["options"])
    before = _files(path)
    ballast = os.path.join(path, "ballast")
    state = os.statvfs(path)
    with open(ballast, "wb") as file:
        file.write(bytes(state.f_bavail * state.f_frsize - what["room"]))
    failure = ""
    try:
        save_noise(store, workers, what["size"], 2, **what["options"])
    except LongshoreError as error:
        failure = str(error)
    os.unlink(ballast)
    after = _files(path)
    good, broken = Catalogue(store, SERIES).all(workers)
    again = save_noise(store, workers, what["size"], 2, **what["options"])
    print(
        json.dumps(
            {
                "failure": failure,
                "good": [one.fingerprint for one in good],
                "broken": broken,
                "left": sorted(after - before),
                "again": again.changed,
                "unfinished": Catalogue(store, SERIES).unfinished,
            }
        )
    )


def _files(path: str) -> set[str]:
    return {
        os.path.join(folder, name)
        for folder, _folders, names in os.walk(path)
        for name in names
    }


def main() -> None:
    what = json.loads(sys.argv[1])
    endpoint = parse_endpoint(
        what["endpoint"], option="store", providers=None, default_provider=None
    )
    with open_store(endpoint) as store, Workers(2) as workers:
        if "room" in what:
            on_a_full_disk(store, workers, what)
        else:
            save_noise(store, workers, what["size"], what["seed"], **what["options"])


if __name__ == "__main__":
    main()
