# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes and files, for the tests."""

from __future__ import annotations

import hashlib
import io
import itertools
import random
import typing as t
from array import array

from ansible_collections.longshore.storage.plugins.module_utils._chunks._cutter import (
    Cutter,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._index import (
    Index,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    Layout,
)

KEY = bytes(range(8))
LAYOUT = Layout(AES_256_GCM, 4096)


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def index_of(data: bytes) -> Index:
    return Index.of(io.BytesIO(data), Cutter(KEY))


def index_from(pieces: t.Sequence[bytes]) -> Index:
    """An index of chunks as they are wished for, instead of cut."""
    boundaries = array("Q", itertools.accumulate(map(len, pieces), initial=0))
    digests = b"".join(hashlib.sha256(piece).digest() for piece in pieces)
    return Index(hashlib.sha256(b"".join(pieces)).digest(), boundaries, digests)
