# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and attributes: obstore has them exactly, or it is not given them."""

from __future__ import annotations

import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._obstore_objects import (
    attribute_fault,
    from_obstore_attributes,
    key_fault,
    to_obstore_attributes,
)

HEADER_TEXT = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20
)
ATTRIBUTES = st.builds(
    Attributes,
    content_type=st.none() | HEADER_TEXT,
    cache_control=st.none() | HEADER_TEXT,
    content_encoding=st.none() | HEADER_TEXT,
    content_disposition=st.none() | HEADER_TEXT,
    content_language=st.none() | HEADER_TEXT,
    metadata=st.dictionaries(
        st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1), HEADER_TEXT
    ),
)


@given(ATTRIBUTES)
def test_attributes_come_back(attributes: Attributes) -> None:
    if attribute_fault(attributes) is None:
        there = to_obstore_attributes(attributes)
        assert from_obstore_attributes(there) == attributes


def test_what_is_not_set_is_not_sent() -> None:
    assert to_obstore_attributes(Attributes()) == {}


def test_storage_class_is_no_metadata() -> None:
    there = {"Storage-Class": "STANDARD", "Name": "x"}
    assert from_obstore_attributes(there).metadata == {"name": "x"}


@pytest.mark.parametrize(
    ("attributes", "named"),
    (
        (Attributes(content_type="text/\nplain"), "content_type"),
        (Attributes(content_disposition="größe"), "content_disposition"),
        (Attributes(cache_control=" no-cache"), "cache_control"),
        (Attributes(metadata={"name": "größe"}), "name"),
        (Attributes(metadata={"name": "x "}), "name"),
        (Attributes(metadata={"two words": "x"}), "two words"),
        (Attributes(metadata={"": "x"}), "''"),
        (Attributes(metadata={"content-type": "x"}), "content-type"),
    ),
)
def test_attributes_that_no_header_holds(attributes: Attributes, named: str) -> None:
    assert named in str(attribute_fault(attributes))


@given(st.text(max_size=12) | st.text("a/.\x7f\t", max_size=6))
def test_a_key_without_a_fault_is_held_exactly(key: str) -> None:
    """obstore's own store in memory is the judge."""
    store = MemoryStore()
    if key_fault(key) is None:
        obstore.put(store, key, b"x")
        assert [info["path"] for info in obstore.list(store).collect()] == [key]


@pytest.mark.parametrize(
    "key",
    (
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "./a",
        "a\tb",
        "a\x7f",
        "\udcff",
    ),
)
def test_keys_that_obstore_cannot_hold(key: str) -> None:
    assert key_fault(key)
