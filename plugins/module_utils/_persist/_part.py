# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One object of a snapshot, read in ranges and verified."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import CHUNK_SIZE, Store
from .._errors import ObjectMissingError
from .._ranges import read_ranges
from ._record import Part
from ._snapshot_failures import DamagedSnapshotError
from ._snapshots import lacks


def read_part(
    store: Store, key: str, part: Part, label: str, bandwidth: Bandwidth
) -> t.Iterator[bytes]:
    """An object's bytes, verified once all came. Raises ``DamagedSnapshotError``."""
    try:
        info = store.stat(key).info
    except ObjectMissingError:
        raise lacks(label, part, None) from None
    if info.size != part.size:
        raise lacks(label, part, info)
    sha256 = hashlib.sha256()
    with contextlib.closing(read_ranges(store, info, 0, bandwidth)) as pieces:
        for piece in pieces:
            sha256.update(piece)
            # The memory of a piece is used again.
            for at in range(0, len(piece), CHUNK_SIZE):
                yield bytes(piece[at : at + CHUNK_SIZE])
    if sha256.hexdigest() != part.sha256:
        raise DamagedSnapshotError(
            label, f"is damaged: its object {part.name} is not what was stored"
        )
