# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills a service's container, as the kernel does when memory runs out, while bytes of its latest job go by.

Usage: kill.py CONTAINER
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, stdout=-1).stdout.decode()


def kill(container: str) -> None:
    process = int(docker("inspect", "--format", "{{.State.Pid}}", container))
    ask = ("exec", container, "curl", "--silent", "http://localhost/v1/jobs")
    while True:
        job = json.loads(docker(*ask))["jobs"][0]
        if job["state"] != "running":
            sys.exit(f"It was over before it could be killed: {job}")
        if job["bytes"]:
            break
        # the service tells nobody outside of its container; more often would only load the engine
        time.sleep(0.05)
    os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    kill(sys.argv[1])
