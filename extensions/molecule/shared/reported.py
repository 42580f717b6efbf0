# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints as JSON which version of an artifact each host reports and how it stands, once that is as it should be.

Usage: reported.py ARTIFACT EXPECTED

EXPECTED is what is printed then: a mapping from each host to such as "1.0 current". After a while, what there is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

STATUS = ["distsync", "status", "-c", "/etc/distsync/uploader.toml", "--json"]
#: Seconds.
PATIENCE = 90
#: Hosts report to the bucket, which tells nobody; to ask takes a request for each host.
BETWEEN = 1.0


def main(artifact: str, expected: dict[str, str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := reported(artifact)) != expected and time.monotonic() < deadline:
        time.sleep(BETWEEN)
    json.dump(found, sys.stdout)


def reported(artifact: str) -> dict[str, str]:
    done = subprocess.run(STATUS, stdout=subprocess.PIPE, check=True)
    return {
        host["host"]: f"{one['version']} {one['state']}"
        for host in json.loads(done.stdout)["hosts"]
        for one in host["artifacts"]
        if one["name"] == artifact
    }


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
