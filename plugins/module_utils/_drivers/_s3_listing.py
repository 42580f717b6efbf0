# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""S3 listings: every key exactly, and fast.

botocore signs, sends, retries and follows redirects, but its own parsing of a listing takes ten
times longer than the request. So its handler here takes a page's XML away before it is parsed.
"""

from __future__ import annotations

import re
import typing as t
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from ._base import ObjectInfo

_PAGE: t.Final = "LongshorePage"
_MORE = re.compile(rb"<(?:\w+:)?IsTruncated>\s*true\s*<")
_TOKEN = re.compile(rb"<(?:\w+:)?NextContinuationToken>([^<]+)<")
_ENCODED = re.compile(rb"<(?:\w+:)?EncodingType>\s*url\s*<")
_KEY = re.compile("<Key>([^<]+)</Key>")
_SIZE = re.compile("<Size>([0-9]+)</Size>")
_ETAG = re.compile('<ETag>(?:"|&quot;|&#34;)?([^<&"]*)(?:"|&quot;|&#34;)?</ETag>')
_MD5 = re.compile(r"[0-9a-f]{32}")


class ListingError(ValueError):
    """A server's listing that cannot be trusted to be whole and exact."""


def take_pages(client: t.Any) -> None:
    """Have botocore hand over the pages of object listings as they came."""
    # A wildcard's handlers run first: before botocore's own, which parses all of the XML just to
    # look for an error in it.
    client.meta.events.register("before-parse.*.ListObjectsV2", _take_page)


def _take_page(
    response_dict: dict[str, t.Any],
    customized_response_dict: dict[str, t.Any],
    **_: object,
) -> None:
    body = response_dict["body"]
    if response_dict["status_code"] == 200 and b"ListBucketResult" in body[:512]:
        customized_response_dict[_PAGE] = body
        response_dict["body"] = b""


def list_objects(client: t.Any, container: str, prefix: str) -> t.Iterator[ObjectInfo]:
    """Every object whose key starts with ``prefix``; the next page is fetched while one is read.

    Holds two pages in memory. Raises ``ListingError`` and what botocore raises.
    """

    def fetch(**position: str) -> bytes:
        answer = client.list_objects_v2(
            Bucket=container, Prefix=prefix, EncodingType="url", **position
        )
        if _PAGE not in answer:
            raise ListingError("the server's answer is not a listing")
        return t.cast(bytes, answer[_PAGE])

    body = fetch()
    position = next_position(body)
    if position is None:
        yield from parse_page(body)
        return
    with ThreadPoolExecutor(1, "longshore-listing") as ahead:
        while position:
            # Where the server gave a token, the next request is under way before this page is
            # parsed.
            coming = ahead.submit(fetch, **position)
            yield from parse_page(body)
            body = coming.result()
            previous, position = position, next_position(body)
            if position == previous:
                raise ListingError("the server sends the same page again and again")
    yield from parse_page(body)


def next_position(body: bytes) -> dict[str, str] | None:
    """The parameters that ask for the page after this one; None when it is the last."""
    # Both are few and short and no text in XML holds a "<": a search is as good as a parser.
    if not _MORE.search(body):
        return None
    token = _TOKEN.search(body)
    if token:
        text = ElementTree.fromstring(b"<x>%b</x>" % token[1]).text
        return {"ContinuationToken": text or ""}
    objects = parse_page(body)
    if not objects:
        raise ListingError("the server says that there is more, and not where")
    return {"StartAfter": objects[-1].key}


def parse_page(body: bytes) -> t.Sequence[ObjectInfo]:
    """The objects of one ``ListBucketResult``, in any namespace or none."""
    if not body.rstrip().endswith(b"ListBucketResult>"):
        raise ListingError("the server's listing broke off")
    rows = _search_rows(body) or _parse_rows(body)
    keys: t.Sequence[str] = [row[0] for row in rows]
    if _ENCODED.search(body):
        keys = _decode(keys)
    return [
        ObjectInfo(key, int(row[1]), row[2] or None, md5_of(row[2]))
        for key, row in zip(keys, rows, strict=True)
    ]


#: Key as written in the XML, size, unquoted ETag.
_Row = tuple[str, str, str]


def _search_rows(body: bytes) -> t.Sequence[_Row]:
    """The rows of a page in the usual form, at a tenth of a parser's price; empty in another form."""
    text = body.decode(errors="replace")
    keys, sizes, etags = (pattern.findall(text) for pattern in (_KEY, _SIZE, _ETAG))
    # Objects have each exactly once, and nothing else in a listing has any: equal numbers
    # belong together.
    if not text.count("<Contents>") == len(keys) == len(sizes) == len(etags):
        return ()
    # Entities, CDATA, comments, what a parser would normalise, what is not UTF-8.
    if (
        "<!" in text
        or "\r" in text
        or "\ufffd" in text
        or any("&" in key for key in keys)
    ):
        return ()
    return list(zip(keys, sizes, etags, strict=True))


def _parse_rows(body: bytes) -> t.Sequence[_Row]:
    """The rows of any page."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise ListingError(f"the server's listing is not XML: {error}") from error
    space = root.tag.rpartition("}")[0]
    space += "}" if space else ""
    rows = []
    for item in root.iterfind(space + "Contents"):
        key, size = item.findtext(space + "Key"), item.findtext(space + "Size")
        if not key or not size or not size.isdigit():
            raise ListingError("the server's listing has an object without key or size")
        rows.append((key, size, (item.findtext(space + "ETag") or "").strip('"')))
    return rows


def _decode(keys: t.Sequence[str]) -> t.Sequence[str]:
    """Undo ``EncodingType=url``."""
    try:
        # All in one go is several times faster, where no key holds what parts them.
        decoded = unquote_plus("\n".join(keys), errors="strict").split("\n")
        if len(decoded) == len(keys):
            return decoded
        return [unquote_plus(key, errors="strict") for key in keys]
    except UnicodeDecodeError:
        raise ListingError("the server lists a key that is not UTF-8") from None


def md5_of(etag: str | None) -> str | None:
    """The MD5 that an unquoted ETag may be."""
    return etag if etag and _MD5.fullmatch(etag) else None
