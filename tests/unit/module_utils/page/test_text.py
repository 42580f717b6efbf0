# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as pages show them."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._page._text import (
    duration,
    isolated,
    moment,
    size,
)


@pytest.mark.parametrize(
    "seconds, said",
    [
        (None, "\u2013"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3605, "1 h"),
        (3665, "1 h 1 min"),
        (90061, "1 d 1 h"),
        (10**9, "11,574 d 1 h"),
    ],
)
def test_durations(seconds: int | None, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    "count, said",
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_940, "9.9 kB"),
        (48_213_054, "48 MB"),
        (999_600, "1.0 MB"),
        (5 * 10**15, "5,000 TB"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said


def test_moments() -> None:
    assert moment(1_800_000_000) == "2027-01-15 08:00:00 UTC"
    assert moment(1e20) == "second 100000000000000000000"


def test_what_others_say() -> None:
    assert isolated("a<\udcff>") == "<bdi>a&lt;\\udcff&gt;</bdi>"
