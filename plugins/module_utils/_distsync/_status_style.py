# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the fleet's page has beside the style of all pages, and its script."""

from __future__ import annotations

import typing as t

STYLE: t.Final = """
body { max-width: 100rem; }
tbody th { min-width: 13rem; max-width: 24rem; overflow-wrap: anywhere; }
td.text { min-width: 16rem; max-width: 34rem; }
th button { all: unset; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\25B2"; }
th[aria-sort=descending] button::after { content: " \\25BC"; }
"""

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
