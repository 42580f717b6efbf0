# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``python -m …._distsync_command``: the program ``distsync``."""

from __future__ import annotations

from ._main import main

if __name__ == "__main__":
    raise SystemExit(main())
