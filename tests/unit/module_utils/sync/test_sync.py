# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    ContainerMissingError,
    PlanRefusedError,
    SourceError,
)
from tests.unit.machine import Child, become_ordinary_user, give_to_ordinary_user
from tests.unit.module_utils.sync.helpers import (
    Container,
    Folder,
    Place,
    Sync,
    Traits,
    Tree,
    counts,
    remote,
)

SITE: Tree = {
    "index.html": b"<a href=a.css>",
    "a.css": b"body{}",
    "img/logo.svg": b"<svg/>",
}


class Missing(Place):
    """A place that is not there."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint


@contextlib.contextmanager
def reachable_folder() -> t.Iterator[Path]:
    """A new folder that an ordinary user can get to, unlike those of root's tests."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


# -- what is published, and how


def test_first_run_makes_container_and_writes_pages_last(
    tmp_path: Path, sync: Sync
) -> None:
    source = Folder(tmp_path / "site", SITE)
    destination = Container(traits=Traits(), exists=False)
    report = sync(source, destination)
    assert destination.everything() == SITE
    assert report.container_created and report.changed
    assert counts(report) == {"created": 3}
    assert report.bytes == sum(map(len, SITE.values()))
    written = [key for what, key in destination.traits.log if what == "write"]
    assert written[-1] == "index.html"


def test_local_files_get_a_content_type_and_objects_keep_theirs(
    tmp_path: Path, sync: Sync
) -> None:
    first, second = remote(), remote()
    sync(Folder(tmp_path / "site", SITE), first)
    assert first.store.stat("a.css").attributes == Attributes("text/css")
    kept = Attributes("x/y", "no-store", "gzip", metadata={"owner": "me"})
    first.store.write("a.css", b"other", kept)
    sync(first, second)
    assert second.store.stat("a.css").attributes == kept


@pytest.mark.parametrize("prefix", ["web/", "web/docs/"])
def test_a_prefix_is_all_that_is_touched(sync: Sync, prefix: str) -> None:
    destination = Container({"old": b"1", "a.css": b"2"}, prefix=prefix)
    around = {"web2/x": b"3", "web": b"4", "we": b"5", "other": b"6"}
    for key, data in around.items():
        destination.store.write(key, data)
    source = Container(SITE, prefix="some/where/")
    assert counts(sync(source, destination)) == {
        "created": 2,
        "updated": 1,
        "deleted": 1,
    }
    assert destination.tree() == SITE
    for key, data in around.items():
        assert b"".join(destination.store.read(key).chunks) == data


def test_equal_names_and_sizes_are_told_apart_by_content(
    tmp_path: Path, sync: Sync
) -> None:
    source, destination = Folder(tmp_path / "site", {"a": b"1", "b": b"2"}), remote()
    sync(source, destination)
    source.put({"a": b"9"})
    report = sync(source, destination)
    assert counts(report) == {"updated": 1, "unchanged": 1}
    assert report.tallies["updated"].sample == ["a"]
    assert destination.tree() == {"a": b"9", "b": b"2"}


def test_touched_but_equal_files_are_left_alone(tmp_path: Path, sync: Sync) -> None:
    source, destination = Folder(tmp_path / "site", SITE), remote()
    sync(source, destination)
    for name in SITE:
        os.utime(tmp_path / "site" / name, (1, 1))
    assert not sync(source, destination).changed


def test_diff_shows_names_sizes_and_hashes_before_and_after(sync: Sync) -> None:
    report = sync(
        Container({"new": b"1", "same": b"2", "other": b"33"}),
        Container({"same": b"2", "other": b"3", "old": b"4"}),
        check_mode=True,
    )
    diff = report.diff()
    assert diff["before"] == (
        "old 1 bytes md5 a87ff679a2f3e71d9181a67b7542122c\n"
        "other 1 bytes md5 eccbc87e4b5ce2fe28308fd9f2a7baf3\n"
    )
    assert diff["after"] == (
        "new 1 bytes md5 c4ca4238a0b923820dcc509a6f75849b\n"
        "other 2 bytes md5 182be0c5cdcd5072bb1864cdee4d3d6e\n"
    )


def test_samples_are_the_first_names_whatever_was_quicker(sync: Sync) -> None:
    tree = {f"{number:04}": b"x" for number in range(400)}
    source, destination = Container(tree), Container()
    predicted = sync(source, destination, check_mode=True).result()["samples"]
    assert predicted["created"] == sorted(tree)[:100]
    done = sync(source, destination, transfers=8).result()["samples"]
    assert done == predicted
    source.remove(*tree)
    emptied = sync(source, destination, allow_empty=True)
    assert emptied.result()["samples"]["deleted"] == sorted(tree)[:100]
    assert emptied.tallies["deleted"].count == 400


def test_more_deletions_than_one_call_takes(sync: Sync) -> None:
    destination = remote({f"old/{number}": b"" for number in range(2500)})
    assert counts(sync(Container({"a": b""}), destination)) == {
        "created": 1,
        "deleted": 2500,
    }
    assert set(destination.tree()) == {"a"}


@pytest.mark.parametrize("verify", ["listing", "manifest", "content"])
def test_one_transfer_at_a_time_is_enough(
    tmp_path: Path, sync: Sync, verify: str
) -> None:
    source, destination = Folder(tmp_path / "site", SITE), remote({"old": b""})
    for manifest in ("always", "auto"):
        sync(source, destination, transfers=1, verify=verify, manifest=manifest)
    assert destination.tree() == SITE


# -- what is left alone


def test_excluded_names_are_neither_published_nor_deleted(
    tmp_path: Path, sync: Sync
) -> None:
    source = Folder(tmp_path / "site", {**SITE, "x.map": b"1"})
    destination = remote({"y.map": b"2", "uploads/z": b"3", "old": b"4"})
    report = sync(source, destination, exclude=("*.map", "/uploads/"))
    assert destination.tree() == {**SITE, "y.map": b"2", "uploads/z": b"3"}
    assert counts(report) == {"created": 3, "deleted": 1}


def test_names_not_included_are_left_alone_too(tmp_path: Path, sync: Sync) -> None:
    destination = remote({"old.css": b"1", "old.html": b"2"})
    sync(Folder(tmp_path / "site", SITE), destination, include=("*.css",))
    assert destination.tree() == {"a.css": SITE["a.css"], "old.html": b"2"}


def test_a_single_file_touches_nothing_else(tmp_path: Path, sync: Sync) -> None:
    folder = Folder(tmp_path / "site", SITE)
    source = Missing(Endpoint("LOCAL", str(folder.path / "a.css")))
    destination = remote({"old": b"1", "a.css": b"2", "a.css.map": b"3"})
    assert counts(sync(source, destination)) == {"updated": 1}
    assert destination.tree() == {
        "old": b"1",
        "a.css": SITE["a.css"],
        "a.css.map": b"3",
    }
    assert counts(sync(source, destination)) == {"unchanged": 1}
    assert counts(sync(source, destination, exclude=("*.css",))) == {}


def test_a_single_files_neighbours_do_not_matter(sync: Sync) -> None:
    with reachable_folder() as folder:
        Folder(folder, {"a": b"1", "secret/x": b"2", "www/old": b"3"})
        Folder(folder / "cache")
        give_to_ordinary_user(folder)
        (folder / "secret").chmod(0)
        source = Missing(Endpoint("LOCAL", str(folder / "a")))

        def work() -> tuple[dict[str, int], Tree]:
            become_ordinary_user()
            www = Folder(folder / "www")
            done = Sync(folder / "cache")(source, www)
            return counts(done), www.tree()

        assert Child(work).result() == ({"created": 1}, {"a": b"1", "old": b"3"})


def test_a_single_file_that_is_a_link_is_meant(tmp_path: Path, sync: Sync) -> None:
    Folder(tmp_path / "site", {"real": b"1"})
    (tmp_path / "site" / "current").symlink_to("real")
    source = Missing(Endpoint("LOCAL", str(tmp_path / "site" / "current")))
    destination = remote()
    sync(source, destination)
    assert destination.tree() == {"current": b"1"}


def test_a_single_file_may_go_next_door_and_not_onto_itself(
    tmp_path: Path, sync: Sync
) -> None:
    folder = Folder(tmp_path / "site", {"a": b"1"})
    source = Missing(Endpoint("LOCAL", str(tmp_path / "site" / "a")))
    with pytest.raises(PlanRefusedError, match="overlap"):
        sync(source, folder)
    for other in (tmp_path, tmp_path / "site" / "below"):
        assert counts(sync(source, Folder(other))) == {"created": 1}
        assert (other / "a").read_bytes() == b"1"


def test_what_cannot_be_published_is_reported_and_kept(
    tmp_path: Path, sync: Sync
) -> None:
    source = Folder(tmp_path / "site", {"a": b"1"})
    (tmp_path / "site" / "link").symlink_to("a")
    (tmp_path / "site" / "broken").symlink_to("nothing")
    (tmp_path / "site" / "folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "site" / "pipe")
    os.mkfifo(tmp_path / "site" / "pipe.map")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "site" / "sock"))
        destination = remote({"link": b"9", "folder/x": b"9", "folders": b"9"})
        report = sync(source, destination, exclude=("*.map",))
    assert destination.tree() == {"a": b"1", "link": b"9", "folder/x": b"9"}
    (warning,) = report.warnings
    assert warning.startswith("5 name(s)")
    assert "pipe is a named pipe" in warning and "sock is a socket" in warning
    assert "link is a symbolic link" in warning and "pipe.map" not in warning


def test_only_kept_names_are_no_reason_to_refuse(tmp_path: Path, sync: Sync) -> None:
    source = Folder(tmp_path / "site")
    (tmp_path / "site" / "link").symlink_to("/")
    destination = remote({"link": b"1"})
    assert not sync(source, destination).changed
    assert destination.tree() == {"link": b"1"}


def test_links_are_followed_when_asked(tmp_path: Path, sync: Sync) -> None:
    Folder(tmp_path / "elsewhere", {"x": b"1"})
    source = Folder(tmp_path / "site", {"a": b"2"})
    (tmp_path / "site" / "far").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "site" / "near").symlink_to("a")
    (tmp_path / "site" / "loop").symlink_to(".")
    destination = remote()
    report = sync(source, destination, follow_links=True)
    assert destination.tree() == {"a": b"2", "near": b"2", "far/x": b"1"}
    assert "loop is a symbolic link to a folder that contains it" in report.warnings[0]


def test_folder_markers_say_nothing_to_a_folder(tmp_path: Path, sync: Sync) -> None:
    source = Container(prefix="web/")
    for key in ("web/", "web/dir/", "web/empty/"):
        source.store.write(key, b"")
    source.store.write("web/dir/a", b"1")
    destination = Folder(tmp_path / "www", {"dir/old": b"2", "empty/old": b"3"})
    report = sync(source, destination)
    assert destination.tree() == {"dir/a": b"1"}
    assert not report.warnings
    assert not sync(source, destination).changed


def test_folder_markers_are_objects_elsewhere(sync: Sync) -> None:
    source, destination = Container({"dir/": b"", "dir/a": b"1"}), Container()
    sync(source, destination)
    assert destination.tree() == {"dir/": b"", "dir/a": b"1"}


# -- what is refused, with nothing changed


@pytest.mark.parametrize("below", ["", "site", "site/inner", "link", ".."])
def test_overlapping_folders_are_refused(
    tmp_path: Path, sync: Sync, below: str
) -> None:
    source = Folder(tmp_path / "base" / "site", SITE)
    (tmp_path / "base" / "link").symlink_to(source.path)
    destination = Missing(Endpoint("LOCAL", str(tmp_path / "base" / below)))
    with pytest.raises(PlanRefusedError, match="overlap"):
        sync(source, destination)
    assert source.tree() == SITE


def test_overlapping_prefixes_are_refused_and_others_not(sync: Sync) -> None:
    source = Container(SITE, prefix="a/")
    for prefix in ("", "a/", "a/b/"):
        destination = Missing(replace(source.endpoint, prefix=prefix))
        with pytest.raises(PlanRefusedError, match="overlap"):
            sync(source, destination)
    beside = Container(prefix="ab/", exists=False)
    beside.endpoint = replace(source.endpoint, prefix="ab/")
    beside.store = source.store
    sync(source, beside)
    assert beside.tree() == source.tree() == SITE


def test_an_empty_source_is_refused_unless_meant(tmp_path: Path, sync: Sync) -> None:
    source, destination = Folder(tmp_path / "empty"), remote(SITE)
    for check_mode in (True, False):
        with pytest.raises(PlanRefusedError, match=r"3 object\(s\).*allow_empty"):
            sync(source, destination, check_mode=check_mode)
    assert destination.tree() == SITE
    assert not sync(source, destination, delete=False).changed
    assert counts(sync(source, destination, allow_empty=True)) == {"deleted": 3}
    assert not sync(source, destination).changed


@pytest.mark.parametrize("manifest", ["auto", "always"])
def test_a_missing_source_leaves_no_trace(
    tmp_path: Path, sync: Sync, manifest: str
) -> None:
    for source in (
        Missing(Endpoint("LOCAL", str(tmp_path / "nowhere"))),
        Container(exists=False),
    ):
        destination = Folder(tmp_path / "www", SITE)
        before = destination.snapshot()
        with pytest.raises(ConfigurationError, match="source.*does not exist"):
            sync(source, destination, manifest=manifest)
        assert destination.snapshot() == before
        fresh = Missing(Endpoint("LOCAL", str(tmp_path / "fresh")))
        with pytest.raises(ConfigurationError, match="source.*does not exist"):
            sync(source, fresh, manifest=manifest)
        assert not (tmp_path / "fresh").exists()


def test_containers_are_made_only_when_allowed(tmp_path: Path, sync: Sync) -> None:
    source = Folder(tmp_path / "site", SITE)
    destination = Folder(tmp_path / "www")
    destination.path.rmdir()
    with pytest.raises(ContainerMissingError):
        sync(source, destination, create_container=False)
    assert sync(source, destination, check_mode=True).container_created
    assert not destination.path.exists()
    assert sync(source, destination).container_created
    assert destination.tree() == SITE
    assert not sync(source, destination, create_container=False).changed


def test_an_empty_container_is_a_change(tmp_path: Path, sync: Sync) -> None:
    source, destination = Folder(tmp_path / "site"), Container(exists=False)
    for check_mode in (True, False):
        report = sync(source, destination, check_mode=check_mode)
        assert report.changed and report.container_created
    assert not sync(source, destination).changed


@pytest.mark.parametrize(
    "key", ["../x", "/x", "a/../b", "a//b", "a/./b", "x\0y", "l" * 256, "full/"]
)
def test_hostile_keys_are_refused_by_name(tmp_path: Path, sync: Sync, key: str) -> None:
    source = Container({"fine": b"1", key: b"2"})
    destination = Folder(tmp_path / "base" / "www", {"old": b"3"})
    for check_mode in (True, False):
        with pytest.raises(PlanRefusedError) as caught:
            sync(source, destination, check_mode=check_mode)
        assert repr(key) in str(caught.value)
    assert Folder(tmp_path / "base").everything() == {"www/old": b"3"}
    sync(source, destination, exclude=("*",), include=("fine",))


@pytest.mark.parametrize("prefix", ["", "sub/"])
def test_keys_through_a_link_are_refused_before_anything_changes(
    tmp_path: Path, sync: Sync, prefix: str
) -> None:
    outside = Folder(tmp_path / "outside")
    destination = Folder(tmp_path / "www", {f"{prefix}old": b"1"})
    (destination.path / prefix / "link").symlink_to(outside.path)
    destination.endpoint = replace(destination.endpoint, prefix=prefix)
    before = destination.snapshot()
    source = Container({"a": b"1", "link/x": b"2"})
    for check_mode in (True, False):
        with pytest.raises(PlanRefusedError, match="'link/x'.*'link'"):
            sync(source, destination, check_mode=check_mode)
    assert destination.snapshot() == before
    assert not outside.tree()


def test_a_final_link_is_replaced_and_not_followed(tmp_path: Path, sync: Sync) -> None:
    outside = Folder(tmp_path / "outside", {"x": b"kept"})
    destination = Folder(tmp_path / "www")
    (destination.path / "x").symlink_to(outside.path / "x")
    source = Container({"x": b"new"})
    sync(source, destination)
    assert outside.tree() == {"x": b"kept"}
    assert destination.tree() == {"x": b"new"}
    assert not sync(source, destination).changed


def test_files_become_folders_and_folders_files(tmp_path: Path, sync: Sync) -> None:
    destination = Folder(tmp_path / "www")
    (tmp_path / "www" / "b").mkdir()
    for tree in ({"a": b"1", "b": b"2"}, {"a/x": b"3", "b/y/z": b"4"}) * 2:
        source = Container(tree)
        assert sync(source, destination, check_mode=True).changed
        sync(source, destination)
        assert destination.tree() == tree


@pytest.mark.parametrize("options", [{"delete": False}, {"exclude": ("/a/", "a.*")}])
def test_what_must_stay_is_not_overrun(
    tmp_path: Path, sync: Sync, options: dict[str, object]
) -> None:
    destination = Folder(tmp_path / "www", {"a/kept": b"1"})
    source = Container({"a": b"2", "other": b"3"})
    before = destination.snapshot()
    with pytest.raises(PlanRefusedError, match="'a'.*'a/kept'"):
        sync(source, destination, **options)
    assert destination.snapshot() == before


def test_keys_that_collide_as_files_are_refused(tmp_path: Path, sync: Sync) -> None:
    source = Container({"a": b"1", "a/b": b"2"})
    with pytest.raises(PlanRefusedError, match="'a'.*'a/b'"):
        sync(source, Folder(tmp_path / "www"))
    destination = Container()
    sync(source, destination)
    assert destination.tree() == source.tree()


def test_unreadable_files_are_named_before_anything_changes(sync: Sync) -> None:
    with reachable_folder() as folder:
        Folder(folder / "site", {"a": b"1", "locked": b"2", "odd": b"3", "x.map": b""})
        Folder(folder / "cache")
        Folder(folder / "www", {"old": b"4"})
        give_to_ordinary_user(folder)
        (folder / "site" / "locked").chmod(0)
        (folder / "site" / "odd").chmod(0o044)
        (folder / "site" / "x.map").chmod(0)

        def work() -> tuple[str, Tree, Tree]:
            become_ordinary_user()
            sync = Sync(folder / "cache")
            source = Missing(Endpoint("LOCAL", str(folder / "site")))
            www = Folder(folder / "www")
            with pytest.raises(SourceError) as caught:
                sync(source, www, exclude=("*.map",))
            kept = www.tree()
            sync(source, www, exclude=("*.map", "locked", "odd"))
            return str(caught.value), kept, www.tree()

        message, kept, published = Child(work).result()
        assert "2 file(s)" in message and "locked, odd" in message
        assert kept == {"old": b"4"}
        assert published == {"a": b"1"}


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_an_unreadable_folder_is_an_error_and_never_an_empty_one(mode: int) -> None:
    with reachable_folder() as folder:
        Folder(folder / "site", {"a": b"1", "inner/x": b"2"})
        Folder(folder / "cache")
        Folder(folder / "www", {"inner/x": b"old"})
        give_to_ordinary_user(folder)
        (folder / "site" / "inner").chmod(mode)

        def work() -> tuple[str, Tree]:
            become_ordinary_user()
            source = Missing(Endpoint("LOCAL", str(folder / "site")))
            www = Folder(folder / "www")
            with pytest.raises(SourceError) as caught:
                Sync(folder / "cache")(source, www)
            return str(caught.value), www.tree()

        message, kept = Child(work).result()
        assert "/inner" in message and "Permission denied" in message
        assert kept == {"inner/x": b"old"}
