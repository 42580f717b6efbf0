# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of one path in a store in memory, or in a folder."""

from __future__ import annotations

import hashlib
import importlib
import random
import typing as t
import uuid
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    Compression,
    Encryption,
    Keys,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._opening import (
    open_snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Contents,
    Series,
    Snapshot,
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
SERIES = Series("web-1", "/srv/data")
UNLIMITED = Bandwidth(None)
NOTHING = Contents()
NO_KEYS = Keys()


#: The library has no types.
pyrage: t.Any = importlib.import_module("pyrage")


def identity() -> tuple[str, str]:
    """A secret key of age's, and its recipient."""
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that no compression makes less of."""
    return random.Random(seed).randbytes(size)


def memory_store() -> MemoryStore:
    store = MemoryStore(Endpoint("MEMORY", f"b{uuid.uuid4().hex}", prefix="backup/"))
    store.create_container()
    return store


def local_store(folder: Path) -> LocalStore:
    folder.mkdir()
    return LocalStore(Endpoint("LOCAL", str(folder)))


class Scene:
    """Saves and reads back streams of bytes."""

    def __init__(self, store: Store, workers: Workers) -> None:
        self.store = store
        self.workers = workers

    def save(
        self,
        data: bytes,
        fingerprint: str | None = None,
        **given: t.Any,
    ) -> SavedSnapshot:
        """In pieces; the fingerprint is by default one of the bytes."""
        pieces = (data[at : at + 300_000] for at in range(0, len(data), 300_000))
        fingerprint = fingerprint or hashlib.sha256(data).hexdigest()
        return self.save_stream(pieces, fingerprint, **given)

    def save_stream(
        self,
        stream: t.Iterable[bytes],
        fingerprint: str = "stream",
        *,
        series: Series = SERIES,
        store: Store | None = None,
        contents: Contents = NOTHING,
        **options: t.Any,
    ) -> SavedSnapshot:
        return save(
            store or self.store,
            series,
            fingerprint,
            stream,
            lambda: contents,
            SaveOptions(**options),
            self.workers,
            UNLIMITED,
        )

    def load(self, snapshot: Snapshot, keys: Keys = NO_KEYS) -> bytes:
        stream = open_snapshot(self.store, snapshot, keys, self.workers, UNLIMITED)
        return b"".join(stream)

    def catalogue(self, series: Series = SERIES) -> Catalogue:
        return Catalogue(self.store, series)

    def keys(self) -> list[str]:
        return sorted(info.key for info in self.store.list())

    def alter(self, key: str, change: t.Callable[[bytes], bytes]) -> None:
        self.store.write(key, change(b"".join(self.store.read(key).chunks)))


def flipped(offset: int) -> t.Callable[[bytes], bytes]:
    """A change of one bit."""

    def flip(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[offset] ^= 1
        return bytes(changed)

    return flip


class Denying(MemoryStore):
    """The same container, for one who may not do all: names of operations, and what they raise."""

    def __init__(self, store: Store, *denied: str) -> None:
        super().__init__(store.endpoint)
        for name in denied:
            setattr(self, name, self._deny)

    def _deny(self, *_arguments: object, **_options: object) -> t.Any:
        raise AccessDeniedError("do it", self.endpoint.place, "no")


#: More than one of everything that it is cut into, and some of it compresses.
DATA = noise(700_000) + bytes(2 * MIB)

__all__ = [
    "DATA",
    "MIB",
    "SERIES",
    "UNLIMITED",
    "Compression",
    "Contents",
    "Denying",
    "Encryption",
    "Keys",
    "Scene",
    "flipped",
    "identity",
    "local_store",
    "memory_store",
    "noise",
]
