# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``distsync daemon``: keeps a folder as what is published."""

from __future__ import annotations

from .._distsync._daemon._run import run_daemon
from ._exits import Exit
from ._version import VERSION


def daemon(conf: str, verify: bool) -> Exit:
    """Run until it is stopped. Raises ``LongshoreError`` for what keeps it from beginning."""
    return Exit(run_daemon(conf, verify=verify, version=VERSION))
