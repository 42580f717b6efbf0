# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The files of the page: by the name below ``/ui/`` their content type and text. The page itself has the name ""."""

from __future__ import annotations

import typing as t

from ._page_client import CLIENT
from ._page_parts import PARTS
from ._page_plot import PLOT
from ._page_restore import RESTORE
from ._page_rows import ROWS
from ._page_script import SCRIPT
from ._page_style import STYLE

_PAGE: t.Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Persistence</title>
<link rel="icon" href="/ui/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/ui/style.css">
<script type="module" src="/ui/app.js"></script>
</head>
<body>
<noscript><p class="bad">This page needs JavaScript.</p></noscript>

<main id="login" hidden>
<h1>Persistence</h1>
<form id="login-form">
<label for="token">Token</label>
<input id="token" type="password" autocomplete="off" spellcheck="false" required aria-describedby="token-hint login-said">
<p id="token-hint" class="faint">The value of AUTH_TOKEN or SAVE_TOKEN. It is forgotten when this tab is closed.</p>
<p id="login-said" role="alert"></p>
<button id="enter" class="main">Log in</button>
</form>
</main>

<div id="app" hidden>
<header>
<div class="bar"><h1 id="title" tabindex="-1">Persistence</h1><button type="button" id="leave">Log out</button></div>
<p id="about"></p>
<p id="news" role="status"></p>
<p id="trouble" role="alert"></p>
</header>
<main>
<section aria-labelledby="volumes-title">
<h2 id="volumes-title">Volumes</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="volumes-title">
<table id="volumes"><thead><tr>
<th scope="col">Volume</th><th scope="col" class="number">Free</th><th scope="col">Last save</th>
<th scope="col">Last restore</th><td></td>
</tr></thead><tbody></tbody></table>
</div>
</section>

<section aria-labelledby="jobs-title">
<h2 id="jobs-title">Jobs</h2>
<p id="jobs-said"></p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="jobs-title">
<table id="jobs"><thead><tr>
<th scope="col">Job</th><th scope="col">Path</th><th scope="col">Begun by</th><th scope="col">Time</th>
<th scope="col">Result</th><td></td>
</tr></thead><tbody></tbody></table>
</div>
</section>

<section aria-labelledby="snapshots-title">
<h2 id="snapshots-title">Snapshots of <bdi id="snapshots-of"></bdi></h2>
<p id="snapshots-said" role="status"></p>
<ul id="broken" class="bad"></ul>
<div id="plot-box" hidden>
<ul class="legend" aria-hidden="true">
<li><svg viewBox="0 0 14 14"><rect class="fill c0" width="14" height="14" rx="2"/></svg>Size</li>
<li><svg viewBox="0 0 14 14"><rect class="fill c1" width="14" height="14" rx="2"/></svg>Stored</li>
</ul>
<div id="plot"></div>
</div>
<div id="snapshots-box" class="scroll" tabindex="0" role="region" aria-labelledby="snapshots-title" hidden>
<table id="snapshots"><thead><tr>
<th scope="col">Time</th><th scope="col" class="number">Files</th><th scope="col" class="number">Size</th>
<th scope="col" class="number">Stored</th><th scope="col">Encrypted</th><th scope="col">State</th><td></td>
</tr></thead><tbody></tbody></table>
</div>
<p><button type="button" id="older" hidden>Show all</button></p>
</section>
</main>
</div>

<dialog id="restore" aria-labelledby="restore-title">
<form id="restore-form">
<h2 id="restore-title">Restore <bdi id="restore-path"></bdi></h2>
<p class="faint">From the snapshot of <span id="restore-time"></span>.</p>
<fieldset>
<legend>What else is there</legend>
<label><input type="radio" name="mode" value="merge" checked> stays: the snapshot goes over it (merge)</label>
<label><input type="radio" name="mode" value="replace"> goes: there is the snapshot and nothing else (replace)</label>
</fieldset>
<p id="restore-said" role="status"></p>
<progress id="restore-progress" aria-label="Looking at what would change"></progress>
<ul id="restore-differences" tabindex="0" aria-label="What would change"></ul>
<div class="buttons">
<button type="button" id="restore-cancel">Cancel</button>
<button type="button" name="confirm" class="main">Restore</button>
</div>
</form>
</dialog>
</body>
</html>
"""

_ICON: t.Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<path fill="#0a5fa8" d="M2 3h12v3H2zm0 4h12v3H2zm0 4h12v3H2z"/>
</svg>
"""

_JAVASCRIPT: t.Final = "text/javascript; charset=utf-8"

FILES: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "": ("text/html; charset=utf-8", _PAGE),
    "style.css": ("text/css; charset=utf-8", STYLE),
    "icon.svg": ("image/svg+xml", _ICON),
    "app.js": (_JAVASCRIPT, SCRIPT),
    "client.js": (_JAVASCRIPT, CLIENT),
    "parts.js": (_JAVASCRIPT, PARTS),
    "plot.js": (_JAVASCRIPT, PLOT),
    "restore.js": (_JAVASCRIPT, RESTORE),
    "rows.js": (_JAVASCRIPT, ROWS),
}
