# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The digests of what the listings could not decide, from the cache or from the bytes."""

from __future__ import annotations

import time
import typing as t

from .._drivers._base import Digests, ObjectInfo, Store
from .._manifest._tree_cache import TreeCache
from .._progress import Progress
from .._workers import Workers
from ._transfer import read_digests


class Contents:
    """The digests of one side's objects.

    ``cache`` is that of a local tree, None for other stores. An object's digests are known once
    they were asked for or remembered.
    """

    def __init__(
        self, store: Store, cache: TreeCache | None, progress: Progress
    ) -> None:
        self.store = store
        self.cache = cache
        self._progress = progress
        self._known: dict[str, Digests] = {}

    def find(
        self, infos: t.Iterable[ObjectInfo], workers: Workers, *, afresh: bool
    ) -> None:
        """Make both digests of these objects known, by reading them unless they are (even so, ``afresh``)."""
        unknown = [info for info in infos if afresh or not self._has_both(info)]
        if unknown:
            sizes = (info.size for info in unknown)
            self._progress.begin("comparing", items=len(unknown), sizes=sizes)
        for info, (digests, began) in workers.run(self._read, unknown):
            self._progress.advance(info.size, 1)
            self.remember(info, digests, began)

    def remember(self, info: ObjectInfo, digests: Digests, began: int) -> None:
        """Keep what was learnt by reading the object from time ``began`` on (ns since the epoch)."""
        self._known[info.key] = digests
        if self.cache is not None:
            self.cache.put(info, digests, began)

    def get(self, info: ObjectInfo) -> Digests | None:
        """The object's digests, if they are known."""
        known = self._known.get(info.key)
        if known is None and self.cache is not None:
            known = self.cache.get(info)
        return known

    def _has_both(self, info: ObjectInfo) -> bool:
        known = self.get(info)
        return known is not None and known.md5 is not None

    def _read(self, info: ObjectInfo) -> tuple[Digests, int]:
        began = time.time_ns()
        return read_digests(self.store, info), began
