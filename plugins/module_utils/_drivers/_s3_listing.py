# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""S3 listings: every key exactly, and fast.

botocore signs, sends, retries and follows redirects, but its own parsing of a listing takes several
times as long as the request. So its handler here takes a page's XML away before it is parsed.
"""

from __future__ import annotations

import contextvars
import hashlib
import queue
import re
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from ._base import ObjectInfo, Summary
from ._md5 import md5_of

_Item = t.TypeVar("_Item")

_PAGE: t.Final = "LongshorePage"
_MORE = re.compile(rb"<(?:\w+:)?IsTruncated>\s*true\s*<")
_TOKEN = re.compile(rb"<(?:\w+:)?NextContinuationToken>([^<]+)<")
_ENCODED = re.compile(rb"<(?:\w+:)?EncodingType>\s*url\s*<")
_KEY = re.compile("<Key>([^<]+)</Key>")
_FIRST_KEY = re.compile(b"<Key>[^<]+</Key>")
_SIZE = re.compile("<Size>([0-9]+)</Size>")
_ETAG = re.compile('<ETag>(?:"|&quot;|&#34;)?([^<&"]*)(?:"|&quot;|&#34;)?</ETag>')


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


_Page = t.Sequence[ObjectInfo]
_Fetch = t.Callable[..., bytes]


class _Digest:
    """What the pages of a listing say, those before and those after its middle."""

    def __init__(self) -> None:
        self.before = hashlib.sha256()
        self.after = hashlib.sha256()

    def __str__(self) -> str:
        return f"{self.before.hexdigest()}-{self.after.hexdigest()}"


def _rows_of(body: bytes) -> bytes:
    """The part of a page that is about objects: what is beside it, as its token, may be another each time."""
    begin, end = body.find(b"<Contents>"), body.rfind(b"</Contents>")
    return body[begin:end] if begin >= 0 else body


def list_objects(
    client: t.Any,
    container: str,
    prefix: str,
    middle: str | None = None,
    summary: Summary | None = None,
) -> t.Iterator[ObjectInfo]:
    """Every object whose key starts with ``prefix``; the next page is fetched while one is read.

    With ``middle``, a key that lies somewhere in the midst of a large container (it need not be
    there), what comes after it is listed at the same time. Holds two pages in memory, and with
    ``middle`` the second part. ``summary`` is told what :func:`summarise` would say. Raises
    ``ListingError`` and what botocore raises.
    """
    digest = _Digest()
    fetch = _fetching(client, container, prefix)
    first = fetch()
    digest.before.update(_rows_of(first))
    position = next_position(first)
    if position is None:
        yield from parse_page(first)
    elif middle is None:
        yield from parse_page(first)
        for page in map(parse_page, _pages(fetch, position, digest.before)):
            yield from page
    else:
        rest = map(parse_page, _pages(fetch, position, digest.before))
        after = _pages(fetch, {"StartAfter": middle}, digest.after)
        with _Ahead(map(parse_page, after)) as second:
            yield from parse_page(first)
            yield from _both(rest, second)
    if summary is not None:
        summary.digest = str(digest)


def summarise(
    client: t.Any, container: str, prefix: str, middle: str | None = None
) -> str:
    """A digest of the same pages, which are not parsed: that is most of a listing's work."""
    digest = _Digest()
    fetch = _fetching(client, container, prefix)
    first = fetch()
    digest.before.update(_rows_of(first))
    position = next_position(first)
    if position is None:
        return str(digest)
    rest = _pages(fetch, position, digest.before)
    if middle is None:
        for _unused in rest:
            pass
        return str(digest)
    with _Ahead(_pages(fetch, {"StartAfter": middle}, digest.after)) as second:
        after = iter(second)
        border = _FIRST_KEY.search(next(after, b""))
        for page in rest:
            if border is not None and border[0] in page:
                break
        for _unused in after:
            pass
    return str(digest)


def _fetching(client: t.Any, container: str, prefix: str) -> _Fetch:
    def fetch(**position: str) -> bytes:
        answer = client.list_objects_v2(
            Bucket=container, Prefix=prefix, EncodingType="url", **position
        )
        if _PAGE not in answer:
            raise ListingError("the server's answer is not a listing")
        return t.cast(bytes, answer[_PAGE])

    return fetch


def _pages(
    fetch: _Fetch, position: dict[str, str] | None, digest: hashlib._Hash
) -> t.Iterator[bytes]:
    """The pages from ``position`` on; ``digest`` is fed with those that are taken."""
    with ThreadPoolExecutor(1, "longshore-listing") as ahead:
        # whether requests are counted is the caller's affair
        here = contextvars.copy_context()

        def fetch_there(position: t.Mapping[str, str]) -> bytes:
            return here.run(fetch, **position)

        coming = ahead.submit(fetch_there, position or {})
        while True:
            body = coming.result()
            previous, position = position, next_position(body)
            if position is None:
                break
            if position == previous:
                raise ListingError("the server sends the same page again and again")
            # under way before this page is parsed
            coming = ahead.submit(fetch_there, position)
            digest.update(_rows_of(body))
            yield body
    digest.update(_rows_of(body))
    yield body


class _Ahead(t.Generic[_Item]):
    """Pages that are fetched in a thread, as fast as they come."""

    def __init__(self, pages: t.Iterator[_Item]) -> None:
        self._pages = pages
        self._queue: queue.SimpleQueue[_Item | BaseException | None] = (
            queue.SimpleQueue()
        )
        self._unwanted = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._unwanted = True
        self._thread.join()

    def __iter__(self) -> t.Iterator[_Item]:
        while (page := self._queue.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            yield page

    def _work(self) -> None:
        try:
            for page in self._pages:
                self._queue.put(page)
                if self._unwanted:
                    return
            self._queue.put(None)
        # raised again by the thread that reads
        except BaseException as error:  # noqa: BLE001
            self._queue.put(error)


def _both(
    before: t.Iterator[_Page], after: t.Iterable[_Page]
) -> t.Iterator[ObjectInfo]:
    """Two parts of one listing, the first up to where the second begins.

    Where that is, the second part's first key says: the order of keys is the server's affair.
    Should the first part never come to it, it was the whole listing itself.
    """
    second = iter(after)
    start = next(second, ())
    border = start[0].key if start else None
    for page in before:
        for info in page:
            if info.key == border:
                yield from start
                for later in second:
                    yield from later
                return
            yield info


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
        ObjectInfo(key, int(size), etag or None, md5_of(etag))
        for key, (_written, size, etag) in zip(keys, rows, strict=True)
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
