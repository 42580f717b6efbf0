# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/client.js``: how the page asks the service, and the token that it asks with."""

from __future__ import annotations

import typing as t

CLIENT: t.Final = r"""
const KEY = "longshore-token";
let lost = () => {};

/** What the service, or the way to it, has said; `hint` may be empty. */
export class Failure extends Error {
  constructor({error, hint = "", code = ""}) {
    super(error);
    this.hint = hint;
    this.code = code;
  }

  get text() {
    return `${this.message} ${this.hint}`.trim();
  }
}

/** Where there is no token, the service may want none. */
export const token = {
  get isThere() {
    return sessionStorage.getItem(KEY) !== null;
  },
  keep(text) {
    sessionStorage.setItem(KEY, text);
  },
  forget() {
    sessionStorage.removeItem(KEY);
  },
  /** `action` is called when the service takes the token no more. */
  whenLost(action) {
    lost = action;
  },
};

/** A name may have bytes that are no text: JSON has half of a pair of surrogates for each. */
function encode(text) {
  const one = (letter) =>
    /^[\udc80-\udcff]$/.test(letter)
      ? `%${(letter.charCodeAt(0) - 0xdc00).toString(16)}`
      : encodeURIComponent(letter);
  return Array.from(text, one).join("");
}

async function send(method, url, {body, signal}) {
  const headers = {};
  if (token.isThere) {
    headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  }
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  const options = {method, headers, signal, credentials: "omit", body: body && JSON.stringify(body)};
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    throw new Failure({error: "The service cannot be reached.", code: "away"});
  }
  if (answer.ok) {
    return answer;
  }
  // what stands between may answer with anything
  const said = await answer.json().catch(() => ({}));
  const failure = new Failure({error: `The answer was ${answer.status}.`, ...said});
  if (answer.status === 401) {
    lost(failure);
  }
  throw failure;
}

/** The document that is answered. Throws `Failure`. */
export async function ask(method, url, {query, ...options} = {}) {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encode(value)}`);
  const answer = await send(method, pairs.length ? `${url}?${pairs.join("&")}` : url, options);
  return answer.json();
}

/** `told` gets the job's document each time it changes; the last one is returned. Throws `Failure`. */
export async function watch(id, told, signal) {
  const answer = await send("GET", `/v1/jobs/${id}/events`, {signal});
  let rest = "";
  let job = null;
  try {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const events = (rest + piece.value).split("\n\n");
      rest = events.pop();
      for (const data of events.flatMap((event) => event.match(/^data: .*$/m) ?? [])) {
        job = JSON.parse(data.slice("data: ".length));
        told(job);
      }
    }
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
  }
  if (job?.ended) {
    return job;
  }
  throw new Failure({error: "The service ended while it told of a job.", code: "away"});
}
"""
