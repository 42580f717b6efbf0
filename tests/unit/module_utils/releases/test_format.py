# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of releases: bytes and back, and nothing else is believed."""

from __future__ import annotations

import hashlib
import json
import typing as t
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._releases._format import (
    Index,
    Kept,
    Release,
    ReleaseError,
    check_name,
    decode_index,
    decode_list,
    encode_index,
    encode_list,
)

LIST = f"{'a' * 64}.1"
_names = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\Z")
_numbers = st.integers(0, 2**40)
_ours = st.from_regex(r"\A[0-9a-f]{64}\.[0-9]{1,15}\Z")
_attributes = st.builds(
    Attributes,
    st.none() | st.text(),
    acl=st.none() | st.text(),
    metadata=st.dictionaries(st.text(), st.text(), max_size=2),
)
_kept = st.builds(
    Kept,
    _ours,
    _numbers,
    st.text(),
    st.text(),
    _numbers,
    st.text(max_size=5),
    _attributes,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), _kept, max_size=5))
def test_lists_and_back(objects: dict[str, Kept]) -> None:
    digest, data = encode_list(objects)
    assert decode_list(f"{digest}.7", data) == objects
    turned = dict(reversed(objects.items()))
    assert encode_list(turned) == (digest, data)


@settings(max_examples=40)
@given(st.lists(_names, unique=True, max_size=4), st.booleans(), _numbers)
def test_index_and_back(names: list[str], rolled_back: bool, number: int) -> None:
    releases = tuple(
        Release(check_name(name), number, number, number, LIST, place == 1)
        for place, name in enumerate(names)
    )
    pending = names[0] if rolled_back and names else None
    index = Index(number, releases, rolled_back, pending)
    assert decode_index(encode_index(index)) == index


def damaged(**what: t.Any) -> bytes:
    index = Index(1, (Release("a", 1, 1, 1, LIST, True),))
    return json.dumps({**json.loads(encode_index(index)), **what}).encode()


_ONE = {"name": "a", "published": 1, "objects": 1, "bytes": 1, "list": LIST}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        damaged(version="x"),
        damaged(serial=None),
        damaged(releases=7),
        damaged(releases=[7]),
        damaged(releases=[{}]),
        damaged(releases=[{**_ONE, "name": "../a"}]),
        damaged(releases=[{**_ONE, "list": "../../a"}]),
        damaged(releases=[{**_ONE, "bytes": "many"}]),
    ],
)
def test_a_damaged_index(data: bytes) -> None:
    with pytest.raises(ReleaseError, match="damaged") as caught:
        decode_index(data)
    assert ".longshore/releases/" in caught.value.hint


def test_a_newer_index() -> None:
    with pytest.raises(ReleaseError, match="version 2, and this one understands 1"):
        decode_index(damaged(version=2))


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"7",
        b"[]\n7",
        b'[{"no such": "a"}]',
        b'[{"acl": 7}]',
        b'[{"metadata": {"a": 7}}]',
        b'[{}]\n["a","../../b",1,"","",1,"",0]',
        b'[{}]\n["a","%s",true,"","",1,"",0]' % LIST.encode(),
        b'[{}]\n["a","%s",1,"","",1,"",1]' % LIST.encode(),
        b'[]\n["a"]',
        b"[]\n{",
    ],
)
def test_a_damaged_list(lines: bytes) -> None:
    name = f"{hashlib.sha256(lines).hexdigest()}.1"
    with pytest.raises(ReleaseError, match="damaged"):
        decode_list(name, zlib.compress(lines))
    with pytest.raises(ReleaseError, match="another content"):
        decode_list(LIST, zlib.compress(lines))
    with pytest.raises(ReleaseError, match="decompressed"):
        decode_list(name, lines)


def test_the_newest_are_named() -> None:
    releases = tuple(Release(f"v{n}", n, 0, 0, LIST) for n in range(9, 0, -1))
    assert Index(9, releases).names() == "There are v9, v8, v7, v6, v5 and 4 older."
    assert Index(9, releases[:2]).names() == "There are v9, v8."
    with pytest.raises(ConfigurationError, match="begins with a letter or digit"):
        check_name(".hidden")
