# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The style and the script of the fleet's page; both stand in it, and are allowed by their digests."""

from __future__ import annotations

import base64
import hashlib
import typing as t

STYLE: t.Final = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1c2126; --faint: #58616a; --line: #d5dbe0; --head: #f2f5f7;
  --good: #1a6b3c; --bad: #a3211b; --warn: #7a4d00; --mark: #0a5fa8;
  --c0: #0a5fa8; --c1: #b04a00; --c2: #1a6b3c; --c3: #7d3a97; --c4: #a3211b; --c5: #58616a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --ink: #e4e8eb; --faint: #a3adb6; --line: #353d44; --head: #1f252b;
    --good: #6fd08c; --bad: #ff8f86; --warn: #f0c05a; --mark: #6cb6f5;
    --c0: #6cb6f5; --c1: #f0a05a; --c2: #6fd08c; --c3: #cf9ce6; --c4: #ff8f86; --c5: #a3adb6;
  }
}
body { margin: 0 auto; max-width: 100rem; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; max-width: 60rem; }
.faint { color: var(--faint); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .9rem; }
.counts b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
.beside { display: flex; flex-wrap: wrap; gap: 2rem; align-items: start; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: left; vertical-align: top; }
thead th { background: var(--head); white-space: nowrap; }
tbody th { font-weight: normal; min-width: 13rem; max-width: 24rem; overflow-wrap: anywhere; }
td.number { text-align: right; }
td { white-space: nowrap; }
td.text { min-width: 16rem; max-width: 34rem; white-space: normal; overflow-wrap: anywhere; }
th button { all: unset; cursor: pointer; }
th button:focus-visible, .scroll:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
th[aria-sort=ascending] button::after { content: " \25B2"; }
th[aria-sort=descending] button::after { content: " \25BC"; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
svg { max-width: 100%; height: auto; display: block; }
svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--line); } svg .curve { fill: none; stroke-width: 2; }
""" + "".join(
    f"svg .curve.c{n} {{ stroke: var(--c{n}); }} svg .fill.c{n} {{ fill: var(--c{n}); }}\n"
    for n in range(6)
)

#: Buttons in the heading of the hosts' table; without scripts it stays in the order it comes in.
SCRIPT: t.Final = """
"use strict";
const table = document.getElementById("hosts");
const body = table.tBodies[0];
const collator = new Intl.Collator(undefined, {numeric: true});
const headings = Array.from(table.tHead.rows[0].cells);
headings.forEach((heading, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = heading.textContent;
  heading.replaceChildren(button);
  button.addEventListener("click", () => {
    const down = heading.getAttribute("aria-sort") === "ascending";
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => {
      const cell = row.cells[column];
      return cell.dataset.key === undefined ? cell.textContent : Number(cell.dataset.key);
    };
    const order = (one, other) =>
      typeof one === "number" ? one - other : collator.compare(one, other);
    const rows = Array.from(body.rows, (row) => [key(row), row]);
    rows.sort((one, other) => (down ? -1 : 1) * order(one[0], other[0]));
    body.replaceChildren(...rows.map((pair) => pair[1]));
  });
});
"""


def _digest(text: str) -> str:
    return (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    )


#: Nothing is loaded, nothing is sent, and nothing runs but these two.
POLICY: t.Final = "; ".join(
    [
        "default-src 'none'",
        f"style-src {_digest(STYLE)}",
        f"script-src {_digest(SCRIPT)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)
