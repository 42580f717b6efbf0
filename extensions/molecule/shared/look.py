# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints as JSON what a server has of an artifact, as soon as it is as it should be, or after a while anyhow.

Usage: look.py ARTIFACT VERSION [PROBLEM]

It is as it should be when VERSION is in use, the hook was told, and nothing is wrong; or, with PROBLEM, when VERSION is
in use and the daemon says of something with that text in it that it is wrong.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import typing as t
import urllib.error
import urllib.request
from pathlib import Path

RELEASES = Path("/srv/releases")
DAEMON = "http://127.0.0.1:9290"
#: Seconds.
PATIENCE = 120
#: Nobody tells when the daemon and its hook are done, so they are asked; all servers of the fleet do that at once.
BETWEEN = 0.3


def main(artifact: str, version: str, problem: str = "") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        known, found = in_use(artifact), problems()
        told = deployed() == f"{artifact} {version}"
        right = any(problem in one for one in found) if problem else told and not found
        if known == version and right:
            break
        time.sleep(BETWEEN)
    shown = {
        "version": in_use(artifact),
        "deployed": deployed(),
        "problems": problems(),
    }
    json.dump({**shown, **placed(artifact), **service()}, sys.stdout)


def in_use(artifact: str) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(RELEASES / artifact / "current")
    return ""


def deployed() -> str:
    """What the hook was last told of."""
    with contextlib.suppress(OSError):
        return (RELEASES / "deployed").read_text().strip()
    return ""


def problems() -> list[str]:
    """What the daemon says is wrong."""
    try:
        return list(json.loads(asked("healthz"))["problems"])
    except OSError as error:
        return [f"no answer: {error}"]


def asked(page: str) -> str:
    try:
        with urllib.request.urlopen(f"{DAEMON}/{page}", timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.read().decode()


def placed(artifact: str) -> dict[str, t.Any]:
    file = RELEASES / artifact / "current" / artifact
    versions = sorted(path.name for path in file.parents[1].glob("*"))
    if not file.is_file():
        return {"versions": versions, "digest": "", "owner": ""}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"versions": versions, "digest": digest, "owner": file.owner()}


def service() -> dict[str, t.Any]:
    """What systemd says of it; what it has delivered since it was started, as often, and in bytes."""
    show = "systemctl show distsync --property=ActiveState,NRestarts"
    said = dict(line.split("=", 1) for line in printed(show).splitlines())
    # it does not answer where it does not run
    metrics = ""
    with contextlib.suppress(OSError):
        metrics = asked("metrics")
    counted = dict(re.findall(r"^longshore_distsync_(\w+)_total (\S+)$", metrics, re.M))
    return {
        "state": said.get("ActiveState", ""),
        "restarts": int(said.get("NRestarts") or -1),
        "deliveries": int(float(counted.get("deliveries", -1))),
        "received": int(float(counted.get("received_bytes", -1))),
        "program": printed("distsync --version").strip(),
    }


def printed(command: str) -> str:
    done = subprocess.run(
        command.split(), stdout=subprocess.PIPE, text=True, check=False
    )
    return done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
