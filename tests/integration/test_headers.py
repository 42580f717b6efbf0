# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept beside the bytes: guessed for files, carried over from store to store."""

from __future__ import annotations

import gzip
import typing as t

import pytest

from tests.integration.module import sync
from tests.integration.places import Headers, Places

TYPES: t.Mapping[str, str] = {
    "index.html": "text/html",
    "css/site.css": "text/css",
    "js/app.js": "text/javascript",
    "js/app.mjs": "text/javascript",
    "data.json": "application/json",
    "img/logo.svg": "image/svg+xml",
    "img/photo.JPG": "image/jpeg",
    "font.woff2": "font/woff2",
    "archive.tar.gz": "application/gzip",
    "README": "application/octet-stream",
    "unknown.qqq": "application/octet-stream",
}
PACKED = gzip.compress(b"p { color: red }" * 100, mtime=0)


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "azurite", "swift", "gcs"])
def test_types_are_guessed_by_name(places: Places, kind: str) -> None:
    source, destination = places("local"), places(kind)
    source.fill(dict.fromkeys(TYPES, b"content"))

    sync(source, destination)

    found = {name: destination.headers(name).content_type for name in TYPES}
    assert found == TYPES
    assert all(destination.headers(n).content_encoding is None for n in TYPES)


@pytest.mark.parametrize(
    ("source_kind", "destination_kind"),
    [
        ("seaweedfs", "moto"),
        ("moto", "seaweedfs"),
        ("seaweedfs", "azurite"),
        ("azurite", "seaweedfs"),
        ("seaweedfs", "gcs"),
        ("seaweedfs", "swift"),
        ("swift", "seaweedfs"),
    ],
)
def test_headers_travel_with_the_object(
    places: Places, source_kind: str, destination_kind: str
) -> None:
    source, destination = places(source_kind), places(destination_kind)
    swift = "swift" in (source_kind, destination_kind)
    headers = Headers(
        "text/x-own; charset=utf-8",
        None,
        None if swift else "max-age=60",  # Swift has no such thing
        {"owner": "me", "version": "3"},
    )
    packed = Headers("text/css", "gzip")
    source.make()
    source.put("own.html", b"own", headers)
    source.put("packed.css", PACKED, packed)
    # larger than what goes in one request
    source.put("large.html", bytes(9 * 1024 * 1024), headers)

    sync(source, destination)

    assert destination.tree() == source.tree()
    assert destination.read("packed.css") == PACKED
    for name, wanted in (("own.html", headers), ("large.html", headers)):
        found = destination.headers(name)
        assert found.content_type == wanted.content_type
        assert found.cache_control == wanted.cache_control
        assert wanted.metadata.items() <= dict(found.metadata).items()
    found = destination.headers("packed.css")
    assert (found.content_type, found.content_encoding) == ("text/css", "gzip")
    assert not sync(source, destination).changed


@pytest.mark.parametrize("kind", ["seaweedfs", "azurite", "swift"])
def test_packed_objects_are_packed_files(places: Places, kind: str) -> None:
    source, destination = places(kind), places("local")
    source.make()
    source.put("packed.css", PACKED, Headers("text/css", "gzip"))

    sync(source, destination)

    assert destination.read("packed.css") == PACKED
    assert not sync(source, destination).changed
    assert not sync(source, destination, verify="content").changed
