# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where chunks are, for many of them."""

from __future__ import annotations

import hashlib
from array import array

from ansible_collections.longshore.storage.plugins.module_utils._persist._chunk_pool import (
    Pack,
    PackIndex,
    Run,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._known_chunks import (
    KnownChunks,
)


def digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def test_as_a_dict_would() -> None:
    known, expected = KnownChunks(), dict[bytes, Run]()
    for number in range(20_000):
        place = Run(f"owner {number % 7}", number % 1000, number, 1)
        known.note(digest(number), place)
        expected[digest(number)] = place
    assert all(known.find(one) == place for one, place in expected.items())
    assert all(known.find(digest(number)) is None for number in range(-5000, 0))


def test_digests_with_the_same_beginning() -> None:
    known = KnownChunks()
    digests = [bytes(8) + digest(number)[8:] for number in range(300)]
    for number, one in enumerate(digests):
        known.note(one, Run("o", 1, number, 1))
    found = [known.find(one) for one in digests]
    assert found == [Run("o", 1, number, 1) for number in range(300)]
    assert known.find(bytes(32)) is None


def test_the_first_place_stays_and_condemned_packs_are_unknown() -> None:
    known = KnownChunks()
    for number, condemned in ((1, 0), (2, 0), (3, 5)):
        pack = Pack(number, lengths=array("I", [1, 1]), condemned=condemned)
        pack.digests = digest(0) + digest(number)
        known.add(PackIndex("o", "none", {number: pack}))
    assert known.find(digest(0)) == Run("o", 1, 0, 1)
    assert known.find(digest(2)) == Run("o", 2, 1, 1)
    assert known.find(digest(3)) is None
