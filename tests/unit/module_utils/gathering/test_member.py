# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._gathering._member import (
    DONE,
    Member,
    Slot,
)

COUNT = 3
LAST = 4
INDICES = st.integers(0, COUNT - 1)
RUNS = st.sampled_from(["old0", "old1", "run1", "run2"])
STALE = st.builds(
    Slot,
    run=RUNS,
    stage=st.sampled_from([0, 2, LAST, DONE]),
    heard=st.dictionaries(INDICES, st.sampled_from(["old0", "old1"])),
)


class _Table:
    """What members show to each other, and where each has been since the test began."""

    def __init__(self, stale: t.Mapping[int, Slot]) -> None:
        self.slots = dict(stale)
        self.members: dict[int, Member] = {}
        self.stages: dict[int, int] = {}
        self.arrived = dict.fromkeys(range(COUNT), 0)
        self._runs = 0

    def start(self, index: int) -> None:
        """Whoever had this index before is dead."""
        self._runs += 1
        self.members[index] = Member(index, COUNT, f"new{self._runs}")
        self._arrive(index, 1)

    def go_on(self, index: int) -> None:
        """One look; the member passes its stage if it may."""
        if index not in self.members or self.stages[index] > LAST:
            return
        member, stage = self.members[index], self.stages[index]
        member.observe(dict(self.slots))
        self.slots[index] = member.slot
        if not member.awaited(stage):
            assert min(self.arrived.values()) >= stage, "somebody has not arrived"
            self._arrive(index, stage + 1)

    def _arrive(self, index: int, stage: int) -> None:
        self.stages[index] = stage
        self.members[index].arrive(stage)
        self.slots[index] = self.members[index].slot
        self.arrived[index] = max(stage, self.arrived[index])


@settings(max_examples=200)
@given(
    stale=st.dictionaries(INDICES, STALE),
    deeds=st.lists(st.tuples(st.sampled_from(["start", "go on", "go on"]), INDICES)),
)
def test_nobody_passes_before_all_have_arrived(
    stale: dict[int, Slot], deeds: list[tuple[str, int]]
) -> None:
    table = _Table(stale)
    for deed, index in deeds:
        if deed == "start":
            table.start(index)
        else:
            table.go_on(index)
    # and in the end, all do pass, whatever was left there and whoever was killed
    for index in set(range(COUNT)) - table.members.keys():
        table.start(index)
    for _round in range(3 * LAST):
        for index in range(COUNT):
            table.go_on(index)
    assert set(table.stages.values()) == {LAST + 1}


def test_only_those_among_whom_it_waits() -> None:
    member = Member(0, 3, "a")
    ahead = Slot("b", 7, {0: "a"})
    member.observe({1: ahead, 2: Slot("c", 6, {0: "a"}), 9: Slot("x", stopped="no")})
    assert member.awaited(7) == [2]
    assert member.awaited(7, [1]) == []
    assert member.awaited(8, [1]) == [1]
    assert member.stopped is None


def test_what_is_told() -> None:
    member = Member(1, 3, "a")
    member.tell({"objects": 3})
    member.observe({0: Slot("b", said={"objects": 4}), 1: Slot("not me", stage=9)})
    assert member.said == {0: {"objects": 4}, 1: {"objects": 3}}
    member.observe({2: Slot("c", stopped="it has failed")})
    assert member.stopped == "it has failed"


@settings(max_examples=50)
@given(slot=STALE, stopped=st.none() | st.text(max_size=20))
def test_slots_survive_their_encoding(slot: Slot, stopped: str | None) -> None:
    said = {"steps": [1, 2], "stale": ["ä"]}
    made = Slot(slot.run, slot.stage, slot.heard, said, stopped)
    assert Slot.decode(made.encode()) == made
    assert made.ended == (stopped is not None or slot.stage == DONE)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"{}", b"\xff", b'{"version": 2}', b'{"version":1,"run":1}'),
        b"[" * 9,
        b'{"version":1,"run":"a","stage":1e999,"heard":{},"said":{},"stopped":null}',
    ],
)
def test_what_is_no_slot(data: bytes) -> None:
    with pytest.raises(ValueError):
        Slot.decode(data)
