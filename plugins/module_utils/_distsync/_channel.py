# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A channel's feed in the hands of who publishes: read, and replaced on the condition that nobody else did.

What a former key of the publisher's has signed is signed anew with the next change.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._encryption._algorithms import Algorithm
from .._encryption._signing import PublicKey, SigningKey
from .._errors import ConditionFailedError
from ._failures import RequestRefusedError, RolledBackError
from ._feed import Entry, Feed
from ._layout import ARTIFACTS, RELEASES, new_id
from ._repository import Found, Repository
from ._results import Outcome
from ._signed import Handover
from ._trust import Trust

#: How long a feed is good for unless another is written (seconds): 90 days.
LIFETIME: t.Final = 90 * 86400
#: With less than this part of it left, a run that changes nothing else renews the feed.
_RENEWED_BELOW: t.Final = 1 / 3
#: Each failure means that somebody else has published meanwhile, which few do often.
_ATTEMPTS: t.Final = 10

#: Makes the feed that is to be of the one that is there.
Change = t.Callable[[Feed], Feed]


class Channel:
    """``handovers``: how former keys vouch for ``key``, the oldest first. ``lifetime``: seconds."""

    def __init__(
        self,
        repository: Repository,
        key: SigningKey,
        algorithm: Algorithm,
        handovers: t.Sequence[Handover],
        folder: str | None,
        lifetime: int,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self.repository = repository
        self.key = key
        self.algorithm = algorithm
        self.clock = clock
        self.name = repository.channel
        self._handovers = tuple(handovers)
        self._folder = folder
        self._lifetime = lifetime
        self._keys = (*_former(key.public, handovers), key.public)
        self._trust = Trust(
            self._keys,
            folder,
            f"publisher of {repository.place}",
            repository.channel,
        )

    def successor(self, found: Found, key: SigningKey) -> Channel:
        """The same with the key that this one's is handed over to."""
        handovers = (*self._known(found), Handover.make(self.key, key))
        return Channel(
            self.repository,
            key,
            self.algorithm,
            handovers,
            self._folder,
            self._lifetime,
            self.clock,
        )

    def feed_of(self, found: Found | None) -> Feed:
        """An empty one, with the number 0, where there is none yet."""
        return found.feed if found is not None else Feed(self.name)

    def read(
        self, successor: PublicKey | None = None, *, recover: bool = False
    ) -> Found | None:
        """The feed, verified and remembered. ``recover``: even an older one than before, or none.

        Only ``successor`` may have come into our key's place; that feed is not remembered.

        Raises what ``Repository.read_feed`` does, ``RolledBackError`` when it is gone, and
        ``RequestRefusedError`` when the key was handed over to another.
        """
        found = self.repository.read_feed(self._trust, stale=True, older=recover)
        last = self._trust.remembered()
        if found is None and last is not None and not recover:
            raise RolledBackError(
                f"The feed of channel {self.name!r} is gone, and number {last.sequence} was there.",
                hint="Find out who deleted it. To begin anew with numbers above, publish with force.",
            )
        if found is None or found.key == successor:
            return found
        if found.key not in self._keys:
            raise RequestRefusedError(
                f"The signing key {self.key.public.fingerprint} was handed over to {found.key.fingerprint}.",
                hint="Put the new signing key in the place of the old one here.",
            )
        if not recover:
            self._trust.accept(found.key, found.feed.sequence, found.digest)
        return found

    def commit(
        self,
        change: Change,
        found: Found | None,
        *,
        check: bool = False,
        renew: bool = False,
        ours: t.Sequence[Entry] = (),
    ) -> Outcome:
        """Replace the feed by what ``change`` makes of it; of a newer one, if somebody else was there first.

        ``renew``: even if nothing changes. ``ours``: entries of what was stored for this, which is deleted
        if it comes to nothing, as is all that is not named any more. Raises
        ``ConditionFailedError`` when somebody else always is.
        """
        first, attempts = found, 0
        while True:
            before = self.feed_of(found)
            after = change(before)
            same = after == before
            renewed = same and (renew or self._is_old(found))
            if same and not renewed or check:
                there = self.feed_of(first)
                return Outcome(after != there or renewed, before.sequence, renewed)
            try:
                after = self._write(after, found)
            except ConditionFailedError:
                attempts += 1
                if attempts == _ATTEMPTS:
                    raise
                found = self.read()
                continue
            warnings = self.repository.remove(self._garbage(before, after, ours))
            return Outcome(True, after.sequence, renewed, warnings=warnings)

    def _write(self, after: Feed, found: Found | None) -> Feed:
        """With number and times of its own."""
        if found is not None and found.key != self.key.public:
            after = self._signed_anew(after, found)
        last = self._trust.remembered()
        now = int(self.clock())
        after = dataclasses.replace(
            after,
            sequence=max(after.sequence, last.sequence if last is not None else 0) + 1,
            created=now,
            expires=now + self._lifetime,
        )
        written = self.repository.write_feed(
            after, self.key, self.algorithm, self._known(found), found
        )
        self._trust.accept(written.key, after.sequence, written.digest)
        return after

    def _known(self, found: Found | None) -> tuple[Handover, ...]:
        """The hand-overs of the feed and ours, in their order."""
        there = found.handovers if found is not None else ()
        if set(there) <= set(self._handovers):
            return self._handovers
        return (*there, *(one for one in self._handovers if one not in there))

    def _is_old(self, found: Found | None) -> bool:
        """Whether it ends soon, or was signed by a former key, or hosts could not follow from one."""
        if found is None:
            return False
        left = found.feed.expires - self.clock()
        is_signed = found.key == self.key.public
        is_followed = self._known(found) == found.handovers
        return (
            left < self._lifetime * _RENEWED_BELOW or not is_signed or not is_followed
        )

    def _signed_anew(self, feed: Feed, found: Found) -> Feed:
        """With records of our key in the place of those that the found feed names."""
        former = set(found.feed.entries)
        artifacts = {
            name: dataclasses.replace(
                line,
                releases=tuple(
                    self._record_anew(name, one, found.key) if one in former else one
                    for one in line.releases
                ),
            )
            for name, line in feed.artifacts.items()
        }
        return dataclasses.replace(feed, artifacts=artifacts)

    def _record_anew(self, name: str, entry: Entry, former: PublicKey) -> Entry:
        release = self.repository.read_release(name, entry, former, stale=True)
        return self.repository.write_release(
            release, new_id(), self.key, self.algorithm
        )

    def _garbage(
        self, before: Feed, after: Feed, ours: t.Sequence[Entry]
    ) -> t.Iterator[str]:
        """Keys of what was named or stored until now, and is not named any more."""
        named = {*before.keys_named, *((one.artifact, one.record) for one in ours)}
        artifacts = {artifact for artifact, _record in after.keys_named}
        records = {record for _artifact, record in after.keys_named}
        for artifact in {artifact for artifact, _record in named} - artifacts:
            yield self.repository.key(ARTIFACTS, artifact)
        for record in {record for _artifact, record in named} - records:
            yield self.repository.key(RELEASES, record)


def _former(key: PublicKey, handovers: t.Sequence[Handover]) -> list[PublicKey]:
    """The keys that a chain of hand-overs leads from to this one, the oldest first."""
    former: list[PublicKey] = []
    for one in reversed(handovers):
        if one.new == (former[0] if former else key) and one.holds():
            former.insert(0, one.old)
    return former
