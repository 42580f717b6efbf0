# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The new file is made, whatever the old one has become; and nothing else is."""

from __future__ import annotations

import io
import os
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._chunks import (
    _delta,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._assembly import (
    Assembled,
    assemble,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._delta import (
    DeltaPlan,
    plan_delta,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._failures import (
    AssemblyError,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Buffer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    Opener,
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    HEADER_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._streams import (
    open_range,
    seal_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.chunks.helpers import (
    LAYOUT,
    index_from,
    index_of,
    noise,
)

OLD = noise(1, 600_000)
NEW = noise(2, 3000) + OLD[:250_000] + b"more" + OLD[255_000:] + b"end"


@pytest.fixture(autouse=True, scope="module")
def cheap_requests() -> t.Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_delta, "REQUEST_COST", 100)
        yield


@pytest.fixture(scope="module")
def workers() -> t.Iterator[Workers]:
    with Workers(3) as started:
        yield started


class Remote:
    """The new file, as it is stored; remembers what was asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.asked: list[tuple[int, int]] = []

    def __call__(self, offset: int, length: int) -> t.Iterator[bytes]:
        self.asked.append((offset, length))
        part = self._data[offset : offset + length]
        return (part[n : n + 1000] for n in range(0, len(part), 1000))


class Made(t.NamedTuple):
    data: bytes
    done: Assembled


def _make(
    folder: Path,
    workers: Workers,
    plan: DeltaPlan,
    old: bytes,
    remote: t.Callable[[int, int], t.Iterable[Buffer]],
) -> Made:
    (folder / "old").write_bytes(old)
    with (folder / "old").open("rb") as source, (folder / "new").open("w+b") as out:
        done = assemble(plan, source, remote, out, workers)
        return Made((folder / "new").read_bytes(), done)


def test_only_what_changed_is_fetched(tmp_path: Path, workers: Workers) -> None:
    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    remote = Remote(NEW)
    made = _make(tmp_path, workers, plan, OLD, remote)
    assert made.data == NEW
    assert sorted(remote.asked) == [tuple(part) for part in plan.fetches]
    assert made.done.fetched == plan.fetched < 150_000
    assert made.done.copied >= len(NEW) - plan.fetched
    assert made.done.altered == 0


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 400_000), st.integers(0, 50_000), st.binary(max_size=20_000)
        ),
        max_size=4,
    )
)
def test_any_edit(
    tmp_path: Path, workers: Workers, edits: list[tuple[int, int, bytes]]
) -> None:
    old = new = OLD[:400_000]
    for offset, gone, more in edits:
        new = new[:offset] + more + new[offset + gone :]
    plan = plan_delta(index_of(new), index_of(old), LAYOUT)
    assert _make(tmp_path, workers, plan, old, Remote(new)).data == new


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.integers(0, len(OLD) - 1), min_size=1, max_size=10),
    st.integers(0, len(OLD)),
)
def test_an_old_file_that_was_altered_or_cut(
    tmp_path: Path, workers: Workers, places: list[int], size: int
) -> None:
    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    altered = bytearray(OLD)
    for place in places:
        altered[place] ^= 1
    made = _make(tmp_path, workers, plan, bytes(altered[:size]), Remote(NEW))
    assert made.data == NEW


def test_an_altered_chunk_is_fetched(tmp_path: Path, workers: Workers) -> None:
    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    altered = OLD[:400_000] + b"x" + OLD[400_001:]
    made = _make(tmp_path, workers, plan, altered, Remote(NEW))
    assert made.data == NEW
    assert made.done.altered == 1
    assert plan.fetched < made.done.fetched < plan.fetched + 80_000


def test_an_old_file_of_which_nothing_is_left(tmp_path: Path, workers: Workers) -> None:
    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    remote = Remote(NEW)
    made = _make(tmp_path, workers, plan, bytes(len(OLD)), remote)
    assert made.data == NEW
    assert remote.asked == [(0, len(NEW))]
    assert made.done.copied == 0


def test_an_old_file_that_cannot_be_read(tmp_path: Path, workers: Workers) -> None:
    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    # Open for writing only: each read fails.
    with (tmp_path / "old").open("wb") as source, (tmp_path / "new").open("w+b") as out:
        done = assemble(plan, source, Remote(NEW), out, workers)
    assert (tmp_path / "new").read_bytes() == NEW
    assert done.copied == 0


@pytest.mark.parametrize("stored", [NEW[:-1] + b"x", bytes(len(NEW)), NEW[:1000], b""])
def test_wrong_bytes_that_were_fetched(
    stored: bytes, tmp_path: Path, workers: Workers
) -> None:
    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    with pytest.raises(AssemblyError, match="that were fetched are not what"):
        _make(tmp_path, workers, plan, OLD, Remote(stored))


def test_an_index_that_contradicts_itself(tmp_path: Path, workers: Workers) -> None:
    index = index_of(NEW)
    wrong = type(index)(bytes(32), index.boundaries, index.digests)
    plan = plan_delta(wrong, index_of(OLD), LAYOUT)
    with pytest.raises(AssemblyError, match="as a whole"):
        _make(tmp_path, workers, plan, OLD, Remote(NEW))


def test_a_failing_store(tmp_path: Path, workers: Workers) -> None:
    def failing(_offset: int, _length: int) -> t.Iterable[bytes]:
        raise RuntimeError("gone")

    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    with pytest.raises(RuntimeError, match="gone"):
        _make(tmp_path, workers, plan, OLD, failing)


def test_an_unwritable_destination(tmp_path: Path, workers: Workers) -> None:
    plan = plan_delta(index_of(NEW), index_of(OLD), LAYOUT)
    (tmp_path / "old").write_bytes(OLD)
    with (tmp_path / "old").open("rb") as source, open(os.devnull, "r+b") as out:
        with pytest.raises(OSError):
            assemble(plan, source, Remote(NEW), out, workers)


def test_an_empty_file(tmp_path: Path, workers: Workers) -> None:
    plan = plan_delta(index_of(b""), index_of(OLD), LAYOUT)
    assert _make(tmp_path, workers, plan, OLD, Remote(b"")).data == b""


def test_a_whole_fetch(tmp_path: Path, workers: Workers) -> None:
    plan = plan_delta(index_of(NEW), index_from([]), LAYOUT)
    assert _make(tmp_path, workers, plan, b"", Remote(NEW)).data == NEW


def test_from_a_real_envelope(tmp_path: Path, workers: Workers) -> None:
    """Each request is for whole sealed chunks, and for no more of them than the plan says."""
    secret = SharedSecret.generate()
    sealer = Sealer(secret, "app 2", AES_256_GCM, chunk_size=LAYOUT.chunk_size)
    stored = b"".join(seal_stream(io.BytesIO(NEW), sealer, workers))
    opener = Opener(secret, "app 2", stored[:HEADER_SIZE])
    asked = []

    def fetch(offset: int, length: int) -> t.Iterable[bytes]:
        asked.append(length)
        return [stored[offset : offset + length]]

    plan = plan_delta(index_of(NEW), index_of(OLD), opener.layout)
    with Workers(2) as cipher:

        def read_range(offset: int, length: int) -> t.Iterable[memoryview]:
            return open_range(fetch, opener, len(stored), offset, length, cipher)

        assert _make(tmp_path, workers, plan, OLD, read_range).data == NEW
    chunks = sum(-(-part.length // LAYOUT.capacity(1)) for part in plan.fetches)
    assert sum(asked) <= chunks * LAYOUT.chunk_size
