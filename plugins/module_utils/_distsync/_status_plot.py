# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Pictures of a fleet as inline SVG: the time until it has a version, and which versions it has."""

from __future__ import annotations

import math
import typing as t

from .._page._plot import Frame, curve, draw_bar, swatch
from .._page._style import COLOURS
from ._fleet import Curve, Spread

_FRAME: t.Final = Frame(left=48)
_TICKS: t.Final = (
    *((1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h")),
    *((21600, "6 h"), (86400, "1 day"), (604800, "1 week"), (2592000, "30 days")),
    *((31536000, "1 year"), (315360000, "10 years")),
)


def draw_curves(curves: t.Sequence[Curve]) -> str:
    """The share of hosts that have the latest version, over the time since its publication (logarithmic)."""
    drawn = curves[:COLOURS]
    slowest = max((curve.delays[-1] for curve in drawn if curve.delays), default=1)
    reaching = (n for n, (time, _label) in enumerate(_TICKS) if time >= slowest)
    ticks = _TICKS[: max(1, next(reaching, len(_TICKS))) + 1]
    longest = ticks[-1][0]
    return _FRAME.draw(
        "curves-title",
        "Share of hosts that have the latest version, over the time since its publication; "
        "the figures are in the table beside it",
        [
            *(_FRAME.level(share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)),
            *(_FRAME.tick(_along(time, longest), label) for time, label in ticks),
            *(_steps(one, longest, number) for number, one in enumerate(drawn)),
        ],
    )


def _along(seconds: float, longest: int) -> float:
    """How far to the right, as a share."""
    return math.log(min(max(seconds, 1), longest)) / math.log(longest)


def _steps(one: Curve, longest: int, number: int) -> str:
    """At each moment, the share that had it. Of those in the same pixel, the last counts."""
    steps = {
        _FRAME.x(_along(delay, longest)): count
        for count, delay in enumerate(one.delays, start=1)
    }
    path = f"M{_FRAME.left} {_FRAME.y(0)}" + "".join(
        f"H{x}V{_FRAME.y(count / one.hosts)}" for x, count in steps.items()
    )
    name = f"{one.line.artifact} {one.version}"
    return curve(number, f"{path}H{_FRAME.right}", name)


def draw_swatch(number: int) -> str:
    """The colour of a curve, for a legend; nothing for what is not drawn."""
    return swatch(number) if number < COLOURS else ""


def draw_spread(spread: Spread) -> str:
    """One bar, cut by versions in the order of their counts."""
    parts = []
    others = 0
    for version, count in spread.counts:
        # what is the latest has the first colour, and nothing else has it
        if version == spread.latest:
            colour = 0
        else:
            colour = 1 + others % (COLOURS - 1)
            others += 1
        parts.append((colour, count / spread.hosts))
    return draw_bar(parts)
