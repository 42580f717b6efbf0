# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the schedule comes."""

from __future__ import annotations

import time
import typing as t
from datetime import UTC, datetime

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._cron import (
    check_schedule,
    next_time,
)


@pytest.fixture()
def zone(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[t.Callable[[str], None]]:
    def be_in(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield be_in
    monkeypatch.undo()
    time.tzset()


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_clock_on_the_wall_counts(zone: t.Callable[[str], None]) -> None:
    zone("UTC")
    assert next_time("30 3 * * *", _at("2026-11-21T03:29")) == _at("2026-11-21T03:30")
    assert next_time("30 3 * * *", _at("2026-11-21T03:30")) == _at("2026-11-22T03:30")
    zone("Europe/Berlin")
    assert next_time("30 3 * * *", _at("2026-11-21T03:29")) == _at("2026-11-22T02:30")
    # the night in which summer time begins
    assert next_time("30 3 * * *", _at("2026-03-28T12:00")) == _at("2026-03-29T01:30")


@pytest.mark.parametrize(
    "written", ["", "@daily", "* * * *", "* * * * * *", "a b c d e"]
)
def test_what_is_no_schedule(written: str) -> None:
    with pytest.raises(ConfigurationError):
        check_schedule(written)


def test_what_never_comes() -> None:
    with pytest.raises(ConfigurationError):
        next_time("0 0 31 2 *", _at("2026-11-21T00:00"))
