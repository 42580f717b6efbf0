# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FastCDC in its plain form, byte by byte: slow, and independent of the library."""

from __future__ import annotations

import hashlib

MIN, CENTER, MAX = 4096, 16384, 65536
WORD = 2**64 - 1

#: Of the paper: 16 and 12 bits, for an average of 2^14 bytes and two levels of normalization.
STRICT, LOOSE = 0x0000D90303537000, 0x0000D90103530000

GEAR = [
    int.from_bytes(hashlib.md5(bytes([value]) * 64).digest()[:8], "big")
    for value in range(256)
]


def lengths(data: bytes, key: bytes) -> list[int]:
    """Of the chunks."""
    seed = int.from_bytes(key, "big") & (WORD >> 1)
    gear = [word ^ seed for word in GEAR]
    found = []
    while data:
        found.append(_first(data, gear))
        data = data[found[-1] :]
    return found


def _first(data: bytes, gear: list[int]) -> int:
    end = min(len(data), MAX)
    if end <= MIN:
        return end
    rolling = 0
    # The algorithm takes two bytes at a time, and so leaves out the last one of an odd number.
    for position in range(MIN, end // 2 * 2):
        rolling = (rolling << 1) + gear[data[position]] & WORD
        if not rolling & (STRICT if position < min(CENTER, end // 2 * 2) else LOOSE):
            return position
    return end
