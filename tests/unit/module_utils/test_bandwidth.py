# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rate is kept by all transfers together; a clock of the test's own stands still but for waiting."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
    Metered,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def test_each_waits_for_what_was_taken_before() -> None:
    clock = Clock()
    bandwidth = Bandwidth(1000, clock, clock.sleep)
    for size in (500, 1000, 0, 250):
        bandwidth.take(size)
    assert clock.waits == pytest.approx([0.5, 1.0])
    clock.now += 60
    bandwidth.take(10_000)
    assert len(clock.waits) == 2, "what was not used is not saved up, and not paid for"
    bandwidth.take(1)
    assert clock.waits[2] == pytest.approx(10)


def test_the_average_is_the_rate() -> None:
    clock = Clock()
    bandwidth = Bandwidth(4096, clock, clock.sleep)
    for _number in range(100):
        bandwidth.take(1024)
    assert clock.now - 100 == pytest.approx(99 * 1024 / 4096)


def test_without_a_limit_nobody_waits() -> None:
    clock = Clock()
    bandwidth = Bandwidth(None, clock, clock.sleep)
    for _number in range(100):
        bandwidth.take(1 << 40)
    assert clock.waits == []


def test_who_wants_to_know_hears_of_what_goes_by() -> None:
    clock, told = Clock(), list[int]()
    bandwidth = Bandwidth(1000, clock, clock.sleep)
    metered = Metered(bandwidth, told.append)
    metered.take(500)
    bandwidth.take(100)
    metered.take(1000)
    assert clock.waits == pytest.approx([0.5, 0.1])
    metered.spare(7_000_000)
    bandwidth.spare(7_000_000)
    assert told == [500, 1000, 7_000_000]
    assert len(clock.waits) == 2, "what is not sent is not waited for"
