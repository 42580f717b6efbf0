# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    ENTRIES_PER_SHARD,
    Entry,
    ManifestError,
    Root,
    decode_root,
    decode_shard,
    encode_root,
    encode_shard,
    shard_count,
    shard_number,
    split,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
ENTRIES = st.dictionaries(
    TEXT,
    st.builds(
        Entry,
        st.integers(0, 2**63),
        st.just("") | DIGESTS,
        TEXT,
        st.integers(0, 2**63),
        TEXT,
    ),
)


@given(ENTRIES)
def test_a_shard_comes_back_as_it_was(entries: dict[str, Entry]) -> None:
    name, data = encode_shard(entries)
    assert decode_shard(name, data) == entries


@given(ENTRIES, st.randoms())
def test_equal_content_has_one_name(
    entries: dict[str, Entry], chance: random.Random
) -> None:
    names = list(entries)
    chance.shuffle(names)
    assert encode_shard({n: entries[n] for n in names}) == encode_shard(entries)


def test_any_difference_has_another_name() -> None:
    entry = Entry(1, "d", "s", 2, "e")
    variants = [{"n": entry}, {"m": entry}, {}]
    variants += [
        {"n": entry._replace(size=9)},
        {"n": entry._replace(digest="9")},
        {"n": entry._replace(source_etag="9")},
        {"n": entry._replace(stored_size=9)},
        {"n": entry._replace(etag="9")},
    ]
    assert len({encode_shard(v)[0] for v in variants}) == len(variants)


@pytest.mark.parametrize("bits", range(13))
def test_a_root_comes_back_as_it_was(bits: int) -> None:
    shards = [None if i % 3 == 0 else f"{i:064x}" for i in range(1 << bits)]
    for pending in (None, "run"):
        root = Root(tuple(shards), pending)
        assert decode_root(encode_root(root)) == root


@given(TEXT.filter(bool), st.integers(0, 11))
def test_a_shard_is_divided_and_never_mixed_when_there_are_more(
    name: str, bits: int
) -> None:
    few, many = shard_number(name, 1 << bits), shard_number(name, 2 << bits)
    assert many in (2 * few, 2 * few + 1)


def test_where_an_entry_is_is_part_of_the_format() -> None:
    assert [shard_number("index.html", 1 << bits) for bits in (0, 1, 4, 12)] == [
        int(hashlib.sha256(b"index.html").hexdigest()[:3], 16) >> 12 - bits
        for bits in (0, 1, 4, 12)
    ]


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        (0, 1),
        (1, 1),
        (ENTRIES_PER_SHARD, 1),
        (ENTRIES_PER_SHARD + 1, 2),
        (2 * ENTRIES_PER_SHARD, 2),
        (2 * ENTRIES_PER_SHARD + 1, 4),
        (100_000, 32),
        (10**9, 4096),
    ],
)
def test_shards_hold_a_few_thousand_entries(entries: int, count: int) -> None:
    assert shard_count(entries) == count


def test_split_puts_each_entry_into_its_shard() -> None:
    entries = {f"file{n}": Entry(n, "", "", n, "") for n in range(10_000)}
    shards = split(entries)
    assert len(shards) == 4
    for number, shard in enumerate(shards):
        assert shard
        assert {shard_number(name, 4) for name in shard} == {number}
    assert {k: v for shard in shards for k, v in shard.items()} == entries


GOOD = {"version": 1, "bits": 0, "shards": [None], "pending": None}


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "5",
        "null",
        "[]",
        '"version"',
        '{"version": 1e999}',
        {},
        {"version": None},
        {"version": "one"},
        {"version": 1},
        {**GOOD, "bits": None},
        {**GOOD, "bits": "0"},
        {**GOOD, "bits": -1},
        {**GOOD, "bits": 1},
        {**GOOD, "bits": [0]},
        {**GOOD, "shards": None},
        {**GOOD, "shards": []},
        {**GOOD, "shards": [5]},
        {**GOOD, "shards": ["../../x"]},
        {**GOOD, "shards": ["A" * 64]},
        {**GOOD, "shards": [None] * 3, "bits": 2},
        {**GOOD, "pending": 5},
    ],
)
def test_a_damaged_root_is_an_error_that_says_what_helps(document: object) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(ManifestError, match="damaged.*manifest=rebuild"):
        decode_root(text.encode())


def test_bytes_that_are_no_text_are_a_damaged_root() -> None:
    with pytest.raises(ManifestError, match="damaged"):
        decode_root(b"\xff\xfe\x00")


@pytest.mark.parametrize("version", [2, 99])
def test_a_newer_version_is_not_called_damaged(version: int) -> None:
    with pytest.raises(ManifestError, match=f"version {version}.*Update"):
        decode_root(json.dumps({"version": version, "what": "ever"}).encode())


@given(st.binary(max_size=200))
def test_no_bytes_are_a_root_by_chance(data: bytes) -> None:
    with pytest.raises(ManifestError):
        decode_root(data)


def shard_of(lines: bytes) -> tuple[str, bytes]:
    return hashlib.sha256(lines).hexdigest(), zlib.compress(lines)


@pytest.mark.parametrize(
    "lines", [b"{", b"{}", b"5", b"[]", b'["a", 1]', b'[["a"],1,"","",1,""]', b"\xff"]
)
def test_a_shard_of_other_lines_is_damaged(lines: bytes) -> None:
    with pytest.raises(ManifestError, match="damaged"):
        decode_shard(*shard_of(lines))


def test_a_shard_that_is_not_what_its_name_says_is_damaged() -> None:
    name, data = encode_shard({"a": Entry(1, "", "", 1, "")})
    other, _unused = encode_shard({"b": Entry(1, "", "", 1, "")})
    for said, held in ((other, data), (name, data[:-1]), (name, b""), (name, b"x")):
        with pytest.raises(ManifestError, match=f"damaged: shard {said}"):
            decode_shard(said, held)
