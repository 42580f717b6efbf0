# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Deletes what no feed of a bucket names and nobody is about to publish."""

from __future__ import annotations

import typing as t

from .._encryption._failures import EncryptionError
from .._errors import ObjectMissingError, StoreError
from ._announcements import ANNOUNCED_FOR, read_announcement
from ._channel import Channel
from ._failures import MismatchError, UnreadableError
from ._feed import Feed
from ._layout import ANNOUNCEMENTS, ARTIFACTS, FEED, RELEASES, is_id
from ._repository import LARGEST, read_small
from ._results import Pruned
from ._signed import read_unverified

#: What can be said of an object whose bytes are not ours.
_Unreadable = (EncryptionError, MismatchError)
_FEED_KEPT = (
    "Who publishes may not delete feeds: prune with an administrator's credentials."
)


class Pruning:
    """One look at all of a bucket.

    ``unreadable``: feeds and announcements that cannot be read are litter too, instead of being an error.
    """

    def __init__(self, channel: Channel, unreadable: bool) -> None:
        self._channel = channel
        self._repository = channel.repository
        self._unreadable = unreadable
        self._needed: set[str] = set()
        #: Sizes by full keys.
        self._litter: dict[str, int] = {}

    def run(self, check: bool) -> Pruned:
        """Raises ``UnreadableError`` before anything is deleted, and what the store and the own feed raise."""
        # in this order: what is in the first listing is announced until a feed names it
        artifacts = self._ids(ARTIFACTS)
        records = self._ids(RELEASES)
        for name, size in self._ids(ANNOUNCEMENTS).items():
            self._look_at_announcement(name, size)
        for name, size in self._ids(FEED).items():
            key = self._repository.key(FEED, name)
            if key == self._repository.feed_key:
                self._look_at_own_feed(key, size)
            else:
                self._look_at_feed(name, key, size)
        for prefix, found in ((ARTIFACTS, artifacts), (RELEASES, records)):
            for name, size in found.items():
                if name not in self._needed:
                    self._litter[self._repository.key(prefix, name)] = size
        if self._litter and not check:
            self._delete()
        return Pruned(len(self._litter), sum(self._litter.values()))

    def _ids(self, prefix: str) -> dict[str, int]:
        """Ids of objects directly below a prefix, and their sizes."""
        start = self._repository.key(prefix, "")
        listing = self._repository.store.list(start)
        names = ((info.key[len(start) :], info.size) for info in listing)
        return {name: size for name, size in names if is_id(name)}

    def _look_at_announcement(self, name: str, size: int) -> None:
        key = self._repository.key(ANNOUNCEMENTS, name)
        try:
            announced = read_announcement(self._repository, name)
        except ObjectMissingError:
            return  # a feed names it by now
        except _Unreadable as error:
            self._refuse(key, size, error)
            return
        if announced.created < self._repository.clock() - ANNOUNCED_FOR:
            self._litter[key] = size
        else:
            self._needed |= {announced.artifact, announced.record}

    def _look_at_own_feed(self, key: str, size: int) -> None:
        try:
            found = self._channel.read()
        except _Unreadable:
            if not self._unreadable:
                raise
            self._litter[key] = size
            return
        for ids in self._channel.feed_of(found).keys_named:
            self._needed.update(ids)

    def _look_at_feed(self, name: str, key: str, size: int) -> None:
        """Whoever signed it: what it names may be needed."""
        label = f"the feed {name}"
        try:
            data, _etag = read_small(self._repository.store, key, LARGEST, label)
            secret, context = self._repository.secret, f"feed {name}"
            payload = read_unverified(secret, context, data, label=label)
            for ids in Feed.decode(payload, label).keys_named:
                self._needed.update(ids)
        except ObjectMissingError:
            return
        except _Unreadable as error:
            self._refuse(key, size, error)

    def _refuse(
        self, key: str, size: int, error: EncryptionError | MismatchError
    ) -> None:
        if not self._unreadable:
            raise UnreadableError(key, error.message) from None
        self._litter[key] = size

    def _delete(self) -> None:
        # Feeds first: what they name must not be gone while they are there.
        start = self._repository.key(FEED, "")
        feeds = [key for key in self._litter if key.startswith(start)]
        self._delete_all(feeds, _FEED_KEPT)
        self._delete_all([key for key in self._litter if key not in feeds], "")

    def _delete_all(self, keys: t.Sequence[str], hint: str) -> None:
        store = self._repository.store
        for key, reason in (store.delete(keys) if keys else {}).items():
            place = store.endpoint.place
            raise StoreError(f"delete object {key!r}", place, reason, hint=hint)
