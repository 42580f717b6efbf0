# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pieces of an object each of the hosts that draw on the bucket begins with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._torrent import (
    part,
    priorities,
)

COUNTS = st.integers(2, 1100)
SEEDS = st.integers(1, 9)


@given(COUNTS, SEEDS)
def test_each_piece_is_drawn_by_one(count: int, seeds: int) -> None:
    drawn = [piece for number in range(seeds) for piece in part(count, number, seeds)]
    assert drawn == list(range(count))


@given(COUNTS, SEEDS, st.data())
def test_own_pieces_come_first(count: int, seeds: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, seeds - 1))
    wanted = priorities(count, number, seeds)
    own = part(count, number, seeds)
    assert len(wanted) == count
    assert {wanted[piece] for piece in own} <= {4, 5, 6, 7}
    assert {wanted[piece] for piece in range(count) if piece not in own} <= {1, 2, 3}


def test_help_begins_where_the_helped_one_comes_last() -> None:
    drawing = priorities(8, 1, 2)
    helping = priorities(8, 0, 2)
    assert drawing[4:] == [7, 6, 5, 4]
    assert helping[4:] == [1, 1, 2, 3]
