# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What can be wrong with a swarm."""

from __future__ import annotations

from .._failures import DistributionError


class SwarmError(DistributionError):
    """Neither peers nor the bucket gave the object by this way: fetch it from the store itself."""
