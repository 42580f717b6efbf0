# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings: complete, exact, and whole or an error."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from tests.conformance.conftest import Bench
from tests.conformance.helpers import listed, on_threads

#: More than one page of a listing, and more than one request can delete.
OBJECTS = 1005
#: For the drivers that would have all of them on one page.
SMALLER_PAGE = 400
#: For libcloud, which deletes one by one, where it has a hundred on a page (Azure) or ten thousand (Swift), and
#: where the same class lists as on another server (MinIO's).
FEW_OBJECTS = dict.fromkeys(
    ("libcloud-azure-azurite", "libcloud-swift", "libcloud-minio-moto"), 205
)


def test_empty_container(bench: Bench) -> None:
    with bench.open(bench.container()) as store:
        assert store.create_container()
        assert list(store.list()) == []
        assert list(store.list("any/")) == []


def test_prefix_is_of_the_key_and_no_folder(store: Store, prefix: str) -> None:
    names = ("web/a", "web/b/c", "web.txt", "web2/a", "we", "other", "Web/a")
    for name in names:
        store.write(prefix + name, b"x")
    for start in (
        "web",
        "web/",
        "web/b",
        "web2/",
        "we",
        "web.",
        "nothing",
        "web/a/",
        "W",
    ):
        expected = {prefix + name for name in names if name.startswith(start)}
        assert set(listed(store, prefix + start)) == expected, start
    assert set(listed(store, prefix)) == {prefix + name for name in names}


def test_prefix_with_characters_that_urls_escape(store: Store, prefix: str) -> None:
    start = prefix + "a b+c%25/ü&x=1#"
    store.write(start + "/one", b"x")
    store.write(start + "-two", b"x")
    store.write(prefix + "a b c%/ü", b"x")
    assert set(listed(store, start)) == {start + "/one", start + "-two"}


def test_deleted_objects_leave_no_trace(store: Store, prefix: str) -> None:
    store.write(prefix + "deep/er/still", b"x")
    store.delete([prefix + "deep/er/still"])
    assert listed(store, prefix) == {}
    assert listed(store, prefix + "deep/er") == {}


def test_more_objects_than_a_page(bench: Bench) -> None:
    """Write, list and delete more than 1,000, or more than the driver's page."""
    count = FEW_OBJECTS.get(bench.subject.id, OBJECTS)
    keys = [f"many/{number % 7}/{number:05}" for number in range(count)]
    with bench.open(bench.container()) as store:
        store.create_container()
        if getattr(store, "page_size", 0) >= OBJECTS:
            vars(store)["page_size"] = SMALLER_PAGE

        def write(number: int) -> str | None:
            return store.write(keys[number], b"x" * (number % 3)).etag

        etags = on_threads(8, write, range(count))
        found = listed(store)
        assert {key: (info.size, info.etag) for key, info in found.items()} == {
            key: (number % 3, etags[number]) for number, key in enumerate(keys)
        }
        assert len(listed(store, "many/3/")) == len(keys[3::7])
        assert store.delete(keys[:-3]) == {}
        assert set(listed(store)) == set(keys[-3:])


def test_listing_while_objects_are_deleted(store: Store, prefix: str) -> None:
    """What is there from beginning to end is listed, whatever happens to the others."""
    keys = [f"{prefix}{number:03}" for number in range(60)]
    on_threads(8, lambda key: store.write(key, b"x"), keys)
    listing: t.Iterator[t.Any] = iter(store.list(prefix))
    seen = {next(listing).key}
    store.delete([key for key in keys[1::2] if key not in seen])
    seen |= {info.key for info in listing}
    assert set(keys[::2]) <= seen <= set(keys)


@pytest.mark.parametrize("start", ("", "some/prefix"))
def test_two_listings_at_once(store: Store, prefix: str, start: str) -> None:
    keys = {f"{prefix}{start}{number:02}" for number in range(20)}
    for key in keys:
        store.write(key, b"x")
    pairs = zip(store.list(prefix + start), store.list(prefix + start), strict=True)
    assert {one.key for one, _unused in pairs} == keys


def test_a_listing_in_two_parts_is_the_same_listing(bench: Bench) -> None:
    """Wherever the middle is said to be, and whether or not there is such a key."""
    with bench.open(bench.container()) as store:
        store.create_container()
        in_parts = type(store).list_around is not Store.list_around
        keys = [f"p/{n % 5}/d{n % 11}-x/{n:05}" for n in range(2405 if in_parts else 9)]
        keys += [f"p/{n % 5}-{n}" for n in range(7)]
        on_threads(8, lambda key: store.write(key, b"x"), keys)
        ordered = sorted(keys)
        middles = [
            ordered[len(keys) // 2],
            ordered[0],
            ordered[-1],
            "p/2",
            "p/2/d5-",
            "q",
        ]
        for middle in middles:
            found = [info.key for info in store.list_around("p/", middle)]
            assert len(found) == len(set(found)), middle
            assert sorted(found) == ordered, middle
        assert store.delete(keys) == {}
