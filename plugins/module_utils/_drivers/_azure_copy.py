# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Copies that Azure makes by itself: in one request, or in blocks that become a blob in the last one.

Azure's own Copy Blob keeps the source's headers, and empties what is there while a long copy is under
way. These two replace a blob whole, with the headers that are given.
"""

from __future__ import annotations

import base64
import http.client
import secrets
import typing as t
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

from ._base import HEADERS, Attributes, ObjectInfo
from ._rest import Headers, RestClient

METADATA: t.Final = "x-ms-meta-"
_ATTRIBUTES: t.Final = {
    field: f"x-ms-blob-{name.lower()}" for field, name in HEADERS.items()
}
_MOST_BLOCKS: t.Final = 50_000
_BLOCKS_AT_ONCE: t.Final = 4


class BlobCopy:
    """One copy, of ``source`` to the blob at ``path``.

    ``authorize_source`` gives the headers that name the source and prove that it may be read, good
    for an hour at least.
    """

    def __init__(
        self,
        rest: RestClient,
        operation: str,
        source: ObjectInfo,
        authorize_source: t.Callable[[], Headers],
        path: str,
        attributes: Attributes,
        *,
        in_place: bool,
    ) -> None:
        self._rest = rest
        self._operation = operation
        self._source = source
        self._authorize_source = authorize_source
        self._path = path
        self._target = _target_headers(source, attributes)
        if in_place and source.etag is not None:
            self._target["If-Match"] = f'"{source.etag}"'

    def at_once(self) -> http.client.HTTPMessage:
        """Copy in one request; the headers of its answer. Raises as ``RestClient.fetch``."""
        headers = {
            **self._source_headers(),
            **self._target,
            "x-ms-blob-type": "BlockBlob",
            "x-ms-copy-source-blob-properties": "false",
        }
        answer, _unused = self._rest.fetch(
            self._operation, "PUT", self._path, headers=headers
        )
        return answer

    def in_blocks(self, size: int) -> http.client.HTTPMessage:
        """Copy in blocks of ``size`` bytes or more; the last answer's headers. Raises as ``fetch``.

        After a failure Azure forgets the blocks by itself.
        """
        size = max(size, -(-self._source.size // _MOST_BLOCKS))
        # All names are of one length, and no other upload's to this blob.
        upload = secrets.token_hex(6)
        blocks = {
            base64.b64encode(f"{upload}{number:08}".encode()).decode(): start
            for number, start in enumerate(range(0, self._source.size, size))
        }

        def copy_block(block: tuple[str, int]) -> None:
            name, start = block
            end = min(start + size, self._source.size) - 1
            self._rest.fetch(
                self._operation,
                "PUT",
                self._path,
                {"comp": "block", "blockid": name},
                {**self._source_headers(), "x-ms-source-range": f"bytes={start}-{end}"},
            )

        with ThreadPoolExecutor(_BLOCKS_AT_ONCE) as pool:
            for _unused in pool.map(copy_block, blocks.items()):
                pass
        return self._commit(blocks)

    def _commit(self, blocks: t.Iterable[str]) -> http.client.HTTPMessage:
        root = ElementTree.Element("BlockList")
        for name in blocks:
            ElementTree.SubElement(root, "Uncommitted").text = name
        data = ElementTree.tostring(root, "utf-8", xml_declaration=True)
        headers = {
            **self._target,
            "Content-Type": "application/xml",
            "Content-Length": str(len(data)),
        }
        query = {"comp": "blocklist"}
        answer, _unused = self._rest.fetch(
            self._operation, "PUT", self._path, query, headers, data
        )
        return answer

    def _source_headers(self) -> Headers:
        headers = self._authorize_source()
        if self._source.etag is not None:
            headers["x-ms-source-if-match"] = f'"{self._source.etag}"'
        return headers


def _target_headers(source: ObjectInfo, attributes: Attributes) -> Headers:
    headers = {
        name: value
        for field, name in _ATTRIBUTES.items()
        if (value := getattr(attributes, field)) is not None
    }
    for name, value in attributes.metadata.items():
        headers[METADATA + name] = value
    if source.md5 is not None:
        md5 = base64.b64encode(bytes.fromhex(source.md5)).decode()
        headers["x-ms-blob-content-md5"] = md5
    return headers
