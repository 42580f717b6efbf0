# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The publisher's side of a channel: publish, withdraw, roll back, renew, hand over, prune.

Everything that a change needs is stored first, under ids that nothing names; then the feed is replaced
by one conditional write, and readers see all of it or nothing.
"""

from __future__ import annotations

import contextlib
import os
import time
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import Store
from .._encryption._algorithms import AES_128_CBC_HMAC_SHA_256, Algorithm
from .._encryption._names import check_file_name
from .._encryption._secret import SharedSecret
from .._encryption._signing import SigningKey
from .._workers import Workers
from ._batch import Batch, Means
from ._channel import LIFETIME, Channel
from ._failures import RequestRefusedError, VersionTakenError
from ._feed import Feed
from ._fetch import seen
from ._local_file import LocalFile
from ._patching import cutter_of
from ._pruning import Pruning
from ._release import check_mode, check_owner, check_version
from ._repository import Repository
from ._results import (
    Outcome,
    Progress,
    Pruned,
    Publication,
    Seen,
    no_progress,
)
from ._signed import Handover


class Publisher:
    """Publishes in one channel.

    ``folder`` is where this host remembers what it saw and what it is at (made if it is missing; None:
    nothing is, and nothing can be gone on with). ``lifetime``: seconds that a feed is good for. ``handovers``:
    how former signing keys vouch for this one, the oldest first: what they have signed is built upon, and
    signed anew. ``delta``: hosts can fetch what changed in a file.
    ``torrents``: hosts can fetch it from each other. The store's container must be there.
    Raises ``MissingLibraryError``.
    """

    def __init__(
        self,
        store: Store,
        secret: SharedSecret,
        key: SigningKey,
        channel: str,
        workers: Workers,
        *,
        folder: str | None = None,
        algorithm: Algorithm = AES_128_CBC_HMAC_SHA_256,
        handovers: t.Sequence[Handover] = (),
        delta: bool = False,
        torrents: bool = False,
        lifetime: int = LIFETIME,
        bandwidth: Bandwidth | None = None,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._folder = folder
        cutter = cutter_of(secret) if delta else None
        self._means = Means(
            workers, bandwidth or Bandwidth(None), folder, cutter, torrents
        )
        self._clock = clock
        repository = Repository(store, secret, channel, clock)
        self._channel = Channel(
            repository, key, algorithm, handovers, folder, lifetime, clock
        )

    def feed(self) -> Feed:
        """What is published now. Raises what ``Channel.read`` does."""
        return self._channel.feed_of(self._channel.read())

    def look(self) -> Seen:
        """What is published now; nothing, with number 0, where nothing was yet."""
        found = self._channel.read()
        if found is None:
            return Seen((), 0, None, None, ())
        return seen(found, self._clock())

    def publish(
        self,
        publications: t.Sequence[Publication],
        *,
        force: bool = False,
        check: bool = False,
        progress: Progress = no_progress,
    ) -> Outcome:
        """Make each the latest release of its artifact, all at once; ``check``: only say what would change.

        ``force``: take the place of other contents under the same version, and go on from whatever feed is
        there, even if it is older than the last one seen.

        Raises ``NameRefusedError`` and ``RequestRefusedError`` before anything is sent, ``SourceError``,
        ``VersionTakenError``, ``BusyError``, and what the store and the feed raise.
        """
        _check_all(publications)
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context(LocalFile(os.path.abspath(one.path)))
                for one in publications
            ]
            found = self._channel.read(recover=force)
            stack.enter_context(self._store.keeping_uploads(self._folder))
            batch = Batch(self._channel, self._means, found, force, progress)
            stack.enter_context(batch)
            try:
                for publication, file in zip(publications, files, strict=True):
                    if check:
                        batch.plan(publication, file)
                    else:
                        batch.send(publication, file)
                outcome = self._channel.commit(
                    batch.apply, found, check=check, ours=batch.ours
                )
            except VersionTakenError:
                batch.discard()
                raise
            batch.conclude(outcome)
        return outcome

    def withdraw(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        """Take a release (None: every one) of an artifact away; the newest that remains is the latest then."""
        return self._channel.commit(
            lambda feed: feed.withdrawn(name, version),
            self._channel.read(),
            check=check,
        )

    def roll_back(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        """Make an older release the latest (None: the one before the latest). Raises ``ReleaseMissingError``."""
        found = self._channel.read()
        if version is None:
            version = self._channel.feed_of(found).before_current(name)
        target = version
        return self._channel.commit(
            lambda feed: feed.made_current(name, target), found, check=check
        )

    def renew(self) -> Outcome:
        """Make the feed good for another lifetime."""
        return self._channel.commit(_as_it_is, self._channel.read(), renew=True)

    def hand_over(self, new: SigningKey) -> Outcome:
        """Sign everything anew with the new key, which the old one vouches for.

        Hosts that have the old key pinned follow. Whoever publishes from now on needs the new key. Where
        nothing was published yet, nothing is done.
        """
        found = self._channel.read(new.public)
        if found is None or found.key == new.public:
            return Outcome(False, self._channel.feed_of(found).sequence)
        successor = self._channel.successor(found, new)
        return successor.commit(_as_it_is, found, renew=True)

    def prune(self, *, check: bool = False, unreadable: bool = False) -> Pruned:
        """Delete what no feed of the bucket names and nobody is about to publish.

        Objects that are not ours stay. A feed of any channel that cannot be read stops it before anything
        is deleted; with ``unreadable`` it is litter itself, and so is what nothing but it names: what was
        published with a former SharedSecret, or with another one.
        """
        return Pruning(self._channel, unreadable).run(check)


def _as_it_is(feed: Feed) -> Feed:
    return feed


def _check_all(publications: t.Sequence[Publication]) -> None:
    """Refuse what cannot be, before anything is sent."""
    seen: set[tuple[str, str | None]] = set()
    for one in publications:
        check_file_name(one.artifact)
        if one.version is not None:
            check_version(one.version)
        if one.mode is not None:
            check_mode(one.mode)
        check_owner(one.owner)
        check_owner(one.group)
        if one.expires is not None and one.expires <= 0:
            raise RequestRefusedError(
                f"{one.artifact!r} cannot expire in {one.expires} seconds.",
                hint="Give the number of seconds from now on in which it may be fetched.",
            )
        if (one.artifact, one.version) in seen:
            raise RequestRefusedError(
                f"Two files are to be published as {one.artifact!r}.",
                hint="Publish them under names or versions of their own.",
            )
        seen.add((one.artifact, one.version))
