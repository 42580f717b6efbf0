# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept beside an object's bytes."""

from __future__ import annotations

import dataclasses
import gzip

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
)
from tests.conformance.helpers import (
    chunked,
    content,
    listed,
    multipart_threshold,
    read_all,
)

FULL = Attributes(
    content_type="text/css; charset=utf-8",
    cache_control="public, max-age=31536000, immutable",
    content_disposition='attachment; filename="a b.css"',
    content_language="de, en",
    metadata={"owner": "team a", "digest": "0a1b=="},
)


def _check(store: Store, key: str, expected: Attributes) -> None:
    """Both ways to ask agree, and say what was written, or nothing where nothing is kept."""
    if not store.features.attributes:
        expected = Attributes()
    for found in (store.stat(key).attributes, store.read(key).attributes):
        if expected.content_type is None:  # a server may put its own default
            found = dataclasses.replace(found, content_type=None)
        assert dataclasses.replace(found, metadata=dict(found.metadata)) == expected


def test_round_trip(store: Store, prefix: str) -> None:
    key = prefix + "style.css"
    store.write(key, b"body {}", FULL)
    _check(store, key, FULL)


@pytest.mark.parametrize(
    "name",
    (
        "content_type",
        "cache_control",
        "content_disposition",
        "content_language",
        "metadata",
    ),
)
def test_each_alone(store: Store, prefix: str, name: str) -> None:
    key = prefix + name
    alone = dataclasses.replace(Attributes(), **{name: getattr(FULL, name)})
    store.write(key, b"x", alone)
    _check(store, key, alone)


def test_none(store: Store, prefix: str) -> None:
    store.write(prefix + "plain", b"x")
    _check(store, prefix + "plain", Attributes())


def test_large_object_keeps_them(store: Store, prefix: str) -> None:
    key = prefix + "large.css"
    store.write(key, chunked(content(multipart_threshold(store) + 1)), FULL)
    _check(store, key, FULL)


def test_stream_of_unknown_length_keeps_them(store: Store, prefix: str) -> None:
    key = prefix + "stream.css"
    store.write(key, chunked(content(1000)), FULL)
    _check(store, key, FULL)


def test_empty_object_keeps_them(store: Store, prefix: str) -> None:
    store.write(prefix + "empty.css", b"", FULL)
    _check(store, prefix + "empty.css", FULL)


def test_overwriting_forgets_the_old_ones(store: Store, prefix: str) -> None:
    key = prefix + "style.css"
    for new in (Attributes(content_type="text/plain"), Attributes()):
        store.write(key, b"body {}", FULL)
        store.write(key, b"body {}", new)
        _check(store, key, new)
        assert store.stat(key).attributes.content_type != FULL.content_type


@pytest.mark.parametrize(
    "data",
    (
        gzip.compress(content(50_000), mtime=0),
        gzip.compress(b"", mtime=0),
        b"no gzip at all",
    ),
    ids=("gzip", "gzip of nothing", "not gzip"),
)
def test_encoded_content_stays_as_stored(
    store: Store, prefix: str, data: bytes
) -> None:
    """The bytes are the caller's affair: no side unpacks them or changes the size."""
    key = prefix + "page.html"
    encoded = Attributes(content_type="text/html", content_encoding="gzip")
    for body in (data, chunked(data)):
        written = store.write(key, body, encoded)
        assert written.size == len(data)
        assert store.stat(key).info.size == len(data)
        assert listed(store, key)[key].size == len(data)
        opened = store.read(key)
        assert opened.info.size == len(data)
        assert b"".join(opened.chunks) == data
        assert read_all(store, key, 2, 9) == data[2:11]
        _check(store, key, encoded)


def test_encoded_large_content_stays_as_stored(store: Store, prefix: str) -> None:
    key = prefix + "page.html"
    data = gzip.compress(content(multipart_threshold(store) + 1), 1, mtime=0)
    encoded = Attributes(content_type="text/html", content_encoding="gzip")
    store.write(key, chunked(data), encoded)
    assert read_all(store, key) == data
    _check(store, key, encoded)


@pytest.mark.parametrize(
    "metadata",
    (
        {"with-hyphen": "x"},
        {"with_underscore": "x"},
        {"digits1": "x"},
        {"1digit": "x"},
        {"empty": ""},
        {"spaces": "a  b"},
        {"ends": " a "},
        {"unicode": "größe \N{SNOWMAN}"},
        {"percent": "a%25b+c&d=e"},
        {"quoted": "\"a\", 'b'; \\c"},
        {"line": "a\nb"},
        {"encoded-word": "=?utf-8?q?a?="},
        {"long": "x" * 1500},
    ),
    ids=lambda metadata: next(iter(metadata)),
)
def test_metadata_is_kept_exactly_or_refused(
    store: Store, prefix: str, metadata: dict[str, str]
) -> None:
    key = prefix + "object"
    try:
        store.write(key, b"x", Attributes(metadata=metadata))
    except LongshoreError as error:
        assert key in str(error)
        assert listed(store, prefix) == {}
        return
    if store.features.attributes:
        assert dict(store.stat(key).attributes.metadata) == metadata
