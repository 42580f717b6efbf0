# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where a host reads a release's sealed object from: the bucket, or what the swarm gave it."""

from __future__ import annotations

import contextlib
import typing as t

from .._drivers._base import Store
from ._release import Release
from ._swarm._failures import SwarmError

if t.TYPE_CHECKING:
    from ._swarm._swarm import Swarm


class Sealed(t.NamedTuple):
    """A store, the object's key in it, and sentences for who looks after the host."""

    store: Store
    key: str
    warnings: tuple[str, ...] = ()


@contextlib.contextmanager
def sealed(
    release: Release, store: Store, key: str, swarm: Swarm | None
) -> t.Iterator[Sealed]:
    """``store`` and ``key`` are the bucket's. Where the swarm fails, it is read there. May take long."""
    with contextlib.ExitStack() as stack:
        found = Sealed(store, key)
        if swarm is not None and release.torrent:
            from ._swarm._swarm import Wanted

            size, hashes = release.sealed_size, release.torrent
            wanted = Wanted(release.artifact, size, hashes, store, key)
            try:
                found = Sealed(*stack.enter_context(swarm.obtained(wanted)))
            except SwarmError as error:
                found = Sealed(store, key, (str(error),))
        yield found
