# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The parts of pictures, as inline SVG in the colours of the page."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ._text import text

_WIDTH, _HEIGHT = 640, 260
_RIGHT, _TOP, _BOTTOM = 12, 10, 30
_BAR_WIDTH, _BAR_HEIGHT = 220, 14


@dataclass(frozen=True, slots=True)
class Frame:
    """A plot's. Shares of its width and height, from 0 to 1, become pixels; ``left`` is room for labels."""

    left: int

    @property
    def right(self) -> int:
        return _WIDTH - _RIGHT

    def x(self, share: float) -> float:
        return round(self.left + share * (_WIDTH - self.left - _RIGHT), 1)

    def y(self, share: float) -> float:
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    def level(self, share: float, label: str) -> str:
        """A line across."""
        y = self.y(share)
        return (
            f'<line class="grid" x1="{self.left}" x2="{self.right}" y1="{y}" y2="{y}"/>'
            f'<text x="{self.left - 6}" y="{y + 4}" text-anchor="end">{label}</text>'
        )

    def tick(self, share: float, label: str) -> str:
        """A line from top to bottom."""
        x = self.x(share)
        anchor = "end" if share >= 1 else "middle"
        return (
            f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
            f'<text x="{x}" y="{_HEIGHT - 10}" text-anchor="{anchor}">{label}</text>'
        )

    def draw(self, identity: str, title: str, parts: t.Iterable[str]) -> str:
        """The picture; ``title`` is for those who cannot see it."""
        return (
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
            f'aria-labelledby="{identity}"><title id="{identity}">{text(title)}</title>'
            f"{''.join(parts)}</svg>"
        )


def curve(number: int, path: str, name: str) -> str:
    """``path`` as SVG has it; its ``name`` is shown to who points at it."""
    return (
        f'<path class="curve c{number}" d="{path}"><title>{text(name)}</title></path>'
    )


def swatch(number: int) -> str:
    """A colour, for a legend."""
    return (
        '<svg width="14" height="14" aria-hidden="true">'
        f'<rect class="fill c{number}" width="14" height="14" rx="2"/></svg>'
    )


def draw_bar(parts: t.Iterable[tuple[int, float]]) -> str:
    """One bar, cut into parts: each a colour and its share of the whole width."""
    drawn = [
        f'<svg viewBox="0 0 {_BAR_WIDTH} {_BAR_HEIGHT}" width="{_BAR_WIDTH}" height="{_BAR_HEIGHT}" '
        'aria-hidden="true">'
    ]
    x = 0.0
    for colour, share in parts:
        width = _BAR_WIDTH * share
        drawn.append(
            f'<rect class="fill c{colour}" x="{x:.1f}" width="{width:.1f}" height="{_BAR_HEIGHT}"/>'
        )
        x += width
    return "".join([*drawn, "</svg>"])
