# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small parts that the tests share."""

from __future__ import annotations

import concurrent.futures
import random
import threading
import typing as t

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
    Store,
)

MIB = 1024 * 1024

Item = t.TypeVar("Item")
Result = t.TypeVar("Result")


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that do not compress and have no period: a part lost or swapped shows."""
    return random.Random(seed).randbytes(size)


def chunked(data: bytes, size: int = 100_003) -> t.Iterator[bytes]:
    """A stream of ``data``, its chunks on no boundary that a driver likes."""
    for offset in range(0, len(data), size):
        yield data[offset : offset + size]


def read_all(
    store: Store, key: str, start: int = 0, length: int | None = None
) -> bytes:
    return b"".join(store.read(key, start, length).chunks)


def listed(store: Store, prefix: str = "") -> dict[str, ObjectInfo]:
    """The listing by key; a key that comes twice fails."""
    found: dict[str, ObjectInfo] = {}
    for info in store.list(prefix):
        assert info.key not in found, f"{info.key!r} was listed twice"
        assert info.key.startswith(prefix)
        found[info.key] = info
    return found


def multipart_threshold(store: Store) -> int:
    """The size from which the driver writes in several requests, bytes."""
    return int(getattr(store, "multipart_threshold", 8 * MIB))


def part_size(store: Store) -> int:
    return int(getattr(store, "part_size", multipart_threshold(store)))


def on_threads(
    number: int, function: t.Callable[[Item], Result], items: t.Iterable[Item]
) -> list[Result]:
    with concurrent.futures.ThreadPoolExecutor(number) as pool:
        return list(pool.map(function, items))


class Outcome(t.NamedTuple):
    """What a call did: its value, or what it raised."""

    value: object = None
    error: BaseException | None = None


def outcomes(
    calls: t.Mapping[str, t.Callable[[], object]], seconds: float = 90.0
) -> dict[str, Outcome]:
    """Run all calls at the same time; one that does not end within ``seconds`` fails.

    The threads are daemons, so a call that hangs for good does not hold up the run.
    """
    found: dict[str, Outcome] = {}

    def run(name: str, call: t.Callable[[], object]) -> None:
        try:
            found[name] = Outcome(call())
        except BaseException as error:  # noqa: BLE001 - the test judges it
            found[name] = Outcome(error=error)

    threads = {
        name: threading.Thread(target=run, args=(name, call), daemon=True)
        for name, call in calls.items()
    }
    for thread in threads.values():
        thread.start()
    for name, thread in threads.items():
        thread.join(seconds)
        assert not thread.is_alive(), f"{name} had not ended after {seconds:.0f} s"
    return found
