# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Headers of HTTP that stores read and write alike: ranges and dates."""

from __future__ import annotations

import email.utils


def range_of(start: int, length: int | None) -> str:
    """The value of ``Range`` for ``length`` bytes from ``start``; all that follow, when None."""
    end = "" if length is None else start + length - 1
    return f"bytes={start}-{end}"


def whole_size(content_range: str | None) -> int | None:
    """The size of the whole object, as ``Content-Range`` tells it; None where it does not."""
    total = (content_range or "").rpartition("/")[2]
    return int(total) if total.isdigit() else None


def moment_of(date: str | None) -> float | None:
    """A date in seconds since the epoch; None for what is none."""
    try:
        return email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
