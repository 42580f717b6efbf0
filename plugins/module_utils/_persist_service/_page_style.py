# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``/ui/style.css``: light and dark, as the reader has chosen."""

from __future__ import annotations

import typing as t

from .._page._style import STYLE as COMMON

STYLE: t.Final = COMMON + """
[hidden] { display: none !important; }
.bar { display: flex; gap: 1rem; align-items: center; justify-content: space-between; }
#news { min-height: 1.45em; margin-top: .6rem; }
#news:not(:empty), #trouble:not(:empty) { border-left: 4px solid; padding-left: .6rem; }
table { min-width: 100%; }
th, td { padding: .4rem .7rem; }
thead td { background: var(--head); white-space: nowrap; }
tbody th { min-width: 11rem; }
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
#plot svg { max-width: 52rem; width: 100%; height: auto; display: block; }
"""
