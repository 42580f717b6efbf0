# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Ends a program, and all that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import typing as t

#: Seconds between being asked to end and being ended.
_GRACE: t.Final = 5.0


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask all of its process group to end, then end it. It was started as the leader of a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        # what did not listen, or was left behind; the number is not anybody else's while it has members
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
