# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules, order and limits on real stores, as a task writes them."""

from __future__ import annotations

import gzip
import typing as t

import pytest

from tests.integration.module import attempt, sync
from tests.integration.places import Headers, Places

PAGE = b"<p>harbour</p>" * 200
LARGE = bytes(range(256)) * 4 * 10_000
TREE = {"index.html": PAGE, "css/a.css": b"a {}", "large.bin": LARGE, "x": b"x"}
KINDS = ["seaweedfs", "moto", "azurite", "gcs"]


@pytest.mark.parametrize("kind", KINDS)
def test_headers_are_set_changed_and_taken_back(places: Places, kind: str) -> None:
    source, destination = places("local"), places(kind)
    source.fill(TREE)
    rules: list[dict[str, t.Any]] = [
        {"match": "*.html", "cache_control": "no-cache", "content_language": "en"},
        {"match": ["*.bin", "x"], "cache_control": "max-age=9", "metadata": {"a": "1"}},
    ]
    assert sync(source, destination, rules=rules).counts.created == 4
    assert destination.headers("index.html").cache_control == "no-cache"
    assert destination.headers("large.bin").cache_control == "max-age=9"
    assert destination.headers("large.bin").metadata == {"a": "1"}
    assert not sync(source, destination, rules=rules).changed

    rules[1]["cache_control"] = "max-age=10"
    check = sync(source, destination, rules=rules, check=True)
    changed = sync(source, destination, rules=rules)
    assert changed.counts == check.counts
    assert changed.counts.updated == 2 and changed.counts.unchanged == 2
    assert changed.values["bytes"] == check.values["bytes"] == 0
    assert destination.headers("large.bin").cache_control == "max-age=10"
    assert destination.headers("large.bin").metadata == {"a": "1"}
    assert not sync(source, destination, rules=rules).changed

    assert sync(source, destination).counts.updated == 3
    assert destination.headers("large.bin").metadata == {}
    assert destination.tree() == TREE
    assert not sync(source, destination).changed


@pytest.mark.parametrize("kind", [*KINDS, "swift"])
def test_compressed_in_place_and_beside(places: Places, kind: str) -> None:
    source, destination = places("local"), places(kind)
    source.fill(TREE)
    rules = [
        {"match": "*.html", "compress": ["gzip"]},
        {"match": "*.bin", "compress": ["br", "zstd", "gzip"], "siblings": True},
    ]
    assert sync(source, destination, rules=rules).counts.created == 7
    tree = destination.tree()
    assert gzip.decompress(tree["index.html"]) == PAGE
    assert destination.headers("index.html").content_encoding == "gzip"
    assert destination.headers("index.html").content_type == "text/html"
    assert tree["large.bin"] == LARGE
    assert gzip.decompress(tree["large.bin.gz"]) == LARGE
    assert destination.headers("large.bin.br").content_encoding == "br"
    assert not sync(source, destination, rules=rules).changed
    source.put("index.html", PAGE.upper())
    assert sync(source, destination, rules=rules).counts.updated == 1
    assert gzip.decompress(destination.tree()["index.html"]) == PAGE.upper()


def test_settings_of_s3_reach_it(places: Places) -> None:
    source, destination = places("local"), places("moto")
    source.fill({"old.html": b"", "b": b"b"})
    rules = [
        {"match": "old.html", "redirect": "/new.html", "acl": "public-read"},
        {"match": "b", "storage_class": "STANDARD_IA"},
    ]
    sync(source, destination, rules=rules)
    client, bucket = destination.client, destination.name
    old = client.head_object(Bucket=bucket, Key="old.html")
    assert old["WebsiteRedirectLocation"] == "/new.html"
    grants = client.get_object_acl(Bucket=bucket, Key="old.html")["Grants"]
    assert any(grant["Permission"] == "READ" for grant in grants)
    assert client.head_object(Bucket=bucket, Key="b")["StorageClass"] == "STANDARD_IA"
    assert not sync(source, destination, rules=rules).changed


def test_settings_that_a_provider_has_not_are_refused(places: Places) -> None:
    source, destination = places("local"), places("azurite")
    source.fill({"a": b"1"})
    destination.fill({"old": b"0"})
    rules = [{"match": "*", "storage_class": "COLD"}]
    result = attempt(source, destination, rules=rules)
    assert result.failed and "storage_class" in result.msg
    assert "AZURE_BLOBS" in result.msg and "'a'" in result.msg
    assert destination.tree() == {"old": b"0"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_folder_is_copied_there(places: Places, kind: str) -> None:
    source, destination = places("local"), places(kind)
    tree = {f"old name/{n}+%25ü.txt": bytes([n]) * (n + 1) for n in range(20)}
    source.fill({**tree, "old name/large.bin": LARGE})
    sync(source, destination)
    for name in source.names():
        source.put(name.replace("old", "new"), source.read(name))
        source.delete(name)
    result = sync(source, destination)
    # what was sent in parts has no hash in its listing, and is known by the manifest
    assert result.values["copied"] == 21 and result.values["bytes"] == 0
    assert result.counts.deleted == 21 and not result.counts.created
    assert destination.tree() == source.tree()
    assert not sync(source, destination).changed


def test_order_and_limits_as_options(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill({"index.html": PAGE})
    destination.fill(dict.fromkeys(("a", "b", "c", "kept/d"), b"0"))
    options: dict[str, t.Any] = {"protect": ["/kept/"], "order": ["*.html", ["*.x"]]}
    refused = attempt(source, destination, max_delete="50%", **options)
    assert refused.failed and "3 of the 4" in refused.msg and "allows 2" in refused.msg
    done = sync(source, destination, max_delete="3", **options)
    assert done.counts.deleted == 3
    assert any("order[1]" in warning for warning in done.warnings)
    assert destination.tree() == {"index.html": PAGE, "kept/d": b"0"}
    wrong = attempt(source, destination, order=[5, {}])
    assert wrong.failed and "order[0]" in wrong.msg


@pytest.mark.parametrize("kind", KINDS)
def test_within_one_service_nothing_is_sent(places: Places, kind: str) -> None:
    source, destination = places(kind), places(kind)
    source.fill({**TREE, "a b/+%25ü": b"odd"})
    source.put("x", b"x", Headers("text/x", None, "no-cache", {"m": "1"}))
    result = sync(source, destination)
    assert result.counts.created == 5 and result.values["bytes"] == 0
    assert destination.tree() == source.tree()
    assert destination.headers("x") == source.headers("x")
    source.put("x", b"y")
    assert sync(source, destination).counts.updated == 1
    assert destination.tree() == source.tree()
    assert not sync(source, destination).changed
