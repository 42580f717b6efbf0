# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run that was killed within a big object did is not done again, or taken back."""

from __future__ import annotations

import random
import typing as t
from pathlib import Path

import pytest

from tests.integration import program
from tests.integration.module import sync
from tests.integration.networks import Tripwire, by_way
from tests.integration.places import Places
from tests.integration.processes import Killable

MIB = 1024 * 1024
NAME = "3/large.bin"
SIZE = 80 * MIB
#: Bytes that may be on their way and not yet of use when a run is killed.
UNDER_WAY = 40 * MIB
LEFT_OUT = 64 * MIB


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's runs leave what the next one may find."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/longshore"


def _contents(seed: int) -> bytes:
    return random.Random(seed).randbytes(SIZE)


class _Cut:
    """A run that is killed when ``after`` bytes have passed, and the way that the next can take, too."""

    def __init__(
        self, source: t.Any, destination: t.Any, counted: t.Any, **options: t.Any
    ) -> None:
        self._ends = source, destination
        self._options = options
        self._process: Killable | None = None
        server = (destination if counted == "up" else source).server
        self._counted = counted
        self._way = Tripwire(server.port, LEFT_OUT, self._kill, counted)

    def __enter__(self) -> t.Self:
        self._way.__enter__()
        source, destination = (by_way(self._way, end) for end in self._ends)
        arguments = {"source": source, "destination": destination, **self._options}
        self._process = Killable(program, arguments)
        self._process.run()
        assert self._way.tripped.is_set()
        return self

    def __exit__(self, *exc: object) -> None:
        self._way.__exit__(*exc)

    def _kill(self) -> None:
        assert self._process is not None
        self._process.kill()

    def run_again(self, **options: t.Any) -> int:
        """The next run; how many bytes passed in it."""
        before = self._way.passed[self._counted]
        source, destination = (by_way(self._way, end) for end in self._ends)
        sync(source, destination, **{**self._options, **options})
        return self._way.passed[self._counted] - before


def _unfinished(place: t.Any) -> list[str]:
    answer = place.client.list_multipart_uploads(Bucket=place.name)
    return [upload["UploadId"] for upload in answer.get("Uploads", ())]


def _stored(place: t.Any, upload: str) -> int:
    """Bytes that the server has of an upload."""
    answer = place.client.list_parts(Bucket=place.name, Key=NAME, UploadId=upload)
    return sum(part["Size"] for part in answer["Parts"])


@pytest.fixture()
def upward(places: Places) -> tuple[t.Any, t.Any]:
    source, destination = places("local"), places("seaweedfs")
    source.fill({NAME: _contents(1)})
    destination.make()
    return source, destination


def test_an_upload_is_gone_on_with(upward: tuple[t.Any, t.Any], cache: Path) -> None:
    source, destination = upward
    with _Cut(source, destination, "up") as cut:
        (upload,) = _unfinished(destination)
        stored = _stored(destination, upload)
        assert stored > 0
        (kept,) = (cache / "uploads").iterdir()
        assert kept.stat().st_mode & 0o777 == 0o600
        assert destination.server.secret not in kept.read_text()

        assert cut.run_again() < SIZE - stored + MIB
    assert destination.tree() == source.tree()
    assert not _unfinished(destination)
    assert not list((cache / "uploads").iterdir())


def test_parts_that_changed_are_sent(upward: tuple[t.Any, t.Any]) -> None:
    source, destination = upward
    with _Cut(source, destination, "up") as cut:
        first = source.read(NAME)[: 12 * MIB]
        source.put(NAME, first + _contents(2)[12 * MIB :])
        assert SIZE - 12 * MIB <= cut.run_again() < SIZE + MIB
    assert destination.tree() == source.tree()
    assert not _unfinished(destination)


def _another_size(source: t.Any) -> dict[str, t.Any]:
    source.put(NAME, _contents(1)[: -8 * MIB])
    return {}


def _another_header(_source: t.Any) -> dict[str, t.Any]:
    return {"rules": [{"match": "*", "cache_control": "no-cache"}]}


@pytest.mark.parametrize("change", [_another_size, _another_header])
def test_another_upload_is_begun(
    upward: tuple[t.Any, t.Any], change: t.Callable[[t.Any], dict[str, t.Any]]
) -> None:
    source, destination = upward
    with _Cut(source, destination, "up") as cut:
        options = change(source)
        size = len(source.read(NAME))
        assert cut.run_again(**options) >= size
    assert destination.tree() == source.tree()
    if options:
        assert destination.headers(NAME).cache_control == "no-cache"
    assert not _unfinished(destination)


def test_what_is_not_written_any_more_is_removed(
    upward: tuple[t.Any, t.Any], cache: Path
) -> None:
    source, destination = upward
    with _Cut(source, destination, "up") as cut:
        source.put("small.txt", b"small")
        source.delete(NAME)
        sync(source, destination, check=True)
        assert _unfinished(destination), "a check changes nothing"
        cut.run_again()
    assert destination.tree() == {"small.txt": b"small"}
    assert not _unfinished(destination)
    assert not list((cache / "uploads").iterdir())


def test_the_uploads_of_others_stay(upward: tuple[t.Any, t.Any]) -> None:
    source, destination = upward
    target = {"Bucket": destination.name, "Key": NAME}
    foreign = destination.client.create_multipart_upload(**target)["UploadId"]
    with _Cut(source, destination, "up") as cut:
        cut.run_again()
    assert destination.tree() == source.tree()
    assert _unfinished(destination) == [foreign]
    destination.client.abort_multipart_upload(**target, UploadId=foreign)


def test_a_note_may_be_damaged_or_out_of_date(
    upward: tuple[t.Any, t.Any], cache: Path
) -> None:
    source, destination = upward
    with _Cut(source, destination, "up") as cut:
        (upload,) = _unfinished(destination)
        destination.client.abort_multipart_upload(
            Bucket=destination.name, Key=NAME, UploadId=upload
        )
        (kept,) = (cache / "uploads").iterdir()
        stem = kept.name.partition(".")[0]
        (cache / "uploads" / f"{stem}.0").write_bytes(b"\xff{")
        assert cut.run_again() >= SIZE
    assert destination.tree() == source.tree()
    assert not _unfinished(destination)
    assert not list((cache / "uploads").iterdir())


def test_without_room_for_notes(upward: tuple[t.Any, t.Any], cache: Path) -> None:
    source, destination = upward
    cache.mkdir(parents=True)
    (cache / "uploads").write_bytes(b"a file where a folder would have to be")
    sync(source, destination)
    assert destination.tree() == source.tree()


# -- the other way


@pytest.fixture()
def downward(places: Places) -> tuple[t.Any, t.Any]:
    source, destination = places("seaweedfs"), places("local")
    source.fill({NAME: _contents(1)})
    destination.fill({NAME: b"old"})
    return source, destination


def _incoming(place: t.Any) -> list[Path]:
    return [place.path / key for key in place.keys() if "incoming" in key]


def test_a_download_is_gone_on_with(downward: tuple[t.Any, t.Any]) -> None:
    source, destination = downward
    with _Cut(source, destination, "down") as cut:
        assert destination.read(NAME) == b"old"
        assert len(_incoming(destination)) == 1
        assert cut.run_again() < SIZE - (LEFT_OUT - UNDER_WAY) + MIB
    assert destination.tree() == source.tree()
    assert not _incoming(destination)


def test_what_the_disk_lost_is_fetched_again(downward: tuple[t.Any, t.Any]) -> None:
    source, destination = downward
    with _Cut(source, destination, "down") as cut:
        (path,) = _incoming(destination)
        with path.open("r+b") as file:
            file.seek(9 * MIB)
            file.write(bytes(4096))
        assert cut.run_again() >= SIZE - 8 * MIB
    assert destination.tree() == source.tree()
    assert not _incoming(destination)


def test_a_download_of_what_changed_is_begun_anew(
    downward: tuple[t.Any, t.Any],
) -> None:
    source, destination = downward
    with _Cut(source, destination, "down") as cut:
        source.put(NAME, _contents(2))
        assert cut.run_again() >= SIZE
    assert destination.tree() == {NAME: _contents(2)}
    assert not _incoming(destination)


def test_from_store_to_store(places: Places) -> None:
    source, destination = places("seaweedfs"), places("moto")
    source.fill({NAME: _contents(1)})
    sync(source, destination, bandwidth_limit="1G")
    assert destination.tree() == source.tree()
