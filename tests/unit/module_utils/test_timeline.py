# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phases and rates of a run, in bounded room."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    Progress,
)
from ansible_collections.longshore.storage.plugins.module_utils._timeline import (
    STEPS,
    Timeline,
)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 5000), st.integers(0, 10**9), st.sampled_from(["read", "sent"])
        ),
        min_size=1,
        max_size=40,
    )
)
def test_nothing_is_lost_however_long_it_lasts(
    told: list[tuple[float, int, str]],
) -> None:
    timeline = Timeline()
    now = 7.0
    timeline.begin("starting", now)
    for passed, size, name in told:
        now += passed
        timeline.begin(name, now)
        timeline.advance(now, size, 1)
    timeline.end(now + 1)
    assert timeline.seconds == pytest.approx(now - 7 + 1)
    assert sum(phase.items for phase in timeline.phases) == len(told)
    rates = timeline.rates()
    assert all(len(one) <= STEPS for one in rates.values())
    for name in ("read", "sent"):
        whole = sum(size for _passed, size, told_name in told if told_name == name)
        assert sum(rates.get(name, [])) * timeline.step == pytest.approx(whole)


def test_what_a_progress_tells() -> None:
    timeline = Timeline()
    now = 100.0
    with Progress(None, lambda: now, timeline) as progress:
        now += 1
        progress.begin("writing", items=2, sizes=[5, 6])
        progress.part(0)
        with progress.item(5):
            now += 2
        progress.part(1)
        with progress.item(6) as tell:
            tell(4)
            now += 3
        progress.begin("finishing")
        assert list(progress.counted("ab")) == ["a", "b"]
        now += 4
    assert not progress.is_watched
    seen = [(p.name, p.part, p.seconds, p.size, p.items) for p in timeline.phases]
    assert seen == [
        ("starting", None, 1, 0, 0),
        ("writing", None, 0, 0, 0),
        ("writing", 0, 2, 5, 1),
        ("writing", 1, 3, 6, 1),
        ("finishing", None, 4, 0, 2),
    ]
    rates = timeline.rates()["writing"]
    assert sum(rates) * timeline.step == 11
    # an item's last bytes count when it is done
    assert [n * timeline.step for n, rate in enumerate(rates) if rate] == [3, 6]
