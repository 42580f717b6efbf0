# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""From a release that a feed names to a release in use: fetched, placed, switched to, announced, and others pruned.

Whatever kills the daemon, the next one goes on: a note says what is in place, and what was about to be. A
note is written before each step that cannot be seen on the disk afterwards.
"""

from __future__ import annotations

import dataclasses
import threading
import time
import typing as t

from ..._event_log import Log
from .._configuration import Configuration
from .._configuration_daemon import Layout, assigned
from .._configuration_values import Format
from .._failures import DistributionError
from .._original_fetch import MODE
from .._release import LATEST
from .._results import Fetched, Listed
from .._targets import Target, keep
from ._folder import Folder, Mark, Note, Pending, digest_of, mark_of
from ._hook import Hook, HookError, HookStoppedError
from ._retention import Retention
from ._slots import Slot, channel_folder, slot_of

if t.TYPE_CHECKING:
    from .._opening import Fetching

#: How often a hook is begun for a release while the daemon does not outlive it.
_TRIES: t.Final = 3


class StoppedError(DistributionError):
    """The daemon was told to end. What was fetched is gone on with."""

    def __init__(self) -> None:
        super().__init__("It was stopped, and goes on when the daemon is back.")


class Delivered(t.NamedTuple):
    """What is in use now. ``changed``: it was not before; ``received``: bytes that were fetched."""

    version: str | None
    digest: str | None
    since: int
    changed: bool
    received: int


class _Put(t.NamedTuple):
    """A file that is in its place. ``replaced``: it was another one, or none."""

    version: str | None
    digest: str
    replaced: bool
    received: int


class Deliverer:
    """Delivers into one folder, from any thread, one artifact at a time in each.

    ``stopping`` makes an end to transfers.
    """

    def __init__(
        self,
        configuration: Configuration,
        folder: Folder,
        hook: Hook | None,
        log: Log,
        stopping: threading.Event,
        *,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        options = configuration.daemon
        self._channels = configuration.channels
        self._options = options
        is_old = configuration.format is Format.DISTSYNC01
        self._layout = options.layout or (Layout.FLAT if is_old else Layout.VERSIONS)
        self._folder = folder
        self._retention = Retention(folder, options.keep, options.min_free)
        self._hook = hook
        self._log = log
        self._stopping = stopping
        self._clock = clock
        #: What the hook failed for, and how: it is not tried again with the same.
        self._refused: dict[tuple[str, str], tuple[str, HookError]] = {}

    def deliver(
        self, source: Fetching, channel: str, wanted: Listed, *, verify: bool = False
    ) -> Delivered:
        """Have the release in use. ``verify``: look at the contents of what is there, too.

        Raises ``StoppedError``, ``HookError``, ``HookStoppedError`` and what fetching and placing raise; what was in
        use before is so then.
        """
        slot = self.slot(channel, wanted.name)
        path = slot.path(wanted.version)
        self._folder.check()
        note = self._folder.note(channel, wanted.name)
        if not verify and _is_in_place(note, slot, wanted):
            return _delivered(note, False, 0)
        self._check_refused(note, wanted.digest)
        if self._hook is not None:
            self._hook.check()
        with self._retention.sparing(path):
            if not verify and self._is_unchanged(source, note, path, wanted):
                return _delivered(note, False, 0)
            unfinished = note.pending is not None
            if not unfinished:
                pending = Pending(wanted.version, wanted.digest)
                note = dataclasses.replace(note, pending=pending)
                self._folder.keep(note)
            put = self._put(source, slot, note, wanted, unfinished)
            return self._use(slot, note, put, unfinished)

    def slot(self, channel: str, name: str) -> Slot:
        base = channel_folder(self._folder.path, channel, self._channels)
        return slot_of(self._layout, base, name)

    def in_use(self, channel: str, name: str) -> Note:
        """What is known of an artifact."""
        return self._folder.note(channel, name)

    # -- the steps

    def _is_unchanged(
        self, source: Fetching, note: Note, path: str, wanted: Listed
    ) -> bool:
        """With distsync01, where it takes a look at the object and at the file."""
        if wanted.digest is not None or note.pending is not None or not note.mark:
            return False
        if mark_of(path) != note.mark:
            return False
        return not source.fetch(wanted.name, LATEST, path, check=True).changed

    def _put(
        self,
        source: Fetching,
        slot: Slot,
        note: Note,
        wanted: Listed,
        unfinished: bool,
    ) -> _Put:
        """The file of the release in its place, which no link names yet."""
        path = slot.path(wanted.version)
        slot.prepare(wanted.version)
        before = mark_of(path)
        if self._hook is not None and _was_in_use(note, path, before, unfinished):
            slot.keep_old(wanted.version)
        fetched = self._fetch(source, slot, wanted, path)
        for text in fetched.warnings:
            self._log.warning(
                "fetch", artifact=note.name, version=wanted.version, text=text
            )
        replaced = mark_of(path)[:2] != before[:2]
        digest = fetched.digest
        if digest is None:
            raise DistributionError(f"It is not known what {path!r} holds.")
        return _Put(wanted.version, digest, replaced, fetched.received)

    def _fetch(
        self, source: Fetching, slot: Slot, wanted: Listed, path: str
    ) -> Fetched:
        own: dict[str, t.Any] = assigned(self._options)
        if wanted.digest is None:
            self._make_room(slot, None, wanted.sealed_size)
            fetched = source.fetch(wanted.name, LATEST, path, progress=self._progress)
            if own:
                size, digest = fetched.size or 0, fetched.digest or ""
                target = Target(path, size, digest, MODE, None, None)
                keep(target._replace(**own))
            return fetched
        version = wanted.version or LATEST
        release = source.release(wanted.name, version)
        self._make_room(slot, wanted.version, release.size)
        return source.put(
            dataclasses.replace(release, **own),
            path,
            progress=self._progress,
            older=slot.current_path(),
        )

    def _use(self, slot: Slot, note: Note, put: _Put, unfinished: bool) -> Delivered:
        """Switch to what was put there, and tell the hook."""
        self._progress(0)
        news = put.replaced or unfinished or not slot.is_current(put.version)
        if self._hook is not None and news:
            self._announce(self._hook, slot, note, put)
        slot.activate(put.version)
        slot.forget_old(put.version)
        same = (note.version, note.digest) == (put.version, put.digest)
        note = dataclasses.replace(
            note,
            version=put.version,
            digest=put.digest,
            since=note.since if same and note.since else int(self._clock()),
            mark=mark_of(slot.path(put.version)),
            pending=None,
        )
        self._folder.keep(note)
        self._refused.pop((note.channel, note.name), None)
        removed = self._retention.prune(slot)
        if removed:
            self._log.info("pruned", artifact=note.name, versions=" ".join(removed))
        return _delivered(note, news, put.received)

    # -- the hook

    def _announce(self, hook: Hook, slot: Slot, note: Note, put: _Put) -> None:
        """The link is switched, and goes back if the hook fails."""
        tries = 0
        if note.pending is not None and note.pending.digest == put.digest:
            tries = note.pending.tries
        began = dataclasses.replace(
            note, pending=Pending(put.version, put.digest, tries + 1)
        )
        try:
            self._check_refused(note, put.digest)
            if tries >= _TRIES:
                raise HookError(
                    f"The hook was begun {tries} times for {note.name!r}, and each time the daemon did not live to see its end.",
                    "",
                )
            self._folder.keep(began)
            slot.activate(put.version)
            self._run(hook, slot, note, put)
        except HookStoppedError:
            # its end was our doing
            self._folder.keep(
                dataclasses.replace(
                    note, pending=Pending(put.version, put.digest, tries)
                )
            )
            raise
        except HookError as error:
            self._refused[note.channel, note.name] = (put.digest, error)
            self._go_back(slot, note, put)
            raise

    def _run(self, hook: Hook, slot: Slot, note: Note, put: _Put) -> None:
        started = time.monotonic()
        output = hook.run(
            {
                "DISTSYNC_CHANNEL": note.channel,
                "DISTSYNC_NAME": note.name,
                "DISTSYNC_VERSION": put.version or "",
                "DISTSYNC_PREVIOUS": note.version or "",
                "DISTSYNC_DIGEST": put.digest,
                "DISTSYNC_PATH": slot.path(put.version),
            },
            self._folder.path,
        )
        self._log.info(
            "hook",
            artifact=note.name,
            version=put.version,
            seconds=round(time.monotonic() - started, 3),
            output=output.strip() or None,
        )

    def _go_back(self, slot: Slot, note: Note, put: _Put) -> None:
        """What was in use is so again; where that was nothing, nothing is."""
        mark = note.mark
        if (note.version, note.digest) == (put.version, put.digest):
            mark = mark_of(slot.path(put.version))  # it was damaged, and is right now
        else:
            if slot.put_old_back(put.version):
                mark = mark_of(slot.path(put.version))
            slot.deactivate(note.version if note.digest is not None else None)
        self._folder.keep(dataclasses.replace(note, mark=mark, pending=None))

    def _check_refused(self, note: Note, digest: str | None) -> None:
        found = self._refused.get((note.channel, note.name))
        if found is not None and found[0] == digest:
            raise found[1]

    # -- beside

    def _make_room(self, slot: Slot, version: str | None, size: int) -> None:
        for path in self._retention.make_room(slot, version, size):
            self._log.warning("pruned", path=path, reason="the disk is short")

    def _progress(self, _size: int) -> None:
        if self._stopping.is_set():
            raise StoppedError


def _is_in_place(note: Note, slot: Slot, wanted: Listed) -> bool:
    """As far as can be told without reading it."""
    return (
        note.pending is None
        and note.digest is not None
        and (note.version, note.digest) == (wanted.version, wanted.digest)
        and slot.is_current(wanted.version)
        and note.mark == mark_of(slot.path(wanted.version))
    )


def _was_in_use(note: Note, path: str, mark: Mark, unfinished: bool) -> bool:
    """Whether the file there is what was in use, which who was killed may have put back."""
    if mark and mark == note.mark:
        return True
    return unfinished and note.digest is not None and digest_of(path) == note.digest


def _delivered(note: Note, changed: bool, received: int) -> Delivered:
    return Delivered(note.version, note.digest, note.since, changed, received)
