# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How many bytes a second went by, over the time of a run, as inline SVG."""

from __future__ import annotations

import math
import typing as t

from .._page._plot import Frame, curve
from .._page._style import COLOURS
from .._page._text import duration, size

_FRAME: t.Final = Frame(left=76)


def draw_rates(
    rates: t.Mapping[str, t.Sequence[float]], step: float, seconds: float
) -> str:
    """A curve for each name, in their order: bytes a second in each ``step`` of so many seconds.

    ``seconds`` is the whole time.
    """
    most = max(max(one) for one in rates.values())
    levels = _levels(most)
    # the last step may not be over
    longest = max(seconds, step, step * max(map(len, rates.values())))
    drawn = sorted(rates.items())[:COLOURS]
    return _FRAME.draw(
        "rates-title",
        f"Bytes a second over {exactly(longest)}, at most {rate(most)}; sums are in the table above",
        [
            *(_FRAME.level(one / levels[-1], rate(one)) for one in levels),
            *(_FRAME.tick(n / 4, exactly(longest * n / 4)) for n in range(5)),
            *(
                curve(number, _steps(found, levels[-1], step / longest), name)
                for number, (name, found) in enumerate(drawn)
            ),
        ],
    )


def _steps(found: t.Sequence[float], top: float, wide: float) -> str:
    """From nothing to nothing; it begins where there is something."""
    first = next((number for number, one in enumerate(found) if one), 0)
    path = f"M{_FRAME.x(first * wide)} {_FRAME.y(0)}"
    for number, one in enumerate(found[first:], start=first + 1):
        path += f"V{_FRAME.y(one / top)}H{_FRAME.x(min(1, number * wide))}"
    return f"{path}V{_FRAME.y(0)}"


def _levels(most: float) -> list[float]:
    """From 0 to what is enough, in at most five steps of 1, 2 or 5 and zeros."""
    power = 10 ** math.floor(math.log10(max(most, 1) / 5))
    step = next(n * power for n in (1, 2, 5, 10) if most <= 5 * n * power)
    return [step * n for n in range(max(1, math.ceil(most / step)) + 1)]


def rate(bytes_a_second: float) -> str:
    return f"{size(bytes_a_second)}/s"


def exactly(seconds: float) -> str:
    """Such as ``0.25 s``, ``12.3 s`` or ``2 min 5 s``."""
    if seconds >= 60:
        return duration(round(seconds))
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
