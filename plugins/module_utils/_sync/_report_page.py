# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A sync as one page of HTML: what it changed, what there is, and where its time went."""

from __future__ import annotations

import typing as t

from .._page._document import document
from .._page._plot import draw_bar, swatch
from .._page._text import NOTHING, moment, size, text
from .._timeline import Phase
from ._recorder import Recorder
from ._report_plot import draw_rates, exactly, rate

_STYLE: t.Final = """
caption { text-align: left; padding-bottom: .4rem; color: var(--faint); }
table { margin-top: .3rem; }
tbody th, td.text { max-width: 34rem; white-space: normal; overflow-wrap: anywhere; }
.beside { gap: 0 3rem; } .beside > * { min-width: 0; max-width: 100%; }
.kind { text-transform: capitalize; }
summary { cursor: pointer; width: max-content; padding: .2rem .3rem; }
.names { margin: .3rem 0 1rem; overflow-wrap: anywhere; }
.places { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .6rem 0; }
.places dt { color: var(--faint); } .places dd { margin: 0; overflow-wrap: anywhere; }
"""

#: More samples than these are folded up.
_OPEN: t.Final = 10

_USUAL_PARTS: t.Final = ("all but pages", "pages")

Hide = t.Callable[[str], str]
Column = tuple[str, bool]  # its name, and whether it is of numbers


def render(recorder: Recorder, hide: Hide) -> str:
    """The page. ``hide`` takes out of a text what nobody may see."""

    def shown(said: str) -> str:
        return text(hide(said))

    body = [
        *_header(recorder, shown),
        "<main>",
        *_warnings(recorder, shown),
        *_changes(recorder, shown),
        '<div class="beside">',
        *_types(recorder),
        *_biggest(recorder, shown),
        '</div><div class="beside">',
        *_phases(recorder),
        *_throughput(recorder),
        "</div></main>",
    ]
    return document("Report of a publication", body, style=_STYLE)


def _header(recorder: Recorder, shown: Hide) -> list[str]:
    report = recorder.report
    tiles = [(kind, f"{tally.count:,}") for kind, tally in report.tallies.items()]
    tiles += [
        ("unchanged", f"{report.unchanged:,}"),
        ("moved", size(report.bytes)),
        ("requests", f"{report.requests:,}"),
        ("time", exactly(report.seconds)),
    ]
    kind, said = _verdict(recorder)
    return [
        "<header>",
        "<h1>Report of a publication</h1>",
        f'<p class="{kind}"><b>{said}</b></p>',
        *([f'<p class="bad">{shown(recorder.error)}</p>'] if recorder.error else []),
        '<dl class="places">',
        f"<dt>From</dt><dd>{shown(report.source)}</dd>",
        f"<dt>To</dt><dd>{shown(report.destination)}</dd>",
        f"<dt>Begun</dt><dd>{moment(recorder.began)}</dd>",
        "</dl>",
        '<ul class="counts">',
        *(f"<li><b>{value}</b> {name}</li>" for name, value in tiles),
        "</ul></header>",
    ]


def _verdict(recorder: Recorder) -> tuple[str, str]:
    """Its class, and in words; a sign is for those who cannot tell the colours."""
    if recorder.error:
        return "bad", "\u2717 It failed. This is how far it came."
    if recorder.check_mode:
        return "warn", "! It was a check: nothing was done, and this is what would be."
    if recorder.report.changed:
        return "good", "\u2713 The destination was changed."
    return "good", "\u2713 Nothing had to be changed."


def _warnings(recorder: Recorder, shown: Hide) -> list[str]:
    warnings = recorder.report.warnings
    if not warnings:
        return []
    items = (f'<li class="warn">! {shown(warning)}</li>' for warning in warnings)
    return [*_section("warnings", "Warnings"), "<ul>", *items, "</ul></section>"]


def _changes(recorder: Recorder, shown: Hide) -> list[str]:
    report = recorder.report
    notes = []
    if report.container_created:
        notes.append("The container was made.")
    if report.manifest_written:
        notes.append("The manifest was written.")
    if report.invalidated:
        notes.append(f"Caches were told to forget {len(report.invalidated):,} path(s).")
    if report.releases_changed:
        notes.append(f"Release {shown(report.release)} is the live one.")
    if report.releases_pruned:
        pruned = ", ".join(shown(name) for name in report.releases_pruned)
        notes.append(f"These releases are kept no longer: {pruned}.")
    when = "In a real run: " if recorder.check_mode else ""
    if recorder.error:
        when = "If it came to that: "
    lists = []
    for kind, tally in report.tallies.items():
        if tally.count:
            more = tally.count - len(tally.sample)
            lists += [
                f"<details{' open' if tally.count <= _OPEN else ''}>"
                f'<summary><span class="kind">{kind}</span>: {tally.count:,}</summary><ul class="names">',
                *(f"<li><bdi>{shown(name)}</bdi></li>" for name in tally.sample),
                *([f"<li>and {more:,} more</li>"] if more else []),
                "</ul></details>",
            ]
    return [
        *_section("changes", "What changed"),
        *(f"<p>{when}{note}</p>" for note in notes),
        *(lists or ["<p>No object.</p>"]),
        "</section>",
    ]


def _types(recorder: Recorder) -> list[str]:
    whole = recorder.published.total.bytes or 1
    rows = []
    for kind, found in recorder.published.by_type:
        sent = recorder.sent.types.get(kind)
        rows.append(
            [
                text(kind),
                f"{found.objects:,}",
                size(found.bytes),
                draw_bar([(0, found.bytes / whole)]),
                f"{sent.objects if sent else 0:,}",
                size(sent.bytes if sent else 0),
            ]
        )
    columns = [
        *(("Type", False), ("Objects", True), ("Size", True), ("Share", False)),
        *(("Moved", True), ("Bytes moved", True)),
    ]
    return [
        *_section("types", "Sizes by type"),
        *_table("types", f"What the source has. {_looked_at(recorder)}", columns, rows),
        "</section>",
    ]


def _looked_at(recorder: Recorder) -> str:
    unseen = recorder.unseen
    if unseen is None:
        return "No object was looked at, as it was known that all are as they should be, or it did not come to that."
    if unseen:
        return f"{unseen:,} more were known to be as they should, and not looked at."
    return "Types are those that names tell."


def _biggest(recorder: Recorder, shown: Hide) -> list[str]:
    biggest = recorder.published.biggest
    if not biggest:
        return []
    sent = {one.name for one in recorder.sent.biggest}
    rows = [
        [
            f"<bdi>{shown(one.name)}</bdi>",
            text(one.type),
            size(one.size),
            "yes" if one.name in sent else "no",
        ]
        for one in biggest
    ]
    columns = [("Name", False), ("Type", False), ("Size", True), ("Moved", False)]
    caption = f"The {len(biggest)} biggest of those that were looked at."
    return [
        *_section("biggest", "Biggest objects"),
        *_table("biggest", caption, columns, rows),
        "</section>",
    ]


def _phases(recorder: Recorder) -> list[str]:
    phases = _summed(recorder.timeline.phases)
    whole = recorder.timeline.seconds or 1
    rows = [
        [
            f"<span>{_name_of(phase, recorder.own_order)}</span>",
            exactly(phase.seconds),
            draw_bar([(0, phase.seconds / whole)]),
            f"{phase.items:,}",
            size(phase.size),
            (
                rate(phase.size / phase.seconds)
                if phase.size and phase.seconds
                else NOTHING
            ),
        ]
        for phase in phases
    ]
    columns = [
        *(("Phase", False), ("Time", True), ("Share", False)),
        *(("Objects", True), ("Bytes", True), ("Bytes a second", True)),
    ]
    caption = (
        "Both sides are listed at the same time, and each object counts. Bytes are of "
        "contents: read to compare or compress them, or moved."
    )
    return [
        *_section("phases", "Time by phase"),
        *_table("phases", caption, columns, rows),
        "</section>",
    ]


def _summed(phases: t.Iterable[Phase]) -> list[Phase]:
    """One for all of the same name and part, without those that are over as they begin."""
    summed: dict[tuple[str, int | None], Phase] = {}
    for one in phases:
        key = (one.name, one.part)
        if key in summed:
            summed[key].seconds += one.seconds
            summed[key].size += one.size
            summed[key].items += one.items
        elif one.items or one.seconds >= 0.0005:
            summed[key] = Phase(*(getattr(one, name) for name in one.__slots__))
    return list(summed.values())


def _name_of(phase: Phase, own_order: bool) -> str:
    if phase.part is None:
        return phase.name
    if not own_order:
        part = _USUAL_PARTS[phase.part]
    else:
        part = f"order[{phase.part - 1}]" if phase.part else "what order does not name"
    return f"{phase.name}: {part}"


def _throughput(recorder: Recorder) -> list[str]:
    timeline = recorder.timeline
    rates = timeline.rates()
    lines = _section("throughput", "Throughput over time")
    if not rates:
        return [*lines, "<p>No contents were moved or read.</p></section>"]
    legend = (
        f"<li>{swatch(number)}{name}</li>" for number, name in enumerate(sorted(rates))
    )
    return [
        *lines,
        '<p class="faint">Bytes of contents a second. An object up to 8 MiB counts when it is done, a larger one as it goes by.</p>',
        f'<ul class="legend">{"".join(legend)}</ul>',
        draw_rates(rates, timeline.step, timeline.seconds),
        "</section>",
    ]


def _section(identity: str, name: str) -> list[str]:
    return [
        f'<section aria-labelledby="{identity}-title"><h2 id="{identity}-title">{name}</h2>'
    ]


def _table(
    identity: str,
    caption: str,
    columns: t.Sequence[Column],
    rows: t.Iterable[t.Sequence[str]],
) -> list[str]:
    """Cells are HTML; the first of a row is its heading."""
    numbers = [' class="number"' if number else "" for _name, number in columns]
    headings = (
        f'<th scope="col"{number}>{name}</th>'
        for (name, _number), number in zip(columns, numbers, strict=True)
    )
    lines = [
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{identity}-title">',
        f'<table id="{identity}"><caption>{caption}</caption><thead><tr>{"".join(headings)}</tr></thead><tbody>',
    ]
    for first, *rest in rows:
        cells = (
            f"<td{number}>{cell}</td>"
            for cell, number in zip(rest, numbers[1:], strict=True)
        )
        lines.append(f'<tr><th scope="row">{first}</th>{"".join(cells)}</tr>')
    return [*lines, "</tbody></table></div>"]
