# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Pictures of a fleet as inline SVG: the time until it has a version, and which versions it has."""

from __future__ import annotations

import html
import math
import typing as t

from ._fleet import Curve, Spread

#: Colours that the style has; more curves than these are not drawn.
COLOURS: t.Final = 6

_WIDTH, _HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 10, 30
_TICKS: t.Final = (
    *((1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h")),
    *((21600, "6 h"), (86400, "1 day"), (604800, "1 week"), (2592000, "30 days")),
    *((31536000, "1 year"), (315360000, "10 years")),
)
_BAR_WIDTH, _BAR_HEIGHT = 220, 14


def draw_curves(curves: t.Sequence[Curve]) -> str:
    """The share of hosts that have the latest version, over the time since its publication (logarithmic)."""
    drawn = curves[:COLOURS]
    slowest = max((curve.delays[-1] for curve in drawn if curve.delays), default=1)
    reaching = (n for n, (time, _label) in enumerate(_TICKS) if time >= slowest)
    ticks = _TICKS[: max(1, next(reaching, len(_TICKS))) + 1]
    axis = _Axis(ticks[-1][0])
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        'aria-labelledby="curves-title"><title id="curves-title">Share of hosts that have the latest version, '
        "over the time since its publication; the figures are in the table beside it</title>"
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = axis.y(share)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
        )
    for time, label in ticks:
        x = axis.x(time)
        anchor = "end" if time == ticks[-1][0] else "middle"
        parts.append(
            f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
            f'<text x="{x}" y="{_HEIGHT - 10}" text-anchor="{anchor}">{label}</text>'
        )
    parts += [_curve(curve, axis, number) for number, curve in enumerate(drawn)]
    return "".join([*parts, "</svg>"])


class _Axis:
    """From seconds and shares to pixels."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def x(self, seconds: float) -> float:
        part = math.log(min(max(seconds, 1), self.longest)) / math.log(self.longest)
        return round(_LEFT + part * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, share: float) -> float:
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def _curve(curve: Curve, axis: _Axis, number: int) -> str:
    """Steps: at each moment, the share that had it. Of those in the same pixel, the last counts."""
    steps = {axis.x(delay): count for count, delay in enumerate(curve.delays, start=1)}
    path = f"M{_LEFT} {axis.y(0)}" + "".join(
        f"H{x}V{axis.y(count / curve.hosts)}" for x, count in steps.items()
    )
    name = html.escape(f"{curve.line.artifact} {curve.version}")
    return f'<path class="curve c{number}" d="{path}H{_WIDTH - _RIGHT}"><title>{name}</title></path>'


def draw_swatch(number: int) -> str:
    """The colour of a curve, for a legend; nothing for what is not drawn."""
    if number >= COLOURS:
        return ""
    return (
        '<svg width="14" height="14" aria-hidden="true">'
        f'<rect class="fill c{number}" width="14" height="14" rx="2"/></svg>'
    )


def draw_spread(spread: Spread) -> str:
    """One bar, cut by versions in the order of their counts."""
    parts = [
        f'<svg viewBox="0 0 {_BAR_WIDTH} {_BAR_HEIGHT}" width="{_BAR_WIDTH}" height="{_BAR_HEIGHT}" '
        'aria-hidden="true">'
    ]
    x = 0.0
    others = 0
    for version, count in spread.counts:
        width = _BAR_WIDTH * count / spread.hosts
        # what is the latest has the first colour, and nothing else has it
        if version == spread.latest:
            colour = 0
        else:
            colour = 1 + others % (COLOURS - 1)
            others += 1
        parts.append(
            f'<rect class="fill c{colour}" x="{x:.1f}" width="{width:.1f}" height="{_BAR_HEIGHT}"/>'
        )
        x += width
    return "".join([*parts, "</svg>"])
