# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The fleet as one page of HTML: it needs nothing else, and loads nothing.

Whatever a host says is text here. The page shows names of hosts and versions, so it is for those who
may know them.
"""

from __future__ import annotations

import typing as t

from .._page._document import document
from .._page._style import COLOURS
from .._page._text import NOTHING, class_of, duration, isolated, moment, size, text
from ._fleet import STANDINGS, Curve, Fleet, Holding, HostView, Spread, Standing
from ._status_plot import draw_curves, draw_spread, draw_swatch
from ._status_style import SCRIPT, STYLE

#: Class and sign of each; the sign is for those who cannot tell the colours.
_SHOWN: t.Final[t.Mapping[Standing, tuple[str, str]]] = {
    "failed": ("bad", "\u2717"),
    "rolled back": ("bad", "\u21a9"),
    "behind": ("warn", "!"),
    "fetching": ("warn", "\u2026"),
    "current": ("good", "\u2713"),
}
_COLUMNS: t.Final = (
    *("Host", "Channel", "Artifact", "Version", "State", "Late", "In place since"),
    *("Reported", "Free", "Daemon", "Error"),
)
_VERSIONS_SHOWN: t.Final = 5


def render(fleet: Fleet, *, title: str = "Fleet") -> str:
    """The page, a whole document."""
    body = [
        *_header(fleet, title),
        "<main>",
        *_curves(fleet.curves),
        *_spreads(fleet.spreads),
        *_hosts(fleet),
        "</main>",
    ]
    return document(title, body, style=STYLE, script=SCRIPT)


def _header(fleet: Fleet, title: str) -> list[str]:
    counts = fleet.counts
    tiles = [("hosts", len(fleet.hosts), "")]
    tiles += [(one, counts[one], _SHOWN[one][0]) for one in reversed(STANDINGS)]
    tiles.append(("silent", len(fleet.silent), "bad"))
    items = [
        f'<li{class_of(kind if count else "")}><b>{count:,}</b> {name}</li>'
        for name, count, kind in tiles
    ]
    lines = [
        "<header>",
        f"<h1>{text(title)}</h1>",
        f'<p class="faint">As of {moment(fleet.time)}. A host has the state of its worst artifact; one that is silent has that of its last report.</p>',
        '<ul class="counts">',
        *items,
        "</ul>",
    ]
    if fleet.left_out:
        lines.append(
            f'<p class="warn">{fleet.left_out:,} more that should be reports could not be read: damaged, sealed with another secret, by a newer '
            "release, or put there by somebody else.</p>"
        )
    return [*lines, "</header>"]


def _curves(curves: t.Sequence[Curve]) -> list[str]:
    if not curves:
        return []
    rows = [_curve_row(curve, number) for number, curve in enumerate(curves)]
    more = f"The first {COLOURS} are drawn." if len(curves) > COLOURS else ""
    return [
        '<section aria-labelledby="time"><h2 id="time">Time to fleet</h2>',
        f'<p class="faint">From the publication of the latest version until it was in place. {more}</p>',
        '<div class="beside">',
        draw_curves(curves),
        '<div class="scroll" tabindex="0" role="region" aria-label="Time to fleet"><table><thead><tr>',
        *(
            f'<th scope="col">{name}</th>'
            for name in ("", "Channel", "Artifact", "Latest", "Hosts")
        ),
        *(f'<th scope="col">{name}</th>' for name in ("50 %", "99 %", "All")),
        "</tr></thead><tbody>",
        *rows,
        "</tbody></table></div></div></section>",
    ]


def _curve_row(curve: Curve, number: int) -> str:
    cells = [
        f"<td>{draw_swatch(number)}</td>",
        f"<td>{text(curve.line.channel)}</td><td>{text(curve.line.artifact)}</td>",
        f"<td>{text(curve.version)}</td>",
        f'<td class="number">{len(curve.delays):,} of {curve.hosts:,}</td>',
    ]
    for share in (0.5, 0.99, 1):
        cells.append(f'<td class="number">{duration(curve.reached(share))}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _spreads(spreads: t.Sequence[Spread]) -> list[str]:
    if not spreads:
        return []
    headings = ("Channel", "Artifact", "Latest", "Hosts", "Versions in place")
    return [
        '<section aria-labelledby="versions"><h2 id="versions">Versions</h2>',
        '<div class="scroll" tabindex="0" role="region" aria-label="Versions"><table><thead><tr>',
        *(f'<th scope="col">{name}</th>' for name in headings),
        "</tr></thead><tbody>",
        *(_spread_row(spread) for spread in spreads),
        "</tbody></table></div></section>",
    ]


def _spread_row(spread: Spread) -> str:
    shown = [
        f"{isolated(version) if version else 'none'}: {count:,} ({count / spread.hosts:.1%})"
        for version, count in spread.counts[:_VERSIONS_SHOWN]
    ]
    rest = spread.counts[_VERSIONS_SHOWN:]
    if rest:
        hosts = sum(count for _version, count in rest)
        shown.append(f"{len(rest):,} others: {hosts:,}")
    return (
        f"<tr><td>{text(spread.line.channel)}</td><td>{text(spread.line.artifact)}</td>"
        f'<td>{text(spread.latest)}</td><td class="number">{spread.hosts:,}</td>'
        f"<td>{draw_spread(spread)}{', '.join(shown)}</td></tr>"
    )


def _hosts(fleet: Fleet) -> list[str]:
    pairs = [
        (host, holding) for host in fleet.hosts for holding in host.holdings or (None,)
    ]
    return [
        '<section aria-labelledby="table"><h2 id="table">Hosts</h2>',
        '<div class="scroll" tabindex="0" role="region" aria-label="Hosts">',
        '<table id="hosts"><thead><tr>',
        *(f'<th scope="col">{name}</th>' for name in _COLUMNS),
        "</tr></thead><tbody>",
        *(_row(host, holding) for host, holding in sorted(pairs, key=_worst_first)),
        "</tbody></table></div></section>",
    ]


def _worst_first(pair: tuple[HostView, Holding | None]) -> tuple[int, bool, str]:
    host, holding = pair
    standing: Standing = holding.standing if holding else "current"
    return STANDINGS.index(standing), not host.silent, host.status.host


def _row(host: HostView, holding: Holding | None) -> str:
    status = host.status
    cells = [f'<th scope="row">{text(status.host)}</th>']
    if holding is None:
        cells += [f"<td>{text(', '.join(status.channels))}</td>", "<td></td>" * 2]
        nothing = (len(STANDINGS), -1, 0)
        cells += [f'<td data-key="{key}"></td>' for key in nothing]
    else:
        cells += _holding_cells(holding)
    errors = [one for one in (holding.error if holding else "", status.error) if one]
    cells += [
        _age_cell(host),
        f'<td class="number" data-key="{status.free}">{size(status.free)}</td>',
        f"<td>{text(status.daemon)}</td>",
        f'<td class="text">{text(" | ".join(errors))}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _holding_cells(holding: Holding) -> list[str]:
    kind, sign = _SHOWN[holding.standing]
    late = -1 if holding.late is None else holding.late
    since = moment(holding.since) if holding.since else ""
    return [
        f"<td>{text(holding.line.channel)}</td><td>{text(holding.line.artifact)}</td>",
        f"<td>{text(holding.version or NOTHING)}</td>",
        f'<td class="{kind}" data-key="{STANDINGS.index(holding.standing)}">{sign} {holding.standing}</td>',
        f'<td class="number" data-key="{late}">{duration(holding.late)}</td>',
        f'<td data-key="{holding.since}">{since}</td>',
    ]


def _age_cell(host: HostView) -> str:
    if host.clock_ahead:
        kind, said = "bad", f"its clock is {duration(int(-host.age))} ahead"
    else:
        kind = "bad" if host.silent else ""
        said = f"{duration(max(0, int(host.age)))} ago"
        said += ", silent" if host.silent else ""
    return f'<td{class_of(kind)} data-key="{host.age:.0f}">{said}</td>'
