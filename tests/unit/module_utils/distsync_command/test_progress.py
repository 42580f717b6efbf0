# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far something has come, said in lines. The bar is tested on a terminal."""

from __future__ import annotations

from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._progress import (
    lines,
)

MIB = 1024 * 1024


def said(total: int, *steps: int) -> list[str]:
    told: list[str] = []
    with lines("Fetching app", total, told.append) as advance:
        for step in steps:
            advance(step)
    return told


def test_what_is_small_begins_and_is_done() -> None:
    assert said(0) == ["Fetching app (0 B)"]
    assert said(0, 5) == ["Fetching app (0 B)"]
    assert said(MIB, *[1024] * 1024) == ["Fetching app (1.0 MiB)"]


def test_what_is_large_has_a_line_for_each_tenth() -> None:
    told = said(100 * MIB, *[MIB] * 100)
    assert told[1:] == [f"Fetching app: {n}0 % of 100.0 MiB" for n in range(1, 10)]
    # gone on with
    assert said(100 * MIB, 95 * MIB, 5 * MIB)[1:] == ["Fetching app: 90 % of 100.0 MiB"]
    # more than there was to be
    assert len(said(100 * MIB, *[50 * MIB] * 4)) == 3
