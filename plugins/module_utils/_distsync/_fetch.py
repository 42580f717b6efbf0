# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A host's side of a channel: look at the feed, and fetch releases."""

from __future__ import annotations

import os
import time
import typing as t
from dataclasses import replace

from .._bandwidth import Bandwidth
from .._drivers._base import Store
from .._encryption._names import check_file_name
from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey
from .._errors import MissingLibraryError
from .._workers import Workers
from ._content import Content
from ._failures import ReleaseMissingError
from ._layout import ARTIFACTS
from ._patching import cutter_of, patch
from ._placing import place
from ._release import LATEST, Release, check_version
from ._repository import Found, Repository
from ._results import Fetched, Listed, Progress, Seen, no_progress
from ._sealed import Sealed, sealed
from ._targets import Target, keep, target_path
from ._trust import Trust

if t.TYPE_CHECKING:
    from ._swarm._swarm import Swarm


class Fetcher:
    """Reads one channel, trusting one key.

    ``folder`` is where the host remembers the last feed (made if it is missing; None: nothing is remembered,
    so an old feed is noticed by its expiry alone). ``delta``: take what did not change from older files.
    ``swarm``: take contents from other hosts, too; not where they are made of older files.
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
        delta: bool = False,
        bandwidth: Bandwidth | None = None,
        swarm: Swarm | None = None,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._secret = secret
        self._channel = channel
        self._workers = workers
        self._bandwidth = bandwidth or Bandwidth(None)
        self._repository = Repository(store, secret, channel, clock)
        self._delta = delta
        self._swarm = swarm
        subject = f"reader of {self._repository.place}"
        self._trust = Trust((key,), folder, subject, channel)

    # -- the feed

    def look(self) -> Seen:
        """The feed as it is now, verified and remembered. Raises ``ReleaseMissingError`` while there is none."""
        return seen(self._read(), self._repository.clock())

    def poll(self, etag: str | None) -> Seen | None:
        """None while the feed is what it was with this etag, or there is none; one small request then.

        A feed that does not change expires without being looked at: ``look`` from time to time.
        """
        now = self._repository.feed_etag()
        if now is None or now == etag:
            return None
        return self.look()

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
        progress: Progress = no_progress,
        older: str | None = None,
    ) -> Fetched:
        """Have a release at ``dest``, a file or a folder to put it in; ``check``: only say whether it is not.

        ``older``: an older file of that artifact, to take what did not change from (None: what is at ``dest``).
        Raises ``NameRefusedError`` and ``RequestRefusedError`` before anything is asked for.
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
            older=older,
            warnings=warnings,
        )

    def put(
        self,
        release: Release,
        dest: str,
        *,
        check: bool = False,
        progress: Progress = no_progress,
        older: str | None = None,
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

        fetched = Fetched(
            release.name,
            release.version,
            release.digest,
            release.size,
            path,
            changed=True,
            received=0,
            warnings=warnings,
        )
        kept = keep(target, check=check)
        if kept is not None:
            return replace(fetched, changed=kept.changed)
        if check:
            return fetched
        received, notes = self._bring(release, target, older or path, progress)
        return replace(fetched, received=received, warnings=(*warnings, *notes))

    def _bring(
        self, release: Release, target: Target, older: str, progress: Progress
    ) -> tuple[int, t.Sequence[str]]:
        """Put the release in its place; how many bytes of it were fetched, and what to warn of."""
        notes: list[str] = []
        patched = self._can_patch(release, older)
        key = self._repository.key(ARTIFACTS, release.artifact)
        swarm = None if patched else self._swarm
        with sealed(release, self._store, key, swarm) as there:
            content = self._content(release, there)

            def make(out: t.BinaryIO) -> int | None:
                try:
                    return self._patch(release, content, older, out, progress)
                except MissingLibraryError as error:
                    notes.append(f"{error} All of {release.name!r} was fetched.")
                    return None

            received = place(target, release.artifact, content, progress, make)
        return received, [*there.warnings, *notes]

    def _can_patch(self, release: Release, older: str) -> bool:
        return self._delta and bool(release.index) and os.path.lexists(older)

    def _patch(
        self,
        release: Release,
        content: Content,
        older: str,
        out: t.BinaryIO,
        progress: Progress,
    ) -> int | None:
        if not self._can_patch(release, older):
            return None
        cutter = cutter_of(self._secret)
        return patch(release, content, older, cutter, out, progress)

    def content(self, release: Release) -> Content:
        """The plaintext of a release, by ranges."""
        key = self._repository.key(ARTIFACTS, release.artifact)
        return self._content(release, Sealed(self._store, key))

    def _content(self, release: Release, there: Sealed) -> Content:
        return Content(
            there.store,
            there.key,
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


def seen(found: Found, now: float) -> Seen:
    """What there is to know of a feed that was read."""
    feed = found.feed
    releases = tuple(
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
    )
    return Seen(releases, feed.sequence, feed.expires, found.etag, found.warnings)
