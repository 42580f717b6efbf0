# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Further attempts and the pauses before them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._retry import (
    pauses,
    retry,
)


class _Passing(Exception):
    pass


def _is_passing(error: Exception) -> bool:
    return isinstance(error, _Passing)


def _attempts(*outcomes: Exception | str) -> tuple[t.Callable[[], str], list[int]]:
    """A function that does one after the other, and how often it was called."""
    calls: list[int] = []

    def attempt() -> str:
        outcome = outcomes[len(calls)]
        calls.append(1)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return attempt, calls


def test_pauses_grow_and_are_bounded() -> None:
    longest = list(pauses(8, jitter=lambda: 1.0))
    assert longest == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert list(pauses(8, jitter=lambda: 0.0)) == [pause / 2 for pause in longest]
    assert list(pauses(0)) == []


def test_a_first_success_waits_for_nothing() -> None:
    attempt, calls = _attempts("done")
    slept: list[float] = []
    assert retry(attempt, _is_passing, 3, sleep=slept.append) == "done"
    assert (len(calls), slept) == (1, [])


def test_what_passes_is_tried_again() -> None:
    attempt, calls = _attempts(_Passing(), _Passing(), "done")
    slept: list[float] = []
    assert retry(attempt, _is_passing, 5, sleep=slept.append) == "done"
    assert (len(calls), len(slept)) == (3, 2)


def test_the_last_error_passes_through() -> None:
    last = _Passing("last")
    attempt, calls = _attempts(_Passing("first"), _Passing("second"), last)
    with pytest.raises(_Passing) as raised:
        retry(attempt, _is_passing, 2, sleep=lambda _: None)
    assert raised.value is last
    assert len(calls) == 3


def test_anything_else_fails_at_once() -> None:
    attempt, calls = _attempts(_Passing(), ValueError("no"), "never")
    with pytest.raises(ValueError, match="no"):
        retry(attempt, _is_passing, 5, sleep=lambda _: None)
    assert len(calls) == 2
