# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Big objects, read in ranges."""

from __future__ import annotations

import contextlib
import random
import threading
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils import _ranges
from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
    ReadResult,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    StoreError,
    TruncatedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._ranges import (
    STEP,
    read_ranges,
)

SIZE = 20 * STEP + 7
NO_LIMIT = Bandwidth(None)


class _Store(MemoryStore):
    """Does something before each range is read."""

    def __init__(self, name: str) -> None:
        super().__init__(Endpoint("MEMORY", name))
        self.create_container()
        self.before: t.Callable[[int], object] = lambda start: None
        self.starts: list[int] = []

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        self.starts.append(start)
        self.before(start)
        return super().read(key, start, length)


@pytest.fixture()
def store(request: pytest.FixtureRequest) -> _Store:
    return _Store(request.node.name)


@pytest.fixture()
def info(store: _Store) -> ObjectInfo:
    return store.write("k", random.Random(1).randbytes(SIZE))


def _read(store: _Store, info: ObjectInfo, start: int = 0) -> bytes:
    with contextlib.closing(read_ranges(store, info, start, NO_LIMIT)) as ranges:
        return b"".join(map(bytes, ranges))


def _all_is_given_back() -> bool:
    free = 0
    while _ranges._room.acquire(blocking=False):
        free += 1
    for _unused in range(free):
        _ranges._room.release()
    return free == _ranges._AHEAD


@pytest.mark.parametrize("start", [0, STEP, 19 * STEP, 20 * STEP, SIZE])
def test_every_byte_in_order(store: _Store, info: ObjectInfo, start: int) -> None:
    assert _read(store, info, start) == store._get("k", "").data[start:]
    assert sorted(store.starts) == list(range(start, SIZE, STEP))
    assert _all_is_given_back()


def test_several_at_once(store: _Store, info: ObjectInfo) -> None:
    together = threading.Barrier(_ranges._AHEAD + 1)
    store.before = lambda start: start < STEP * (_ranges._AHEAD + 1) and together.wait(
        60
    )
    assert len(_read(store, info)) == SIZE


def test_two_objects_share_what_is_ahead(store: _Store, info: ObjectInfo) -> None:
    first = read_ranges(store, info, 0, NO_LIMIT)
    next(first)
    assert len(_read(store, info)) == SIZE, "one range at a time goes on"
    first.close()
    assert _all_is_given_back()


def test_the_limit_is_kept(store: _Store, info: ObjectInfo) -> None:
    slept: list[float] = []
    limit = Bandwidth(STEP, clock=lambda: 0.0, sleep=slept.append)
    for _unused in read_ranges(store, info, 0, limit):
        pass
    assert max(slept) == pytest.approx(20)


def test_one_that_changes_meanwhile(store: _Store, info: ObjectInfo) -> None:
    other = random.Random(2).randbytes(SIZE)
    store.before = lambda start: start == 15 * STEP and store.write("k", other)
    with pytest.raises(StoreError, match="changed while it was read"):
        _read(store, info)
    assert _all_is_given_back()


def test_what_breaks_off_is_asked_for_once_more(
    store: _Store, info: ObjectInfo
) -> None:
    def breaks(start: int) -> None:
        if start == STEP and store.starts.count(start) <= times:
            raise TruncatedError("read", "box", "it ended")

    store.before = breaks
    times = 1
    assert len(_read(store, info)) == SIZE
    store.starts.clear()
    times = 2
    with pytest.raises(TruncatedError):
        _read(store, info)
    assert _all_is_given_back()


def test_what_a_store_refuses_passes_through(store: _Store, info: ObjectInfo) -> None:
    def refuse(start: int) -> None:
        if start:
            raise AccessDeniedError("read", "box", "no")

    store.before = refuse
    with pytest.raises(AccessDeniedError):
        _read(store, info)
    assert _all_is_given_back()


@pytest.mark.parametrize("change", [-1, 1])
def test_a_size_that_is_not_true(store: _Store, info: ObjectInfo, change: int) -> None:
    untrue = info._replace(size=info.size + change)
    with pytest.raises(StoreError, match="changed"):
        _read(store, untrue)
