# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/rows.js``: the rows of the page's tables; what they do is their session's."""

from __future__ import annotations

import typing as t

ROWS: t.Final = r"""
import {NOTHING, button, count, isActive, make, moment, nameOf, originOf, outcome, size, write} from "/ui/parts.js";

const cell = (...children) => make("td", {}, ...children);

/** What can be chosen, and saved. */
export function volumeRow(session, {path}) {
  const choice = make("input", {type: "radio", name: "volume"});
  choice.addEventListener("change", () => session.choose(path));
  const room = cell();
  const [saved, restored] = ["save", "restore"].map(lastCell);
  const element = make(
    "tr",
    {},
    make("th", {scope: "row"}, make("label", {}, choice, make("bdi", {}, path))),
    room,
    saved.element,
    restored.element,
    cell(button("Save", `Save ${path}`, () => session.save(path))),
  );
  const update = (volume) => {
    choice.checked = path === session.path;
    const left = volume.kind === null ? "It is gone" : `${size(volume.free)} of ${size(volume.size)}`;
    write(room, left, volume.kind === null ? "number bad" : "number");
    saved.update(session, volume);
    restored.update(session, volume);
  };
  return {element, update};
}

function lastCell(kind) {
  const said = make("span");
  const time = make("div", {class: "faint"});
  const element = make("td", {class: "text"}, said, time);
  const update = (session, volume) => {
    const now = session.jobs.get(volume.job);
    const isNow = now && isActive(now) && now.kind === kind && !now.check;
    const last = isNow ? null : lastOne(session, volume, kind);
    const [state, text] = last ? outcome(last) : ["", isNow ? `now, ${size(now.bytes)}` : NOTHING];
    write(said, text, state);
    write(time, last ? moment(last.ended) : "", "faint");
  };
  return {element, update};
}

/** To look at what a restore would change is none. */
function lastOne(session, volume, kind) {
  return [...session.jobs.values(), volume.last[kind]]
    .filter((job) => job?.kind === kind && job.path === volume.path && !job.check && !isActive(job))
    .sort((one, other) => (one.ended < other.ended ? 1 : -1))[0];
}

/** What is done, or was. */
export function jobRow(session, {id}) {
  const [what, path, origin, time, result, action] = [0, 1, 2, 3, 4, 5].map(() => cell());
  const name = make("bdi");
  path.append(name);
  path.className = "path";
  const bar = make("progress", {"aria-label": "Progress"});
  const said = make("span");
  result.append(bar, said);
  result.className = "text";
  const element = make("tr", {}, what, path, origin, time, result, action);
  const update = (job) => {
    write(what, nameOf(job));
    write(name, job.path);
    write(origin, originOf(job));
    write(time, moment(job.ended ?? job.started ?? job.created));
    bar.hidden = job.state !== "running";
    if (isActive(job)) {
      write(said, advance(job, bar, session.expected(job)));
    } else {
      const [kind, text] = outcome(job);
      write(said, text, kind);
    }
    const canCancel = isActive(job) && (session.mayRestore || ["save", "verify"].includes(job.kind));
    if (!canCancel) {
      action.replaceChildren();
    } else if (!action.firstChild) {
      const label = `Cancel: ${nameOf(job)} of ${job.path}`;
      action.append(button("Cancel", label, () => session.cancel(id)));
    }
  };
  return {element, update};
}

function advance(job, bar, all) {
  if (job.state === "queued") {
    return "waits for others";
  }
  if (all && job.bytes) {
    bar.max = all;
    bar.value = Math.min(job.bytes, all);
    return `${size(job.bytes)} of about ${size(Math.max(all, job.bytes))}`;
  }
  return job.bytes ? size(job.bytes) : "";
}

/** What can be restored. */
export function snapshotRow(session, snapshot) {
  const time = moment(snapshot.time);
  const actions = cell();
  if (session.mayRestore) {
    actions.append(button("Restore \u2026", `Restore \u2026 ${time}`, () => session.restore(snapshot)));
  }
  const state = cell();
  const {problems, verified} = snapshot;
  if (problems) {
    write(state, `! ${count(problems)} problems`, "warn");
  } else {
    write(state, verified ? "\u2713 verified" : "not verified", verified ? "good" : "");
  }
  const element = make(
    "tr",
    {},
    make("th", {scope: "row"}, make("time", {datetime: snapshot.time, title: snapshot.id}, time)),
    make("td", {class: "number"}, count(snapshot.counts.file ?? 0)),
    make("td", {class: "number"}, size(snapshot.bytes)),
    make("td", {class: "number"}, size(snapshot.stored_bytes)),
    cell(snapshot.encryption ?? "no"),
    state,
    actions,
  );
  return {element, update: () => {}};
}
"""
