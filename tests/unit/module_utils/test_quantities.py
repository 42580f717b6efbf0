# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amounts as users write and read them."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._quantities import (
    bytes_of,
    seconds_of,
    size_text,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("90", 90),
        ("90s", 90),
        ("30 m", 1800),
        ("12H", 43_200),
        ("7d", 604_800),
        ("2w", 1_209_600),
    ],
)
def test_durations(written: str | None, seconds: int | None) -> None:
    assert seconds_of("prune_after", written) == seconds


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (None, None),
        ("1", 1),
        ("500k", 512_000),
        ("1.5 M", 1_572_864),
        ("10MiB", 10_485_760),
        ("1g", 1_073_741_824),
    ],
)
def test_rates(written: str | None, size: int | None) -> None:
    assert bytes_of("bandwidth_limit", written) == size


@pytest.mark.parametrize("written", ["", "-1", "1y", "soon", "1.5h", "7 days"])
def test_durations_that_are_none(written: str) -> None:
    with pytest.raises(ConfigurationError, match=f"prune_after.*{written!r}"):
        seconds_of("prune_after", written)


@pytest.mark.parametrize("written", ["", "0", "-1", "1t", "fast", "1mm", "10M/s"])
def test_rates_that_are_none(written: str) -> None:
    with pytest.raises(ConfigurationError, match=f"bandwidth_limit.*{written!r}"):
        bytes_of("bandwidth_limit", written)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (20 * 1024**2, "20.0 MiB"),
        (3 * 1024**4, "3.0 TiB"),
        (5000 * 1024**5, "5000.0 PiB"),
    ],
)
def test_sizes_as_text(size: int, text: str) -> None:
    assert size_text(size) == text
