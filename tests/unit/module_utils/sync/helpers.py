# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers that the sync's tests publish from and to."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import os
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._drivers import _memory
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Condition,
    Digests,
    Features,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._report import Report
from ansible_collections.longshore.storage.plugins.module_utils._sync import (
    _roll_back,
    _run,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._options import (
    SyncOptions,
)

Tree = dict[str, bytes]

OURS = ".longshore/"

_numbers = itertools.count()


@dataclass
class Traits:
    """How a container behaves that stands for one of a remote provider."""

    #: What its listing has as MD5: the content's, none, or what only looks like one.
    md5: t.Literal["true", "none", "false"] = "true"
    conditional: bool = True
    #: Whether it copies objects itself, and knows the settings of S3.
    copying: bool = True
    #: Whether it copies from other containers, too.
    reaching: bool = False
    #: Keys whose bytes are read wrong, though size and etag are as they were.
    corrupt: set[str] = field(default_factory=set)
    #: What an operation raises: (operation, key) -> exception. For lists the key is the prefix.
    failures: dict[tuple[str, str], BaseException] = field(default_factory=dict)
    #: Keys that a delete answers it could not.
    undeletable: set[str] = field(default_factory=set)
    #: Called before each operation with its name and key.
    before: t.Callable[[str, str], None] = lambda operation, key: None
    #: How often each operation was called.
    calls: Counter[str] = field(default_factory=Counter)
    #: Operations in their order, with their keys.
    log: list[tuple[str, str]] = field(default_factory=list)


class RemoteStore(_memory.MemoryStore):
    """A store in memory that behaves as its container's ``Traits`` say and hashes nothing for us."""

    traits: t.ClassVar[dict[str, Traits]] = {}

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._traits = self.traits[endpoint.container]
        self.features = Features(
            conditional_write=self._traits.conditional,
            listing_md5=self._traits.md5 == "true",
            server_side_copy=self._traits.copying,
            settings=(
                _memory.MemoryStore.features.settings
                if self._traits.copying
                else frozenset()
            ),
        )

    def _begin(self, operation: str, key: str) -> None:
        self._traits.calls[operation] += 1
        self._traits.log.append((operation, key))
        self._traits.before(operation, key)
        failure = self._traits.failures.get((operation, key))
        if failure is not None:
            raise failure

    def _seen(self, info: ObjectInfo) -> ObjectInfo:
        if self._traits.md5 == "true":
            return info
        if self._traits.md5 == "none":
            return info._replace(md5=None)
        other = hashlib.md5(f"sealed {info.etag}".encode()).hexdigest()
        return info._replace(md5=other)

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        self._begin("list", prefix)
        return map(self._seen, super().list(prefix))

    def stat(self, key: str) -> ObjectDetails:
        self._begin("stat", key)
        found = super().stat(key)
        return dataclasses.replace(found, info=self._seen(found.info))

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        self._begin("read", key)
        found = super().read(key, start, length)
        chunks = found.chunks
        if key in self._traits.corrupt:
            chunks = (bytes(byte ^ 1 for byte in chunk) for chunk in found.chunks)
        return dataclasses.replace(found, info=self._seen(found.info), chunks=chunks)

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        self._begin("write", key)
        assert condition is None or self._traits.conditional
        data = body if isinstance(body, bytes) else b"".join(body)
        self._traits.corrupt.discard(key)
        return self._seen(super().write(key, data, attributes, condition=condition))

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        for key in keys:
            self._begin("delete", key)
        stay = self._traits.undeletable.intersection(keys)
        super().delete([key for key in keys if key not in stay])
        return dict.fromkeys(stay, "it is locked")

    def reaches(self, other: Store) -> bool:
        return self._traits.reaching and isinstance(other, _memory.MemoryStore)

    def copy(
        self,
        source: ObjectInfo,
        key: str,
        attributes: Attributes,
        *,
        container: str | None = None,
    ) -> ObjectInfo:
        self._begin("copy", key)
        return self._seen(super().copy(source, key, attributes, container=container))

    def digests(self, info: ObjectInfo) -> Digests:
        return Store.digests(self, info)


class Place:
    """A container with a prefix, and what is in it by name."""

    endpoint: Endpoint

    def __init__(self, tree: t.Mapping[str, bytes] | None = None) -> None:
        self.put(tree or {})

    def put(self, tree: t.Mapping[str, bytes]) -> None:
        raise NotImplementedError

    def remove(self, *names: str) -> None:
        raise NotImplementedError

    def everything(self) -> Tree:
        """Objects by name, ours too."""
        raise NotImplementedError

    def snapshot(self) -> t.Mapping[str, t.Any]:
        """Equal to an earlier one when nothing was touched."""
        raise NotImplementedError

    def tree(self) -> Tree:
        """Objects by name, without ours."""
        return {k: v for k, v in self.everything().items() if not k.startswith(OURS)}

    def has_manifest(self) -> bool:
        return f"{OURS}manifest/root" in self.everything()


class Folder(Place):
    def __init__(self, path: Path, tree: t.Mapping[str, bytes] | None = None) -> None:
        self.path = path
        self.endpoint = Endpoint("LOCAL", str(path))
        path.mkdir(parents=True, exist_ok=True)
        super().__init__(tree)

    def put(self, tree: t.Mapping[str, bytes]) -> None:
        for name, data in tree.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def remove(self, *names: str) -> None:
        for name in names:
            (self.path / name).unlink()

    def everything(self) -> Tree:
        found = {}
        for folder, _unused, names in os.walk(self.path):
            for name in names:
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    found[str(path.relative_to(self.path))] = path.read_bytes()
        return found

    def snapshot(self) -> dict[str, tuple[int, ...]]:
        """Everything there, down to times: equal when nothing was touched."""
        found: dict[str, tuple[int, ...]] = {}
        for folder, folders, names in os.walk(self.path):
            for name in (".", *folders, *names):
                path = os.path.normpath(os.path.join(folder, name))
                s = os.lstat(path)
                found[path] = (s.st_ino, s.st_mode, s.st_mtime_ns, s.st_ctime_ns)
        return found


class Container(Place):
    """A container in memory; ``traits`` makes it a remote one."""

    def __init__(
        self,
        tree: t.Mapping[str, bytes] | None = None,
        *,
        prefix: str = "",
        traits: Traits | None = None,
        exists: bool = True,
    ) -> None:
        self.traits = traits or Traits()
        self.endpoint = Endpoint("MEMORY", f"c{next(_numbers)}", prefix=prefix)
        if traits is not None:
            RemoteStore.traits[self.endpoint.container] = traits
        self.store = _memory.MemoryStore(self.endpoint)
        if exists:
            self.store.create_container()
            super().__init__(tree)

    def put(self, tree: t.Mapping[str, bytes]) -> None:
        for name, data in tree.items():
            self.store.write(self.endpoint.prefix + name, data)

    def remove(self, *names: str) -> None:
        self.store.delete([self.endpoint.prefix + name for name in names])

    def everything(self) -> Tree:
        prefix = self.endpoint.prefix
        return {
            info.key[len(prefix) :]: b"".join(self.store.read(info.key).chunks)
            for info in self.store.list(prefix)
        }

    def snapshot(self) -> dict[str, ObjectInfo]:
        """Every object of the container; an etag is another after each write."""
        return {info.key: info for info in self.store.list()}


def remote(
    tree: t.Mapping[str, bytes] | None = None, *, prefix: str = "", **traits: t.Any
) -> Container:
    return Container(tree, prefix=prefix, traits=Traits(**traits))


def open_place(endpoint: Endpoint) -> Store:
    """Stands in for the catalogue: a container with traits is opened with them."""
    if endpoint.container in RemoteStore.traits:
        return RemoteStore(endpoint)
    return open_store(endpoint)


class Sync:
    """Syncs with a digest cache of the test's own, and four transfers at once."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    def __call__(self, source: Place, destination: Place, **options: t.Any) -> Report:
        return _run.synchronise(self._chosen(source, destination, options))

    def back(
        self, destination: Place, release: str | None = None, **options: t.Any
    ) -> Report:
        """Roll the destination back."""
        options |= {"release": release, "rolled_back": True}
        return _roll_back.roll_back(self._chosen(destination, destination, options))

    def _chosen(
        self, source: Place, destination: Place, options: t.Mapping[str, t.Any]
    ) -> SyncOptions:
        chosen = {"cache_path": str(self.cache), "transfers": 4, **options}
        return SyncOptions(source.endpoint, destination.endpoint, **chosen)


def counts(report: Report) -> dict[str, int]:
    """How many of each kind, zeros left out; ``unchanged`` among them."""
    found = {kind: tally.count for kind, tally in report.tallies.items()}
    found["unchanged"] = report.unchanged
    return {kind: number for kind, number in found.items() if number}
