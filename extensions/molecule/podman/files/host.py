# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Podman as a host with systemd has it: its service, and a container's health checks. It runs until it is told to end.

Podman has systemd begin these checks, and a machine for tests may have none.

Usage, with the collection's root as PYTHONPATH: host.py FOLDER CONTAINER
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

from tests.servers._process import find_program
from tests.servers.podman import PodmanEngine


class Podman(PodmanEngine):
    """Images take less room with what it chooses itself."""

    storage = ()


def host(folder: Path, container: str) -> None:
    # otherwise it fails where it cannot ask systemd
    os.environ["DISABLE_HC_SYSTEMD"] = "true"
    with Podman(folder) as engine:
        command = [find_program("podman"), "--remote", f"--url=unix://{engine.path}"]
        check = [*command, "healthcheck", "run", container]
        while True:
            subprocess.run(check, check=False, capture_output=True)
            # between two checks, as a timer of systemd would
            time.sleep(1)


def end(_number: int, _frame: types.FrameType | None) -> None:
    sys.exit()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    host(Path(sys.argv[1]), sys.argv[2])
