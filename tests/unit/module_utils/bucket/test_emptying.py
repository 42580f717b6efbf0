# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emptying, wherever it is: rounds, batches, refusals."""

from __future__ import annotations

import itertools
import threading
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils import _progress
from ansible_collections.longshore.storage.plugins.module_utils._bucket._emptying import (
    BATCH,
    Counted,
    Emptied,
    Emptier,
    Entry,
    Refusal,
    batches,
    count_store,
    empty_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._requests import (
    RequestCounter,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    StoreError,
    UnreachableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    UNWATCHED,
    Amount,
)
from tests.unit.module_utils.bucket.entries import objects
from tests.unit.progress import Recorder

PLACE = "container 'b' of MEMORY"


class Shelf(Emptier):
    """A bucket that is a set; ``refused`` stay, ``arriving`` is put there before each listing."""

    def __init__(self, there: t.Iterable[Entry]) -> None:
        super().__init__(PLACE, RequestCounter())
        self.there = dict.fromkeys(there)
        self.refused: set[Entry] = set()
        self.arriving: t.Iterator[t.Iterable[Entry]] = iter(())
        self.listings = 0
        self.deleted: list[int] = []
        self._lock = threading.Lock()

    def entries(self) -> t.Iterator[t.Sequence[Entry]]:
        self.listings += 1
        self.there.update(dict.fromkeys(next(self.arriving, ())))
        yield from batches(list(self.there))

    def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        self._requests.add()
        with self._lock:
            self.deleted.append(len(batch))
            for entry in batch:
                if entry not in self.refused:
                    self.there.pop(entry, None)
        return [Refusal(entry, "No") for entry in batch if entry in self.refused]


def run(shelf: Emptier) -> tuple[Emptied, list[float]]:
    waits: list[float] = []
    return shelf.run(sleep=waits.append), waits


def failure(shelf: Emptier) -> StoreError:
    with pytest.raises(StoreError) as caught:
        run(shelf)
    return caught.value


def test_an_empty_bucket_is_listed_once() -> None:
    shelf = Shelf([])
    assert run(shelf) == (Emptied(), [0.0])
    assert shelf.listings == 1


def test_everything_goes_in_batches_and_is_counted_by_kind() -> None:
    shelf = Shelf(
        [
            *objects(2500),
            Entry("versions", "a", "1"),
            Entry("versions", "a", "2"),
            Entry("delete_markers", "a", "3"),
            Entry("uploads", "a", "u"),
        ]
    )
    emptied, waits = run(shelf)
    assert emptied == Emptied(2500, 2, 1, 1, requests=3)
    assert str(emptied) == (
        "2,500 objects, 2 older versions, 1 delete marker and 1 unfinished upload"
    )
    assert sorted(shelf.deleted) == [504, BATCH, BATCH]
    assert waits == [0.0, 0.0], "nobody waits for the look whether all is gone"


def test_what_arrives_meanwhile_goes_too() -> None:
    shelf = Shelf(objects(3))
    shelf.arriving = iter([[], [Entry("objects", "late")], [Entry("objects", "later")]])
    emptied, waits = run(shelf)
    assert emptied.objects == 5 and not shelf.there
    assert len(waits) == shelf.listings == 4 and all(waits[2:])


def test_somebody_who_keeps_writing_is_given_up_against() -> None:
    shelf = Shelf([])
    shelf.arriving = ([Entry("objects", f"new-{n}")] for n in itertools.count())
    error = failure(shelf)
    assert (
        error.detail
        == "10 objects deleted, and each of 10 listings showed something new"
    )
    assert "Stop whatever keeps writing" in error.hint
    assert shelf.listings == 10


def test_refusals_are_raised_after_everything_else_is_gone() -> None:
    all_of_them = objects(3000)
    shelf = Shelf(all_of_them)
    shelf.refused = set(all_of_them[500:512])
    error = failure(shelf)
    assert set(shelf.there) == shelf.refused
    assert error.message.startswith(
        f"Could not delete everything in {PLACE}: 2,988 objects deleted, 12 not. 'key-500': No; "
    )
    assert error.message.count(": No") == 10 and error.message.endswith("; and so on.")


def test_a_refusal_that_another_deletion_lifts_is_no_failure() -> None:
    folder, inside = Entry("objects", "d/"), Entry("objects", "d/f")
    shelf = Shelf([folder, inside])

    def delete(batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        full = inside in shelf.there
        for entry in batch:
            if entry is not folder or not full:
                shelf.there.pop(entry, None)
        return [Refusal(folder, "not empty")] if full else []

    shelf.delete = delete  # type: ignore[method-assign]  # a server that looks into folders
    assert run(shelf)[0].objects == 2


def test_refusals_beyond_the_first_are_counted_and_not_kept() -> None:
    shelf = Shelf(objects(1500))
    shelf.refused = set(shelf.there)
    looked_into: list[int] = []

    def look_into(refusals: t.Sequence[Refusal]) -> tuple[t.Sequence[Refusal], str]:
        looked_into.append(len(refusals))
        return refusals, "Ask for help."

    shelf.look_into = look_into  # type: ignore[method-assign]  # what S3 does with locks
    error = failure(shelf)
    assert "nothing deleted, 1,500 not." in error.detail
    assert error.hint == "Of the first 100: Ask for help."
    assert looked_into == [100] and shelf.listings == 1


def test_a_request_that_fails_ends_it_and_the_next_run_goes_on() -> None:
    shelf = Shelf(objects(9 * BATCH))
    delete, calls = shelf.delete, itertools.count()

    def failing(batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        if next(calls) == 2:
            raise UnreachableError("delete objects", PLACE, "the line is cut")
        return delete(batch)

    shelf.delete = failing  # type: ignore[method-assign]  # a network
    with pytest.raises(UnreachableError):
        run(shelf)
    left = len(shelf.there)
    assert 0 < left < 9 * BATCH
    shelf.delete = delete  # type: ignore[method-assign]  # it is mended
    assert run(shelf)[0].objects == left


@pytest.mark.parametrize("number", [20, 200])
def test_what_is_listed_and_not_yet_deleted_is_bounded(number: int) -> None:
    held, most, lock = 0, 0, threading.Lock()

    class Endless(Shelf):
        def entries(self) -> t.Iterator[t.Sequence[Entry]]:
            nonlocal held, most
            self.listings += 1
            for _unused in range(number if self.listings == 1 else 0):
                with lock:
                    held += 1
                    most = max(most, held)
                yield [Entry("objects", "x")] * BATCH

        def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
            nonlocal held
            with lock:
                held -= 1
            return ()

    assert run(Endless([]))[0].objects == number * BATCH
    assert most <= 9


def test_who_watches_is_told_how_much_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a second listing, whose requests are nobody's affair."""
    monkeypatch.setattr(_progress, "_LONG", 0.0)
    counted = threading.Event()

    class Held(Shelf):
        def entries(self) -> t.Iterator[t.Sequence[Entry]]:
            for batch in super().entries():
                self._requests.add()
                yield batch
            if threading.current_thread().name == "longshore-beside":
                counted.set()

        def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
            assert not recorder.is_watched or counted.wait(60)
            return super().delete(batch)

    emptied = []
    for recorder in (Recorder(), UNWATCHED):
        emptied.append(Held(objects(2500)).run(recorder, sleep=lambda _seconds: None))
        if isinstance(recorder, Recorder):
            assert recorder.phases == {"emptying": (Amount(), Amount(2500, 2500))}
    assert emptied[0] == emptied[1] == Emptied(2500, requests=6)


# Any store.


def test_a_store_is_counted_and_emptied() -> None:
    with MemoryStore(Endpoint("MEMORY", "to-be-emptied")) as store:
        store.create_container()
        assert not count_store(store) and str(count_store(store)) == "nothing"
        for number in range(BATCH):
            store.write(f"k{number}", b"")
        assert count_store(store) == Counted(BATCH)
        store.write("one more", b"")
        assert str(count_store(store)) == "at least 1,000 objects"
        assert empty_store(store) == Emptied(BATCH + 1, requests=4)
        assert list(store.list()) == []


def test_a_store_s_refusals_are_named() -> None:
    class Stubborn(MemoryStore):
        def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
            super().delete([key for key in keys if key != "stays"])
            return {"stays": "it is in use"} if "stays" in keys else {}

    with Stubborn(Endpoint("MEMORY", "stubborn")) as store:
        store.create_container()
        for key in ("a", "stays", "z"):
            store.write(key, b"")
        with pytest.raises(
            StoreError, match="2 objects deleted, 1 not. 'stays': it is"
        ):
            empty_store(store)
        assert [info.key for info in store.list()] == ["stays"]
