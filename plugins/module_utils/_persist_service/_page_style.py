# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/style.css``: light and dark, as the reader has chosen."""

from __future__ import annotations

import typing as t

STYLE: t.Final = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1c2126; --faint: #58616a; --line: #d5dbe0; --head: #f2f5f7;
  --good: #1a6b3c; --bad: #a3211b; --warn: #7a4d00; --mark: #0a5fa8; --on-mark: #ffffff;
  --edge: #7b858e; --c0: #0a5fa8; --c1: #b04a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --ink: #e4e8eb; --faint: #a3adb6; --line: #353d44; --head: #1f252b;
    --good: #6fd08c; --bad: #ff8f86; --warn: #f0c05a; --mark: #6cb6f5; --on-mark: #0d1216;
    --edge: #7f8a94; --c0: #6cb6f5; --c1: #f0a05a;
  }
}
[hidden] { display: none !important; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; max-width: 64rem; overflow-wrap: anywhere; }
.bar { display: flex; gap: 1rem; align-items: center; justify-content: space-between; }
.faint { color: var(--faint); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
#news { min-height: 1.45em; margin-top: .6rem; }
#news:not(:empty), #trouble:not(:empty) { border-left: 4px solid; padding-left: .6rem; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .7rem; text-align: left; vertical-align: top; }
thead th, thead td { background: var(--head); white-space: nowrap; }
tbody th { font-weight: normal; min-width: 11rem; }
td { white-space: nowrap; }
th.number, td.number { text-align: right; }
td.text, td.path { white-space: normal; overflow-wrap: break-word; }
td.path { min-width: 9rem; max-width: 24rem; }
td.text { min-width: 14rem; max-width: 30rem; }
td:last-child { text-align: right; width: 1%; }
label { cursor: pointer; }
th bdi { overflow-wrap: break-word; min-width: 8rem; max-width: 24rem; }
th label { display: flex; gap: .5rem; align-items: baseline; }
input[type=radio] { accent-color: var(--mark); }
button { font: inherit; color: var(--ink); background: var(--head); border: 1px solid var(--edge); border-radius: .4rem;
  padding: .2rem .8rem; cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--mark); }
button.main { color: var(--on-mark); background: var(--mark); border-color: var(--mark); }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
h1:focus-visible { outline: none; }
progress { accent-color: var(--mark); width: 12rem; vertical-align: middle; margin-right: .6rem; }
#login { max-width: 26rem; margin: 12vh auto 0; }
#login-form { display: grid; gap: .6rem; margin-top: 1.2rem; }
#login button { justify-self: start; }
input[type=password] { font: inherit; color: var(--ink); background: var(--ground); border: 1px solid var(--edge);
  border-radius: .4rem; padding: .4rem .6rem; width: 100%; }
dialog { color: var(--ink); background: var(--ground); border: 1px solid var(--edge); border-radius: .6rem; padding: 1.5rem;
  width: min(46rem, calc(100vw - 2rem)); }
dialog::backdrop { background: rgb(0 0 0 / 50%); }
dialog h2 { margin: 0 0 .3rem; }
fieldset { border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0; padding: .5rem .9rem .7rem; }
fieldset label { display: flex; gap: .5rem; align-items: baseline; padding: .15rem 0; }
#restore-progress { width: 100%; margin: .3rem 0; }
#restore-differences { max-height: 14rem; overflow: auto; margin: .6rem 0; padding: .5rem 1rem .5rem 2rem;
  background: var(--head); border-radius: .4rem; overflow-wrap: anywhere; }
#restore-differences:empty, #broken:empty { display: none; }
.buttons { display: flex; gap: .75rem; justify-content: flex-end; margin-top: 1.2rem; }
.legend { display: flex; gap: 1.5rem; margin: .6rem 0 0; padding: 0; list-style: none; color: var(--faint); }
.legend svg { width: 14px; height: 14px; margin-right: .4rem; vertical-align: -2px; }
#plot svg { max-width: 52rem; width: 100%; height: auto; display: block; }
svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--line); } svg .curve { fill: none; stroke-width: 2; }
svg .curve.c0 { stroke: var(--c0); } svg .mark.c0, svg .fill.c0 { fill: var(--c0); }
svg .curve.c1 { stroke: var(--c1); } svg .mark.c1, svg .fill.c1 { fill: var(--c1); }
"""
