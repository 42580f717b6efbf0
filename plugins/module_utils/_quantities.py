# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Amounts as users write and read them: durations, rates, sizes."""

from __future__ import annotations

import re

from ._errors import ConfigurationError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_BYTES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def seconds_of(option: str, written: str | None) -> int | None:
    """A duration such as ``90s``, ``12h``, ``7d`` or a bare number of seconds; None stays None.

    Raises ``ConfigurationError``.
    """
    if written is None:
        return None
    found = re.fullmatch(r"(\d+)\s*([smhdw]?)", written.strip().lower())
    if found is None:
        raise ConfigurationError(
            f"{option} must be a duration such as 90s, 30m, 12h, 7d or 2w, not {written!r}."
        )
    return int(found[1]) * _SECONDS[found[2] or "s"]


def bytes_of(option: str, written: str | None) -> int | None:
    """A number of bytes such as ``500k``, ``10M`` or ``1G`` (powers of 1024); None stays None.

    Raises ``ConfigurationError``.
    """
    if written is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?", written.strip().lower())
    if found is None or not float(found[1]):
        raise ConfigurationError(
            f"{option} must be a number of bytes such as 500k, 10M or 1G, not {written!r}."
        )
    return max(1, int(float(found[1]) * _BYTES[found[2]]))


def size_text(size: int) -> str:
    """``1536`` as ``1.5 KiB``."""
    amount, power = float(size), 0
    while amount >= 1023.95 and power < len(_UNITS) - 1:
        amount, power = amount / 1024, power + 1
    return f"{amount:.1f} {_UNITS[power]}" if power else f"{size} B"
