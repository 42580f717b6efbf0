# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Objects from the fleet: fetched together with other hosts, and given to them for a while."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
import typing as t

from ..._drivers._base import Store
from ..._drivers._local import LocalStore
from ..._encryption._failures import EncryptionError
from ..._encryption._secret import SharedSecret
from ..._endpoint import Endpoint
from ..._errors import LocalWriteError
from .._failures import MismatchError
from ._failures import SwarmError
from ._hosts import Host, is_here
from ._library import allow, library, open_session
from ._members import Members
from ._notes import Kept, forget, kept, remember
from ._pieces import metainfo, torrent_name
from ._settings import Discovery, SwarmSettings
from ._torrent import GIVE_UP, Stage, Standing, Torrent
from ._webseed import Origin, WebSeed

#: Seconds from one look at everything to the next.
_LOOK: t.Final = 0.25
#: Seconds from one look-up of the peers' names to the next.
_REFRESH: t.Final = 60.0
#: Seconds after which a library that does not answer is not waited for any more.
_END: t.Final = 5.0


class Wanted(t.NamedTuple):
    """A sealed object: its id, bytes, the hashes of its pieces, and where the bucket has it."""

    artifact: str
    size: int
    hashes: bytes
    store: Store
    key: str


class Swarm:
    """This host's part in the swarm, while it is entered. ``folder`` is its own, and made if it is missing.

    ``tell`` is called with sentences for who looks after the host, from another thread. Raises
    ``MissingLibraryError``.
    """

    def __init__(
        self,
        settings: SwarmSettings,
        secret: SharedSecret,
        folder: str,
        *,
        tell: t.Callable[[str], None] = lambda text: None,
    ) -> None:
        self._lt = library()
        self._settings = settings
        self._secret = secret
        self._folder = os.path.abspath(folder)
        self._tell = tell
        self._members = Members(settings)
        self._webseed = WebSeed()
        self._torrents: dict[str, Torrent] = {}
        self._unknown: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._session: t.Any = None
        self._looked = time.monotonic()
        self._threads = [
            threading.Thread(target=run, name="longshore-swarm", daemon=True)
            for run in (self._run, self._refresh)
        ]
        self._files = LocalStore(Endpoint("LOCAL", self._folder))
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> t.Self:
        """Raises ``LocalWriteError``."""
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise LocalWriteError(
                f"Could not make {self._folder!r}: {error.strerror}."
            ) from None
        own = self._members.own
        bound = own.address if own is not None and is_here(own.address) else None
        self._session = open_session(self._lt, self._settings, bound)
        self._allow()
        self._stack.enter_context(self._webseed)
        if self._settings.discovery is Discovery.LAN:
            from ._discovery import Announcer

            self._stack.enter_context(
                Announcer(self._settings, self._secret, bound, self._discovered)
            )
        for one in kept(self._folder, self._settings.seed_time):
            self._seed_again(one)
        self._looked = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Whoever still waits is told so at once; what was obtained can still be read."""
        self._ended.set()
        tending = self._threads[0]
        tending.join(_END)
        with self._lock:
            self._give_up("the swarm was ended")
            self._torrents.clear()
        self._stack.close()
        if tending.is_alive():
            # The library does not answer, and its end would be waited for without end: it ends with the process.
            return
        with self._lock:
            # which ends it, and waits
            self._session = None

    # -- for those who fetch

    @contextlib.contextmanager
    def obtained(self, wanted: Wanted) -> t.Iterator[tuple[Store, str]]:
        """The store and key where the sealed object is, for as long as this is entered.

        Several may want the same. What was begun before goes on. What turns out to be damaged inside is thrown
        away. Raises ``SwarmError`` where the object should be fetched from the bucket without the swarm.
        """
        torrent = self._torrent(wanted)
        try:
            self._await(torrent)
            if torrent.error is not None:
                raise torrent.error
            yield self._files, torrent.name
        except (EncryptionError, MismatchError):
            self._drop(torrent)
            raise
        finally:
            with self._lock:
                torrent.users -= 1
            if torrent.stage is Stage.FAILED:
                self._drop(torrent, keep_file=True)

    def standings(self) -> list[Standing]:
        """How each object is doing."""
        with self._lock:
            torrents = list(self._torrents.values())
        found = []
        for torrent in torrents:
            # the library may know it no more
            with contextlib.suppress(RuntimeError):
                found.append(torrent.standing())
        return found

    def hosts(self) -> list[Host]:
        """The other hosts of the fleet, as far as they are known."""
        return self._members.others

    def _await(self, torrent: Torrent) -> None:
        """The thread sees to it that it ends; this, that it does so without the thread, too."""
        while not torrent.settled.wait(_LOOK):
            self._require_answers()

    def _require_answers(self) -> None:
        silent = time.monotonic() - self._looked
        if silent > GIVE_UP:
            raise SwarmError(
                f"The swarm's library has not answered for {silent:.0f} seconds."
            )

    # -- torrents

    def _torrent(self, wanted: Wanted) -> Torrent:
        name = torrent_name(self._secret, wanted.artifact)
        self._require_answers()
        with self._lock:
            if self._session is None or self._ended.is_set():
                raise SwarmError("The swarm was ended.")
            torrent = self._torrents.get(name)
            origin = Origin(wanted.store, wanted.key, wanted.size)
            if torrent is None:
                self._require_room(name, wanted.size)
                one = Kept(wanted.artifact, wanted.size, wanted.hashes)
                torrent = self._add(name, one, origin)
                self._connect(torrent)
            else:
                torrent.want(origin)
            torrent.users += 1
            return torrent

    def _require_room(self, name: str, size: int) -> None:
        try:
            there = os.stat(os.path.join(self._folder, name)).st_blocks * 512
        except OSError:
            there = 0
        if shutil.disk_usage(self._folder).free < size - there:
            raise SwarmError(
                f"There is no room below {self._folder!r} for an object of {size:,} bytes."
            )

    def _seed_again(self, one: Kept) -> None:
        """What was complete when the last run ended."""
        name = torrent_name(self._secret, one.artifact)
        if os.path.exists(os.path.join(self._folder, name)):
            with contextlib.suppress(EncryptionError):
                self._connect(self._add(name, one, None))

    def _add(self, name: str, one: Kept, origin: Origin | None) -> Torrent:
        """What there is of its file is checked by the library, however it came there."""
        lt = self._lt
        label = f"the record of object {one.artifact}"
        data = metainfo(self._secret, one.artifact, one.size, one.hashes, label)
        how = lt.load_torrent_buffer(data)
        how.save_path = self._folder
        flags = lt.torrent_flags
        how.flags &= ~(flags.auto_managed | flags.paused)
        how.flags |= flags.disable_dht | flags.disable_lsd | flags.disable_pex
        handle = self._session.add_torrent(how)
        limit = self._settings.download_limit
        torrent = Torrent(name, one, handle, origin, self._webseed, limit)
        self._torrents[name] = torrent
        return torrent

    def _connect(self, torrent: Torrent) -> None:
        for host in self._members.role(torrent.artifact).neighbours:
            torrent.handle.connect_peer((str(host.address), host.port))

    def _drop(self, torrent: Torrent, *, keep_file: bool = False) -> None:
        with self._lock:
            if self._torrents.get(torrent.name) is not torrent:
                return
            if keep_file and torrent.users:
                return
            del self._torrents[torrent.name]
            # the library may know it no more
            with contextlib.suppress(RuntimeError):
                self._session.remove_torrent(torrent.handle)
        if not keep_file:
            forget(self._folder, torrent.name)

    # -- the thread

    def _run(self) -> None:
        while not self._ended.wait(_LOOK):
            try:
                self._look()
            # whatever the library raises, whoever waits must not wait for ever
            except Exception as error:  # noqa: BLE001
                with self._lock:
                    self._give_up(f"the library failed with {type(error).__name__}")
            self._looked = time.monotonic()

    def _refresh(self) -> None:
        """Names may take long to be looked up: nobody waits for that."""
        while not self._ended.wait(_REFRESH):
            self._members.refresh()
            self._allow()

    def _look(self) -> None:
        for alert in self._session.pop_alerts():
            self._hear(alert)
        with self._lock:
            torrents = list(self._torrents.values())
        for torrent in torrents:
            try:
                self._tend(torrent)
            except RuntimeError as error:
                # the library's; it does not know it any more, maybe
                torrent.fail(f"the library failed with {error}")

    def _tend(self, torrent: Torrent) -> None:
        torrent.tend(self._members)
        if torrent.stage is Stage.COMPLETE:
            self._end_seeding(torrent)
        elif torrent.stage is Stage.FAILED:
            self._drop(torrent, keep_file=True)

    def _hear(self, alert: t.Any) -> None:
        lt = self._lt
        if isinstance(alert, lt.cache_flushed_alert):
            with self._lock:
                found = [
                    one for one in self._torrents.values() if one.handle == alert.handle
                ]
            for torrent in found:
                torrent.written()
                if torrent.completed is not None:
                    remember(
                        self._folder, torrent.name, torrent.kept, torrent.completed
                    )
        elif isinstance(alert, lt.listen_failed_alert):
            self._tell(f"Could not listen for peers: {alert.message()}.")

    def _end_seeding(self, torrent: Torrent) -> None:
        ratio = self._settings.seed_ratio
        since = time.time() - (torrent.completed or 0)
        given = ratio is not None and torrent.sent() >= ratio * torrent.size
        if not torrent.users and (since >= self._settings.seed_time or given):
            self._drop(torrent)

    def _give_up(self, reason: str) -> None:
        """With the lock."""
        for torrent in self._torrents.values():
            torrent.fail(reason)

    def _allow(self) -> None:
        with self._lock:
            if self._session is None:
                return
            allow(self._lt, self._session, self._members.allowed)
            unknown = set(self._members.unknown)
            news, self._unknown = unknown - self._unknown, unknown
        for name in sorted(news):
            self._tell(f"The peer {name!r} is unknown here: it has no address.")

    def _discovered(self, hosts: t.Collection[t.Any]) -> None:
        """Told by who listens in the local network."""
        if self._members.discover(hosts):
            self._allow()
            with self._lock:
                for torrent in self._torrents.values():
                    self._connect(torrent)
