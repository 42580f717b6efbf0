# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Why members of a gathering part."""

from __future__ import annotations

from .._errors import LongshoreError


class GatheringError(LongshoreError):
    """The members cannot go on together; ``cause`` is what all of them are told."""

    def __init__(self, cause: str, count: int) -> None:
        super().__init__(
            f"The {count} host(s) that share this sync have stopped: {cause}.",
            hint=f"Run the same task again on all of them, at the same time (with forks of at least {count}).",
        )
        self.cause = cause


def missing(indices: list[int], seconds: float, count: int) -> GatheringError:
    """These were not heard of for so long."""
    names = ", ".join(map(str, indices))
    return GatheringError(
        f"index {names} is missing, not heard of for {seconds:g} s", count
    )


def counts_differ(ours: int, theirs: int) -> GatheringError:
    """Hosts were told different numbers."""
    low, high = sorted((ours, theirs))
    return GatheringError(
        f"some were told that shard.count is {low}, and others {high}", max(low, high)
    )
