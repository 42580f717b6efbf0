# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.longshore.storage.plugins.module_utils._gathering._watch import (
    Watch,
)


def test_silence_is_measured_by_ones_own_clock() -> None:
    now = 100.0
    watch = Watch(lambda: now)
    now = 103.0
    assert watch.silence(1) == 3, "it has never been there"
    watch.see({1: "a", 2: "a"})
    assert watch.silence(1) == 0 and not watch.has_changed(1)
    now = 104.0
    watch.see({1: "b", 2: "a"})
    now = 106.0
    assert (watch.silence(1), watch.silence(2)) == (2, 3)
    assert watch.has_changed(1) and not watch.has_changed(2)
