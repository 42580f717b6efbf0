# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync publishes by rules, and how it keeps that up."""

from __future__ import annotations

import gzip
import random
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    PlanRefusedError,
    StoreError,
)
from tests.unit.module_utils.sync.helpers import (
    Container,
    Folder,
    Sync,
    counts,
    remote,
)

PAGE = b"<p>harbour</p>" * 100
NOISE = random.Random(1).randbytes(500)
CACHE: dict[str, t.Any] = {"match": "*.html", "cache_control": "no-cache"}
GZIP: dict[str, t.Any] = {"match": "*.html", "compress": ["gzip"]}
BESIDE: dict[str, t.Any] = {**GZIP, "siblings": True}


@pytest.fixture()
def source(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "site", {"index.html": PAGE, "a.css": b"b{}"})


def attributes(destination: Container, name: str) -> Attributes:
    return destination.store.stat(destination.endpoint.prefix + name).attributes


def test_attributes_are_published_and_kept(source: Folder, sync: Sync) -> None:
    destination = remote()
    rules = (CACHE, {"match": "*", "metadata": {"by": "us"}, "acl": "public-read"})
    assert counts(sync(source, destination, rules=rules)) == {"created": 2}
    assert attributes(destination, "index.html") == Attributes(
        "text/html", "no-cache", metadata={"by": "us"}, acl="public-read"
    )
    assert attributes(destination, "a.css").cache_control is None
    assert destination.has_manifest()
    assert not sync(source, destination, rules=rules).changed
    assert not sync(source, destination, rules=rules, verify="manifest").changed


@pytest.mark.parametrize("copying", [True, False])
def test_a_header_that_somebody_else_changed_is_found_when_contents_are_verified(
    source: Folder, sync: Sync, copying: bool
) -> None:
    destination = remote(copying=copying)
    rules = (CACHE, {"match": "*", "acl": "public-read"} if copying else CACHE)
    sync(source, destination, rules=rules)
    assert not sync(source, destination, rules=rules, verify="content").changed
    there = destination.store.stat("index.html")
    destination.store.copy(
        there.info, "index.html", Attributes("text/html", "max-age=9")
    )
    report = sync(source, destination, rules=rules, verify="content")
    assert report.tallies["updated"].sample == ["index.html"]
    assert report.bytes == (0 if copying else len(PAGE))
    assert attributes(destination, "index.html").cache_control == "no-cache"
    assert not sync(source, destination, rules=rules, verify="content").changed


@pytest.mark.parametrize("copying", [True, False])
def test_a_changed_header_is_repaired_without_sending_where_that_can_be(
    source: Folder, sync: Sync, copying: bool
) -> None:
    destination = remote(copying=copying)
    sync(source, destination, rules=(CACHE,))
    other = {**CACHE, "cache_control": "max-age=60"}
    destination.traits.calls.clear()
    check = sync(source, destination, rules=(other,), check_mode=True)
    assert destination.traits.calls["copy"] == destination.traits.calls["write"] == 0
    report = sync(source, destination, rules=(other,))
    assert counts(report) == counts(check) == {"updated": 1, "unchanged": 1}
    assert report.bytes == check.bytes == (0 if copying else len(PAGE))
    assert report.diff() == check.diff()
    assert report.diff()["before"] != report.diff()["after"]
    assert destination.traits.calls["copy"] == copying
    assert attributes(destination, "index.html").cache_control == "max-age=60"
    assert not sync(source, destination, rules=(other,)).changed


def test_what_no_rule_says_any_more_goes_back(source: Folder, sync: Sync) -> None:
    destination = remote()
    sync(source, destination, rules=(CACHE, {"match": "a.css", "compress": ["gzip"]}))
    assert counts(sync(source, destination)) == {"updated": 2}
    assert attributes(destination, "index.html") == Attributes("text/html")
    assert not sync(source, destination).changed


def test_what_is_there_already_gets_its_attributes(source: Folder, sync: Sync) -> None:
    destination = remote({"index.html": PAGE, "a.css": b"b{}"})
    report = sync(source, destination, rules=(CACHE,))
    assert counts(report) == {"updated": 1, "unchanged": 1}
    assert destination.traits.calls["copy"] == 1
    assert attributes(destination, "index.html").cache_control == "no-cache"


def test_what_is_larger_compressed_stays_as_it_is(source: Folder, sync: Sync) -> None:
    source.put({"noise.html": NOISE, "empty.html": b""})
    destination = remote()
    rules = (GZIP,)
    sync(source, destination, rules=rules)
    tree = destination.tree()
    assert gzip.decompress(tree["index.html"]) == PAGE
    assert tree["noise.html"] == NOISE and tree["empty.html"] == b""
    encodings = {name: attributes(destination, name).content_encoding for name in tree}
    assert encodings == {
        "index.html": "gzip",
        "noise.html": None,
        "empty.html": None,
        "a.css": None,
    }
    for verify in ("listing", "manifest", "content"):
        assert not sync(source, destination, rules=rules, verify=verify).changed


def test_a_compressed_object_is_compared_by_what_it_was(
    source: Folder, sync: Sync
) -> None:
    destination = remote()
    sync(source, destination, rules=(GZIP,))
    source.put({"index.html": PAGE.upper()})
    assert counts(sync(source, destination, rules=(GZIP,))) == {
        "updated": 1,
        "unchanged": 1,
    }
    assert gzip.decompress(destination.tree()["index.html"]) == PAGE.upper()
    destination.put({"index.html": PAGE.upper()})
    assert counts(sync(source, destination, rules=(GZIP,)))["updated"] == 1
    assert attributes(destination, "index.html").content_encoding == "gzip"
    both = ({**GZIP, "cache_control": "no-cache"},)
    destination.traits.calls.clear()
    assert sync(source, destination, rules=both).bytes == 0
    assert destination.traits.calls["copy"] == 1
    changed = attributes(destination, "index.html")
    assert (changed.content_encoding, changed.cache_control) == ("gzip", "no-cache")


def test_siblings_stand_beside_where_they_save(source: Folder, sync: Sync) -> None:
    source.put({"noise.html": NOISE})
    destination = remote()
    check = sync(source, destination, rules=(BESIDE,), check_mode=True)
    report = sync(source, destination, rules=(BESIDE,))
    assert counts(report) == counts(check) == {"created": 4}
    tree = destination.tree()
    assert set(tree) == {"a.css", "index.html", "index.html.gz", "noise.html"}
    assert tree["index.html"] == PAGE
    assert gzip.decompress(tree["index.html.gz"]) == PAGE
    sibling = attributes(destination, "index.html.gz")
    assert sibling == Attributes("text/html", content_encoding="gzip")
    assert not sync(source, destination, rules=(BESIDE,)).changed
    assert not sync(source, destination, rules=(BESIDE,), verify="manifest").changed


@pytest.mark.parametrize("delete", [True, False])
def test_siblings_follow_their_files(source: Folder, sync: Sync, delete: bool) -> None:
    destination = remote()
    sync(source, destination, rules=(BESIDE,))
    source.put({"index.html": PAGE.upper()})
    sync(source, destination, rules=(BESIDE,), delete=delete)
    assert gzip.decompress(destination.tree()["index.html.gz"]) == PAGE.upper()
    source.put({"index.html": NOISE})
    sync(source, destination, rules=(BESIDE,), delete=delete)
    tree = destination.tree()
    if delete:
        assert "index.html.gz" not in tree
    else:
        assert gzip.decompress(tree["index.html.gz"]) == NOISE
    source.put({"index.html": PAGE})
    sync(source, destination, rules=(BESIDE,), delete=delete)
    assert gzip.decompress(destination.tree()["index.html.gz"]) == PAGE
    assert not sync(source, destination, rules=(BESIDE,), delete=delete).changed
    sync(source, destination)
    assert set(destination.tree()) == {"a.css", "index.html"}


def test_a_sibling_with_the_name_of_a_file_is_refused(
    source: Folder, sync: Sync
) -> None:
    source.put({"index.html.gz": b"mine"})
    destination = remote({"old": b""})
    before = destination.snapshot()
    with pytest.raises(PlanRefusedError, match=r"'index\.html\.gz'"):
        sync(source, destination, rules=(BESIDE,))
    assert destination.snapshot() == before
    sync(source, destination, rules=(BESIDE,), exclude=("*.gz",))
    assert set(destination.tree()) == {"a.css", "index.html"}


def test_a_folder_takes_siblings_and_nothing_else(
    tmp_path: Path, source: Folder, sync: Sync
) -> None:
    destination = Folder(tmp_path / "www", {"old": b""})
    for rule, what in ((CACHE, "cache_control"), (GZIP, "compress")):
        with pytest.raises(ConfigurationError, match=f"{what}.*'index.html'.*LOCAL"):
            sync(source, destination, rules=(rule,))
        assert destination.tree() == {"old": b""}
    sync(source, destination, rules=(BESIDE,))
    assert set(destination.tree()) == {"a.css", "index.html", "index.html.gz"}
    assert not sync(source, destination, rules=(BESIDE,)).changed


def test_settings_that_a_store_has_not_are_named(source: Folder, sync: Sync) -> None:
    destination = remote({"old": b""}, copying=False)
    before = destination.snapshot()
    for setting in ("acl", "storage_class", "redirect"):
        with pytest.raises(ConfigurationError, match=f"{setting}.*'a.css'.*MEMORY"):
            sync(source, destination, rules=({"match": "*.css", setting: "x"},))
    assert destination.snapshot() == before


def test_rules_and_no_manifest_exclude_each_other(source: Folder, sync: Sync) -> None:
    with pytest.raises(ConfigurationError, match="rules a manifest is needed"):
        sync(source, remote(), rules=(CACHE,), manifest="never")


def test_rules_go_before_the_attributes_of_a_remote_source(sync: Sync) -> None:
    source, destination = remote(), remote()
    own = Attributes("text/plain", "no-store", metadata={"a": "1"})
    source.store.write("index.html", PAGE, own)
    sync(source, destination, rules=(CACHE,))
    expected = Attributes("text/plain", "no-cache", metadata={"a": "1"})
    assert attributes(destination, "index.html") == expected
    assert not sync(source, destination, rules=(CACHE,)).changed
    sync(source, destination)
    assert attributes(destination, "index.html") == own


def test_what_was_moved_is_copied_there(source: Folder, sync: Sync) -> None:
    source.put({"img/big": NOISE, "img/empty": b""})
    destination = remote(prefix="web/")
    sync(source, destination)
    source.put({"pictures/big.png": NOISE, "again": NOISE, "empty": b"", "new": b"new"})
    source.remove("img/big", "img/empty")
    check = sync(source, destination, check_mode=True)
    report = sync(source, destination)
    assert counts(report) == counts(check)
    assert counts(report) == {"copied": 2, "created": 2, "deleted": 2, "unchanged": 2}
    assert report.bytes == check.bytes == 3
    assert report.tallies["copied"].sample == ["again", "pictures/big.png"]
    assert destination.tree() == source.everything()
    assert attributes(destination, "pictures/big.png").content_type == "image/png"
    assert not sync(source, destination).changed


def test_what_a_store_will_not_copy_is_sent(source: Folder, sync: Sync) -> None:
    destination = remote()
    sync(source, destination, rules=(CACHE,))
    source.put({"other.css": b"b{}"})
    for name in ("other.css", "index.html"):
        refusal = StoreError("copy", "there", "not implemented")
        destination.traits.failures["copy", name] = refusal
    rules = ({**CACHE, "cache_control": "no-store"},)
    sync(source, destination, rules=rules)
    assert destination.tree() == source.everything()
    assert attributes(destination, "index.html").cache_control == "no-store"
    assert not sync(source, destination, rules=rules).changed


def test_what_is_replaced_is_no_original(source: Folder, sync: Sync) -> None:
    destination = remote({"a.css": NOISE})
    source.put({"new": NOISE})
    report = sync(source, destination)
    assert counts(report) == {"created": 2, "updated": 1}
    assert destination.tree() == source.everything()


@pytest.mark.parametrize("md5", ["true", "none", "false"])
def test_originals_are_known_by_manifest_or_listing(
    source: Folder, sync: Sync, md5: str
) -> None:
    destination = remote(md5=md5)
    sync(source, destination, rules=(GZIP,))
    source.put({"b.css": b"b{}", "other.html": PAGE})
    report = sync(source, destination, rules=(GZIP,))
    assert counts(report) == {"copied": 1, "created": 1, "unchanged": 2}
    assert destination.tree()["b.css"] == b"b{}"
    assert gzip.decompress(destination.tree()["other.html"]) == PAGE
    assert not sync(source, destination, rules=(GZIP,)).changed


def test_from_store_to_store_it_is_copied_where_that_can_be(sync: Sync) -> None:
    source, destination = remote(prefix="from/"), remote(reaching=True, prefix="to/")
    own = Attributes("text/plain", "no-store", metadata={"a": "1"})
    source.store.write("from/index.html", PAGE, own)
    source.put({"a.css": NOISE, "empty": b""})
    destination.put({"a.css": b"other"})
    rules = ({"match": "*.css", "cache_control": "no-cache"},)
    check = sync(source, destination, rules=rules, check_mode=True)
    report = sync(source, destination, rules=rules)
    assert counts(report) == counts(check) == {"created": 2, "updated": 1}
    assert report.bytes == check.bytes == 0
    assert destination.traits.calls["copy"] == 3
    assert source.traits.calls["read"] == 0
    assert destination.tree() == source.tree()
    assert attributes(destination, "index.html") == own
    assert attributes(destination, "a.css").cache_control == "no-cache"
    assert not sync(source, destination, rules=rules).changed
    compressed = sync(source, destination, rules=(GZIP,))
    assert counts(compressed)["updated"] == 2 and compressed.bytes == len(PAGE)
    assert gzip.decompress(destination.tree()["index.html"]) == PAGE
