# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/app.js``: what the page shows, and when it looks again."""

from __future__ import annotations

import typing as t

SCRIPT: t.Final = r"""
import {ask, token, watch} from "/ui/client.js";
import {Rows, count, isActive, make, moment, nameOf, outcome, size, write} from "/ui/parts.js";
import {plot} from "/ui/plot.js";
import {openRestore} from "/ui/restore.js";
import {jobRow, snapshotRow, volumeRow} from "/ui/rows.js";

/** Milliseconds between two looks at everything. */
const PAUSE = 5000;
/** A browser has few connections to a server: more jobs than these are followed by looking alone. */
const MOST_STREAMS = 2;
const ENDED_JOBS = 5;
const FIRST_SNAPSHOTS = 50;

const find = (id) => document.getElementById(id);

/** All that is known of the service; another one after each login. */
let session = null;

class Session {
  constructor(service) {
    this.service = service;
    this.mayRestore = service.role === "full";
    this.volumes = [];
    this.jobs = new Map();
    this.streams = new Set();
    this.path = null;
    this.listing = null;
    this.showsAll = false;
    this.timer = null;
    this.ending = new AbortController();
    this.volumeRows = new Rows(find("volumes"), (one) => one.path, (one) => volumeRow(this, one));
    this.jobRows = new Rows(find("jobs"), (one) => one.id, (one) => jobRow(this, one));
    this.snapshotRows = new Rows(find("snapshots"), (one) => one.id, (one) => snapshotRow(this, one));
  }

  get isOver() {
    return this.ending.signal.aborted;
  }

  end() {
    this.ending.abort();
    clearTimeout(this.timer);
    [this.volumeRows, this.jobRows, this.snapshotRows].forEach((rows) => rows.show([]));
    find("plot").replaceChildren();
    find("broken").replaceChildren();
    ["about", "news", "trouble", "snapshots-of", "snapshots-said"].forEach((id) => write(find(id), ""));
  }

  // -- looking

  async look() {
    clearTimeout(this.timer);
    try {
      const {signal} = this.ending;
      const found = await Promise.all(["volumes", "jobs"].map((one) => ask("GET", `/v1/${one}`, {signal})));
      if (this.isOver) {
        return;
      }
      const isFirst = this.volumes.length === 0;
      this.volumes = found[0].volumes;
      this.keep(found[1].jobs, !isFirst);
      write(find("trouble"), "");
      if (isFirst && this.volumes.length) {
        this.choose(this.volumes[0].path);
      }
    } catch (error) {
      if (this.isOver) {
        return;
      }
      complain(error);
    }
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), document.hidden ? 12 * PAUSE : PAUSE);
  }

  /** What the service does not know any more is forgotten here, too. */
  keep(jobs, isNews) {
    const known = new Set(jobs.map((job) => job.id));
    [...this.jobs.keys()].filter((id) => !known.has(id)).forEach((id) => this.jobs.delete(id));
    jobs.reverse().forEach((job) => this.take(job, isNews));
  }

  /** What was told of a job. One that has ended stays as it is. */
  take(job, isNews = true) {
    const before = this.jobs.get(job.id);
    if (before && !isActive(before)) {
      return;
    }
    this.jobs.set(job.id, job);
    if (isActive(job)) {
      this.follow(job);
    } else if (isNews) {
      this.ended(job);
    }
  }

  async follow(job) {
    if (job.state !== "running" || this.streams.has(job.id) || this.streams.size >= MOST_STREAMS) {
      return;
    }
    this.streams.add(job.id);
    try {
      await watch(job.id, (one) => this.hear(one), this.ending.signal);
      this.look();
    } catch {
      // the next look tells what is wrong, and tries again
    } finally {
      this.streams.delete(job.id);
    }
  }

  hear(job) {
    if (!this.isOver) {
      this.take(job);
      this.show();
    }
  }

  ended(job) {
    if (!job.check) {
      write(find("news"), `${nameOf(job)} of ${job.path}: ${outcome(job)[1]}`, outcome(job)[0]);
    }
    if (job.path === this.path && ["save", "delete", "prune"].includes(job.kind)) {
      this.list();
    }
  }

  // -- doing

  async begin(url, body, doing) {
    try {
      this.began(await ask("POST", url, {body}), doing);
    } catch (error) {
      complain(error);
    }
  }

  began(job, doing) {
    if (this.isOver) {
      return;
    }
    write(find("trouble"), "");
    write(find("news"), doing);
    this.take(job);
    this.show();
    this.look();
  }

  save(path) {
    return this.begin("/v1/snapshots", {path}, `Saving ${path} \u2026`);
  }

  async cancel(id) {
    try {
      this.began(await ask("DELETE", `/v1/jobs/${id}`), "The job is being cancelled.");
    } catch (error) {
      complain(error);
    }
  }

  restore(snapshot) {
    const {path} = this;
    openRestore(path, snapshot, (job) => this.began(job, `Restoring ${path} \u2026`));
  }

  choose(path) {
    this.path = path;
    this.listing = null;
    this.showsAll = false;
    this.showSnapshots();
    return this.list();
  }

  async list() {
    const {path} = this;
    try {
      const found = await ask("GET", "/v1/snapshots", {query: {path}, signal: this.ending.signal});
      if (!this.isOver && path === this.path) {
        this.listing = found;
        this.showSnapshots();
      }
    } catch (error) {
      if (!this.isOver && path === this.path) {
        write(find("snapshots-said"), error.text ?? String(error), "bad");
      }
    }
  }

  // -- showing

  show() {
    this.volumeRows.show(this.volumes);
    const jobs = [...this.jobs.values()].sort((one, other) => (one.created < other.created ? 1 : -1));
    const ended = jobs.filter((job) => !isActive(job)).slice(0, ENDED_JOBS);
    const shown = jobs.filter((job) => isActive(job) || ended.includes(job));
    this.jobRows.show(shown);
    write(find("jobs-said"), shown.length ? "" : "Nothing was done yet.", "faint");
  }

  showSnapshots() {
    const found = this.listing;
    const items = found?.snapshots ?? [];
    write(find("snapshots-of"), this.path);
    write(find("snapshots-said"), describe(found), "faint");
    find("plot-box").hidden = items.length === 0;
    find("plot").replaceChildren(...(items.length ? [plot(items)] : []));
    find("snapshots-box").hidden = items.length === 0;
    this.snapshotRows.show(this.showsAll ? items : items.slice(0, FIRST_SNAPSHOTS));
    find("older").hidden = this.showsAll || items.length <= FIRST_SNAPSHOTS;
    const broken = (found?.broken ?? []).map((one) => make("li", {}, `${one.id}: ${one.fault}`));
    find("broken").replaceChildren(...broken);
  }

  showAll() {
    this.showsAll = true;
    this.showSnapshots();
    find("snapshots-box").focus();
  }

  /** How many bytes will go by in the end, about; 0: nobody knows. */
  expected(job) {
    const items = job.path === this.path ? (this.listing?.snapshots ?? []) : [];
    const same = items.find((one) => one.id === job.snapshot) ?? items[0];
    return same?.bytes ?? 0;
  }
}

function describe(listing) {
  if (listing === null) {
    return "Looking at the store \u2026";
  }
  if (listing.snapshots.length === 0) {
    return "There is no snapshot yet.";
  }
  return `${count(listing.snapshots.length)} in the store, ${size(listing.stored_bytes)} together.`;
}

// -- coming and going

function complain(error) {
  write(find("trouble"), error.text ?? String(error), "bad");
}

function enter(service) {
  session = new Session(service);
  find("login").hidden = true;
  find("app").hidden = false;
  find("leave").hidden = !token.isThere;
  write(find("about"), about(service), "faint");
  session.look();
}

function about(service) {
  const next = service.next_save ? `, next ${moment(service.next_save)}` : "";
  const keep = Object.entries(service.retention ?? {}).map(([name, value]) => `${name.replace("keep_", "")} ${value}`);
  const parts = [
    `Volumes of ${service.host}, saved in ${service.store}`,
    service.encryption ? `encrypted (${service.encryption})` : "not encrypted",
    service.schedule ? `schedule ${service.schedule}${next}` : "no schedule",
    keep.length ? `kept: ${keep.join(", ")}` : "all snapshots are kept",
  ];
  const only = service.role === "full" ? "" : " This token may look and save, and not restore.";
  return `${parts.join("; ")}.${only}`;
}

function leave(why = "") {
  token.forget();
  session?.end();
  session = null;
  find("restore").close();
  find("app").hidden = true;
  find("login").hidden = false;
  find("token").value = "";
  write(find("login-said"), why, "bad");
  find("token").focus();
}

async function start() {
  try {
    enter(await ask("GET", "/v1/service"));
  } catch (error) {
    if (error.code !== "unauthorized") {
      leave(error.text ?? String(error));
    }
  }
}

find("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = find("token").value.trim();
  write(find("login-said"), "");
  // no header can have anything else, and no token has
  if (!/^[!-~]+$/.test(text)) {
    leave("The token is a wrong one.");
    return;
  }
  find("enter").disabled = true;
  token.keep(text);
  await start();
  find("enter").disabled = false;
  if (session) {
    find("token").value = "";
    find("title").focus();
  }
});
find("leave").addEventListener("click", () => leave());
find("older").addEventListener("click", () => session.showAll());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    session?.look();
  }
});
token.whenLost((failure) => {
  // at first it was only asked whether one is needed; at last the page has been left already
  if (token.isThere || find("login").hidden) {
    leave(token.isThere ? failure.message : "");
  }
});
start();
"""
