# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What publishing and fetching take and give, whatever the format."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

#: Told how many bytes have just gone by.
Progress = t.Callable[[int], None]


def no_progress(_size: int) -> None:
    """For who does not want to know."""


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
    """A release as it is there now, and whether its contents were sent. ``version``: None with distsync01.

    ``digest``: SHA-256 of the contents, hex; ``size``: theirs, in bytes.
    """

    name: str
    version: str | None
    digest: str
    size: int
    changed: bool
    sent: bool


@dataclass(slots=True)
class Outcome:
    """What a change came to. ``sequence``: the feed's number now, 0 with distsync01.

    ``renewed``: the feed is good for longer, and changed in nothing else.
    """

    changed: bool
    sequence: int
    renewed: bool = False
    releases: list[Published] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Pruned(t.NamedTuple):
    """How many objects were litter, and their bytes."""

    objects: int
    bytes: int


class Listed(t.NamedTuple):
    """A release that is there. Sizes are bytes, ``age`` seconds; ``latest`` is the one that hosts are to have.

    ``created``: seconds since the epoch. With distsync01 every one is the latest, and what is not known
    before it was fetched is None.
    """

    name: str
    version: str | None
    latest: bool
    size: int | None
    sealed_size: int
    digest: str | None
    created: int | None
    age: int | None


class Seen(t.NamedTuple):
    """What there is, by name, in the order of publication, and verified as far as the format goes.

    ``sequence`` and ``expires`` are the feed's: its number, and seconds since the epoch (0 and None with
    distsync01). ``etag`` is to ask with next time; ``warnings`` are for who looks after the host.
    """

    releases: tuple[Listed, ...]
    sequence: int
    expires: int | None
    etag: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A release that is in its place. ``received``: bytes of plaintext that were not there yet.

    ``version`` is None with distsync01, where ``digest`` and ``size`` are so too if they are not known
    in check mode.
    """

    name: str
    version: str | None
    digest: str | None
    size: int | None
    path: str
    changed: bool
    received: int
    warnings: tuple[str, ...] = ()
