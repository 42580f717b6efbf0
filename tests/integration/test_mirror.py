# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From every kind of place to every other: the destination is what the source is."""

from __future__ import annotations

import os
import random
import typing as t

import pytest

from tests.integration.module import Counts, sync
from tests.integration.pairs import PAIRS, Route
from tests.integration.places import Places

TREE: t.Mapping[str, bytes] = {
    "index.html": b"<h1>one</h1>",
    "css/site.css": b"p { color: red }",
    "js/app.js": b"start()",
    "img/logo.svg": b"<svg/>",
    "empty.txt": b"",
    "data/blob.bin": random.Random(1).randbytes(300_000),
}

NAMES = (
    "a b.txt",
    " leading and trailing ",
    "a+b.txt",
    "%25.txt",
    "50%.txt",
    "#hash.txt",
    "q?x=1&y=2.txt",
    "quote'\".txt",
    "über/naïve-日本語-🎉.txt",
    "e\u0301-decomposed.txt",
    "é-composed.txt",
    "[x]*.txt",
    "~tilde/=eq;semi:colon,comma@at!.txt",
    "<tag>&amp;.xml",
    "-dash",
    ".hidden/..two.dots",
    "$dollar^{}|`.txt",
    "longshore/not-reserved.txt",
    "UPPER.TXT",
    "upper.txt",
)


@pytest.fixture(params=PAIRS, ids=str)
def route(request: pytest.FixtureRequest, places: Places) -> Route:
    return Route(request.param, places)


def test_a_mirror_follows_its_source(route: Route) -> None:
    source, destination = route.sides()
    source.fill(TREE)

    first = route.sync()
    assert first.changed
    assert first.counts == Counts(created=6)
    # within one container the store copies by itself
    sent = 0 if route.pair.one_container else sum(map(len, TREE.values()))
    assert first.values["bytes"] == sent
    assert first.values["container_created"] is not route.pair.one_container
    assert destination.tree() == TREE
    assert not destination.has_manifest(), "the hashes of these can be compared"

    second = route.sync()
    assert not second.changed
    assert second.counts == Counts(unchanged=6)
    assert second.values["bytes"] == 0

    source.put("css/site.css", b"p { color: sea }")
    source.put("index.html", b"<h1>two, and longer</h1>")
    source.put("new/x.txt", b"new")
    source.delete("js/app.js")
    wanted = {
        **TREE,
        "css/site.css": b"p { color: sea }",
        "index.html": b"<h1>two, and longer</h1>",
        "new/x.txt": b"new",
    }
    del wanted["js/app.js"]
    before = destination.everything()
    planned = route.sync(check=True, diff=True)
    assert destination.everything() == before
    third = route.sync(diff=True)
    assert destination.tree() == wanted
    assert third.counts == Counts(created=1, updated=2, deleted=1, unchanged=3)
    assert third.values["samples"] == {
        "created": ["new/x.txt"],
        "updated": ["css/site.css", "index.html"],
        "copied": [],
        "deleted": ["js/app.js"],
    }
    for said in ("changed", "diff", "bytes", "container_created", "samples"):
        assert planned.values[said] == third.values[said], said
    assert planned.counts == third.counts
    names = [line.split(" ")[0] for line in third.values["diff"]["before"].splitlines()]
    assert names == ["css/site.css", "index.html", "js/app.js"]
    names = [line.split(" ")[0] for line in third.values["diff"]["after"].splitlines()]
    assert names == ["css/site.css", "index.html", "new/x.txt"]

    assert not route.sync(check=True).changed
    assert not route.sync().changed
    assert source.tree() == wanted


def test_what_somebody_did_to_the_destination_is_repaired(route: Route) -> None:
    source, destination = route.sides()
    source.fill(TREE)
    route.sync()
    destination.put("css/site.css", b"P { COLOR: RED }")
    destination.put("index.html", b"defaced")
    destination.delete("js/app.js")
    destination.put("left/behind.txt", b"extraneous")

    repaired = route.sync()

    assert destination.tree() == TREE
    assert repaired.counts == Counts(created=1, updated=2, deleted=1, unchanged=3)
    assert not route.sync().changed


def test_a_manifest_is_believed_and_contents_are_not(route: Route) -> None:
    source, destination = route.sides()
    source.fill(TREE)
    route.sync(manifest="always")
    assert destination.has_manifest()
    assert not route.sync(manifest="always", verify="manifest").changed
    destination.put("css/site.css", b"P { COLOR: RED }")
    destination.delete("js/app.js")

    believed = route.sync(manifest="always", verify="manifest")
    assert not believed.changed
    assert "js/app.js" not in destination.names()

    source.put("index.html", b"new")
    believed = route.sync(manifest="always", verify="manifest")
    assert believed.counts == Counts(updated=1, unchanged=5)

    checked = route.sync(manifest="always", verify="content")
    assert checked.counts == Counts(created=1, updated=1, unchanged=4)
    assert destination.tree() == {**TREE, "index.html": b"new"}
    again = route.sync(manifest="always", verify="content")
    assert not again.changed, again.values


def test_without_a_manifest_contents_can_still_be_told_apart(route: Route) -> None:
    source, destination = route.sides()
    source.fill(TREE)
    route.sync(manifest="never")
    assert not destination.has_manifest()
    assert not route.sync(manifest="never").changed
    assert not route.sync(manifest="never", verify="content").changed
    assert not destination.has_manifest()
    assert destination.tree() == TREE


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "azurite"])
def test_a_manifest_where_hashes_cannot_be_compared(places: Places, kind: str) -> None:
    """An object that was written in parts has no hash that is its content's."""
    source, destination = places("local"), places(kind)
    source.fill({"small.txt": b"small", "large.bin": bytes(9 * 1024 * 1024)})

    sync(source, destination, manifest="never")
    assert not destination.has_manifest()
    again = sync(source, destination, manifest="never")
    assert again.counts == Counts(updated=1, unchanged=1)
    assert not sync(source, destination, manifest="never", verify="content").changed

    # one more write, since nobody knows what is there
    assert sync(source, destination).counts == Counts(updated=1, unchanged=1)
    assert destination.has_manifest()
    assert not sync(source, destination).changed
    assert destination.names() == {"small.txt", "large.bin"}


def test_names_arrive_as_they_are(route: Route) -> None:
    source, destination = route.sides()
    tree = {name: f"content of {name}".encode() for name in NAMES}
    source.fill(tree)

    first = route.sync()

    assert first.counts == Counts(created=len(tree))
    assert destination.tree() == tree
    assert not route.sync().changed
    source.delete("%25.txt")
    source.put("über/naïve-日本語-🎉.txt", b"changed")
    last = route.sync()
    assert last.counts == Counts(updated=1, deleted=1, unchanged=len(tree) - 2)
    assert destination.tree() == source.tree()


def test_large_objects_are_whole_and_recognised(route: Route) -> None:
    source, destination = route.sides()
    large = random.Random(2).randbytes(17 * 1024 * 1024 + 1)
    source.fill({"large.bin": large, "small.txt": b"small"})

    route.sync()

    assert destination.tree() == {"large.bin": large, "small.txt": b"small"}
    assert not route.sync().changed
    other = large[:-1] + bytes([large[-1] ^ 1])
    source.put("large.bin", other)
    assert route.sync().counts == Counts(updated=1, unchanged=1)
    assert destination.read(destination.prefix + "large.bin") == other
    assert not route.sync().changed


@pytest.mark.parametrize("kind", ["local", "seaweedfs", "azurite", "swift"])
def test_excluded_names_are_neither_published_nor_deleted(
    places: Places, kind: str
) -> None:
    source, destination = places("local"), places(kind)
    source.fill({**TREE, "notes/draft.txt": b"draft", "app.map": b"{}"})
    exclude = ["/uploads/", "*.map", "notes/*", "!notes/keep.txt"]
    sync(source, destination, exclude=exclude)
    assert destination.tree() == TREE
    destination.put("uploads/theirs.txt", b"theirs")
    destination.put("old.map", b"old")
    destination.put("notes/keep.txt", b"not excluded")

    second = sync(source, destination, exclude=exclude)

    assert second.counts == Counts(deleted=1, unchanged=6)
    assert destination.names() == {*TREE, "uploads/theirs.txt", "old.map"}


def test_only_included_names_are_touched(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill(TREE)
    destination.fill({"css/old.css": b"old", "theirs.txt": b"theirs"})

    result = sync(source, destination, include=["*.css", "*.svg"])

    assert result.counts == Counts(created=2, deleted=1)
    assert destination.names() == {"css/site.css", "img/logo.svg", "theirs.txt"}


def test_without_delete_nothing_goes(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill(TREE)
    destination.fill({"theirs.txt": b"theirs", "index.html": b"old"})

    result = sync(source, destination, delete=False)

    assert result.counts == Counts(created=5, updated=1)
    assert destination.tree() == {**TREE, "theirs.txt": b"theirs"}
    assert not sync(source, destination, delete=False).changed


def test_an_edit_that_keeps_size_and_time_is_seen(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill(TREE)
    sync(source, destination)
    path = source.path / "css/site.css"
    times = os.stat(path)
    path.write_bytes(b"p { color: sea }")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert sync(source, destination).counts == Counts(updated=1, unchanged=5)
    assert destination.read("css/site.css") == b"p { color: sea }"


def test_a_prefix_ends_where_it_ends(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs", "web/")
    others = {"web2/x.txt", "webs/y.txt", "other.txt"}
    destination.make()
    for key in others:
        destination.write(key, b"not ours")
    source.fill({"index.html": b"ours"})

    assert sync(source, destination).counts == Counts(created=1)
    assert destination.keys() == {"web/index.html"} | others
    source.delete("index.html")
    assert sync(source, destination, allow_empty=True).counts == Counts(deleted=1)
    assert destination.keys() == others
