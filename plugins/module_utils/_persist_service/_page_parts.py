# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/parts.js``: elements of the page, and values as text."""

from __future__ import annotations

import typing as t

PARTS: t.Final = r"""
const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes; `children` are elements and texts. */
export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export function button(label, name, action) {
  const made = make("button", {type: "button", "aria-label": name}, label);
  made.addEventListener("click", action);
  return made;
}

/** Nothing is touched that is so already: a selection stays, and nothing is read out again. */
export function write(element, text, kind = "") {
  if (element.textContent !== text) {
    element.textContent = text;
  }
  if (element.className !== kind) {
    element.className = kind;
  }
}

/** The rows of a table. They stay while their items change, so that nobody loses the focus. */
export class Rows {
  /** `row` makes of an item an `element`, and `update(item)` for when it changes. */
  constructor(table, key, row) {
    this.body = table.tBodies[0];
    this.key = key;
    this.row = row;
    this.known = new Map();
  }

  show(items) {
    const shown = new Map();
    for (const item of items) {
      const row = this.known.get(this.key(item)) ?? this.row(item);
      row.update(item);
      shown.set(this.key(item), row);
    }
    for (const [key, row] of this.known) {
      if (!shown.has(key)) {
        row.element.remove();
      }
    }
    this.known = shown;
    [...shown.values()].forEach((row, at) => {
      if (this.body.children[at] !== row.element) {
        this.body.insertBefore(row.element, this.body.children[at] ?? null);
      }
    });
  }
}

// -- values as text

export const NOTHING = "\u2013";

const MOMENT = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "medium"});
const COUNT = new Intl.NumberFormat();
const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function size(bytes) {
  if (bytes === null || bytes === undefined) {
    return NOTHING;
  }
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit += 1) {
    value /= 1000;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export const count = (number) => COUNT.format(number);
export const moment = (time) => MOMENT.format(new Date(time));
export const isActive = (job) => job.ended === null;

const KINDS = {save: "save", verify: "check of a snapshot", delete: "removal of a snapshot", prune: "retention"};
const ORIGINS = {v1: "a client", legacy: "a client", schedule: "the schedule", start: "the start"};
const SIGNS = {succeeded: ["good", "\u2713"], failed: ["bad", "\u2717"], cancelled: ["warn", "!"]};

export function nameOf(job) {
  if (job.kind !== "restore") {
    return KINDS[job.kind] ?? job.kind;
  }
  return job.check ? "look at a restore" : `restore (${job.mode})`;
}

export const originOf = (job) => ORIGINS[job.origin] ?? job.origin;

/** Of one that has ended: its class, and a text. */
export function outcome(job) {
  const [kind, sign] = SIGNS[job.state] ?? ["", ""];
  const said = job.error ? `${job.error.error} ${job.error.hint}` : result(job);
  const isPartial = kind === "good" && job.result?.problems > 0;
  return [isPartial ? "warn" : kind, `${isPartial ? "!" : sign} ${said}`.trim()];
}

function result(job) {
  const found = job.result ?? {};
  if (job.kind === "delete" || job.kind === "prune") {
    return `${count(found.pruned ?? 0)} removed`;
  }
  const parts = [];
  if (job.check || job.kind === "verify") {
    parts.push(`${count(found.differences ?? 0)} differences`);
  } else {
    parts.push(found.changed ? size(found.bytes) : "nothing had changed");
  }
  if (found.problems) {
    parts.push(`${count(found.problems)} problems, the first: ${found.samples.problems[0]}`);
  }
  return [...parts, ...(found.warnings ?? [])].join("; ");
}
"""
