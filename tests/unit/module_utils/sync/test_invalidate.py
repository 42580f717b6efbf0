# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths to invalidate, and how the option is checked."""

from __future__ import annotations

import sys
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    MissingLibraryError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._invalidate import (
    Invalidation,
    paths_of,
)

SECRET = "do-not-show-this"


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("a.css", ["/a.css"]),
        ("index.html", ["/", "/index.html"]),
        ("docs/x/index.html", ["/docs/x/", "/docs/x/index.html"]),
        ("docs/my-index.html", ["/docs/my-index.html"]),
        ("index.html/a", ["/index.html/a"]),
        ("Index.html", ["/Index.html"]),
        ("a b/ä.txt", ["/a%20b/%C3%A4.txt"]),
        # what RFC 1738 calls unsafe, and a line break
        ('<>"#%{}|\\^[]`\n', ["/%3C%3E%22%23%25%7B%7D%7C%5C%5E%5B%5D%60%0A"]),
        # what it does not
        ("$-_.+!'(),;:@=&", ["/$-_.+!'(),;:@=&"]),
        ("a*b?c", ["/a%2Ab%3Fc"]),
        ("a%2Ab", ["/a%252Ab"]),
        ("//a/./..", ["///a/./.."]),
    ],
)
def test_the_paths_of_a_name(name: str, paths: list[str]) -> None:
    assert paths_of([name], "", 15) == paths


def test_a_wildcard_stands_for_a_tilde_and_what_follows() -> None:
    names = ["js/runtime~main.js", "js/runtime~main.js.map", "~me/index.html", "a.css"]
    assert paths_of(names, "", 15) == ["/*", "/a.css", "/js/runtime*"]


def test_paths_are_sorted_and_unique() -> None:
    names = ["b", "index.html", "a/index.html", "b", "a"]
    paths = ["/", "/a", "/a/", "/a/index.html", "/b", "/index.html"]
    assert paths_of(names, "", 15) == paths
    assert paths_of(iter(names), "", 15) == paths
    assert paths_of([], "", 15) == []


@pytest.mark.parametrize(
    ("names", "prefix", "wildcard"),
    [
        (["a", "b"], "", "/*"),
        (["docs/a", "docs/b"], "", "/docs/*"),
        (["docs/a", "docs/x/b"], "", "/docs/*"),
        (["docs/x/a", "docs/x/b"], "", "/docs/x/*"),
        (["docs/a", "docs2/a"], "", "/*"),
        (["docs/a", "docs"], "", "/*"),
        (["docs/index.html"], "", "/docs/*"),
        (["index.html"], "", "/*"),
        (["index.html"], "docs/", "/docs/*"),
        (["a b/ö", "a b/ä"], "", "/a%20b/*"),
        (["ä/x", "ö/x"], "", "/*"),
    ],
)
def test_above_the_limit_there_is_one_wildcard(
    names: list[str], prefix: str, wildcard: str
) -> None:
    assert paths_of(names, prefix, 1) == [wildcard]
    assert wildcard not in paths_of(names, prefix, 2)


def test_the_limit_itself_is_allowed() -> None:
    names = [f"a/{number:04}" for number in range(3000)]
    assert len(paths_of(names, "", 3000)) == 3000
    assert paths_of([*names, "b"], "", 3000) == ["/*"]
    assert Invalidation({"distributions": ["E1"]}).paths(names[:15])[-1] == "/a/0014"
    assert Invalidation({"distributions": ["E1"]}).paths(names[:16]) == ["/a/*"]


def test_more_wildcards_than_cloudfront_takes_become_one() -> None:
    names = [f"a/{number:02}~" for number in range(16)]
    assert len(paths_of(names[:15], "", 3000)) == 15
    assert paths_of(names, "", 3000) == ["/a/*"]


@pytest.mark.parametrize("prefix", ["docs/v 1", "/docs/v 1/", "docs/v 1/"])
def test_a_prefix_that_viewers_see(prefix: str) -> None:
    invalidation = Invalidation({"distributions": ["E1"], "path_prefix": prefix})
    paths = ["/docs/v%201/", "/docs/v%201/a", "/docs/v%201/index.html"]
    assert invalidation.paths(["index.html", "a"]) == paths


def test_without_the_option_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    invalidation = Invalidation(None)
    assert not invalidation
    invalidation.check()
    assert invalidation.paths(["a"]) == invalidation.send(["a"]) == []


def test_what_is_none_was_not_written() -> None:
    fields: dict[str, t.Any] = dict.fromkeys(
        ("limit", "path_prefix", "key", "secret", "token", "region", "endpoint")
    )
    assert Invalidation({"distributions": ["E1"], **fields}).paths(["a"]) == ["/a"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"distributions": None}, "invalidate.distributions must be a list"),
        ({"distributions": []}, "invalidate.distributions must be a list"),
        ({"distributions": "E1"}, "invalidate.distributions must be a list"),
        ({"distributions": ["E1", ""]}, r"distributions\[1\] must be the id"),
        ({"distributions": [5]}, r"distributions\[0\] must be the id .*not 5"),
        ({"distributions": ["d1.cloudfront.net"]}, "neither the domain name nor"),
        ({"distributions": ["arn:aws:cloudfront::1:distribution/E1"]}, "nor the ARN"),
        ({"distributions": ["E1\n"]}, r"distributions\[0\] must be the id"),
        ({"limit": 0}, "invalidate.limit .* from 1 to 3000, not 0"),
        ({"limit": 3001}, "invalidate.limit .* not 3001"),
        ({"limit": True}, "invalidate.limit .* not True"),
        ({"limit": "many"}, "invalidate.limit .* not 'many'"),
        ({"path_prefix": "a//b"}, "invalidate.path_prefix must be .* not 'a//b'"),
        ({"path_prefix": "../b"}, "invalidate.path_prefix must be"),
        ({"path_prefix": "a\nb"}, "invalidate.path_prefix must be"),
        ({"path_prefix": 3}, "invalidate.path_prefix must be"),
        ({"distribution": ["E1"]}, "no field 'distribution'. Did you mean distrib"),
        ({"limt": 3}, "no field 'limt'. Did you mean limit"),
        ({"container": "x"}, "no field 'container'. Fields are distributions, limit,"),
        ({"key": "k"}, "key and secret go together"),
        ({"secret": SECRET}, "key and secret go together"),
        ({"token": SECRET}, "token goes with key and secret"),
        ({"key": "k", "secret": f"{SECRET}\n"}, "invalidate.secret holds a line break"),
        ({"key": [SECRET], "secret": "s"}, "invalidate.key must be text"),
        ({"endpoint": "localhost"}, "invalidate.endpoint must be a URL"),
        ({"endpoint": f"http://k:{SECRET}@host"}, "URL without credentials"),
        ({f"key={SECRET}": 1}, "no field of the written name"),
    ],
)
def test_what_cannot_be_meant(fields: dict[str, t.Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text) as caught:
        Invalidation({"distributions": ["E1"], **fields})
    assert SECRET not in str(caught.value)


def test_the_library_is_missed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(MissingLibraryError, match="pip install boto3"):
        Invalidation({"distributions": ["E1"]})


@given(
    names=st.sets(st.text("ab/~.é", min_size=1, max_size=5), max_size=12),
    others=st.sets(st.text("ab/", min_size=1, max_size=5), max_size=3),
    limit=st.integers(1, 6),
)
def test_abridged_names_come_to_the_same_paths(
    names: set[str], others: set[str], limit: int
) -> None:
    invalidation = Invalidation({"distributions": ["E1"], "limit": limit})
    few = invalidation.abridged(names)
    assert len(few) <= limit + 1
    assert invalidation.paths({*few, *others}) == invalidation.paths(names | others)
    assert Invalidation(None).abridged(names) == []
