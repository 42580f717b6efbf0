# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync keeps as releases of its destination, and how it returns to one."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LongshoreError,
    PlanRefusedError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._releases._keeper import (
    read_releases,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._keep_release import (
    ReleaseNotKeptError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.sync.helpers import (
    OURS,
    Container,
    Folder,
    Place,
    Sync,
    counts,
    open_place,
    remote,
)

KEPT = f"{OURS}releases/"
ONE = {"index.html": b"<p>one</p>" * 30, "a.css": b"b{}", "old/x.bin": b"x"}
TWO = {"index.html": b"<p>two</p>" * 30, "a.css": b"b{}", "new/y.bin": b"y" * 20}
THREE = {**TWO, "index.html": b"<p>three</p>" * 30}
RULES: tuple[dict[str, t.Any], ...] = (
    {"match": "*.html", "compress": ["gzip"], "cache_control": "no-cache"},
    {"match": "*.css", "acl": "public-read", "metadata": {"by": "us"}},
)


@pytest.fixture()
def source(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "site")


@pytest.fixture(params=["memory", "opaque", "folder"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """One that compares by MD5, one whose listing has none, and a folder."""
    if request.param == "folder":
        return Folder(tmp_path / "www")
    return remote(prefix="web/", md5="true" if request.param == "memory" else "none")


def change(source: Folder, tree: t.Mapping[str, bytes]) -> None:
    source.remove(*(source.tree().keys() - tree.keys()))
    source.put(tree)


def contents(place: Place) -> set[str]:
    return {name for name in place.everything() if name.startswith(f"{KEPT}contents/")}


def lists(place: Place) -> set[str]:
    return {name for name in place.everything() if name.startswith(f"{KEPT}lists/")}


def names(place: Place) -> list[str]:
    with Workers(1) as workers, open_place(place.endpoint) as store:
        return [one.name + "*" * one.live for one in read_releases(store, workers)]


def test_publish_and_return(source: Folder, destination: Place, sync: Sync) -> None:
    trees = {"one": ONE, "two": TWO, "three": THREE}
    for name, tree in trees.items():
        change(source, tree)
        planned = sync(source, destination, release=name, check_mode=True)
        assert planned.changed
        report = sync(source, destination, release=name)
        assert report.changed and report.release == name
        assert report.after == planned.after and report.before == planned.before
        again = sync(source, destination, release=name)
        assert not again.changed and counts(again) == {"unchanged": 3}
    assert names(destination) == ["three*", "two", "one"]
    assert len(contents(destination)) == 6, "each of them once"

    planned = sync.back(destination, check_mode=True)
    assert destination.tree() == THREE and names(destination)[0] == "three*"
    report = sync.back(destination)
    assert counts(report) == counts(planned) == {"updated": 1, "unchanged": 2}
    assert report.before == planned.before and report.release == "two"
    assert destination.tree() == TWO
    assert names(destination) == ["three", "two*", "one"]
    assert not sync.back(destination).changed, "it is rolled back already"
    assert not sync.back(destination, "two").changed

    assert sync.back(destination, "one", order=("*.css", "*.html")).changed
    assert destination.tree() == ONE
    assert not sync.back(destination).changed
    assert sync.back(destination, "three").changed
    assert destination.tree() == THREE
    assert sync.back(destination).release == "two"
    assert not sync.back(destination, verify="manifest").changed

    report = sync(source, destination, release="three")
    assert counts(report) == {"updated": 1, "unchanged": 2}
    assert names(destination)[0] == "three*"
    assert destination.tree() == THREE
    assert not sync(source, destination).changed


def test_a_release_needs_nothing_of_the_live_state(
    source: Folder, destination: Place, sync: Sync
) -> None:
    source.put(ONE)
    sync(source, destination, release="one")
    destination.put({"index.html": b"somebody else's", "beside.txt": b"too"})
    destination.remove("a.css")
    assert sync.back(destination, "one", protect=("beside.txt",)).changed
    assert destination.tree() == {**ONE, "beside.txt": b"too"}
    with pytest.raises(PlanRefusedError, match="max_delete"):
        sync.back(destination, "one", max_delete="0")
    assert counts(sync.back(destination, "one"))["deleted"] == 1
    assert destination.tree() == ONE


def test_headers_come_back(source: Folder, sync: Sync) -> None:
    destination = remote()
    source.put(ONE)
    sync(source, destination, release="one", rules=RULES)
    before = {n: destination.store.stat(n).attributes for n in ONE}
    assert before["index.html"].content_encoding == "gzip"
    data = destination.everything()["index.html"]
    assert data != ONE["index.html"]
    change(source, TWO)
    sync(source, destination, release="two")

    assert sync.back(destination).changed

    assert {n: destination.store.stat(n).attributes for n in ONE} == before
    assert before["a.css"] == Attributes(
        "text/css", metadata={"by": "us"}, acl="public-read"
    )
    assert destination.everything()["index.html"] == data
    assert not sync.back(destination).changed
    change(source, ONE)
    assert not sync(source, destination, release="one", rules=RULES).changed
    other = [{**RULES[0], "cache_control": "max-age=60"}]
    with pytest.raises(PlanRefusedError, match=r"in 2 name\(s\): a.css, index.html"):
        sync(source, destination, release="one", rules=tuple(other))


def test_siblings_and_failing_copies(source: Folder, sync: Sync) -> None:
    """What a store will not copy is sent, as it is stored."""
    destination = remote(md5="none")
    rules = ({"match": "*.html", "compress": ["gzip"]},)
    source.put(ONE)
    sync(source, destination, release="one", rules=rules)
    before = destination.tree()
    beside = ({"match": "*.html", "compress": ["gzip"], "siblings": True},)
    sync(source, destination, release="two", rules=beside)
    both = destination.tree()
    assert both.keys() - before.keys() == {"index.html.gz"}

    destination.traits.failures = {
        ("copy", name): StoreError("copy", "there", "it will not") for name in both
    }
    assert sync.back(destination).changed
    assert destination.tree() == before
    assert not sync.back(destination).changed
    assert sync.back(destination, "two").changed
    assert destination.tree() == both


def test_from_store_to_store(sync: Sync) -> None:
    """The source's own headers are kept, and its etags known."""
    source, destination = remote(md5="none"), remote(md5="none")
    source.store.write("a", b"1", Attributes("text/x", cache_control="no-cache"))
    source.store.write("b", b"1", Attributes("text/y"))
    sync(source, destination, release="one")
    source.store.write("a", b"2", Attributes("text/z"))
    sync(source, destination, release="two")
    assert len(contents(destination)) == 3
    sync.back(destination)
    assert destination.tree() == {"a": b"1", "b": b"1"}
    found = destination.store.stat("a").attributes
    assert found == Attributes("text/x", cache_control="no-cache")
    assert not sync.back(destination).changed
    report = sync(source, destination, release="two")
    assert counts(report) == {"updated": 1, "unchanged": 1}


def test_kept_by_number(source: Folder, destination: Place, sync: Sync) -> None:
    for number in range(5):
        source.put({"index.html": b"%d" % number, f"{number}.bin": b"%d" % number})
        source.put({"same.bin": b"same"})
        keep = {"count": 2}
        planned = sync(
            source,
            destination,
            release=f"v{number}",
            keep_releases=keep,
            check_mode=True,
        )
        report = sync(source, destination, release=f"v{number}", keep_releases=keep)
        pruned = [f"v{number - 2}"] if number > 1 else []
        assert report.releases_pruned == planned.releases_pruned == pruned
    assert names(destination) == ["v4*", "v3"]
    assert len(contents(destination)) == 1 + 5 + 2
    with pytest.raises(PlanRefusedError, match="There are v4, v3") as refused:
        sync.back(destination, "v0")
    assert "pruned" in refused.value.hint
    assert sync.back(destination).release == "v3"
    source.put({"index.html": b"5"})
    report = sync(source, destination, release="v3.1", keep_releases={"count": 1})
    assert report.releases_pruned == ["v4", "v3"]
    assert not sync(source, destination, release="v3.1").changed
    assert len(lists(destination)) == 1


# -- what goes wrong


def test_what_was_copied_is_not_copied_again(source: Folder, sync: Sync) -> None:
    destination = remote(prefix="web/")
    source.put({f"{number}.bin": b"%d" % number for number in range(9)})
    gone = set[str]()

    def fail(operation: str, key: str) -> None:
        if operation == "copy" and len(gone) < 4:
            gone.add(key)
        elif operation == "copy":
            raise StoreError("copy", "there", "it is off")

    destination.traits.before = fail
    with pytest.raises(ReleaseNotKeptError, match="'one'.*it is off") as caught:
        sync(source, destination, release="one", transfers=1)
    assert counts(caught.value.report) == {"created": 9}
    assert len(contents(destination)) == 4 and not names(destination)

    destination.traits.before = lambda operation, key: None
    destination.traits.calls.clear()
    report = sync(source, destination, release="one")
    assert report.changed and counts(report) == {"unchanged": 9}
    assert destination.traits.calls["copy"] == 5
    assert names(destination) == ["one*"]


def test_leftovers_are_removed_and_failures_are_warnings(
    source: Folder, sync: Sync
) -> None:
    destination = remote()
    source.put(ONE)
    litter = f"{KEPT}contents/{'0' * 64}.1"
    destination.store.write(litter, b"of a run that was killed")
    destination.traits.undeletable.add(litter)
    report = sync(source, destination, release="one")
    assert litter in report.warnings[0] and report.changed
    destination.traits.undeletable.clear()
    change(source, TWO)
    assert not sync(source, destination, release="two").warnings
    assert litter not in destination.everything()


class _AtThe:
    """Calls ``action`` at the ``number``-th operation of that kind on a key that begins so."""

    def __init__(
        self, number: int, operation: str, key: str, action: t.Callable[[], object]
    ) -> None:
        self._left = number
        self._what = operation
        self._key = key
        self._action = action

    def __call__(self, operation: str, key: str) -> None:
        if operation == self._what and key.startswith(self._key):
            self._left -= 1
            if not self._left:
                self._action()


@pytest.mark.parametrize("key, number", [("index.html", 1), (f"{KEPT}index", 2)])
def test_back_from_a_publication_that_failed(
    source: Folder, sync: Sync, key: str, number: int
) -> None:
    destination = remote()
    for name, tree in {"one": ONE, "two": TWO}.items():
        change(source, tree)
        sync(source, destination, release=name)
    change(source, {**THREE, "z.bin": b"z"})

    def fail() -> None:
        raise StoreError("write", "there", "it is off")

    destination.traits.before = _AtThe(number, "write", key, fail)
    with pytest.raises(LongshoreError, match="it is off"):
        sync(source, destination, release="three", transfers=1)
    destination.traits.before = lambda operation, key: None
    assert sync.back(destination).release == "two"
    assert destination.tree() == TWO
    assert not sync.back(destination).changed
    sync(source, destination, release="three")
    assert sync.back(destination).release == "two"


@pytest.mark.parametrize(
    "operation, key, number",
    [
        ("write", f"{KEPT}index", 1),
        ("copy", f"{KEPT}contents/", 1),
        ("write", f"{KEPT}index", 2),
    ],
    ids=["mark", "copy", "commit"],
)
def test_two_at_once(
    tmp_path: Path, sync: Sync, operation: str, key: str, number: int
) -> None:
    """The other run keeps and prunes while this one is at it: one wins, and what is kept is whole."""
    destination = remote()
    source = Folder(tmp_path / "site", ONE)
    sync(source, destination, release="one")
    other = Folder(tmp_path / "other", TWO)

    def meet() -> None:
        destination.traits.before = lambda operation, key: None
        keep = {"count": 1}
        Sync(tmp_path / "its")(other, destination, release="two", keep_releases=keep)

    change(source, {**ONE, "index.html": b"1"})
    destination.traits.before = _AtThe(number, operation, key, meet)
    with pytest.raises(LongshoreError, match="another run|wrote it") as caught:
        sync(source, destination, release="three")
    assert "un again" in str(caught.value)
    assert names(destination) == ["two*"]
    destination.traits.before = lambda operation, key: None
    sync.back(destination, "two")
    assert destination.tree() == TWO
    assert sync(source, destination, release="three").changed
    assert destination.tree() == {**ONE, "index.html": b"1"}
    sync.back(destination)
    assert destination.tree() == TWO


def test_an_object_that_changes_while_it_is_kept(source: Folder, sync: Sync) -> None:
    destination = remote()
    source.put(ONE)

    def meddle(operation: str, key: str) -> None:
        if operation == "list" and key.endswith(KEPT):
            destination.put({"a.css": b"else"})

    destination.traits.before = meddle
    with pytest.raises(ReleaseNotKeptError, match="a.css"):
        sync(source, destination, release="one")
    destination.traits.before = lambda operation, key: None
    sync(source, destination, release="one")
    assert destination.tree() == ONE and names(destination) == ["one*"]


def test_damage(source: Folder, destination: Place, sync: Sync) -> None:
    source.put(ONE)
    sync(source, destination, release="one")
    change(source, TWO)
    sync(source, destination, release="two")
    one = contents(destination)
    destination.remove(*one)
    before = destination.snapshot()
    with pytest.raises(LongshoreError, match="'one' is damaged: 3 of its objects"):
        sync.back(destination)
    assert destination.snapshot() == before
    # what is missing is kept anew by the next release that has it
    source.put({"index.html": b"3"})
    sync(source, destination, release="three")
    assert len(contents(destination)) == 3
    for name in lists(destination):
        destination.put({name: b"?"})
    with pytest.raises(LongshoreError, match="cannot be decompressed"):
        sync.back(destination)
    source.put({"index.html": b"4"})
    report = sync(source, destination, release="four")
    assert "damaged" in report.warnings[0]
    destination.put({f"{KEPT}index": b"[]"})
    with pytest.raises(LongshoreError, match="damaged: its index"):
        sync.back(destination)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "\u00e9", "a" * 101, "a\n"])
def test_names_that_are_none(
    source: Folder, destination: Place, sync: Sync, name: str
) -> None:
    source.put(ONE)
    with pytest.raises(ConfigurationError, match="no name of a release"):
        sync(source, destination, release=name)
    with pytest.raises(ConfigurationError, match="no name of a release"):
        sync.back(destination, name)
    assert not destination.everything()


@pytest.mark.parametrize(
    "options, why",
    [
        ({"keep_releases": {"count": 2}}, "needs release"),
        ({"release": "a", "keep_releases": {}}, "neither count nor age"),
        ({"release": "a", "keep_releases": {"count": 0}}, "1 or more, not 0"),
        ({"release": "a", "keep_releases": {"age": "x"}}, "keep_releases.age"),
        ({"release": "a", "manifest": "never"}, "With release a manifest"),
    ],
)
def test_refused_options(
    source: Folder, sync: Sync, options: dict[str, t.Any], why: str
) -> None:
    destination = remote()
    source.put(ONE)
    with pytest.raises(ConfigurationError, match=why):
        sync(source, destination, **options)
    assert not destination.everything()


def test_refused_places(source: Folder, sync: Sync) -> None:
    source.put(ONE)
    destination = remote(copying=False)
    with pytest.raises(
        ConfigurationError, match="with provider MEMORY objects cannot be copied within"
    ):
        sync(source, destination, release="one")
    assert not destination.everything()
    for other in (destination, remote(), Container(exists=False)):
        with pytest.raises(PlanRefusedError, match="No release is kept there"):
            sync.back(other)
    whole = remote()
    file = Folder(source.path / "new")
    file.endpoint = type(file.endpoint)("LOCAL", str(source.path / "a.css"))
    with pytest.raises(ConfigurationError, match="is a single file"):
        sync(file, whole, release="one")
    sync(source, whole, release="one")
    with pytest.raises(PlanRefusedError, match="no release before the live one"):
        sync.back(whole)


def test_a_name_stays_what_it_is(
    source: Folder, destination: Place, sync: Sync
) -> None:
    source.put(ONE)
    sync(source, destination, release="one")
    before = destination.snapshot()
    change(source, TWO)
    with pytest.raises(
        PlanRefusedError, match=r"in 3 name\(s\): index.html, new/y.bin, old/x.bin"
    ):
        sync(source, destination, release="one")
    assert destination.snapshot() == before


def test_headers_that_somebody_changed_are_found(source: Folder, sync: Sync) -> None:
    """A roll back asks for no header of what it copies; with verify=content it looks at those that are there."""
    destination = remote()
    source.put(ONE)
    sync(source, destination, release="one", rules=RULES)
    before = {n: destination.store.stat(n).attributes for n in ONE}
    for name in ONE:
        info = destination.store.stat(name).info
        destination.store.copy(info, name, Attributes("text/else"))
    assert counts(sync.back(destination, "one", verify="content")) == {"updated": 3}
    assert {n: destination.store.stat(n).attributes for n in ONE} == before
    assert not sync.back(destination, "one", verify="content").changed
    change(source, TWO)
    sync(source, destination, release="two")
    destination.traits.calls.clear()
    sync.back(destination)
    assert destination.traits.calls["copy"] == 3
    assert not destination.traits.calls["stat"]
