# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What S3 lists beside objects, page by page: older versions, delete markers, unfinished uploads."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote_plus

from .._drivers._s3_errors import error_code
from .._drivers._s3_listing import ListingError
from ._emptying import Entry

_Position = t.Mapping[str, str]


class Page(t.NamedTuple):
    """A page of a listing, and where the next one begins, if there is one."""

    entries: t.Sequence[Entry]
    position: _Position | None


#: Asks for the page at a position, by a client, in a container. Raises what botocore raises.
PageFrom = t.Callable[[t.Any, str, _Position], Page]


def first_page(
    page_from: PageFrom, client: t.Any, container: str, without: t.Container[str]
) -> Page | None:
    """The first page; None where the server answers with a code out of ``without``."""
    from botocore.exceptions import ClientError

    try:
        return page_from(client, container, {})
    except ClientError as error:
        if error_code(error) in without:
            return None
        raise


def pages(
    client: t.Any, container: str, first: Page, page_from: PageFrom
) -> t.Iterator[t.Sequence[Entry]]:
    """The first page's entries and those of all that follow, each page when the next one is here.

    A server may not find where to go on once the last entry of a page is deleted. Raises
    ``ListingError``, and what botocore raises.
    """
    page = first
    while page.position is not None:
        following = page_from(client, container, page.position)
        if following.position == page.position:
            raise ListingError("the server sends the same page again and again")
        yield page.entries
        page = following
    yield page.entries


def versions_from(client: t.Any, container: str, position: _Position) -> Page:
    """A page of objects, older versions and delete markers. Raises what botocore raises."""
    answer = client.list_object_versions(Bucket=container, **position)
    entries = [
        Entry(
            "objects" if found.get("IsLatest") else "versions",
            found["Key"],
            found["VersionId"],
        )
        for found in answer.get("Versions", ())
    ]
    entries += [
        Entry("delete_markers", found["Key"], found["VersionId"])
        for found in answer.get("DeleteMarkers", ())
    ]
    following = {
        name: answer[f"Next{name}"]
        for name in ("KeyMarker", "VersionIdMarker")
        if answer.get(f"Next{name}")
    }
    return Page(entries, _position(answer, following))


def uploads_from(client: t.Any, container: str, position: _Position) -> Page:
    """A page of unfinished uploads. Raises what botocore raises."""
    answer = client.list_multipart_uploads(
        Bucket=container, EncodingType="url", **position
    )
    decode = unquote_plus if answer.get("EncodingType") == "url" else str
    entries = [
        Entry("uploads", decode(found["Key"]), found["UploadId"])
        for found in answer.get("Uploads", ())
    ]
    following: dict[str, str] = {}
    if entries:
        # Some servers name one of the markers only.
        last = entries[-1]
        following = {
            "KeyMarker": decode(answer.get("NextKeyMarker") or "") or last.key,
            "UploadIdMarker": answer.get("NextUploadIdMarker") or last.id or "",
        }
    return Page(entries, _position(answer, following))


def _position(answer: t.Any, following: _Position) -> _Position | None:
    if not answer.get("IsTruncated"):
        return None
    if not following:
        raise ListingError("the server has more, and does not say from where on")
    return following
