# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a daemon in a process of its own: ``daemon_program.py <configuration> [verify] [clock file]``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._run import (
    run_daemon,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
)


def main() -> int:
    path, *options = sys.argv[1:]
    shifts = [Path(one) for one in options if one != "verify"]

    def clock() -> float:
        """Wrong by as many seconds as the file says."""
        return time.time() + sum(float(one.read_text()) for one in shifts)

    try:
        return run_daemon(
            path, verify="verify" in options, version="1.2.3", clock=clock
        )
    except LongshoreError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
