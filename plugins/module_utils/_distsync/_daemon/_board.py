# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What is known at this moment: written by who works, read by who reports. For any thread."""

from __future__ import annotations

import collections
import dataclasses
import threading
import time
import typing as t
from dataclasses import dataclass

from .._status import State

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ChannelState:
    """``looked``: when the feed was last known to be right, by ``time.monotonic``; None: never yet.

    ``error``: why it is not now; empty where nothing is wrong.
    """

    sequence: int = 0
    expires: int | None = None
    looked: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactState:
    """``version`` and ``digest``: in use ``since`` then, seconds since the epoch. ``wanted`` was published at ``created``."""

    version: str = ""
    digest: str = ""
    since: int = 0
    state: State = "fetching"
    wanted: str = ""
    created: int | None = None
    error: str = ""


class Board:
    """``changed`` is set with every change that is worth a report."""

    def __init__(self, channels: t.Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._channels = {channel: ChannelState() for channel in channels}
        self._artifacts: dict[Key, ArtifactState] = {}
        self._counts: collections.Counter[str] = collections.Counter()
        self.changed = threading.Event()

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self._counts[what] += number

    def channel(self, channel: str, **fields: t.Any) -> bool:
        """Change what is known of a channel. Whether its error is another one now."""
        with self._lock:
            before = self._channels[channel]
            after = dataclasses.replace(before, **fields)
            self._channels[channel] = after
        if dataclasses.replace(after, looked=before.looked) != before:
            self.changed.set()
        return before.error != after.error

    def looked(self, channel: str, **fields: t.Any) -> bool:
        """The feed is right. Whether it was not before."""
        return self.channel(channel, looked=time.monotonic(), error="", **fields)

    def artifact(self, key: Key, **fields: t.Any) -> bool:
        """Change what is known of an artifact. Whether its error is another one now."""
        with self._lock:
            before = self._artifacts.get(key, ArtifactState())
            after = dataclasses.replace(before, **fields)
            self._artifacts[key] = after
        if after != before:
            self.changed.set()
        return before.error != after.error

    def forget_others(self, channel: str, names: t.Collection[str]) -> None:
        """Artifacts that the channel has no more."""
        with self._lock:
            for key in [*self._artifacts]:
                if key[0] == channel and key[1] not in names:
                    del self._artifacts[key]

    @property
    def channels(self) -> dict[str, ChannelState]:
        with self._lock:
            return {**self._channels}

    @property
    def artifacts(self) -> dict[Key, ArtifactState]:
        with self._lock:
            return {**self._artifacts}

    @property
    def counts(self) -> collections.Counter[str]:
        with self._lock:
            return collections.Counter(self._counts)
