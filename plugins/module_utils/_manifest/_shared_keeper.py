# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""One manifest that several hosts commit together, each its own shards."""

from __future__ import annotations

import random
import time
import typing as t
from dataclasses import replace

from .._drivers._base import Store
from .._errors import ConditionFailedError
from .._workers import Workers
from ._format import (
    Entry,
    Root,
    encode_shard,
    shard_count,
    split,
)
from ._keeper import Manifest, ManifestKeeper
from ._objects import is_digest
from ._share import Share

#: Each failure means that some other host has replaced the root.
_ATTEMPTS_PER_HOST: t.Final = 4
_ATTEMPTS: t.Final = 10
#: Seconds, for each host.
_PAUSE: t.Final = 0.02
_LONGEST_PAUSE: t.Final = 1.0

Shards = dict[int, t.Optional[str]]


class SharedKeeper(ManifestKeeper):
    """The manifest as one of several hosts keeps it, on a store with conditional writes.

    While they are at work, the root's mark is the id of their gathering. Any of them replaces the root then,
    and its own shards in it only; somebody else is noticed by another mark, or by shards that are not as this host
    has left them. The host of index 0 settles it when all have committed.
    """

    def __init__(self, store: Store, workers: Workers, share: Share) -> None:
        super().__init__(store, workers)
        self._share = share
        self._found = Manifest(Root(), {})
        self._names = 0
        self._has_changed = False

    def gather(self, gathering: str, names: int) -> None:
        """To be called before any change: the id that all hosts know, and how many names there will be, about."""
        self._run = gathering
        self._names = names

    def read(self, names: t.Collection[str] | None = None) -> Manifest | None:
        """All of it: whatever the shards are now, they may have to be divided anew."""
        found = super().read()
        if found is not None:
            self._found = found
        return found

    def mark(self) -> None:
        """The first host to come divides the entries into enough shards; the others find that."""
        if not self._is_read:
            self._read_root()
        self._update(self._marked, afresh=False)

    def commit(self, entries: t.Mapping[str, Entry], *, settled: bool) -> bool:
        """Make ``entries`` what this host's shards hold; true when it has changed any of them.

        With ``settled``, all hosts have committed, so that the host of index 0 may say that this is the whole truth.
        """
        if self._root.pending != self._run:
            raise self._lost(self._root_key)
        parts = split(entries, len(self._root.shards))
        before = self._ours(self._root)
        after = self._write_shards(parts, before, set(self._root.shards))
        if after != before:
            self._update(lambda root: self._committed(root, before, after))
            self._has_changed = True
        if settled and self._share.index == 0:
            self._update(self._settled)
        return self._has_changed

    def distrust(self) -> None:
        """Mark the manifest, if somebody else has replaced it meanwhile."""
        if self._read_root() and self._root.pending != self._run:
            self._update(lambda root: replace(root, pending=self._run))

    # -- what becomes of a root; None: it is so already

    def _marked(self, root: Root) -> Root | None:
        if root.pending == self._run:
            if self._ours(root) != self._expected(len(root.shards)):
                raise self._lost(self._root_key)
            return None
        if root != self._found.root:
            raise self._lost(self._root_key)
        wanted = max(len(root.shards), self._share.shards, shard_count(self._names))
        if wanted == len(root.shards):
            return replace(root, pending=self._run)
        old = {name for name in root.shards if name is not None}
        numbers = dict.fromkeys(range(wanted))
        parts = split(self._found.entries, wanted)
        shards = tuple(self._write_shards(parts, numbers, set()).values())
        useless = {*root.superseded, *old} - set(shards)
        return Root(shards, self._run, tuple(sorted(useless)))

    def _committed(self, root: Root, before: Shards, after: Shards) -> Root | None:
        if root.pending != self._run:
            raise self._lost(self._root_key)
        now = self._ours(root)
        if now == after:
            return None
        if now != before:
            raise self._lost(self._root_key)
        names = enumerate(root.shards)
        return replace(root, shards=tuple(after.get(n, name) for n, name in names))

    def _settled(self, root: Root) -> Root:
        """Nobody writes shards any more, so whatever is not in use is litter."""
        if root.pending != self._run:
            raise self._lost(self._root_key)
        useless = set(filter(is_digest, self._shards_there())) - {*root.shards}
        former = useless & set(self._found.root.superseded)
        useless = (useless - former) | self._delete(former)
        return Root(root.shards, None, tuple(sorted(useless)))

    def _update(
        self, change: t.Callable[[Root], Root | None], *, afresh: bool = True
    ) -> None:
        """Replace the root, again while other hosts are quicker."""
        attempts = _ATTEMPTS + _ATTEMPTS_PER_HOST * self._share.count
        for left in reversed(range(attempts)):
            if afresh and not self._read_root():
                raise self._lost(self._root_key)
            afresh = True
            changed = change(self._root)
            if changed is None:
                return
            try:
                self._replace_root(changed)
                return
            except ConditionFailedError:
                if not left:
                    raise
            # no secret: only not all at the same time
            pause = min(_LONGEST_PAUSE, _PAUSE * self._share.count)
            time.sleep(random.uniform(0, pause))

    # -- this host's shards, by number

    def _ours(self, root: Root) -> Shards:
        numbers = self._share.numbers(len(root.shards))
        return {number: root.shards[number] for number in numbers}

    def _expected(self, count: int) -> Shards:
        """What they are, of so many, if nobody has changed them since they were read."""
        if count == len(self._found.root.shards):
            return self._ours(self._found.root)
        parts = split(self._found.entries, count)
        return {
            number: encode_shard(parts[number])[0] if parts[number] else None
            for number in self._share.numbers(count)
        }

    def _write_shards(
        self,
        parts: t.Sequence[t.Mapping[str, Entry]],
        numbers: t.Iterable[int],
        there: t.Container[str | None],
    ) -> Shards:
        """Of these shards the names, and those that are not there written."""
        encoded = {n: encode_shard(parts[n]) if parts[n] else None for n in numbers}
        names = {n: s[0] if s is not None else None for n, s in encoded.items()}
        new = [s for s in encoded.values() if s is not None and s[0] not in there]
        for _unused in self._workers.run(self._write_shard, new):
            pass
        return names
