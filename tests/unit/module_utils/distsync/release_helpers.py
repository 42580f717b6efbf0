# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A distribution in memory, who publishes and who fetches, and a clock to be set."""

from __future__ import annotations

import dataclasses
import random
import typing as t
import uuid
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._fetch import (
    Fetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._publish import (
    Publisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Fetched,
    Outcome,
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    PublicKey,
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    UnreachableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

DAY = 86400
NOON = 1_800_000_000
BIG = random.Random(1).randbytes(300_000)


class Scene:
    """One bucket, and a folder of the test's own. Who publishes and who fetches remember things."""

    def __init__(self, folder: Path, workers: Workers) -> None:
        self.folder = folder
        self.workers = workers
        self.endpoint = Endpoint("MEMORY", f"b{uuid.uuid4().hex}", prefix="fleet/")
        self.store = MemoryStore(self.endpoint)
        self.store.create_container()
        self.secret = SharedSecret.generate()
        self.key = SigningKey.generate()
        self.now = float(NOON)

    def clock(self) -> float:
        return self.now

    def publisher(
        self,
        *,
        key: SigningKey | None = None,
        channel: str = "stable",
        **options: t.Any,
    ) -> Publisher:
        options = {
            "algorithm": AES_256_GCM,
            "clock": self.clock,
            "folder": str(self.folder / "publisher"),
            **options,
        }
        store = options.pop("store", self.store)
        secret = options.pop("secret", self.secret)
        return Publisher(
            store, secret, key or self.key, channel, self.workers, **options
        )

    def fetcher(
        self,
        *,
        key: PublicKey | None = None,
        host: str = "host",
        channel: str = "stable",
        **options: t.Any,
    ) -> Fetcher:
        options = {
            "clock": self.clock,
            "folder": str(self.folder / host) if host else None,
            **options,
        }
        store = options.pop("store", self.store)
        secret = options.pop("secret", self.secret)
        return Fetcher(
            store, secret, key or self.key.public, channel, self.workers, **options
        )

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / "sources" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return str(path)

    def publish(
        self, name: str, version: str | None, data: bytes, **options: t.Any
    ) -> Outcome:
        how = {k: options.pop(k) for k in ("force", "check") if k in options}
        publisher = self.publisher(**options)
        one = Publication(self.file(name, data), version=version)
        return publisher.publish([one], **how)

    def fetch(
        self, name: str = "app", version: str = "latest", **options: t.Any
    ) -> bytes:
        self.dest.unlink(missing_ok=True)
        fetched: Fetched = self.fetcher(**options).fetch(name, version, str(self.dest))
        assert fetched.changed
        return self.dest.read_bytes()

    @property
    def dest(self) -> Path:
        return self.folder / "placed"

    # -- the bucket, as somebody who can write it

    def keys(self, prefix: str = "") -> list[str]:
        start = self.endpoint.prefix
        listing = self.store.list(start + prefix)
        return sorted(info.key[len(start) :] for info in listing)

    def read(self, key: str) -> bytes:
        return b"".join(self.store.read(self.endpoint.prefix + key).chunks)

    def write(self, key: str, data: bytes) -> None:
        self.store.write(self.endpoint.prefix + key, data)

    def snapshot(self, prefix: str = "") -> dict[str, bytes]:
        return {key: self.read(key) for key in self.keys(prefix)}

    def restore(self, objects: t.Mapping[str, bytes]) -> None:
        for key, data in objects.items():
            self.write(key, data)

    @property
    def feed_key(self) -> str:
        (key,) = self.keys("feed/")
        return key


class RestlessStore(MemoryStore):
    """Calls ``before`` ahead of each write, and is gone for reads at and after an offset."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.endpoint)
        self.before: t.Callable[[str], None] = lambda key: None
        self.gone_from: int | None = None
        self.was_read: list[tuple[str, int]] = []

    def write(
        self, key: str, body: t.Any, *args: t.Any, **options: t.Any
    ) -> ObjectInfo:
        self.before(key.removeprefix(self.endpoint.prefix))
        return super().write(key, body, *args, **options)

    def read(self, key: str, start: int = 0, length: int | None = None) -> t.Any:
        self.was_read.append((key.removeprefix(self.endpoint.prefix), start))
        opened = super().read(key, start, length)
        if self.gone_from is None:
            return opened
        return dataclasses.replace(opened, chunks=self._breaking(opened.chunks, start))

    def _breaking(self, chunks: t.Iterator[bytes], start: int) -> t.Iterator[bytes]:
        assert self.gone_from is not None
        for chunk in chunks:
            if start + len(chunk) > self.gone_from:
                yield chunk[: max(0, self.gone_from - start)]
                raise UnreachableError("read", self.endpoint.place, "it is gone")
            start += len(chunk)
            yield chunk


def names(fetcher: Fetcher) -> set[str]:
    return {one.name for one in fetcher.look().releases}
