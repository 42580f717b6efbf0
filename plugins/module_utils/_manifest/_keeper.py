# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Reads a destination's manifest and commits a new one, atomically."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import typing as t
from dataclasses import dataclass, replace

from .._drivers._base import Store
from .._errors import (
    ConditionFailedError,
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
)
from .._workers import Workers
from ._format import (
    RESERVED,
    Entry,
    Root,
    damaged,
    decode_root,
    decode_shard,
    encode_root,
    encode_shard,
    shard_number,
    split,
)
from ._objects import PACKED, is_digest, replace_object

_ROOT = f"{RESERVED}manifest/root"
_SHARDS = f"{RESERVED}manifest/shards/"

#: Each failure means that another run has replaced the root meanwhile, which few do often.
_DISTRUST_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was read: all of its entries, or those of some shards."""

    root: Root
    entries: t.Mapping[str, Entry]

    @property
    def settled(self) -> bool:
        """False when a run may have changed objects without telling: only a listing is to be trusted."""
        return self.root.pending is None


class ManifestKeeper:
    """The manifest of one destination.

    A commit writes the shards that are new, then replaces the root on the condition that nobody else
    did since it was read; where the store has no conditional writes the root is compared just before.
    What it supersedes is deleted by the next run that marks the manifest. Raises
    ``ConditionFailedError`` when another run was there, ``ManifestError`` for a manifest that cannot
    be read.
    """

    def __init__(self, store: Store, workers: Workers) -> None:
        self._store = store
        self._workers = workers
        self._prefix = store.endpoint.prefix
        self._root_key = self._prefix + _ROOT
        self._run = secrets.token_hex(8)
        self._etag: str | None = None
        self._root = Root()
        self._is_read = False
        #: Whether a run before this one may have left shards that no root refers to.
        self._unfinished = False
        #: The shards (by number) that were read, and that a commit replaces; None: all.
        self._numbers: t.Collection[int] | None = None
        #: Shards that are of no more use, whatever the root says of them.
        self._discarded: set[str] = set()

    def state(self) -> str | None:
        """What changes with every change of the manifest; None when there is none to be trusted."""
        if not (self._is_read or self._read_root()) or self._root.pending is not None:
            return None
        return hashlib.sha256(encode_root(self._root)).hexdigest()

    def read(self, names: t.Collection[str] | None = None) -> Manifest | None:
        """The manifest; None when there is none.

        With ``names``, only those shards that these are in; a commit then leaves the others as they are.
        """
        if not (self._is_read or self._read_root()):
            return None
        count = len(self._root.shards)
        if names is not None:
            self._numbers = {shard_number(name, count) for name in names}
        chosen = self._numbers if self._numbers is not None else range(count)
        shards = (self._root.shards[number] for number in chosen)
        entries: dict[str, Entry] = {}
        present = [name for name in shards if name is not None]
        for _unused, shard in self._workers.run(self._read_shard, present):
            entries.update(shard)
        return Manifest(self._root, entries)

    def open(self) -> Root | None:
        """The root alone, as it is now; None when there is none."""
        return self._root if self._read_root() else None

    def shard(self, number: int) -> dict[str, Entry]:
        """The entries of one shard of the root that was read last."""
        name = self._root.shards[number]
        return self._read_shard(name) if name is not None else {}

    def discard(self) -> None:
        """Do without what is there, whatever it says: the next commit replaces all of it."""
        try:
            self._etag = self._store.stat(self._root_key).info.etag
        except (ObjectMissingError, ContainerMissingError):
            return
        self._discarded = self._shards_there()

    def mark(self) -> None:
        """Say that objects are about to change: until the next commit, entries are not the whole truth.

        Shards that are of no use any more are deleted, now that the root is this run's: whoever else
        might write one of the same content has to come after it.
        """
        self._replace_root(replace(self._root, pending=self._run))
        left = self._delete(set(self._root.superseded))
        self._root = replace(self._root, superseded=tuple(sorted(left)))

    def distrust(self) -> None:
        """Mark the manifest that is there, if any, because objects are changed beside it.

        Another run that commits just then is no excuse: what it wrote is not to be trusted either.
        """
        for left in reversed(range(_DISTRUST_ATTEMPTS)):
            if not self._read_root():
                return
            try:
                self.mark()
                return
            except ConditionFailedError:
                if not left:
                    raise

    def commit(self, entries: t.Mapping[str, Entry], *, settled: bool) -> bool:
        """Make ``entries`` the manifest; with ``settled``, they are the whole truth again.

        False when it said so already.
        """
        encoded = self._encode(entries)
        old = {name for name in self._root.shards if name is not None}
        new = {shard[0]: shard[1] for shard in encoded if shard is not None}
        missing = [
            (name, data)
            for name, data in new.items()
            if data is not None and name not in old
        ]
        for _unused in self._workers.run(self._write_shard, missing):
            pass
        names = tuple(shard[0] if shard is not None else None for shard in encoded)
        pending = None if settled else self._run
        if (names, pending) == (self._root.shards, self._root.pending) and self._etag:
            if not self._discarded:
                return False
        litter = set()
        if settled and self._unfinished:
            litter = set(filter(is_digest, self._shards_there()))
        useless = {*old, *litter, *self._root.superseded} - new.keys()
        self._replace_root(Root(names, pending, tuple(sorted(useless))))
        self._delete(self._discarded - useless - new.keys())
        self._discarded = set()
        return True

    def _delete(self, shards: set[str]) -> set[str]:
        """Returns those that could not be deleted, which are only litter."""
        if shards:
            with contextlib.suppress(StoreError):
                keys = {f"{self._prefix}{_SHARDS}{name}": name for name in shards}
                return {keys[key] for key in self._store.delete(list(keys))}
        return shards

    def _shards_there(self) -> set[str]:
        listing = self._store.list(self._prefix + _SHARDS)
        return {info.key.rpartition("/")[2] for info in listing}

    def _encode(
        self, entries: t.Mapping[str, Entry]
    ) -> list[tuple[str, bytes | None] | None]:
        """Each shard's name, and its bytes unless it is there already; None for an empty one."""
        if self._numbers is None:
            return [encode_shard(shard) if shard else None for shard in split(entries)]
        encoded: list[tuple[str, bytes | None] | None] = [
            (name, None) if name is not None else None for name in self._root.shards
        ]
        shards = split(entries, len(self._root.shards))
        for number in self._numbers:
            encoded[number] = encode_shard(shards[number]) if shards[number] else None
        return encoded

    def _read_root(self) -> bool:
        """Whether there is one."""
        try:
            opened = self._store.read(self._root_key)
        except (ObjectMissingError, ContainerMissingError):
            return False
        self._root = decode_root(b"".join(opened.chunks))
        self._etag = opened.info.etag
        self._is_read = True
        self._unfinished = self._root.pending is not None
        return True

    def _read_shard(self, name: str) -> dict[str, Entry]:
        try:
            opened = self._store.read(f"{self._prefix}{_SHARDS}{name}")
        except ObjectMissingError:
            raise damaged(f"shard {name} is missing") from None
        return decode_shard(name, b"".join(opened.chunks))

    def _write_shard(self, shard: tuple[str, bytes]) -> None:
        name, data = shard
        self._store.write(f"{self._prefix}{_SHARDS}{name}", data, PACKED)

    def _replace_root(self, root: Root) -> None:
        key = self._root_key
        try:
            self._etag = replace_object(self._store, key, encode_root(root), self._etag)
        except ConditionFailedError:
            raise self._lost(key) from None
        self._root = root
        self._is_read = True

    def _lost(self, key: str) -> StoreError:
        return ConditionFailedError(
            f"commit the manifest {key!r}",
            self._store.endpoint.place,
            "another run has published to this destination since this one began",
            hint="Run again: what was uploaded is kept, and the rest is compared anew.",
        )
