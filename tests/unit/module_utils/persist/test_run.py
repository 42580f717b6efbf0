# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import os
import random
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._commands import (
    Command,
    CommandError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._options import (
    PersistOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._outcome import (
    DifferenceError,
    PersistError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._run import (
    remove,
    restore,
    save,
    verify,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._saving import (
    SaveOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    SnapshotMissingError,
)


class Scene:
    """A folder, a store, and a log of what commands were run."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir()
        (self.data / "a").write_text("one")
        (folder / "store").mkdir()
        self.log = folder / "log"
        self.log.touch()
        store = parse_endpoint(
            {"id": "LOCAL", "container": str(folder / "store")},
            option="store",
            providers=None,
            default_provider=None,
        )
        self.options = PersistOptions(
            store=store, path=str(self.data), host="h", folder=str(folder / "cache")
        )

    def say(self, text: str, code: int = 0) -> Command:
        script = f"echo {text} >> {self.log}; exit {code}"
        return Command(("sh", "-c", script), 60)

    def having(self, **options: object) -> PersistOptions:
        return dataclasses.replace(self.options, **options)  # type: ignore[arg-type]  # of any field

    @property
    def said(self) -> list[str]:
        return self.log.read_text().split()


@pytest.fixture()
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_commands_before_and_after(scene: Scene) -> None:
    options = scene.having(
        pre=(scene.say("a"), scene.say("b")), post=(scene.say("c"), scene.say("d"))
    )
    assert save(options, check=True).changed and scene.said == []
    assert save(options).changed and scene.said == ["a", "b", "c", "d"]


def test_what_a_command_wrote_is_saved(scene: Scene) -> None:
    dump = Command(("sh", "-c", f"echo dump > {scene.data}/dump"), 60)
    assert save(scene.having(pre=(dump,))).counts == {"directory": 1, "file": 2}


def test_commands_that_fail(scene: Scene) -> None:
    pre = (scene.say("a", 3), scene.say("b"))
    post = (scene.say("c", 4), scene.say("d"))
    with pytest.raises(CommandError) as caught:
        save(scene.having(pre=pre, post=post))
    assert scene.said == ["a", "c", "d"]
    # both of them are told
    assert "status 3" in str(caught.value) and "status 4" in str(caught.value)
    with pytest.raises(SnapshotMissingError):
        verify(scene.options)

    with pytest.raises(PersistError, match="status 4") as done:
        save(scene.having(post=post))
    assert done.value.report.changed and done.value.report.snapshot
    assert isinstance(done.value.reason, CommandError)


def test_progress(scene: Scene) -> None:
    (scene.data / "big").write_bytes(bytes(range(256)) * 20_000)
    sizes: list[int] = []
    save(scene.options, progress=sizes.append)
    assert sum(sizes) > 5_120_000 and len(sizes) > 2
    sizes.clear()
    verify(scene.options, progress=sizes.append)
    assert sum(sizes) > 5_120_000


@pytest.mark.parametrize("form", ["tar", "chunks"])
def test_bandwidth(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """All that goes to the store and comes from it."""
    noise = random.Random(1).randbytes(2_000_000)
    (scene.data / "big").write_bytes(noise)
    taken: list[tuple[int | None, int]] = []

    def take(self: Bandwidth, size: int) -> None:
        taken.append((self._rate, size))

    monkeypatch.setattr(Bandwidth, "take", take)
    saved = scene.having(rate=50_000, saving=SaveOptions(format=form))
    restored = dataclasses.replace(saved, to=str(tmp_path / "there"))
    for work, options in ((save, saved), (restore, restored)):
        taken.clear()
        work(options)
        assert {rate for rate, _size in taken} == {50_000}
        assert sum(size for _rate, size in taken) >= len(noise)


def test_a_restore_is_remembered(scene: Scene, tmp_path: Path) -> None:
    save(scene.options)
    there = tmp_path / "there"
    options = scene.having(to=str(there))
    assert restore(options, check=True).changed and not there.exists()
    assert restore(options).changed and not restore(options).changed
    # in another way it is another thing
    assert restore(dataclasses.replace(options, mode="merge")).changed
    (there / "a").write_text("two")
    assert restore(options, check=True).changed and restore(options).changed
    assert (there / "a").read_text() == "one"
    # nothing can be remembered here: then it is done again
    nowhere = dataclasses.replace(options, folder="/proc/nothing")
    assert restore(nowhere).changed and restore(nowhere).changed


def test_a_newer_snapshot_is_restored(scene: Scene, tmp_path: Path) -> None:
    options = scene.having(to=str(tmp_path / "there"))
    save(scene.options)
    restore(options)
    (scene.data / "a").write_text("two")
    save(scene.options)
    assert restore(options).changed
    assert (tmp_path / "there" / "a").read_text() == "two"


def test_differences_are_an_error_with_a_report(scene: Scene) -> None:
    save(scene.options)
    assert verify(scene.options).difference_count == 0
    os.chmod(scene.data / "a", 0o600)
    with pytest.raises(PersistError) as caught:
        verify(scene.options)
    assert isinstance(caught.value.reason, DifferenceError)
    assert caught.value.report.difference_count == 1
    assert "mode" in caught.value.report.differences[0]
    assert not caught.value.report.changed
    assert verify(scene.having(compare=False)).counts == {"directory": 1, "file": 1}


def test_removal(scene: Scene) -> None:
    one = save(scene.options).snapshot
    options = scene.having(snapshot=one)
    assert remove(options, check=True).pruned == [one]
    assert remove(options).pruned == [one] and not remove(options).changed
    assert scene.data.exists()


def test_an_empty_folder_and_an_empty_file(scene: Scene, tmp_path: Path) -> None:
    (scene.data / "a").unlink()
    save(scene.options)
    there = tmp_path / "there"
    restore(scene.having(to=str(there)))
    assert there.is_dir() and not list(there.iterdir())
    (scene.data / "empty").touch()
    file = scene.having(path=str(scene.data / "empty"))
    save(file)
    restore(dataclasses.replace(file, to=str(tmp_path / "copy")))
    assert (tmp_path / "copy").read_bytes() == b""
