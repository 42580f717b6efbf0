# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/restore.js``: the dialog that says what a restore would change, and asks."""

from __future__ import annotations

import typing as t

RESTORE: t.Final = r"""
import {ask, watch} from "/ui/client.js";
import {count, make, moment, outcome, size} from "/ui/parts.js";

const find = (id) => document.getElementById(id);
const dialog = find("restore");
const form = find("restore-form");
const modes = [...form.elements.mode];
const said = find("restore-said");
const bar = find("restore-progress");
const list = find("restore-differences");

/** What is being looked at now; null: nothing. */
let look = null;
let wanted = null;
let begun = () => {};

/** `started` gets the job of the restore, once somebody has confirmed it. */
export function openRestore(path, snapshot, started) {
  wanted = {path, snapshot};
  begun = started;
  find("restore-path").textContent = path;
  find("restore-time").textContent = moment(snapshot.time);
  modes[0].checked = true;
  dialog.showModal();
  lookAgain();
}

function request(check) {
  const mode = form.elements.mode.value;
  const body = {path: wanted.path, snapshot: wanted.snapshot.id, mode, check};
  return ask("POST", "/v1/restores", {body});
}

/** What is being looked at is ended first: a path has one job at a time. */
async function lookAgain() {
  const before = look;
  const mine = {job: null, isOver: false, done: null};
  look = mine;
  form.elements.confirm.disabled = true;
  list.replaceChildren();
  show("Looking at what would change \u2026");
  bar.hidden = false;
  bar.removeAttribute("value");
  mine.done = (async () => {
    await end(before);
    if (look === mine) {
      await run(mine);
    }
  })();
  await mine.done;
}

async function end(other) {
  if (other === null) {
    return;
  }
  other.isOver = true;
  if (other.job !== null) {
    // one that has ended by itself meanwhile is as good
    await ask("DELETE", `/v1/jobs/${other.job}`).catch(() => {});
  }
  await other.done;
}

async function run(mine) {
  try {
    const job = await request(true);
    mine.job = job.id;
    if (mine.isOver) {
      await ask("DELETE", `/v1/jobs/${job.id}`).catch(() => {});
    }
    const last = await watch(job.id, (one) => look === mine && progress(one));
    mine.job = null;
    if (look === mine) {
      conclude(last);
    }
  } catch (error) {
    if (look === mine) {
      bar.hidden = true;
      show(error.text ?? String(error), "bad");
    }
  }
}

function progress(job) {
  const all = wanted.snapshot.bytes;
  if (job.bytes && all) {
    bar.max = all;
    bar.value = Math.min(job.bytes, all);
    bar.textContent = `${size(job.bytes)} of ${size(all)}`;
  }
}

function conclude(job) {
  bar.hidden = true;
  const [kind, text] = outcome(job);
  if (kind === "bad" || job.state !== "succeeded") {
    show(text, kind);
    return;
  }
  const differences = job.result.differences ?? 0;
  if (differences === 0) {
    show("There is nothing to restore.");
    return;
  }
  const samples = job.result.samples.differences;
  const rest =
    form.elements.mode.value === "replace"
      ? "What is called extraneous is not in the snapshot, and will be removed."
      : "What is called extraneous is not in the snapshot, and stays.";
  const first = differences > samples.length ? ` The first ${samples.length}:` : "";
  show(`${count(differences)} ${differences === 1 ? "difference" : "differences"}. ${rest}${first}`);
  list.append(...samples.map((one) => make("li", {}, make("bdi", {}, one))));
  form.elements.confirm.disabled = false;
}

function show(text, kind = "") {
  said.textContent = text;
  said.className = kind;
}

modes.forEach((one) => one.addEventListener("change", lookAgain));
find("restore-cancel").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  const before = look;
  look = null;
  end(before);
});
// the return key in a choice confirms nothing
form.addEventListener("submit", (event) => event.preventDefault());
form.elements.confirm.addEventListener("click", async () => {
  form.elements.confirm.disabled = true;
  try {
    const job = await request(false);
    dialog.close();
    begun(job);
  } catch (error) {
    show(error.text ?? String(error), "bad");
  }
});
"""
