# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes, ages, tables, and what does nothing to a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._text import (
    age_text,
    printable,
    table,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7300, "2 h"), (200000, "2 d")],
)
def test_ages(seconds: int, text: str) -> None:
    assert age_text(seconds) == text


@settings(max_examples=50)
@given(st.text(st.characters()))
def test_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = printable(text)
    assert all(one.isprintable() or one == "\n" for one in shown)
    shown.encode()
    if text.isprintable():
        assert shown == text


def test_tables() -> None:
    rows = [("NAME", "SIZE"), ("a\x1b", "1 B"), ("b\nc", "")]
    assert table(rows) == ["NAME   SIZE", "a\\x1b  1 B", "b\\nc"]
