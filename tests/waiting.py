# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what another process or host does, of which nobody tells."""

from __future__ import annotations

import time
import typing as t

#: Seconds: far more than anything takes, so that only what never comes fails.
PATIENCE: t.Final = 60.0
_BETWEEN: t.Final = 0.02


def wait_until(is_so: t.Callable[[], object]) -> None:
    """Ask until it is. The test fails when it does not come to this."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(_BETWEEN)
