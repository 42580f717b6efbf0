# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of S3 listings, as several servers write them."""

from __future__ import annotations

import typing as t
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_listing import (
    ListingError,
    list_objects,
    next_position,
    parse_page,
)

MD5 = "5d41402abc4b2a76b9719d911017c592"
AMAZON = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def _object(key: str, size: object = 5, etag: str | None = f"&quot;{MD5}&quot;") -> str:
    tag = "" if etag is None else f"<ETag>{etag}</ETag>"
    return (
        f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"{tag}<Size>{size}</Size><Owner><ID>1</ID></Owner></Contents>"
    )


def _page(*parts: str, space: str = AMAZON, head: str = "") -> bytes:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult{space}>{head}{"".join(parts)}</ListBucketResult>'
    return text.encode()


URL = "<EncodingType>url</EncodingType>"


@pytest.mark.parametrize("space", (AMAZON, "", ' xmlns="urn:another"'))
@pytest.mark.parametrize(
    "etag", (f'"{MD5}"', f"&quot;{MD5}&quot;", f"&#34;{MD5}&#34;", MD5)
)
def test_namespaces_and_quotes(space: str, etag: str) -> None:
    page = _page(_object("a.txt", 5, etag), space=space)
    assert parse_page(page) == [ObjectInfo("a.txt", 5, MD5, MD5)]


def test_prefixed_names() -> None:
    page = (
        b'<s:ListBucketResult xmlns:s="urn:s"><s:EncodingType>url</s:EncodingType><s:Contents>'
        b"<s:Key>a+b</s:Key><s:Size>1</s:Size></s:Contents></s:ListBucketResult>"
    )
    assert parse_page(page) == [ObjectInfo("a b", 1)]


@pytest.mark.parametrize("odd", (None, "", "abc-2"))
def test_etags_that_are_no_md5(odd: str | None) -> None:
    page = _page(_object("a", 1, odd), _object("b", 2))
    assert parse_page(page) == [
        ObjectInfo("a", 1, odd or None),
        ObjectInfo("b", 2, MD5, MD5),
    ]


def test_empty_page() -> None:
    assert parse_page(_page(head="<KeyCount>0</KeyCount>")) == []


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_encoded_keys_come_back_exactly(keys: list[str]) -> None:
    page = _page(*(_object(quote_plus(key, safe="/")) for key in keys), head=URL)
    assert [info.key for info in parse_page(page)] == keys


@given(
    st.lists(
        st.text(
            st.characters(
                exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
            ),
            min_size=1,
        )
    )
)
def test_plain_keys_come_back_exactly(keys: list[str]) -> None:
    page = _page(*(_object(escape(key)) for key in keys))
    assert [info.key for info in parse_page(page)] == keys


@pytest.mark.parametrize("key", ("a+b", "a%20b", "a%"))
def test_unencoded_keys_are_left_alone(key: str) -> None:
    assert parse_page(_page(_object(key)))[0].key == key


@pytest.mark.parametrize(
    "page",
    (
        _page(_object("a", "")),
        _page(_object("a", "x")),
        _page("<Contents><Size>1</Size></Contents>"),
        _page(_object("a"))[:-40],
        _page(_object("%ff"), head=URL),
        b"no XML",
    ),
)
def test_pages_that_cannot_be_trusted(page: bytes) -> None:
    with pytest.raises(ListingError):
        parse_page(page)


@pytest.mark.parametrize(
    ("head", "expected"),
    (
        ("", None),
        ("<IsTruncated>false</IsTruncated>", None),
        (
            "<IsTruncated>true</IsTruncated><NextContinuationToken>a &amp; b&#13;</NextContinuationToken>",
            {"ContinuationToken": "a & b\r"},
        ),
        ("<IsTruncated> true </IsTruncated>", {"StartAfter": "z z"}),
    ),
)
def test_next_position(head: str, expected: t.Mapping[str, str] | None) -> None:
    page = _page(_object("a"), _object("z+z"), head=URL + head)
    assert next_position(page) == expected


def test_more_without_a_way_to_get_it() -> None:
    with pytest.raises(ListingError):
        next_position(_page(head="<IsTruncated>true</IsTruncated>"))


class PagedServer:
    """A client of a server that lists in byte order, three keys a page."""

    def __init__(self, keys: t.Iterable[str], vanishes: str | None = None) -> None:
        self.keys = sorted(keys)
        self.vanishes = vanishes

    def list_objects_v2(self, **asked: str) -> dict[str, bytes]:
        after = asked.get("ContinuationToken") or asked.get("StartAfter") or ""
        rest = [key for key in self.keys if key > after]
        page, more = rest[:3], len(rest) > 3
        if "StartAfter" in asked and self.vanishes in page:
            self.keys.remove(self.vanishes)
        head = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        if more:
            head += f"<NextContinuationToken>{page[-1]}</NextContinuationToken>"
        return {"LongshorePage": _page(*map(_object, page), head=head)}


def _keys(server: PagedServer, middle: str | None) -> list[str]:
    return [info.key for info in list_objects(server, "c", "", middle)]


@given(st.sets(st.text("abc", min_size=1, max_size=4)), st.text("abcd", max_size=4))
def test_two_parts_are_one_listing(keys: set[str], middle: str) -> None:
    assert _keys(PagedServer(keys), middle or None) == sorted(keys)


def test_two_parts_when_their_border_vanishes() -> None:
    keys = [f"{number:02}" for number in range(20)]
    found = _keys(PagedServer(keys, vanishes="11"), "10")
    assert found == [key for key in keys if key != "11"]


def test_a_fault_in_the_second_part_is_raised() -> None:
    class Failing(PagedServer):
        def list_objects_v2(self, **asked: str) -> dict[str, bytes]:
            if (asked.get("ContinuationToken") or "") > "15":
                raise ZeroDivisionError
            return super().list_objects_v2(**asked)

    with pytest.raises(ZeroDivisionError):
        _keys(Failing(f"{number:02}" for number in range(20)), "10")
