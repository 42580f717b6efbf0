# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found to agree is not looked at again, and nothing that changed since is missed."""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import tempfile
import typing as t
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest import (
    _tree_cache,
)
from ansible_collections.longshore.storage.plugins.module_utils._patterns import (
    Selection,
)
from tests.unit.module_utils.sync.helpers import (
    Container,
    Folder,
    Sync,
    Traits,
    Tree,
    counts,
    remote,
)

ROOT = ".longshore/manifest/root"
_ticks = itertools.count(1_700_000_000)


@pytest.fixture(autouse=True)
def files_at_rest() -> t.Iterator[None]:
    """Files that were just made count as if they had lain there for a while."""
    with mock.patch.object(_tree_cache, "GRAIN", -(10**15)):
        yield


@pytest.fixture()
def source(tmp_path: Path) -> Folder:
    names = [f"{folder}/{name}" for folder in "abc" for name in ("1", "2", "p.html")]
    return Folder(tmp_path / "source", {name: name.encode() for name in names})


@pytest.fixture()
def sync(tmp_path: Path) -> Sync:
    return Sync(tmp_path / "cache")


def put(folder: Folder, tree: Tree) -> None:
    """Write files, each at a time of its own."""
    folder.put(tree)
    for name in tree:
        tick = next(_ticks)
        os.utime(folder.path / name, (tick, tick))


def test_a_second_run_reads_the_root_alone(source: Folder, sync: Sync) -> None:
    destination = remote()
    first = sync(source, destination, verify="manifest")
    assert counts(first) == {"created": 9}
    destination.traits.log.clear()
    again = sync(source, destination, verify="manifest")
    assert counts(again) == {"unchanged": 9} and not again.changed
    assert destination.traits.log == [("read", ROOT)]


def test_of_what_changed_only_that_is_looked_at(source: Folder, sync: Sync) -> None:
    destination = remote()
    sync(source, destination, verify="manifest")
    put(source, {"a/1": b"other", "b/3": b"new"})
    source.remove("c/2")
    destination.traits.log.clear()
    report = sync(source, destination, verify="manifest")
    assert counts(report) == {"created": 1, "updated": 1, "deleted": 1, "unchanged": 7}
    assert destination.tree() == source.tree()
    changed = {key for operation, key in destination.traits.log if operation != "read"}
    ours = {key for key in changed if key.startswith(".longshore/")}
    assert changed - ours == {"a/1", "b/3", "c/2"}
    assert not any(operation == "list" for operation, _key in destination.traits.log)


def another_option(source: Folder, destination: Container) -> dict[str, t.Any]:
    return {"exclude": ["2"]}


def another_prefix(source: Folder, destination: Container) -> dict[str, t.Any]:
    destination.put({f"{ROOT}": destination.everything()[ROOT]})
    destination.remove("a/1")
    return {"verify": "listing"}


def a_manifest_of_somebody_else(
    source: Folder, destination: Container
) -> dict[str, t.Any]:
    other = Sync(source.path.parent / "other-cache")
    put(source, {"a/1": b"for a moment"})
    other(source, destination, verify="manifest")
    put(source, {"a/1": b"and back"})
    return {}


def a_link(source: Folder, destination: Container) -> dict[str, t.Any]:
    (source.path / "a/link").symlink_to("1")
    return {}


def no_manifest(source: Folder, destination: Container) -> dict[str, t.Any]:
    destination.remove(ROOT)
    return {}


@pytest.mark.parametrize(
    "change",
    [another_option, another_prefix, a_manifest_of_somebody_else, a_link, no_manifest],
)
def test_otherwise_everything_is(
    source: Folder,
    sync: Sync,
    change: t.Callable[[Folder, Container], dict[str, t.Any]],
) -> None:
    destination = remote()
    sync(source, destination, verify="manifest")
    options = change(source, destination)
    sync(source, destination, **{"verify": "manifest", **options})
    selection = Selection((), options.get("exclude", ()))
    wanted = {n: d for n, d in source.tree().items() if n in selection}
    assert {n: d for n, d in destination.tree().items() if n in selection} == wanted


def test_a_killed_runs_mark_is_not_overlooked(source: Folder, sync: Sync) -> None:
    destination = remote()
    sync(source, destination, verify="manifest")
    put(source, {"a/1": b"other", "a/2": b"other too"})
    destination.traits.failures["write", "a/2"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        sync(source, destination, verify="manifest", transfers=1)
    destination.traits.failures.clear()
    sync(source, destination, verify="manifest")
    assert destination.tree() == source.tree()


def test_a_damaged_memory_of_a_folder_hides_no_deletion(
    source: Folder, sync: Sync
) -> None:
    destination = remote()
    sync(source, destination, verify="manifest")
    source.remove("a/1")
    (cache,) = source.path.parent.glob("cache/*.tree")
    with contextlib.closing(sqlite3.connect(cache)) as database:
        changed = database.execute("UPDATE folder SET crc = crc + 1 WHERE path = 'a/'")
        assert changed.rowcount == 1
        database.commit()
    assert counts(sync(source, destination, verify="manifest")) == {
        "deleted": 1,
        "unchanged": 8,
    }
    assert destination.tree() == source.tree()


def test_limits_are_held_against_the_whole(source: Folder, sync: Sync) -> None:
    destination = remote()
    sync(source, destination, verify="manifest")
    source.remove("a/1", "a/2", "a/p.html")
    with pytest.raises(LongshoreError, match="3 of the 9") as caught:
        sync(source, destination, verify="manifest", max_delete="20%")
    sync(source, destination, verify="manifest")
    source.remove("b/1")
    limited = sync(source, destination, verify="manifest", max_delete="20%")
    assert counts(limited) == {"deleted": 1, "unchanged": 5}
    source.remove("b/2")
    with pytest.raises(LongshoreError, match="1 of the 5"):
        sync(source, destination, verify="manifest", max_delete="0")
    assert "max_delete=20%" in str(caught.value)


def test_warnings_are_said_in_every_run(source: Folder, sync: Sync) -> None:
    destination = remote()
    for _unused in range(3):
        report = sync(source, destination, verify="manifest", order=["*.none"])
        assert report.warnings == ["order[0] matches nothing of the source."]


EDITS = st.lists(
    st.dictionaries(
        st.sampled_from(["a/1", "a/2", "a/b/3.html", "c/4", "5", "c/6.txt"]),
        st.sampled_from([None, b"", b"1", b"22", b"333" * 100]),
        max_size=3,
    ),
    min_size=2,
    max_size=5,
)
OPTIONS = st.fixed_dictionaries(
    {
        "exclude": st.sampled_from([[], ["*.txt"], ["a/b"]]),
        "delete": st.sampled_from([True, True, False]),
        "rules": st.sampled_from(
            [
                (),
                ({"match": "*.html", "cache_control": "no-store"},),
                ({"match": "*", "compress": ["gzip"]},),
                ({"match": "*", "compress": ["gzip"], "siblings": True},),
            ]
        ),
        "verify": st.sampled_from(["manifest", "manifest", "listing"]),
        "allow_empty": st.just(True),
    }
)


@settings(max_examples=120)
@given(EDITS, OPTIONS, st.sampled_from(["true", "none"]))
def test_any_edits_come_out_as_without_a_memory(
    edits: list[dict[str, bytes | None]],
    options: dict[str, t.Any],
    md5: t.Literal["true", "none"],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Folder(Path(folder, "source"), {"x": b"x"})
        sync = Sync(Path(folder, "cache"))
        destination, other = (Container(traits=Traits(md5=md5)) for _side in "12")
        for number, edit in enumerate(edits):
            put(source, {n: data for n, data in edit.items() if data is not None})
            there = source.tree()
            source.remove(*(n for n, d in edit.items() if d is None and n in there))
            report = sync(source, destination, **options)
            afresh = Sync(Path(folder, f"cache-{number}"))
            expected = afresh(source, other, **options)
            assert destination.tree() == other.tree()
            assert report.unchanged == expected.unchanged
            again = sync(source, destination, **options)
            assert not again.changed and again.unchanged == sum(
                counts(report).get(kind, 0)
                for kind in ("created", "updated", "copied", "unchanged")
            )
