# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One object on its way through the swarm, and then given to others for a while."""

from __future__ import annotations

import contextlib
import enum
import math
import threading
import time
import typing as t

from ._failures import SwarmError
from ._members import Members
from ._notes import Kept
from ._webseed import Origin, WebSeed

#: With the bucket and peers both silent for so long (seconds), this way is given up.
GIVE_UP: t.Final = 30.0
#: Bytes that the library takes at once where it is limited; between, nothing can be seen of it.
_BURST: t.Final = 2 * 1024 * 1024
#: What came is brought to the file every so many seconds.
FLUSH: t.Final = 2.0
#: Without an answer for so long, it is asked for again.
LOST: t.Final = 5.0
#: Peers that a host gives to at the same time while it draws: what it has is new to all, and they give it on.
_FIRST_HAND: t.Final = 3
_NO_LIMIT: t.Final = -1


class Stage(enum.Enum):
    FETCHING = "fetching"
    #: All of it was verified, and is being written.
    WRITING = "writing"
    COMPLETE = "complete"
    FAILED = "failed"


class Standing(t.NamedTuple):
    """Bytes of one object, of its pieces' verified ones, from the bucket, from peers and to peers."""

    artifact: str
    size: int
    have: int
    drawn: int
    received: int
    sent: int
    peers: int
    stage: Stage


class Torrent:
    """Made for a torrent that was just added to a session. ``tend`` is called again and again, by one thread.

    ``origin`` None: it is there already and only given to others. ``users``: how many need its file now.
    ``limit``: of the session, bytes a second.
    """

    def __init__(
        self,
        name: str,
        kept: Kept,
        handle: t.Any,
        origin: Origin | None,
        webseed: WebSeed,
        limit: int | None = None,
    ) -> None:
        self.name = name
        self.artifact = kept.artifact
        self.size = kept.size
        self.handle = handle
        self.origin = origin
        self.stage = Stage.FETCHING
        self.kept = kept
        self.users = 0
        self.completed = kept.completed
        self.settled = threading.Event()
        self.error: SwarmError | None = None
        self._webseed = webseed
        self._between = _BURST / limit if limit else 0.0
        self._url: str | None = None
        self._most = self._checked = 0
        self._progressed = self._flushed = time.monotonic()
        self._flushing = self._is_last = False
        #: The pieces that this host has to draw, and since when it does.
        self._part = range(0)
        self._drawing = 0.0
        #: Who has its part waits for the others until then, before it helps them.
        self._helps = math.inf

    # -- told by the swarm

    def want(self, origin: Origin) -> None:
        """It is needed here now, which what was only given to others was not."""
        if self.origin is None:
            self._progressed = time.monotonic()
            self.origin = origin

    def tend(self, members: Members) -> None:
        """Look how it is going, and have recourse to the bucket where it is time to."""
        if self.stage not in (Stage.FETCHING, Stage.WRITING):
            return
        status = self.handle.status()
        if status.errc.value():
            self.fail(f"it could not be written: {status.errc.message()}")
        elif self.stage is Stage.WRITING:
            self._await_written(status)
        elif status.is_seeding:
            self.stage = Stage.WRITING
            self._progressed = time.monotonic()
            self._stop_drawing()
            self.handle.set_max_uploads(_NO_LIMIT)
            if not self._flushing:
                self._flush()
        elif self.origin is not None:
            self._progress(status, members)

    def written(self) -> None:
        """The library has brought what it had to the file, as it was asked to."""
        self._flushing = False
        if self.stage is not Stage.WRITING:
            return
        if not self._is_last:
            # that one was asked for before all was there
            self._flush()
        else:
            self.stage = Stage.COMPLETE
            self.completed = self.completed or time.time()
            self.settled.set()

    def fail(self, reason: str) -> None:
        if self.stage is Stage.COMPLETE:
            return
        self.stage = Stage.FAILED
        refused = self.origin.error if self.origin is not None else None
        self.error = SwarmError(
            f"The object {self.artifact} did not come through the swarm: {reason}."
            + (f" {refused.message}" if refused is not None else "")
        )
        self.settled.set()
        self._stop_drawing()

    # -- for others

    @property
    def draws(self) -> bool:
        """Whether it is fetched from the bucket, too."""
        return self._url is not None

    def standing(self) -> Standing:
        status = self.handle.status()
        drawn = self.origin.drawn if self.origin is not None else 0
        return Standing(
            self.artifact,
            self.size,
            status.total_done,
            drawn,
            max(0, status.total_payload_download - drawn),
            status.total_payload_upload,
            status.num_peers - self.draws,
            self.stage,
        )

    def sent(self) -> int:
        return int(self.handle.status().total_payload_upload)

    # -- within

    def _has_its_part(self, status: t.Any) -> bool:
        """Whether what is still missing is drawn by others."""
        if not self._part or self._helps < math.inf:
            return False
        return all(status.pieces[self._part.start : self._part.stop])

    def _progress(self, status: t.Any, members: Members) -> None:
        now = time.monotonic()
        checking = str(status.state).startswith("checking")
        if checking and status.progress_ppm != self._checked:
            self._checked = status.progress_ppm
            self._progressed = now
        elif not checking and status.total_done > self._most:
            self._most = status.total_done
            self._progressed = now
        # the library would keep it all in memory, and a killed process begin anew
        due = now - self._flushed > FLUSH and self._progressed > self._flushed
        if due and not checking and (not self._flushing or now - self._flushed > LOST):
            self._flush()
        waited = now - self._progressed
        if self.draws and self._has_its_part(status):
            self._stop_drawing()
            self._helps = now + (now - self._drawing)
        if checking or self.draws:
            if waited >= GIVE_UP + self._between:
                self.fail(f"nothing went on for {waited:.0f} seconds")
            return
        ours = members.role(self.artifact)
        draws = ours.share is not None and (not self._part or now >= self._helps)
        if draws or waited >= ours.patience:
            # the bucket has as long as anybody
            self._progressed = now
            self._draw(ours.share)

    def _await_written(self, status: t.Any) -> None:
        """Until ``written`` is told so."""
        now = time.monotonic()
        if not status.is_seeding or now - self._progressed >= GIVE_UP:
            self.fail("it could not be written")
        elif now - self._flushed > LOST:
            self._flush()

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        self._flushing = True
        self._is_last = self.stage is Stage.WRITING
        self.handle.flush_cache()

    def _draw(self, share: tuple[int, int] | None) -> None:
        """From the bucket. Those that are to do so begin with different parts, and give them to each other."""
        if self.origin is None:
            return
        if share is not None and not self._part:
            count = self.handle.torrent_file().num_pieces()
            self._part = part(count, *share)
            self._drawing = time.monotonic()
            self.handle.prioritize_pieces(priorities(count, *share))
            self.handle.set_max_uploads(_FIRST_HAND)
        self._url = self._webseed.offer(self.origin)
        self.handle.add_url_seed(self._url)

    def _stop_drawing(self) -> None:
        url, self._url = self._url, None
        if url is not None:
            self._webseed.withdraw(url)
            # the library may know it no more
            with contextlib.suppress(RuntimeError):
                self.handle.remove_url_seed(url)


def part(count: int, number: int, seeds: int) -> range:
    """Of ``count`` pieces, those that the one with this number of ``seeds`` draws from the bucket."""
    return range(count * number // seeds, count * (number + 1) // seeds)


def priorities(count: int, number: int, seeds: int) -> list[int]:
    """Of each of ``count`` pieces, from 1 to 7, for the one with this number of ``seeds``.

    Its own part comes first, from its beginning to its end; then those of the others, each from its end, because
    these begin at the beginning.
    """
    found = []
    for other in range(seeds):
        pieces = part(count, other, seeds)
        for place in range(len(pieces)):
            if other == number:
                found.append(7 - 4 * place // len(pieces))
            else:
                found.append(1 + 3 * place // len(pieces))
    return found
