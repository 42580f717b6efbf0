# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What all pages look like: light and dark, as the reader has chosen."""

from __future__ import annotations

import typing as t

#: Colours that curves and bars have, ``c0`` and so on.
COLOURS: t.Final = 6

STYLE: t.Final = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1c2126; --faint: #58616a; --line: #d5dbe0; --head: #f2f5f7; --edge: #7b858e;
  --good: #1a6b3c; --bad: #a3211b; --warn: #7a4d00; --mark: #0a5fa8; --on-mark: #ffffff;
  --c0: #0a5fa8; --c1: #b04a00; --c2: #1a6b3c; --c3: #7d3a97; --c4: #a3211b; --c5: #58616a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --ink: #e4e8eb; --faint: #a3adb6; --line: #353d44; --head: #1f252b; --edge: #7f8a94;
    --good: #6fd08c; --bad: #ff8f86; --warn: #f0c05a; --mark: #6cb6f5; --on-mark: #0d1216;
    --c0: #6cb6f5; --c1: #f0a05a; --c2: #6fd08c; --c3: #cf9ce6; --c4: #ff8f86; --c5: #a3adb6;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; max-width: 64rem; overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .9rem; }
.counts b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
.beside { display: flex; flex-wrap: wrap; gap: 2rem; align-items: start; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: left; vertical-align: top; }
thead th { background: var(--head); white-space: nowrap; }
tbody th { font-weight: normal; }
td { white-space: nowrap; }
th.number, td.number { text-align: right; }
td.text { white-space: normal; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
svg { max-width: 100%; height: auto; display: block; }
svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
.legend { display: flex; gap: 1.5rem; margin: .6rem 0 0; padding: 0; list-style: none; color: var(--faint); }
.legend svg { display: inline; width: 14px; height: 14px; margin-right: .4rem; vertical-align: -2px; }
svg .grid { stroke: var(--line); } svg .curve { fill: none; stroke-width: 2; }
""" + "".join(
    f"svg .curve.c{n} {{ stroke: var(--c{n}); }} svg .mark.c{n}, svg .fill.c{n} {{ fill: var(--c{n}); }}\n"
    for n in range(COLOURS)
)
