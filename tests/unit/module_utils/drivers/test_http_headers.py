# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges and dates in headers."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._http_headers import (
    moment_of,
    range_of,
    whole_size,
)


def test_range_of() -> None:
    assert range_of(0, 5) == "bytes=0-4"
    assert range_of(7, None) == "bytes=7-"


@pytest.mark.parametrize(
    ("told", "size"),
    (
        ("bytes 0-4/100", 100),
        ("bytes */0", 0),
        ("bytes 0-4/*", None),
        ("", None),
        (None, None),
    ),
)
def test_whole_size(told: str | None, size: int | None) -> None:
    assert whole_size(told) == size


def test_moment_of() -> None:
    assert moment_of("Thu, 01 Jan 1970 00:01:00 GMT") == 60
    assert moment_of("yesterday") is moment_of(None) is None
