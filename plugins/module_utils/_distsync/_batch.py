# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Files of one call of publish, on their way: what is there already, what is sent, and what its feed will say."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
from dataclasses import dataclass

from .._bandwidth import Bandwidth
from .._chunks._cutter import Cutter
from .._encryption._envelope import CHUNK_SIZE
from .._errors import StoreError
from .._workers import Workers
from ._announcements import announce
from ._channel import Channel
from ._failures import ReleaseMissingError, VersionTakenError
from ._feed import Entry, Feed
from ._layout import ANNOUNCEMENTS, ARTIFACTS, RELEASES, new_id
from ._local_file import LocalFile
from ._patching import SEALED_CHUNK, encoded_index
from ._release import Release
from ._repository import Found
from ._results import Outcome, Progress, Publication, Published
from ._sending import Sending
from ._swarm._pieces import SMALLEST, PieceHasher

#: Characters of the digest that a version consists of by default.
_VERSION_LENGTH: t.Final = 16


class Means(t.NamedTuple):
    """What files are sent with. ``folder``: where it is noted what is on its way; ``cutter``: for an index;
    ``torrents``: whether hosts are to fetch from each other."""

    workers: Workers
    bandwidth: Bandwidth
    folder: str | None
    cutter: Cutter | None
    torrents: bool = False


@dataclass(frozen=True, slots=True)
class Step:
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


class Batch:
    """Publications that become visible together. ``found``: the feed when it began; ``force`` as for publish."""

    def __init__(
        self,
        channel: Channel,
        means: Means,
        found: Found | None,
        force: bool,
        progress: Progress,
    ) -> None:
        self._channel = channel
        self._repository = channel.repository
        self._means = means
        self._found = found
        self._feed = channel.feed_of(found)
        self._force = force
        self._progress = progress
        self._steps: list[Step] = []
        self._sendings: list[Sending] = []
        self._announcements: list[str] = []
        self._planned: list[Published] = []

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        for sending in self._sendings:
            sending.close()

    @property
    def ours(self) -> list[Entry]:
        """Of what was stored for it."""
        return [step.entry for step in self._steps if step.ours]

    def apply(self, feed: Feed) -> Feed:
        """What the feed is to be. Raises as ``Step.apply``."""
        for step in self._steps:
            feed = step.apply(feed, self._force)
        return feed

    def plan(self, one: Publication, file: LocalFile) -> None:
        """Only look what is to be done. Raises ``VersionTakenError``, ``SourceError``."""
        step = self._there(one, file)
        if step is not None:
            self._steps.append(self._with_record(step, one, check=True))
            return
        digest = file.digest()
        version = one.version or digest[:_VERSION_LENGTH]
        self._planned.append(
            Published(one.artifact, version, digest, file.size, True, True)
        )

    def send(self, one: Publication, file: LocalFile) -> None:
        """Store what is not there. Raises ``VersionTakenError``, ``BusyError``, ``SourceError``, and what the store raises."""
        step = self._there(one, file)
        if step is None:
            self._steps.append(self._sent(one, file))
        else:
            self._steps.append(self._with_record(step, one, check=False))

    def discard(self) -> None:
        """Take away what was stored for releases that will not be."""
        artifacts = [sending.artifact for sending in self._sendings]
        records = [one.record for one in self.ours]
        keys = [self._repository.key(ARTIFACTS, one) for one in artifacts]
        keys += [self._repository.key(RELEASES, one) for one in records]
        keys += self._announced()
        for sending in self._sendings:
            sending.forget()
        # what stays is pruned one day
        with contextlib.suppress(StoreError):
            self._repository.store.delete(keys)

    def conclude(self, outcome: Outcome) -> None:
        """It is done: forget what was on its way, and say what came of each."""
        for sending in self._sendings:
            sending.forget()
        outcome.releases = [*self._planned]
        outcome.changed = outcome.changed or bool(self._planned)
        for step in self._steps:
            entry, was = step.entry, self._feed.get(step.name)
            changed = step.ours or was is None or was.version != entry.version
            outcome.releases.append(
                Published(
                    step.name,
                    entry.version,
                    entry.digest,
                    entry.size,
                    changed,
                    step.sent,
                )
            )
        outcome.warnings += self._repository.remove(self._announced())

    def _announced(self) -> list[str]:
        return [self._repository.key(ANNOUNCEMENTS, one) for one in self._announcements]

    # -- what is there

    def _there(self, one: Publication, file: LocalFile) -> Step | None:
        """What is to be done with contents that are there already; None if they are to be sent."""
        digest = file.digest() if one.version is None else None
        version = one.version if digest is None else digest[:_VERSION_LENGTH]
        entry = self._feed.get(one.artifact, version) if version is not None else None
        if entry is None:
            return None
        if entry.digest == (digest or file.digest()):
            return Step(one.artifact, entry, replaces=entry)
        if not self._force:
            raise _taken(one.artifact, entry, self._feed.channel)
        return None

    def _with_record(self, step: Step, one: Publication, *, check: bool) -> Step:
        """With a new record, where the one there is does not say what is asked for now."""
        if self._found is None:
            return step
        release = self._repository.read_release(
            step.name, step.entry, self._found.key, stale=True
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
            self._announce(new_id(), wanted.artifact, entry.record)
            entry = self._write(wanted, entry.record)
        return Step(step.name, entry, replaces=step.entry, ours=True)

    def _expiry(self, one: Publication, before: int | None) -> int | None:
        """Asked for again it stays as it is, while more than half of the time is left."""
        if one.expires is None:
            return before
        now = int(self._repository.clock())
        if before is not None and now + one.expires / 2 < before <= now + one.expires:
            return before
        return now + one.expires

    # -- what is sent

    def _sent(self, one: Publication, file: LocalFile) -> Step:
        """Contents and record of a new release, stored."""
        sending = self._begin(one, file)
        record = new_id()
        self._announce(sending.announcement, sending.artifact, record)
        hasher = None
        if self._means.torrents and sending.sealed_size >= SMALLEST:
            hasher = PieceHasher(sending.sealed_size)
        digest = sending.send(
            self._repository.store,
            self._repository.key(ARTIFACTS, sending.artifact),
            self._means.workers,
            self._means.bandwidth,
            self._progress,
            hasher,
        )
        cutter = self._means.cutter
        release = Release(
            name=one.artifact,
            version=one.version or digest[:_VERSION_LENGTH],
            channel=self._feed.channel,
            artifact=sending.artifact,
            size=file.size,
            sealed_size=sending.sealed_size,
            digest=digest,
            mode=file.mode if one.mode is None else one.mode,
            created=int(self._repository.clock()),
            owner=one.owner,
            group=one.group,
            expires=self._expiry(one, None),
            index=encoded_index(file, cutter) if cutter is not None else b"",
            torrent=hasher.finish() if hasher is not None else b"",
        )
        replaces = self._feed.get(release.name, release.version)
        entry = self._write(release, record)
        return Step(release.name, entry, replaces, ours=True, sent=True)

    def _begin(self, one: Publication, file: LocalFile) -> Sending:
        place = self._repository.store.endpoint.full_place
        subject = f"{place}\n{self._feed.channel}\n{one.artifact}\n{one.version}"
        sending = Sending(
            file,
            self._repository.secret,
            self._channel.algorithm,
            CHUNK_SIZE if self._means.cutter is None else SEALED_CHUNK,
            self._means.folder,
            subject,
        )
        self._sendings.append(sending)
        return sending

    def _announce(self, name: str, artifact: str, record: str) -> None:
        self._announcements.append(name)
        algorithm = self._channel.algorithm
        announce(self._repository, name, artifact, record, algorithm)

    def _write(self, release: Release, record: str) -> Entry:
        channel = self._channel
        return self._repository.write_release(
            release, record, channel.key, channel.algorithm
        )


def _taken(name: str, other: Entry, channel: str) -> VersionTakenError:
    return VersionTakenError(
        f"{name!r} {other.version!r} is in channel {channel!r} already, with other contents: SHA-256 {other.digest}.",
        hint="Publish under another version; or replace it with force, where no host has it yet.",
    )
