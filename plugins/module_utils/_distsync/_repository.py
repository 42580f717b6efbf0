# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Feeds and records in the bucket: read within bounds and verified, written on conditions."""

from __future__ import annotations

import contextlib
import hashlib
import time
import typing as t
from dataclasses import dataclass

from .._drivers._base import Attributes, IfAbsent, IfMatch, Store
from .._encryption._algorithms import Algorithm
from .._encryption._failures import capital
from .._encryption._layout import MAX_CHUNK_SIZE
from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey, SigningKey
from .._errors import (
    ChangedMeanwhileError,
    ConditionFailedError,
    ObjectMissingError,
    StoreError,
)
from ._failures import ExpiredError, FutureError, MismatchError
from ._feed import Entry, Feed
from ._layout import FEED, RELEASES, feed_id
from ._release import Release
from ._signed import Handover, open_signed, seal_signed
from ._trust import Trust

#: Clocks may differ by so many seconds; a bit more than a day, because dates go wrong by whole ones.
MAX_SKEW: t.Final = 25 * 3600
#: From so many seconds on a difference is worth a warning.
_WORTH_A_WORD: t.Final = 300

#: No feed and no record is larger (bytes).
LARGEST: t.Final = MAX_CHUNK_SIZE

#: To read an object that others replace meanwhile.
_ATTEMPTS: t.Final = 5

SEALED: t.Final = Attributes("application/octet-stream")
_NEVER_STORED: t.Final = Attributes("application/octet-stream", "no-cache")
_FEED: t.Final = "feed"
_RELEASE: t.Final = "release"


@dataclass(frozen=True, slots=True)
class Found:
    """A feed as it was read and verified. ``digest``: of its bytes as stored, hex; ``key`` signed it."""

    feed: Feed
    etag: str | None
    digest: str
    key: PublicKey
    handovers: tuple[Handover, ...]
    warnings: tuple[str, ...] = ()


class Repository:
    """One channel of the distribution in one bucket."""

    def __init__(
        self,
        store: Store,
        secret: SharedSecret,
        channel: str,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.secret = secret
        self.channel = channel
        self.clock = clock
        self._feed_id = feed_id(secret, channel)
        self._feed_label = f"the feed of channel {channel!r}"

    def key(self, prefix: str, name: str) -> str:
        """The full key of what has this name below one of the layout's prefixes."""
        return self.store.endpoint.prefix + prefix + name

    @property
    def feed_key(self) -> str:
        return self.key(FEED, self._feed_id)

    @property
    def place(self) -> str:
        """Tells this channel from all others, and from itself with another secret."""
        return f"{self.store.endpoint.full_place}\n{self.feed_key}"

    # -- feeds

    def feed_etag(self) -> str | None:
        """What changes with every change of the feed; None while there is none. One small request."""
        try:
            return self.store.stat(self.feed_key).info.etag
        except ObjectMissingError:
            return None

    def read_feed(
        self, trust: Trust, *, stale: bool = False, older: bool = False
    ) -> Found | None:
        """The feed, verified; None while there is none. It is not remembered yet.

        ``stale``: one that has expired will do, and ``older``: one that is older than the last, to publish a new
        one. Raises ``SignatureError``,
        ``RolledBackError``, ``ExpiredError``, ``FutureError``, ``MismatchError``, and what cannot be opened.
        """
        try:
            data, etag = read_small(
                self.store, self.feed_key, LARGEST, self._feed_label
            )
        except ObjectMissingError:
            return None
        context = f"{_FEED} {self._feed_id}"
        signed = open_signed(
            self.secret, context, _FEED, data, trust.keys, label=self._feed_label
        )
        feed = Feed.decode(signed.payload, self._feed_label)
        if feed.channel != self.channel:
            raise MismatchError(self._feed_label, f"is that of {feed.channel!r}")
        digest = hashlib.sha256(data).hexdigest()
        if not older:
            trust.check(feed.sequence, digest)
        warnings = self._check_times(feed, stale)
        return Found(feed, etag, digest, signed.key, signed.handovers, warnings)

    def _check_times(self, feed: Feed, stale: bool) -> tuple[str, ...]:
        now = self.clock()
        label = self._feed_label
        if feed.created > now + MAX_SKEW:
            raise FutureError(
                f"{capital(label)} was made at {when(feed.created)}, and here it is {when(now)}.",
                hint="Set the clock of this host, or that of who publishes.",
            )
        if feed.expires <= now and not stale:
            raise ExpiredError(
                f"{capital(label)} was good until {when(feed.expires)}, and here it is {when(now)}.",
                hint="Publish something in that channel, or renew it; if that was done, somebody holds the news back. "
                "Or this host's clock is wrong.",
            )
        if feed.created > now + _WORTH_A_WORD:
            ahead = (feed.created - now) / 60
            return (
                f"{capital(label)} was made {ahead:,.0f} minutes from now: a clock is wrong, here or where it was published.",
            )
        return ()

    def write_feed(
        self,
        feed: Feed,
        key: SigningKey,
        algorithm: Algorithm,
        handovers: t.Sequence[Handover],
        before: Found | None,
    ) -> Found:
        """Put it in the place of ``before``, unless somebody else did: ``ConditionFailedError``.

        Where the store has no conditional writes, what is there is compared just before.
        """
        context = f"{_FEED} {self._feed_id}"
        data = seal_signed(
            self.secret, context, _FEED, feed.encode(), key, algorithm, handovers
        )
        conditional = self.store.features.conditional_write
        if not conditional:
            self._compare(before)
        etag = before.etag if before is not None else None
        condition = IfAbsent() if etag is None else IfMatch(etag)
        info = self.store.write(
            self.feed_key,
            data,
            _NEVER_STORED,
            condition=condition if conditional else None,
        )
        digest = hashlib.sha256(data).hexdigest()
        return Found(feed, info.etag, digest, key.public, tuple(handovers))

    def _compare(self, before: Found | None) -> None:
        if self.feed_etag() != (before.etag if before is not None else None):
            raise ConditionFailedError(
                f"replace {self._feed_label}",
                self.store.endpoint.place,
                "somebody else has just published there",
            )

    # -- records

    def read_release(
        self, name: str, entry: Entry, key: PublicKey, *, stale: bool = False
    ) -> Release:
        """The record that a verified feed names, signed by the ``key`` that the feed is signed by.

        Raises ``MismatchError``, ``SignatureError``, ``ExpiredError`` unless ``stale``, and what cannot be
        opened or read.
        """
        label = f"the record of {name!r} {entry.version!r}"
        stored = self.key(RELEASES, entry.record)
        limit = min(entry.record_size, LARGEST)
        data, _etag = read_small(self.store, stored, limit, label)
        if hashlib.sha256(data).hexdigest() != entry.record_digest:
            raise MismatchError(label, "is not the one that the feed names")
        context = f"{_RELEASE} {entry.record}"
        signed = open_signed(self.secret, context, _RELEASE, data, (key,), label=label)
        release = Release.decode(signed.payload, label)
        said = (release.name, release.version, release.channel, release.artifact)
        if said != (name, entry.version, self.channel, entry.artifact):
            raise MismatchError(label, "is that of another release")
        now = self.clock()
        if release.expires is not None and release.expires <= now and not stale:
            raise ExpiredError(
                f"{name!r} {entry.version!r} was good until {when(release.expires)}, and here it is {when(now)}.",
                hint="Publish it again, or a newer one; or set this host's clock, if that is wrong.",
            )
        return release

    def write_release(
        self, release: Release, record: str, key: SigningKey, algorithm: Algorithm
    ) -> Entry:
        """Store its record under that id, which nothing names yet; what a feed is to say of it."""
        data = seal_signed(
            self.secret,
            f"{_RELEASE} {record}",
            _RELEASE,
            release.encode(),
            key,
            algorithm,
        )
        self.store.write(self.key(RELEASES, record), data, SEALED)
        return Entry(
            version=release.version,
            record=record,
            record_digest=hashlib.sha256(data).hexdigest(),
            record_size=len(data),
            artifact=release.artifact,
            size=release.size,
            sealed_size=release.sealed_size,
            digest=release.digest,
            created=release.created,
        )

    # -- what is of no use any more

    def remove(self, keys: t.Iterable[str]) -> list[str]:
        """Delete what nothing names any more; sentences about what could not be, which is pruned one day."""
        gone = list(keys)
        if not gone:
            return []
        try:
            failed = self.store.delete(gone)
        except StoreError as error:
            return [f"{error.message} It is of no use any more: prune."]
        return [
            f"Could not delete object {key!r}, which is of no use any more: {reason}."
            for key, reason in failed.items()
        ]


def read_small(
    store: Store, key: str, limit: int, label: str
) -> tuple[bytes, str | None]:
    """An object's bytes and etag; ``MismatchError`` if it has more than ``limit`` bytes, before they are read.

    A folder's file that is replaced just then is read again.
    """
    for _unused in range(_ATTEMPTS - 1):
        with contextlib.suppress(ChangedMeanwhileError):
            return _read_once(store, key, limit, label)
    return _read_once(store, key, limit, label)


def _read_once(
    store: Store, key: str, limit: int, label: str
) -> tuple[bytes, str | None]:
    opened = store.read(key, 0, limit + 1)
    if opened.info.size > limit:
        raise MismatchError(
            label, f"has {opened.info.size:,} bytes, and may have {limit:,}"
        )
    data = bytearray()
    for chunk in opened.chunks:
        data += chunk
        if len(data) > limit:
            raise MismatchError(label, f"goes on after {limit:,} bytes")
    return bytes(data), opened.info.etag


def when(moment: float) -> str:
    """A time for people, in UTC."""
    # far from now a year has five digits, which no calendar here can show
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment))
    except (ValueError, OverflowError):
        return f"second {moment:.0f}"
