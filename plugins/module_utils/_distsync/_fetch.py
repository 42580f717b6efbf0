# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A host's side of a channel: look at the feed, and fetch releases."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .._drivers._base import Store
from .._encryption._names import check_file_name
from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey
from .._sync._bandwidth import Bandwidth
from .._workers import Workers
from ._content import Content
from ._failures import ReleaseMissingError
from ._feed import Feed
from ._layout import ARTIFACTS
from ._placing import (
    Target,
    correct_owner_and_mode,
    has_right_owner_and_mode,
    holds_content,
    place,
    target_path,
)
from ._release import LATEST, Release, check_version
from ._repository import Found, Repository
from ._sending import Progress
from ._trust import Trust

#: Makes the plaintext of a release in an empty file that is open for reading and writing. Returns how many
#: bytes of it were fetched; None where it cannot be done so, whatever it has written.
Assembler = t.Callable[[Release, Content, t.BinaryIO], t.Optional[int]]


class Seen(t.NamedTuple):
    """A feed that was verified, the etag to ask with next time, and sentences for who looks after the host."""

    feed: Feed
    etag: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A release that is in its place. ``received``: bytes of plaintext that were not there yet."""

    release: Release
    path: str
    changed: bool
    received: int
    warnings: tuple[str, ...]


class Listed(t.NamedTuple):
    """A release of a feed. Sizes are bytes, ``age`` seconds; ``latest`` is the one that hosts are to have."""

    name: str
    version: str
    latest: bool
    size: int
    sealed_size: int
    digest: str
    created: int
    age: int


class Fetcher:
    """Reads one channel, trusting one key.

    ``folder`` is where the host remembers the last feed (made if it is missing; None: nothing is remembered,
    so an old feed is noticed by its expiry alone).
    """

    def __init__(
        self,
        store: Store,
        secret: SharedSecret,
        key: PublicKey,
        channel: str,
        workers: Workers,
        *,
        folder: str | None = None,
        bandwidth: Bandwidth | None = None,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._secret = secret
        self._channel = channel
        self._workers = workers
        self._bandwidth = bandwidth or Bandwidth(None)
        self._repository = Repository(store, secret, channel, clock)
        place = f"reader of {store.endpoint.full_place}"
        self._trust = Trust(key, folder, place, channel)

    # -- the feed

    def look(self) -> Seen:
        """The feed as it is now, verified and remembered. Raises ``ReleaseMissingError`` while there is none."""
        found = self._read()
        return Seen(found.feed, found.etag, found.warnings)

    def poll(self, etag: str | None) -> Seen | None:
        """None while the feed is what it was with this etag, or there is none; one small request then.

        A feed that does not change expires without being looked at: ``look`` from time to time.
        """
        now = self._repository.feed_etag()
        if now is None or now == etag:
            return None
        return self.look()

    def listing(self) -> list[Listed]:
        """Every release of the channel, by name, in the order of their publication."""
        return listing(self.look().feed, self._repository.clock())

    def _read(self) -> Found:
        found = self._repository.read_feed(self._trust)
        if found is None:
            raise ReleaseMissingError(
                f"Nothing was published in channel {self._channel!r} of {self._store.endpoint.full_place}.",
                hint="Publish something there, or check the channel's name and the SharedSecret.",
            )
        self._trust.accept(found.key, found.feed.sequence, found.digest)
        return found

    # -- releases

    def release(self, name: str, version: str = LATEST) -> Release:
        """What is said of a release. Raises ``ReleaseMissingError``, and what is wrong with it."""
        return self._find(name, version)[0]

    def fetch(
        self,
        name: str,
        version: str,
        dest: str,
        *,
        check: bool = False,
        progress: Progress = lambda size: None,
        assemble: Assembler | None = None,
    ) -> Fetched:
        """Have a release at ``dest``, a file or a folder to put it in; ``check``: only say whether it is not.

        ``assemble`` may make the contents out of an older file and ranges: they are verified by their digest in
        any case. Raises ``NameRefusedError`` and ``RequestRefusedError`` before anything is asked for.
        """
        check_file_name(name)
        if version != LATEST:
            check_version(version)
        release, warnings = self._find(name, version)
        return self.put(
            release,
            dest,
            check=check,
            progress=progress,
            assemble=assemble,
            warnings=warnings,
        )

    def put(
        self,
        release: Release,
        dest: str,
        *,
        check: bool = False,
        progress: Progress = lambda size: None,
        assemble: Assembler | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Fetched:
        """As ``fetch``, of a release that ``release`` gave."""
        path = target_path(dest, release.name)
        target = Target(
            path,
            release.size,
            release.digest,
            release.mode,
            release.owner,
            release.group,
        )
        if holds_content(target):
            changed = not has_right_owner_and_mode(target)
            if changed and not check:
                correct_owner_and_mode(target)
            return Fetched(release, path, changed, 0, warnings)
        if check:
            return Fetched(release, path, True, 0, warnings)
        content = self.content(release)
        received = place(
            target,
            release.artifact,
            content,
            progress,
            None if assemble is None else lambda out: assemble(release, content, out),
        )
        return Fetched(release, path, True, received, warnings)

    def content(self, release: Release) -> Content:
        """The plaintext of a release, by ranges."""
        return Content(
            self._store,
            self._repository.key(ARTIFACTS, release.artifact),
            self._secret,
            release,
            self._workers,
            self._bandwidth,
        )

    def _find(self, name: str, version: str) -> tuple[Release, tuple[str, ...]]:
        check_file_name(name)
        found = self._read()
        entry = found.feed.find(name, version)
        release = self._repository.read_release(name, entry, found.key)
        return release, found.warnings


def listing(feed: Feed, now: float) -> list[Listed]:
    """Every release of a feed, by name, in the order of their publication."""
    return [
        Listed(
            name,
            one.version,
            one.version == line.current,
            one.size,
            one.sealed_size,
            one.digest,
            one.created,
            max(0, int(now) - one.created),
        )
        for name, line in sorted(feed.artifacts.items())
        for one in line.releases
    ]
