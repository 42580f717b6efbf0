# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot in a file, as often as is worth it, and nothing where nobody watches."""

from __future__ import annotations

import json
import stat
import threading
import time
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils import _progress
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    SNAPSHOT_LIMIT,
    UNWATCHED,
    Amount,
    Progress,
    Snapshot,
    if_long,
)


class Scene:
    """A file that is watched, and a clock that stands still unless it is told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "told"
        self.now = 1000.0
        self.progress = Progress(str(self.path), lambda: self.now)

    def until(self, **fields: object) -> Snapshot:
        """Wait until this is told, which it must be without anybody doing anything more."""
        while True:
            seen = self.seen()
            if all(getattr(seen, name) == value for name, value in fields.items()):
                return seen
            # a file tells nobody that it was written
            time.sleep(0.01)

    def seen(self) -> Snapshot:
        snapshot = Snapshot.decode(self.path.read_text())
        assert snapshot is not None
        return snapshot


@pytest.fixture()
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_the_file_is_there_from_the_start_to_the_end(scene: Scene) -> None:
    assert not scene.path.exists()
    with scene.progress as progress:
        assert progress.is_watched
        nothing = Amount(), Amount()
        assert scene.seen() == Snapshot("starting", 0.0, *nothing, "objects")
        # who reads it may be another user than who runs the module
        assert stat.S_IMODE(scene.path.stat().st_mode) == 0o644
    assert not list(scene.path.parent.iterdir())


def test_the_file_goes_with_what_fails(scene: Scene) -> None:
    with pytest.raises(StoreError), scene.progress:
        raise StoreError("write", "there", "no")
    assert not list(scene.path.parent.iterdir())


def test_a_phase_is_told_at_once_and_all_else_soon(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_progress, "_PAUSE", 0.01)
    with scene.progress as progress:
        progress.begin("writing", items=4, sizes=[10, 20, 30])
        assert scene.seen().size == Amount(0, 60)
        scene.now += 1.5
        progress.advance(10, 1)
        progress.advance(20)
        seen = scene.until(size=Amount(30, 60))
        assert seen == Snapshot("writing", 1.5, Amount(30, 60), Amount(1, 4), "objects")
        progress.begin("listing", unit="names")
        assert scene.seen() == Snapshot("listing", 0.0, Amount(), Amount(), "names")
        assert list(progress.counted("ab")) == ["a", "b"]
        assert progress.items == 2
        scene.until(items=Amount(2))
        progress.expect(7, 8)
        scene.until(size=Amount(0, 7), items=Amount(2, 8))
    assert not scene.path.exists()


def test_an_item_is_done_when_it_is_done(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of its bytes went by, and in how many threads."""
    monkeypatch.setattr(_progress, "_PAUSE", 0.01)
    with scene.progress as progress:
        progress.begin("writing", items=3, sizes=[100, 100, 100])
        for passed in (0, 40, 400):
            with progress.item(100) as tell:
                threads = [
                    threading.Thread(target=tell, args=[passed // 4]) for _n in range(4)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        with pytest.raises(StoreError), progress.item(100) as tell:
            tell(7)
            raise StoreError("write", "there", "no")
        assert scene.until(size=Amount(307, 300)).items.done == 3


def test_where_nobody_watches_nothing_is_done() -> None:
    assert not UNWATCHED.is_watched
    names, sizes = iter("ab"), iter([1, 2])
    with UNWATCHED as progress:
        progress.begin("writing", sizes=sizes)
        progress.expect(7, 8)
        progress.advance(5, 5)
        assert progress.counted(names) is names
        with progress.item(9) as tell:
            tell(9)
        assert progress.items == 0
    assert [*sizes] == [1, 2], "they are not even added up"


def test_what_cannot_be_written_is_not_told(tmp_path: Path) -> None:
    missing = Progress(str(tmp_path / "nowhere" / "told"))
    with missing as progress:
        assert not progress.is_watched
        progress.begin("writing", items=3)
        progress.advance(1, 1)
    assert not list(tmp_path.iterdir())


def test_what_others_put_there_is_not_touched(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "told.new").symlink_to(victim)
    with Progress(str(tmp_path / "told")) as progress:
        assert not progress.is_watched
    assert victim.read_text() == "mine"


AMOUNTS = st.builds(
    Amount, st.integers(0, 1 << 60), st.none() | st.integers(0, 1 << 60)
)


@given(
    st.builds(
        Snapshot,
        st.from_regex("[a-z ]{1,40}", fullmatch=True),
        st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000),
        AMOUNTS,
        AMOUNTS,
        st.just("objects"),
    )
)
def test_a_snapshot_comes_back(snapshot: Snapshot) -> None:
    text = snapshot.encode()
    assert len(text) <= SNAPSHOT_LIMIT
    found = Snapshot.decode(text)
    assert found is not None
    assert found._replace(seconds=0) == snapshot._replace(seconds=0)
    assert abs(found.seconds - snapshot.seconds) < 0.002


GOOD = json.loads(Snapshot("writing", 1.0, Amount(), Amount(), "files").encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[" * 900,
        "7",
        json.dumps(GOOD)[:-1],
        json.dumps(GOOD | {"phase": "\x1b[2J"}),
        json.dumps(GOOD | {"phase": "a" * 41}),
        json.dumps(GOOD | {"unit": None}),
        json.dumps(GOOD | {"seconds": -1}),
        json.dumps(GOOD | {"seconds": float("nan")}),
        json.dumps(GOOD | {"seconds": float("inf")}),
        json.dumps(GOOD | {"size": [1]}),
        json.dumps(GOOD | {"size": [1, "2"]}),
        json.dumps(GOOD | {"items": [1.5, 2]}),
        json.dumps(GOOD | {"items": [1 << 70, None]}),
    ],
)
def test_what_is_no_snapshot_is_none(text: str) -> None:
    assert Snapshot.decode(text) is None


def test_work_beside_what_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "_LONG", 0.0)
    came = threading.Event()
    ended: list[bool] = []

    def work(has_ended: t.Callable[[], bool]) -> None:
        ended.append(has_ended())
        came.set()
        raise StoreError("list", "there", "which is nobody's affair")

    with if_long(work):
        assert came.wait(60)
    assert ended == [False]


def test_nothing_beside_what_is_short() -> None:
    began: list[object] = []
    with if_long(began.append):
        pass
    assert not began
