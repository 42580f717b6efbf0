# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a sync found to agree, so that the next one looks at nothing but what changed since."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
import typing as t
from dataclasses import dataclass, field

from .._drivers._base import ObjectInfo
from .._drivers._local import LocalStore
from .._drivers._local_survey import Survey, survey
from .._endpoint import Endpoint
from .._fork import Forked
from .._manifest._tree_cache import Receipt, TreeCache
from ._options import SyncOptions

#: To be raised when another version comes to another result of the same options.
_GENERATION = 1

#: Options that make no difference to what a sync comes to.
_INDIFFERENT = frozenset(
    "source destination transfers cache_path bandwidth_limit shard check_mode".split()
)


@dataclass(slots=True)
class Differences:
    """Of a source against what it was when the receipt was written, by name.

    ``changed``: files that are new or may be others. ``gone``: names of files that there were.
    ``known``: how many of both there were. ``receipt``: the numbers of all.
    """

    receipt: Receipt
    changed: dict[str, ObjectInfo] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    known: int = 0

    @property
    def empty(self) -> bool:
        """Nothing is other than it was."""
        return not (self.changed or self.gone)


class Receipts:
    """What is remembered of one sync, from a local tree to anywhere.

    To be made before anything that starts threads: the tree is looked at in a process of its own.
    """

    def __init__(
        self,
        options: SyncOptions,
        source: Endpoint,
        cache: TreeCache | None,
        selection: t.Container[str],
    ) -> None:
        self._cache = cache if _is_simple(options, source) else None
        self._selection = selection
        self._prefix = source.prefix
        self._subject = _subject(options)
        self._forked: Forked[Survey | None] | None = None
        self._receipt: Receipt | None = None
        if self._cache is not None:
            self._receipt = self._cache.receipt(self._subject)
        if self._receipt is not None:
            self._began = time.time_ns()
            root = source.container
            self._forked = Forked(lambda: survey(root, self._prefix, selection))

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._forked is not None:
            self._forked.__exit__(*exc)

    def differences(self, source: LocalStore) -> Differences | None:
        """What is to be looked at; None when that is everything."""
        if self._cache is None or self._receipt is None or self._forked is None:
            return None
        now = self._forked.result()
        if now is None:
            return None
        before = self._cache.survey()
        found = Differences(self._receipt)
        for path in sorted(now.keys() | before.keys()):
            if now.get(path) == before.get(path):
                continue
            if path in before and not self._cache.files(path):
                return None  # what was there is damaged in the cache
            self._look(source, path, found)
        # a link or the like that came meanwhile is for a whole listing to explain
        return None if source.skipped or source.unreadable else found

    def _look(self, source: LocalStore, path: str, found: Differences) -> None:
        if self._cache is None:
            return
        infos = source.files_of(path)
        changed = self._cache.see_folder(path, infos, self._began)
        known = self._names(self._cache.files(path))
        there = self._names(info.key for info in infos)
        found.gone |= known - there
        for key, info in changed.items():
            if (name := key[len(self._prefix) :]) in self._selection:
                found.changed[name] = info
                found.known += name in known
        found.known += len(known - there)

    def _names(self, keys: t.Iterable[str]) -> set[str]:
        names = {key[len(self._prefix) :] for key in keys}
        return {name for name in names if name in self._selection}

    def write(self, receipt: Receipt | None) -> None:
        """Both sides agree, as the receipt says; None when that is not known."""
        if self._cache is not None and receipt is not None:
            if receipt != self._receipt or self._cache.changed:
                self._cache.agree(self._subject, receipt)


def _is_simple(options: SyncOptions, source: Endpoint) -> bool:
    """Whether the state of files, and no time, decides what a sync comes to."""
    return (
        source.provider == "LOCAL"
        and not options.follow_links
        and options.verify != "content"
        and options.manifest != "rebuild"
        and options.prune_after is None
        and options.release is None
        and options.shard is None
    )


def _subject(options: SyncOptions) -> str:
    destination = options.destination
    said: dict[str, object] = {
        name: getattr(options, name)
        for name in (f.name for f in dataclasses.fields(options))
        if name not in _INDIFFERENT
    }
    said["places"] = [
        _GENERATION,
        options.source.full_place,
        destination.full_place,
        destination.host,
        destination.region,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
