# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rules make of names, and which rules cannot be meant."""

from __future__ import annotations

import gzip
import typing as t

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._compress import (
    EXTENSIONS,
    encode,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._rules import (
    Rules,
    Treatment,
)

Rule = dict[str, t.Any]


def treat(name: str, *rules: Rule) -> dict[str, Treatment]:
    return Rules(rules).treatments([name]).get(name, {})


def test_the_first_match_wins_for_each_field() -> None:
    rules: list[Rule] = [
        {"match": "*.html", "cache_control": "no-cache"},
        {"match": "/docs/", "cache_control": "max-age=5", "content_language": "de"},
        {"match": "*", "content_language": "en", "metadata": {"a": "1"}},
    ]
    made = Rules(rules).treatments(["docs/a.html", "docs/a.css", "x"])
    assert {name: dict(two[name].attributes) for name, two in made.items()} == {
        "docs/a.html": {
            "cache_control": "no-cache",
            "content_language": "de",
            "metadata": {"a": "1"},
        },
        "docs/a.css": {
            "cache_control": "max-age=5",
            "content_language": "de",
            "metadata": {"a": "1"},
        },
        "x": {"content_language": "en", "metadata": {"a": "1"}},
    }


def test_names_that_no_rule_matches_are_left_alone() -> None:
    assert treat("a.css", {"match": "*.html", "acl": "private"}) == {}
    assert treat("a.css", {"match": "*.css", "acl": None}) == {}


def test_rules_go_before_what_was_there() -> None:
    (treatment,) = treat("a", {"match": "a", "content_type": "x/y"}).values()
    before = Attributes(content_type="a/b", cache_control="no-store")
    assert treatment.apply(before) == Attributes("x/y", cache_control="no-store")


def test_compressed_in_place_or_beside() -> None:
    made = treat("a.js", {"match": "*.js", "compress": ["gzip"]})
    assert {name: (x.encoding, x.extra) for name, x in made.items()} == {
        "a.js": ("gzip", False)
    }
    rule = {"match": "*.js", "compress": ["gzip", "br", "zstd"], "siblings": True}
    assert {n: (x.encoding, x.extra) for n, x in treat("a.js", rule).items()} == {
        "a.js": (None, False),
        "a.js.gz": ("gzip", True),
        "a.js.br": ("br", True),
        "a.js.zst": ("zstd", True),
    }


def test_a_digest_shows_what_was_changed() -> None:
    rules: list[Rule] = [
        {"match": "a", "acl": "private"},
        {"match": "a", "acl": "public-read"},
        {"match": "a", "acl": "private", "compress": ["gzip"]},
        {"match": "a", "acl": "private", "metadata": {"x": "1"}},
    ]
    digests = [treat("a", rule)["a"].digest for rule in rules]
    assert len(set(digests)) == 4
    assert digests[2].startswith("gzip/") and digests[0].startswith("/")
    assert digests[0].partition("/")[2] == digests[2].partition("/")[2]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([{"match": "*", "cachecontrol": "x"}], "cachecontrol.*Did you mean cache_con"),
        ([{"match": "*", "zzz": 1}], "no field 'zzz'.*Fields are match"),
        ([{"cache_control": "x"}], "needs match"),
        ([{"match": []}], "needs match"),
        ([{"match": ["a", 1]}], "needs match"),
        ([{"match": "!"}], r"rules\[0\].match pattern '!'"),
        ([{"match": "*", "content_type": 5}], "content_type is a text"),
        ([{"match": "*", "metadata": {"a": 1}}], "texts to texts"),
        ([{"match": "*", "compress": ["lzma"]}], "gzip, br, zstd"),
        ([{"match": "*", "siblings": "yes"}], "true or false"),
        ([{"match": "*", "compress": ["gzip", "br"]}], "an object has one"),
        (
            [{"match": "*", "compress": ["gzip"], "content_encoding": "br"}],
            "cannot both hold",
        ),
        (
            [{"match": "*.js", "acl": "a"}, {"match": "*.js", "acl": "b"}],
            r"rules\[0\] and rules\[1\].*acl.*cannot both hold",
        ),
    ],
)
def test_rules_that_cannot_be_meant(rules: list[Rule], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Rules(rules)


@pytest.mark.parametrize("name", ["a.js.gz", "photo.BR", "x.zip"])
def test_what_is_encoded_already_is_not_compressed(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{name}' is encoded already"):
        treat(name, {"match": "*", "compress": ["gzip"]})


def test_what_two_rules_say_together_may_be_wrong_too() -> None:
    compress: Rule = {"match": "*.js", "compress": ["gzip"]}
    for field in ({"content_encoding": "br"}, {"redirect": "/"}):
        with pytest.raises(ConfigurationError, match=r"'a\.js'"):
            treat("a.js", compress, {"match": "a.*", **field})


@given(st.lists(st.binary(max_size=3000), max_size=4))
def test_encodings_are_undone_and_reproducible(chunks: list[bytes]) -> None:
    undo: dict[str, t.Callable[[bytes], bytes]] = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": lambda data: zstandard.ZstdDecompressor()
        .decompressobj()
        .decompress(data),
    }
    data = b"".join(chunks)
    for encoding in EXTENSIONS:
        first, second = encode(chunks, encoding), encode([data], encoding)
        body = b"".join(first.chunks)
        assert len(body) == first.size
        assert body == b"".join(second.chunks)
        assert undo[encoding](body) == data
