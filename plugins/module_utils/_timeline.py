# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a run did when: its phases, and the bytes that went by, in as much room however long it lasts."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

#: How many steps there are at most.
STEPS: t.Final = 240
#: Seconds of a step at first. Whenever there would be too many, two become one.
_FINEST: t.Final = 1 / 16


@dataclass(slots=True)
class Phase:
    """``part``: which one, of a phase that has several. ``size``: bytes."""

    name: str
    began: float
    part: int | None = None
    seconds: float = 0.0
    size: int = 0
    items: int = 0


class Timeline:
    """Moments are seconds of any one clock, and never go back. It is called by one thread at a time."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []
        #: Seconds of one step.
        self.step = _FINEST
        self._steps: dict[str, list[int]] = {}

    def begin(self, name: str, at: float, part: int | None = None) -> None:
        """What was under way ends, and another phase begins."""
        self.end(at)
        self.phases.append(Phase(name, at, part))

    def advance(self, at: float, size: int, items: int) -> None:
        """So much more of the phase is done."""
        phase = self.phases[-1]
        phase.size += size
        phase.items += items
        if size > 0:
            number = self._number(at)
            steps = self._steps.setdefault(phase.name, [])
            steps.extend([0] * (number + 1 - len(steps)))
            steps[number] += size

    def end(self, at: float) -> None:
        if self.phases:
            self.phases[-1].seconds = at - self.phases[-1].began

    @property
    def seconds(self) -> float:
        """From the first phase's beginning to the last one's end."""
        return sum(phase.seconds for phase in self.phases)

    def rates(self) -> dict[str, list[float]]:
        """By the names of phases, the bytes a second in each step, up to the last one that has any."""
        return {
            name: [size / self.step for size in steps]
            for name, steps in self._steps.items()
        }

    def _number(self, at: float) -> int:
        passed = at - self.phases[0].began
        while passed >= STEPS * self.step:
            self.step *= 2
            for name, steps in self._steps.items():
                pairs = range(0, len(steps), 2)
                self._steps[name] = [sum(steps[first : first + 2]) for first in pairs]
        return int(passed / self.step)
