#!/usr/bin/env python
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet: a store, an uploader, and as many servers as LONGSHORE_FLEET says (6, at least 4). Addresses are fixed.

Ansible runs it as an inventory. Its groups name who bears which fault; those of one scenario are different servers.
"""

from __future__ import annotations

import json
import os
import sys
import typing as t
from pathlib import Path

NETWORK = "10.203.77"


def inventory(servers: int, build: Path) -> dict[str, t.Any]:
    addresses = {
        "store": f"{NETWORK}.2",
        "uploader": f"{NETWORK}.3",
        "index": f"{NETWORK}.4",
    }
    names = [f"server{number}" for number in range(1, servers + 1)]
    addresses |= {name: f"{NETWORK}.{10 + n}" for n, name in enumerate(names, 1)}
    folder = build.absolute() / "molecule"
    host = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(folder / "key"),
        "ansible_ssh_common_args": "-F /dev/null -o UserKnownHostsFile=/dev/null",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    here = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    return {
        "_meta": {
            "hostvars": {
                **{name: {"ansible_host": at} for name, at in addresses.items()},
                "localhost": here,
            }
        },
        "all": {
            "vars": {
                "fleet_network": NETWORK,
                "fleet_servers": servers,
                "fleet_folder": str(folder),
            }
        },
        "fleet": {"children": ["uploaders", "servers"], "vars": host},
        "stores": {"hosts": ["store"]},
        # of Python packages
        "indexes": {"hosts": ["index"]},
        "uploaders": {"hosts": ["uploader"]},
        "servers": {"hosts": names},
        # in the scenario "network"
        "slow": {"hosts": names[:1]},
        "cut_off": {"hosts": names[2:4]},
        # in the scenario "hosts", and "killed" in "shard"
        "hook_fails": {"hosts": names[:1]},
        "killed": {"hosts": names[1:2]},
        "disk_full": {"hosts": names[-1:]},
    }


if __name__ == "__main__":
    count = int(os.environ.get("LONGSHORE_FLEET") or 6)
    where = Path(os.environ.get("LONGSHORE_BUILD") or ".build")
    json.dump(inventory(count, where), sys.stdout)
