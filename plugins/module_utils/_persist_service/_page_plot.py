# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/plot.js``: how large a volume's snapshots are, over time."""

from __future__ import annotations

import typing as t

PLOT: t.Final = r"""
import {draw, moment, size} from "/ui/parts.js";

const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 64;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 28;
/** More points than these are drawn as a line alone. */
const MOST_POINTS = 120;
const HOUR = 3600 * 1000;

/** `snapshots` in any order, one or more. */
export function plot(snapshots) {
  const items = snapshots
    .map((one) => ({...one, at: Date.parse(one.time)}))
    .sort((one, other) => one.at - other.at);
  const x = timeAxis(items[0].at, items.at(-1).at);
  const most = Math.max(...items.map((one) => Math.max(one.bytes, one.stored_bytes)));
  const steps = ticks(most);
  const y = (bytes) => round(HEIGHT - BOTTOM - (bytes / steps.at(-1)) * (HEIGHT - TOP - BOTTOM));
  return draw(
    "svg",
    {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": "plot-title"},
    draw("title", {id: "plot-title"}, describe(items)),
    ...steps.flatMap((bytes) => levelLine(y(bytes), size(bytes))),
    ...x.labels.map(([at, text, anchor]) => label(x.of(at), HEIGHT - 8, text, anchor)),
    ...curve(items, x.of, y, "bytes", "c0"),
    ...curve(items, x.of, y, "stored_bytes", "c1"),
  );
}

function describe(items) {
  const newest = items.at(-1);
  return (
    `Size of ${items.length} snapshots, from ${moment(items[0].time)} to ${moment(newest.time)}. ` +
    `The newest has ${size(newest.bytes)}, ${size(newest.stored_bytes)} of it stored. The figures are in the table below.`
  );
}

const round = (number) => Math.round(number * 10) / 10;

/** A single moment is in the middle. */
function timeAxis(first, last) {
  const span = last - first;
  const of = (at) =>
    round(span ? LEFT + ((at - first) / span) * (WIDTH - LEFT - RIGHT) : (LEFT + WIDTH - RIGHT) / 2);
  if (!span) {
    return {of, labels: [[first, moment(first), "middle"]]};
  }
  const options =
    span > 48 * HOUR
      ? {month: "short", day: "numeric"}
      : {hour: "2-digit", minute: "2-digit", ...(span < HOUR && {second: "2-digit"})};
  const format = new Intl.DateTimeFormat(undefined, options);
  const labels = [0, 1 / 3, 2 / 3, 1].map((part) => {
    const at = first + part * span;
    return [at, format.format(at), {0: "start", 1: "end"}[part] ?? "middle"];
  });
  return {of, labels};
}

/** From 0 to what is enough, in steps of 1, 2 or 5 and zeros. */
function ticks(most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1) / 2));
  const wide = [1, 2, 5, 10].map((one) => one * power).find((one) => most / one <= 4) ?? 10 * power;
  const step = Math.max(1, wide);
  const found = Math.max(1, Math.ceil(most / step));
  return Array.from({length: found + 1}, (_unused, at) => at * step);
}

function levelLine(y, text) {
  return [
    draw("line", {class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y}),
    label(LEFT - 8, y + 4, text, "end"),
  ];
}

function label(x, y, text, anchor) {
  return draw("text", {x, y, "text-anchor": anchor}, text);
}

function curve(items, x, y, field, colour) {
  const points = items.map((one) => [x(one.at), y(one[field])]);
  const path = points.map(([left, top]) => `${left} ${top}`).join("L");
  const line = draw("path", {class: `curve ${colour}`, d: `M${path}`});
  if (items.length > MOST_POINTS) {
    return [line];
  }
  const marks = points.map(([cx, cy], at) =>
    draw(
      "circle",
      {class: `mark ${colour}`, cx, cy, r: 3.5},
      draw("title", {}, `${moment(items[at].time)}: ${size(items[at][field])}`),
    ),
  );
  return [line, ...marks];
}
"""
