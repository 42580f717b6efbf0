# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on their way in that a later run goes on with."""

from __future__ import annotations

import contextlib
import random
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._local_resumable import (
    Resumable,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    KeyRefusedError,
    LocalWriteError,
    TruncatedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._hashes import (
    Hashes,
)

STEP = 10
DATA = random.Random(1).randbytes(95)


class _Killed(Exception):
    """Stands for the end of a process, which removes nothing."""


def _store(root: Path) -> LocalStore:
    return LocalStore(Endpoint("LOCAL", str(root)))


def _write(
    store: LocalStore, until: int = len(DATA), error: type[Exception] | None = None
) -> int:
    """Write DATA up to there, and then raise; where it began."""
    began: list[int] = []

    def fill(file: Resumable) -> None:
        hashes = Hashes()
        file.recover(hashes.accept)
        began.append(file.position)
        while file.position < until:
            data = DATA[file.position : file.position + STEP]
            hashes.update(data)
            file.append(memoryview(data), hashes.mark())
        if error is not None:
            raise error("read", "box", "it ended")
        assert hashes.size == len(DATA)

    with contextlib.suppress(TruncatedError):
        store.write_resumably("d/a", "v1", len(DATA), STEP, fill)
    return began[0]


def _incoming(root: Path) -> list[Path]:
    return list(root.rglob(".longshore-incoming-*"))


def test_it_is_gone_on_with(tmp_path: Path) -> None:
    with _store(tmp_path) as store:
        assert _write(store, 40, TruncatedError) == 0
        assert not (tmp_path / "d/a").exists()
    with _store(tmp_path) as store:
        list(store.list())
        store.write("other", b"1")
        assert _write(store) == 40
    assert (tmp_path / "d/a").read_bytes() == DATA
    assert not _incoming(tmp_path)


def test_all_of_it_may_be_there(tmp_path: Path) -> None:
    with _store(tmp_path) as store:
        _write(store, len(DATA), TruncatedError)
        assert _write(store) == len(DATA)
    assert (tmp_path / "d/a").read_bytes() == DATA


@pytest.mark.parametrize(
    ("place", "kept"), [(0, 0), (29, 20), (39, 30), (95, 0), (95 + 32 * 3 + 31, 30)]
)
def test_what_was_lost_is_done_again(tmp_path: Path, place: int, kept: int) -> None:
    """A byte of the contents, or of what vouches for them."""
    with _store(tmp_path) as store:
        _write(store, 40, TruncatedError)
        (path,) = _incoming(tmp_path)
        damaged = bytearray(path.read_bytes())
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert _write(store) == kept
    assert (tmp_path / "d/a").read_bytes() == DATA


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    with _store(tmp_path) as store:
        _write(store, 40, TruncatedError)
        (path,) = _incoming(tmp_path)
        path.write_bytes(path.read_bytes()[:30])
        assert _write(store) == 0
    assert (tmp_path / "d/a").read_bytes() == DATA


def test_other_faults_leave_nothing(tmp_path: Path) -> None:
    class Fault(Exception):
        pass

    with _store(tmp_path) as store:
        with pytest.raises(Fault):
            _write(store, 40, Fault)
    assert not _incoming(tmp_path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    def outer(_file: Resumable) -> None:
        with _store(tmp_path) as other:
            assert other.write_resumably("a", "v1", 0, STEP, _fails) is None
            list(other.list())
            other.write("b", b"1")
        assert len(_incoming(tmp_path)) == 1, "its writer lives"

    with _store(tmp_path) as store:
        store.write_resumably("a", "v1", 0, STEP, outer)
    assert not _incoming(tmp_path)


@pytest.mark.parametrize("succeeds", [True, False])
def test_what_nobody_went_on_with(tmp_path: Path, succeeds: bool) -> None:
    with _store(tmp_path) as store:
        _write(store, 40, TruncatedError)
    with contextlib.suppress(_Killed), _store(tmp_path) as store:
        list(store.list())
        store.write("other", b"1")
        assert len(_incoming(tmp_path)) == 1
        if not succeeds:
            raise _Killed
    assert bool(_incoming(tmp_path)) != succeeds


def test_who_only_reads_removes_nothing(tmp_path: Path) -> None:
    with _store(tmp_path) as store:
        _write(store, 40, TruncatedError)
    with _store(tmp_path) as store:
        list(store.list())
    assert len(_incoming(tmp_path)) == 1


def _nothing(_file: Resumable) -> None:
    pass


def _fails(_file: Resumable) -> t.NoReturn:
    raise OSError(28, "No space left on device")


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    with _store(tmp_path) as store:
        for key in ("../a", "file/a"):
            with pytest.raises(KeyRefusedError):
                store.write_resumably(key, "v1", 0, STEP, _nothing)
        with pytest.raises(LocalWriteError, match="No space left"):
            store.write_resumably("a", "v1", 0, STEP, _fails)
    assert not _incoming(tmp_path)
