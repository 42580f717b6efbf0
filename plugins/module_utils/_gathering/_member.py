# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What one member of a gathering knows, and whether it may go on: pure."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field, replace

#: The stage of a member that has come to its end and left.
DONE: t.Final = 1 << 30

_VERSION: t.Final = 1
_LONGEST: t.Final = 500


@dataclass(frozen=True, slots=True)
class Slot:
    """What one member says of itself.

    ``run``: its process's own. ``stage``: the last one that it has arrived at. ``heard``: the run of each
    other member that it has heard of, by index. ``said``: what it has to tell the others. ``stopped``: why
    it has given up, if it has.
    """

    run: str
    stage: int = 0
    heard: t.Mapping[int, str] = field(default_factory=dict)
    said: t.Mapping[str, t.Any] = field(default_factory=dict)
    stopped: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it has left, one way or the other."""
        return self.stopped is not None or self.stage == DONE

    def encode(self) -> bytes:
        document = {
            "version": _VERSION,
            "run": self.run,
            "stage": self.stage,
            "heard": {str(index): run for index, run in self.heard.items()},
            "said": self.said,
            "stopped": self.stopped,
        }
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> t.Self:
        """Raises ``ValueError`` for what is none."""
        try:
            found = json.loads(data)
            if found["version"] != _VERSION:
                raise ValueError("it is of another version")
            stopped = found["stopped"]
            return cls(
                str(found["run"]),
                int(found["stage"]),
                {int(index): str(run) for index, run in found["heard"].items()},
                dict(found["said"]),
                None if stopped is None else str(stopped)[:_LONGEST],
            )
        except (
            TypeError,
            KeyError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as exc:
            raise ValueError(str(exc)) from None


class Member:
    """The member ``index`` of ``count``.

    Another one has arrived at a stage only if it says so after it has heard of this very run: what somebody
    killed long ago has left there proves nothing. So no clock is needed to tell who is alive.
    """

    def __init__(self, index: int, count: int, run: str) -> None:
        self.index = index
        self.count = count
        self.slot = Slot(run)
        self._others: dict[int, Slot] = {}

    def observe(self, slots: t.Mapping[int, Slot]) -> bool:
        """Learn what all say; true when this member's own slot is another now, to be shown before it goes on."""
        others = set(range(self.count)) - {self.index}
        self._others = {i: slot for i, slot in slots.items() if i in others}
        heard = {i: slot.run for i, slot in self._others.items()}
        if heard == self.slot.heard:
            return False
        self.slot = replace(self.slot, heard=heard)
        return True

    def tell(self, said: t.Mapping[str, t.Any]) -> None:
        self.slot = replace(self.slot, said=said)

    def arrive(self, stage: int) -> None:
        self.slot = replace(self.slot, stage=max(stage, self.slot.stage))

    def stop(self, why: str) -> None:
        self.slot = replace(self.slot, stopped=why)

    def awaited(self, stage: int, among: t.Iterable[int] | None = None) -> list[int]:
        """Of these members (None: all) those that have not arrived at the stage."""
        chosen = range(self.count) if among is None else among
        return [i for i in chosen if i != self.index and not self._is_at(i, stage)]

    def _is_at(self, index: int, stage: int) -> bool:
        slot = self._others.get(index)
        if slot is None or slot.heard.get(self.index) != self.slot.run:
            return False
        return slot.stage >= stage

    @property
    def said(self) -> dict[int, t.Mapping[str, t.Any]]:
        """What each member has told, by index; this one, too."""
        told = {index: slot.said for index, slot in self._others.items()}
        return {**told, self.index: self.slot.said}

    @property
    def stopped(self) -> str | None:
        """Why some other member has given up, if one has."""
        whys = (slot.stopped for _unused, slot in sorted(self._others.items()))
        return next((why for why in whys if why is not None), None)
