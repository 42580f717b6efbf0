# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional writes: the loser is told, and leaves nothing."""

from __future__ import annotations

import functools
import threading

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Condition,
    IfAbsent,
    IfMatch,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
    LongshoreError,
)
from tests.conformance.conftest import Bench
from tests.conformance.helpers import (
    chunked,
    content,
    listed,
    multipart_threshold,
    outcomes,
    read_all,
)

ROUNDS = 8


def _kind(condition: Condition) -> str:
    return type(condition).__name__


def test_if_absent(store: Store, prefix: str) -> None:
    key = prefix + "root"
    if not store.features.conditional_write:
        _is_never_ignored(store, key, IfAbsent())
        return
    written = store.write(key, b"first", condition=IfAbsent())
    assert written.etag == store.stat(key).info.etag
    with pytest.raises(ConditionFailedError) as raised:
        store.write(key, b"second", condition=IfAbsent())
    assert key in str(raised.value)
    assert read_all(store, key) == b"first"
    store.delete([key])
    store.write(key, b"third", condition=IfAbsent())
    assert read_all(store, key) == b"third"


def test_if_match(store: Store, prefix: str) -> None:
    key = prefix + "root"
    if not store.features.conditional_write:
        _is_never_ignored(store, key, IfMatch("another"))
        return
    first = store.write(key, b"first")
    assert first.etag
    second = store.write(key, b"second", condition=IfMatch(first.etag))
    assert second.etag and second.etag != first.etag
    with pytest.raises(ConditionFailedError) as raised:
        store.write(key, b"third", condition=IfMatch(first.etag))
    assert key in str(raised.value)
    assert read_all(store, key) == b"second"
    listing_etag = listed(store, key)[key].etag
    assert listing_etag
    store.write(key, b"fourth", condition=IfMatch(listing_etag))
    assert read_all(store, key) == b"fourth"


def test_if_match_of_a_missing_object(store: Store, prefix: str) -> None:
    if not store.features.conditional_write:
        return
    etag = store.write(prefix + "other", b"x").etag
    assert etag
    with pytest.raises(ConditionFailedError):
        store.write(prefix + "root", b"y", condition=IfMatch(etag))
    assert set(listed(store, prefix)) == {prefix + "other"}


@pytest.mark.parametrize("size", ("small", "large"))
@pytest.mark.parametrize("condition", (IfAbsent(), IfMatch("another")), ids=_kind)
def test_a_stream_that_loses_leaves_the_old_object(
    bench: Bench, store: Store, prefix: str, condition: Condition, size: str
) -> None:
    if not store.features.conditional_write:
        return
    key = prefix + "root"
    store.write(key, b"first")
    large = content(1000 if size == "small" else multipart_threshold(store) + 1)
    if f"{size} {_kind(condition)}" in bench.subject.gaps:
        store.write(key, chunked(large), condition=condition)
        assert read_all(store, key) == large
        return
    with pytest.raises(ConditionFailedError):
        store.write(key, chunked(large), condition=condition)
    assert read_all(store, key) == b"first"


@pytest.mark.parametrize("size", ("small", "large"))
def test_a_stream_whose_condition_holds(store: Store, prefix: str, size: str) -> None:
    if not store.features.conditional_write:
        return
    key = prefix + "root"
    data = content(1000 if size == "small" else multipart_threshold(store) + 1)
    first = store.write(key, chunked(data), condition=IfAbsent())
    assert read_all(store, key) == data
    assert first.etag
    store.write(key, chunked(data[1:]), condition=IfMatch(first.etag))
    assert read_all(store, key) == data[1:]


def test_one_of_two_creators_wins(store: Store, prefix: str) -> None:
    if not store.features.conditional_write:
        return
    for number in range(ROUNDS):
        key = f"{prefix}{number}"
        _race(store, key, IfAbsent())


def test_one_of_two_changers_wins(store: Store, prefix: str) -> None:
    if not store.features.conditional_write:
        return
    key = prefix + "root"
    for number in range(ROUNDS):
        etag = store.write(key, f"round {number}".encode()).etag
        assert etag
        _race(store, key, IfMatch(etag))


def _race(store: Store, key: str, condition: Condition) -> None:
    """Two threads write under one condition, together: one wins, and its bytes are there."""
    bodies = {"one": content(2000, 1), "two": content(2000, 2)}
    barrier = threading.Barrier(len(bodies))

    def write(name: str) -> object:
        barrier.wait(60)
        return store.write(key, bodies[name], condition=condition)

    done = outcomes({name: functools.partial(write, name) for name in bodies})
    winners = [name for name, outcome in done.items() if outcome.error is None]
    losers = [outcome.error for outcome in done.values() if outcome.error is not None]
    assert len(winners) == 1, done
    assert all(isinstance(error, ConditionFailedError) for error in losers), losers
    assert read_all(store, key) == bodies[winners[0]]


def _is_never_ignored(store: Store, key: str, condition: Condition) -> None:
    """A store that cannot promise a condition refuses, rather than write unconditionally."""
    store.write(key, b"first")
    with pytest.raises(LongshoreError):
        store.write(key, b"second", condition=condition)
    assert read_all(store, key) == b"first"
