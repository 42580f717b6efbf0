# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a sync is asked to remember of itself, when somebody wants to look at it afterwards."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from .._report import Report
from .._timeline import Timeline
from ._plan import Plan
from ._scan import Sides
from ._sizes import Sizes

#: Of the biggest objects, so many.
_BIGGEST: t.Final = 10


@dataclass(slots=True)
class Recorder:
    """Filled by one run. ``began``: seconds since the epoch. ``error``: what kept it from its end.

    ``own_order``: the user has said in which order to publish. ``unseen``: how many objects were known to be as they
    should without looking at them; None: all of them. ``published`` is what the source has of the others, ``sent`` those whose
    contents had to be moved; sizes are the source's.
    """

    check_mode: bool = False
    own_order: bool = False
    began: float = field(default_factory=time.time)
    timeline: Timeline = field(default_factory=Timeline)
    report: Report = field(default_factory=Report)
    error: str | None = None
    unseen: int | None = None
    published: Sizes = field(default_factory=lambda: Sizes(_BIGGEST))
    sent: Sizes = field(default_factory=lambda: Sizes(_BIGGEST))

    def see(self, sides: Sides, plan: Plan) -> None:
        """What there is, and what of it is to be moved."""
        self.unseen = sides.unseen.files
        for name, info in sides.source.objects.items():
            self.published.add(name, info.size, info.key)
        for write in plan.writes:
            if not write.attributes_only and write.copy_of is None:
                self.sent.add(write.name, write.source.size, write.source.key)
