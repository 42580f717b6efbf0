# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The publisher's side of a channel: publish, withdraw, roll back, renew, hand over, prune.

Everything that a change needs is stored first, under ids that nothing names; then the feed is replaced
by one conditional write, and readers see all of it or nothing. What is on its way is announced in an
object of its own, so that nobody prunes it meanwhile.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
import typing as t
from dataclasses import dataclass, field

from .._drivers._base import Store
from .._encryption._algorithms import AES_128_CBC_HMAC_SHA_256, Algorithm
from .._encryption._message import open_message, seal_message
from .._encryption._names import check_file_name
from .._encryption._pieces import Source
from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey, SigningKey
from .._errors import (
    ConditionFailedError,
    ObjectMissingError,
    StoreError,
)
from .._sync._bandwidth import Bandwidth
from .._workers import Workers
from ._failures import (
    ReleaseMissingError,
    RequestRefusedError,
    RolledBackError,
    VersionTakenError,
)
from ._feed import Entry, Feed
from ._layout import ANNOUNCEMENTS, ARTIFACTS, FEED, RELEASES, is_id, new_id
from ._release import Release, check_mode, check_owner, check_version
from ._repository import LARGEST, SEALED, Found, Repository, read_small
from ._sending import LocalFile, Progress, Sending, uploads_kept
from ._signed import Handover, read_unverified
from ._trust import Trust

#: How long a feed is good for unless another is written (seconds): 90 days.
LIFETIME: t.Final = 90 * 86400
#: With less than this part of it left, a run that changes nothing else renews the feed.
_RENEWED_BELOW: t.Final = 1 / 3
#: Objects that were announced longer ago (seconds), and are named by nothing, are litter.
_ANNOUNCED_FOR: t.Final = 7 * 86400
#: Each failure means that somebody else has published meanwhile, which few do often.
_ATTEMPTS: t.Final = 10
#: Larger ones (bytes) are left out: they have to fit into a record.
_LARGEST_INDEX: t.Final = 8 * 1024 * 1024
#: Characters of the digest that a version consists of by default.
_VERSION_LENGTH: t.Final = 16


#: Reads a file to its end, and makes the release's ``index`` of it.
Indexer = t.Callable[[Source], bytes]


@dataclass(frozen=True, slots=True)
class Publication:
    """A file to publish. ``name``: the file's by default. ``version``: of the digest by default.

    ``mode``: permission bits, the file's by default. ``owner`` and ``group``: names, those of who fetches by
    default. ``expires``: seconds from now on in which it may be fetched; for ever by default.
    """

    path: str
    name: str | None = None
    version: str | None = None
    mode: int | None = None
    owner: str | None = None
    group: str | None = None
    expires: int | None = None

    @property
    def artifact(self) -> str:
        return self.name if self.name is not None else os.path.basename(self.path)


class Published(t.NamedTuple):
    """A release as it is now in the feed, and whether its contents were sent."""

    name: str
    version: str
    digest: str
    size: int
    changed: bool
    sent: bool


@dataclass(slots=True)
class Outcome:
    """What a change came to. ``sequence``: the feed's number now; ``renewed``: it changed in nothing else."""

    changed: bool
    sequence: int
    renewed: bool = False
    releases: list[Published] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Pruned(t.NamedTuple):
    """How many objects were litter, and their bytes."""

    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Step:
    """A release that is to be the latest. ``replaces``: what it may take the place of; ``ours``: we stored it."""

    name: str
    entry: Entry
    replaces: Entry | None = None
    ours: bool = False
    sent: bool = False

    def apply(self, feed: Feed, force: bool) -> Feed:
        """Raises ``VersionTakenError`` and ``ReleaseMissingError``."""
        other = feed.get(self.name, self.entry.version)
        if other is None and not self.ours:
            raise ReleaseMissingError(
                f"{self.name!r} {self.entry.version!r} was withdrawn by somebody else just now.",
                hint="Publish it again, if it is to be there.",
            )
        replaceable = other is None or other == self.replaces or force
        if self.ours and replaceable and other != self.entry:
            feed = feed.published(self.name, self.entry)
        elif other is not None and other.digest != self.entry.digest:
            raise _taken(self.name, other, feed.channel)
        return feed.made_current(self.name, self.entry.version)


class Publisher:
    """Publishes in one channel.

    ``folder`` is where this host remembers what it saw and what it is at (made if it is missing; None:
    nothing is, and nothing can be gone on with). ``lifetime``: seconds that a feed is good for.
    The store's container must be there.
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
        lifetime: int = LIFETIME,
        bandwidth: Bandwidth | None = None,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._secret = secret
        self._key = key
        self._workers = workers
        self._folder = folder
        self._algorithm = algorithm
        self._lifetime = lifetime
        self._bandwidth = bandwidth or Bandwidth(None)
        self._clock = clock
        self._repository = Repository(store, secret, channel, clock)
        self._empty = Feed(channel)
        place = store.endpoint.full_place
        self._trust = Trust(key.public, folder, f"publisher of {place}", channel)
        self._place = place

    # -- what users ask for

    def feed(self) -> Feed:
        """What is published now. Raises what ``Repository.read_feed`` does."""
        found = self._read()
        return found.feed if found is not None else self._empty

    def publish(
        self,
        publications: t.Sequence[Publication],
        *,
        force: bool = False,
        check: bool = False,
        progress: Progress = lambda size: None,
        index: Indexer | None = None,
    ) -> Outcome:
        """Make each the latest release of its artifact, all at once; ``check``: only say what would change.

        ``force``: take the place of other contents under the same version, and go on from whatever feed is
        there, even if it is older than the last one seen. ``index`` makes the release's index of the file.

        Raises ``NameRefusedError`` and ``RequestRefusedError`` before anything is sent, ``SourceError``,
        ``VersionTakenError``, ``BusyError``, and what the store and the feed raise.
        """
        _check_all(publications)
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context(LocalFile(os.path.abspath(one.path)))
                for one in publications
            ]
            found = self._read(recover=force)
            stack.enter_context(uploads_kept(self._store, self._folder))
            batch = _Batch()
            try:
                for publication, file in zip(publications, files, strict=True):
                    step = self._step(publication, file, found, force)
                    if step is None and check:
                        batch.would_send(publication, file)
                    elif step is None:
                        sending = stack.enter_context(self._sending(publication, file))
                        batch.sendings.append(sending)
                        batch.announcements.append(sending.announcement)
                        step = self._send(
                            publication, file, found, sending, progress, index
                        )
                    if step is not None:
                        batch.steps.append(
                            self._recorded(step, publication, check, batch)
                        )
                outcome = self._commit(
                    lambda feed: _apply(batch.steps, feed, force),
                    found,
                    check=check,
                    ours=batch.steps,
                )
            except VersionTakenError:
                self._discard(batch)
                raise
            for sending in batch.sendings:
                sending.forget()
        self._conclude(outcome, batch, found)
        return outcome

    def withdraw(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        """Take a release (None: every one) of an artifact away; the newest that remains is the latest then."""
        return self._commit(
            lambda feed: feed.withdrawn(name, version), self._read(), check=check
        )

    def roll_back(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        """Make an older release the latest (None: the one before the latest). Raises ``ReleaseMissingError``."""
        found = self._read()
        feed = found.feed if found is not None else self._empty
        target = version if version is not None else feed.before_current(name)
        return self._commit(
            lambda now: now.made_current(name, target), found, check=check
        )

    def renew(self) -> Outcome:
        """Make the feed good for another lifetime."""
        return self._commit(lambda feed: feed, self._read(), renew=True)

    def hand_over(self, new: SigningKey) -> Outcome:
        """Sign everything anew with the new key, which the old one vouches for.

        Hosts that have the old key pinned follow. Whoever publishes from now on needs the new key.
        """
        found = self._read(new.public)
        if found is None or found.key == new.public:
            return Outcome(False, found.feed.sequence if found is not None else 0)
        handovers = (*found.handovers, Handover.make(self._key, new))

        def signed_anew(feed: Feed) -> Feed:
            after = feed
            for name, line in feed.artifacts.items():
                moved = tuple(
                    self._signed_anew(name, one, new) for one in line.releases
                )
                lines = {
                    **after.artifacts,
                    name: dataclasses.replace(line, releases=moved),
                }
                after = dataclasses.replace(after, artifacts=lines)
            return after

        return self._commit(
            signed_anew, found, renew=True, key=new, handovers=handovers
        )

    def prune(self, *, check: bool = False) -> Pruned:
        """Delete what no feed of the bucket names and nobody is about to publish.

        Objects that are not ours stay. A feed of any channel that cannot be read stops it before anything
        is deleted.
        """
        # in this order: what is in the first listing is announced until a feed names it
        artifacts = self._ids(ARTIFACTS)
        records = self._ids(RELEASES)
        announced = self._ids(ANNOUNCEMENTS)
        needed: set[str] = set()
        litter: dict[str, int] = {}
        for name, size in announced.items():
            named = self._announced(name)
            if named is None:
                litter[self._repository.key(ANNOUNCEMENTS, name)] = size
            else:
                needed |= named
        for artifact, record in self._all_named():
            needed |= {artifact, record}
        for prefix, ids in ((ARTIFACTS, artifacts), (RELEASES, records)):
            litter |= {
                self._repository.key(prefix, name): size
                for name, size in ids.items()
                if name not in needed
            }
        if litter and not check:
            failed = self._store.delete(list(litter))
            if failed:
                key, reason = next(iter(failed.items()))
                raise StoreError(
                    f"delete object {key!r}", self._store.endpoint.place, reason
                )
        return Pruned(len(litter), sum(litter.values()))

    # -- publishing

    def _step(
        self, one: Publication, file: LocalFile, found: Found | None, force: bool
    ) -> _Step | None:
        """What is to be done with contents that are there already; None if they are to be sent."""
        feed = found.feed if found is not None else self._empty
        digest = file.digest() if one.version is None else None
        version = one.version if digest is None else digest[:_VERSION_LENGTH]
        entry = feed.get(one.artifact, version) if version is not None else None
        if entry is None:
            return None
        if entry.digest == (digest or file.digest()):
            return _Step(one.artifact, entry, replaces=entry)
        if not force:
            raise _taken(one.artifact, entry, feed.channel)
        return None

    def _recorded(
        self, step: _Step, one: Publication, check: bool, batch: _Batch
    ) -> _Step:
        """With a new record, where the one there is does not say what is asked for now."""
        if step.ours:
            return step
        release = self._repository.read_release(
            step.name, step.entry, self._trust.key, stale=True
        )
        wanted = dataclasses.replace(
            release,
            mode=release.mode if one.mode is None else one.mode,
            owner=release.owner if one.owner is None else one.owner,
            group=release.group if one.group is None else one.group,
            expires=self._expiry(one, release.expires),
        )
        if wanted == release:
            return step
        entry = dataclasses.replace(step.entry, record=new_id())
        if not check:
            batch.announcements.append(new_id())
            self._announce(batch.announcements[-1], wanted.artifact, entry.record)
            entry = self._repository.write_release(
                wanted, entry.record, self._key, self._algorithm
            )
        return _Step(step.name, entry, replaces=step.entry, ours=True)

    def _expiry(self, one: Publication, before: int | None) -> int | None:
        """Asked for again it stays as it is, while more than half of the time is left."""
        if one.expires is None:
            return before
        now = int(self._clock())
        if before is not None and now + one.expires / 2 < before <= now + one.expires:
            return before
        return now + one.expires

    def _sending(self, one: Publication, file: LocalFile) -> Sending:
        subject = f"{self._place}\n{self._empty.channel}\n{one.artifact}\n{one.version}"
        return Sending(file, self._secret, self._algorithm, self._folder, subject)

    def _send(
        self,
        one: Publication,
        file: LocalFile,
        found: Found | None,
        sending: Sending,
        progress: Progress,
        index: Indexer | None,
    ) -> _Step:
        """Store contents and record of a new release."""
        record = new_id()
        self._announce(sending.announcement, sending.artifact, record)
        digest = sending.send(
            self._store,
            self._repository.key(ARTIFACTS, sending.artifact),
            self._workers,
            self._bandwidth,
            progress,
        )
        release = Release(
            name=one.artifact,
            version=one.version or digest[:_VERSION_LENGTH],
            channel=self._empty.channel,
            artifact=sending.artifact,
            size=file.size,
            sealed_size=sending.sealed_size,
            digest=digest,
            mode=file.mode if one.mode is None else one.mode,
            created=int(self._clock()),
            owner=one.owner,
            group=one.group,
            expires=self._expiry(one, None),
            index=_indexed(file, index),
        )
        entry = self._repository.write_release(
            release, record, self._key, self._algorithm
        )
        feed = found.feed if found is not None else self._empty
        replaces = feed.get(release.name, release.version)
        return _Step(release.name, entry, replaces, ours=True, sent=True)

    def _announce(self, announcement: str, artifact: str, record: str) -> None:
        document = {
            "artifact": artifact,
            "created": int(self._clock()),
            "record": record,
        }
        data = seal_message(
            self._secret,
            f"announcement {announcement}",
            json.dumps(document).encode(),
            self._algorithm,
        )
        self._store.write(
            self._repository.key(ANNOUNCEMENTS, announcement), data, SEALED
        )

    def _discard(self, batch: _Batch) -> None:
        """Take away what was stored for a release that will not be."""
        keys = []
        for sending in batch.sendings:
            sending.forget()
            keys.append(self._repository.key(ARTIFACTS, sending.artifact))
        keys += [
            self._repository.key(RELEASES, one.entry.record)
            for one in batch.steps
            if one.ours
        ]
        keys += [
            self._repository.key(ANNOUNCEMENTS, one) for one in batch.announcements
        ]
        # what stays is pruned one day
        with contextlib.suppress(StoreError):
            self._store.delete(keys)

    def _conclude(self, outcome: Outcome, batch: _Batch, before: Found | None) -> None:
        feed = before.feed if before is not None else self._empty
        outcome.releases = batch.planned
        outcome.changed = outcome.changed or bool(batch.planned)
        for step in batch.steps:
            was = feed.get(step.name)
            changed = step.ours or was is None or was.version != step.entry.version
            outcome.releases.append(
                Published(
                    step.name,
                    step.entry.version,
                    step.entry.digest,
                    step.entry.size,
                    changed,
                    step.sent,
                )
            )
        announced = [
            self._repository.key(ANNOUNCEMENTS, one) for one in batch.announcements
        ]
        self._delete(announced, outcome)

    # -- the feed

    def _read(
        self, successor: PublicKey | None = None, *, recover: bool = False
    ) -> Found | None:
        """The feed; ``recover``: even an older one than before. Only ``successor`` may have our key's place."""
        found = self._repository.read_feed(self._trust, stale=True, older=recover)
        last = self._trust.remembered()
        if found is None and last is not None and not recover:
            raise RolledBackError(
                f"The feed of channel {self._empty.channel!r} is gone, and number {last.sequence} was there.",
                hint="Find out who deleted it. To begin anew with numbers above, publish with force.",
            )
        if found is None or found.key == successor:
            return found
        if found.key != self._key.public:
            raise RequestRefusedError(
                f"The signing key {self._key.public.fingerprint} was handed over to {found.key.fingerprint}.",
                hint="Put the new signing key in the place of the old one here.",
            )
        if not recover:
            self._trust.accept(found.key, found.feed.sequence, found.digest)
        return found

    def _commit(
        self,
        change: t.Callable[[Feed], Feed],
        found: Found | None,
        *,
        check: bool = False,
        renew: bool = False,
        ours: t.Sequence[_Step] = (),
        key: SigningKey | None = None,
        handovers: tuple[Handover, ...] | None = None,
    ) -> Outcome:
        """Replace the feed by what ``change`` makes of it; of a newer one, if somebody else was there first."""
        first, attempts = found, 0
        while True:
            before = found.feed if found is not None else self._empty
            after = change(before)
            renewed = after == before and (renew or self._ends_soon(before))
            if after == before and not renewed or check:
                there = first.feed if first is not None else self._empty
                return Outcome(after != there or renewed, before.sequence, renewed)
            after = self._numbered(after)
            if handovers is None:
                handovers = found.handovers if found is not None else ()
            try:
                written = self._repository.write_feed(
                    after, key or self._key, self._algorithm, handovers, found
                )
            except ConditionFailedError:
                attempts += 1
                if attempts == _ATTEMPTS:
                    raise
                found = self._read()
                continue
            if key is None:
                self._trust.accept(written.key, after.sequence, written.digest)
            outcome = Outcome(True, after.sequence, renewed)
            self._delete(self._garbage(before, after, ours), outcome)
            return outcome

    def _numbered(self, feed: Feed) -> Feed:
        last = self._trust.remembered()
        now = int(self._clock())
        return dataclasses.replace(
            feed,
            sequence=max(feed.sequence, last.sequence if last is not None else 0) + 1,
            created=now,
            expires=now + self._lifetime,
        )

    def _ends_soon(self, feed: Feed) -> bool:
        left = feed.expires - self._clock()
        return feed.sequence > 0 and left < self._lifetime * _RENEWED_BELOW

    def _garbage(
        self, before: Feed, after: Feed, ours: t.Sequence[_Step]
    ) -> t.Iterator[str]:
        """Keys of what was named or stored until now, and is not named any more."""
        named = {*before.keys_named}
        named |= {(one.entry.artifact, one.entry.record) for one in ours}
        artifacts = {artifact for artifact, _record in after.keys_named}
        records = {record for _artifact, record in after.keys_named}
        for artifact in {artifact for artifact, _record in named} - artifacts:
            yield self._repository.key(ARTIFACTS, artifact)
        for record in {record for _artifact, record in named} - records:
            yield self._repository.key(RELEASES, record)

    def _delete(self, keys: t.Iterable[str], outcome: Outcome) -> None:
        """What cannot be deleted is litter, and worth a warning."""
        gone = list(keys)
        if not gone:
            return
        try:
            failed = self._store.delete(gone)
        except StoreError as error:
            outcome.warnings.append(f"{error.message} It is of no use any more: prune.")
            return
        for key, reason in failed.items():
            outcome.warnings.append(
                f"Could not delete object {key!r}, which is of no use any more: {reason}."
            )

    def _signed_anew(self, name: str, entry: Entry, new: SigningKey) -> Entry:
        release = self._repository.read_release(
            name, entry, self._trust.key, stale=True
        )
        return self._repository.write_release(release, new_id(), new, self._algorithm)

    # -- pruning

    def _ids(self, prefix: str) -> dict[str, int]:
        """Ids of objects directly below a prefix, and their sizes."""
        start = self._repository.key(prefix, "")
        listing = self._store.list(start)
        names = ((info.key[len(start) :], info.size) for info in listing)
        return {name: size for name, size in names if is_id(name)}

    def _announced(self, name: str) -> set[str] | None:
        """What an announcement names; None if it is an old one."""
        label = f"the announcement {name}"
        key = self._repository.key(ANNOUNCEMENTS, name)
        try:
            data, _etag = read_small(self._store, key, LARGEST, label)
        except ObjectMissingError:
            return set()  # a feed names it by now
        context = f"announcement {name}"
        document = json.loads(
            open_message(self._secret, context, data, label=label) or b"{}"
        )
        if document["created"] < self._clock() - _ANNOUNCED_FOR:
            return None
        return {str(document["artifact"]), str(document["record"])}

    def _all_named(self) -> t.Iterator[tuple[str, str]]:
        """What the feeds of all channels name; this one's is verified."""
        ours = self._read()
        if ours is not None:
            yield from ours.feed.keys_named
        for name in self._ids(FEED):
            key = self._repository.key(FEED, name)
            if key != self._repository.feed_key:
                label = f"the feed {name}"
                data, _etag = read_small(self._store, key, LARGEST, label)
                payload = read_unverified(
                    self._secret, f"feed {name}", data, label=label
                )
                yield from Feed.decode(payload, label).keys_named


class _Batch:
    """Publications of one call, on their way."""

    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.sendings: list[Sending] = []
        self.announcements: list[str] = []
        self.planned: list[Published] = []

    def would_send(self, one: Publication, file: LocalFile) -> None:
        digest = file.digest()
        version = one.version or digest[:_VERSION_LENGTH]
        self.planned.append(
            Published(one.artifact, version, digest, file.size, True, True)
        )


def _apply(steps: t.Sequence[_Step], feed: Feed, force: bool) -> Feed:
    for step in steps:
        feed = step.apply(feed, force)
    return feed


def _indexed(file: LocalFile, index: Indexer | None) -> bytes:
    if index is None:
        return b""
    file.rewind()
    made = index(file)
    file.check()
    return made if len(made) <= _LARGEST_INDEX else b""


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


def _taken(name: str, other: Entry, channel: str) -> VersionTakenError:
    return VersionTakenError(
        f"{name!r} {other.version!r} is in channel {channel!r} already, with other contents: SHA-256 {other.digest}.",
        hint="Publish under another version; or replace it with force, where no host has it yet.",
    )
