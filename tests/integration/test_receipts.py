# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found to agree is not compared again; what anybody changed since is found all the same."""

from __future__ import annotations

import hashlib
import typing as t
from unittest import mock

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._manifest import (
    _tree_cache,
)
from tests.integration.module import Counts, sync
from tests.integration.places import Places, S3Place

#: More than one page of a listing, so that both ends of it are listed at once.
FILES = 1_200
SITE = {f"{n // 100:02}/{n:04}.txt": f"file {n}".encode() for n in range(FILES)}
STORES = ("seaweedfs", "moto")


@pytest.fixture(autouse=True)
def files_at_rest() -> t.Iterator[None]:
    """Files that were just made count as if they had lain there for a while."""
    with mock.patch.object(_tree_cache, "GRAIN", -(10**15)):
        yield


def assert_holds(place: S3Place, tree: t.Mapping[str, bytes]) -> None:
    """That it has exactly this, by the hashes in the server's listing: to read all of it would take long."""
    pages = place.client.get_paginator("list_objects_v2").paginate(Bucket=place.name)
    listed = (found for page in pages for found in page["Contents"])
    assert {found["Key"]: found["ETag"].strip('"') for found in listed} == {
        name: hashlib.md5(data).hexdigest() for name, data in tree.items()
    }


@pytest.mark.parametrize("kind", STORES)
def test_by_a_listing(places: Places, kind: str) -> None:
    source, destination = places("local"), places(kind)
    source.fill(SITE)
    sync(source, destination)
    compared = sync(source, destination)
    assert compared.counts == Counts(unchanged=FILES)

    again = sync(source, destination)

    assert again.counts == Counts(unchanged=FILES) and not again.changed
    assert again.values["requests"] <= compared.values["requests"] <= 5

    first, last = min(SITE), max(SITE)
    destination.put(first, SITE[first].upper())
    destination.delete(last)
    destination.put("99/zzz.txt", b"extraneous")
    repaired = sync(source, destination)
    assert repaired.counts == Counts(1, 1, 1, FILES - 2)
    assert_holds(destination, SITE)

    sync(source, destination)
    source.put(first, SITE[first][::-1])
    source.delete(last)
    source.put("aa/new.txt", b"new")
    published = sync(source, destination)
    assert published.counts == Counts(1, 1, 1, FILES - 2)
    assert_holds(destination, source.tree())


@pytest.mark.parametrize("kind", [*STORES, "azurite", "swift", "gcs"])
def test_by_the_manifest(places: Places, kind: str) -> None:
    source, destination = places("local"), places(kind)
    site = {name: data for name, data in SITE.items() if name < "01"}
    source.fill(site)
    assert sync(source, destination, verify="manifest").counts.created == len(site)

    again = sync(source, destination, verify="manifest")

    assert again.counts == Counts(unchanged=len(site)) and not again.changed
    assert again.values["requests"] <= 2

    first, second, *_rest, last = sorted(site)
    source.put(first, b"another")
    source.delete(last)
    source.put("aa/new.txt", b"new")
    checked = sync(source, destination, verify="manifest", check=True)
    published = sync(source, destination, verify="manifest")
    assert published.counts == checked.counts == Counts(1, 1, 1, len(site) - 2)
    assert destination.tree() == source.tree()

    destination.delete(second)  # which nobody told the manifest
    assert not sync(source, destination, verify="manifest").changed
    assert sync(source, destination).counts.created == 1
    assert destination.tree() == source.tree()


def test_one_changed_file_takes_few_requests(places: Places) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill(SITE)
    sync(source, destination, verify="manifest")
    source.put(min(SITE), b"another")
    report = sync(source, destination, verify="manifest")
    assert report.counts == Counts(updated=1, unchanged=FILES - 1)
    assert report.values["requests"] <= 8
