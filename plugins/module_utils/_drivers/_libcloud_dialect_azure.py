# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Azure's words."""

from __future__ import annotations

import base64
import re
import typing as t
import xml.etree.ElementTree as ET
from urllib.parse import unquote

from ._base import HEADERS, Attributes, Condition, Features, ObjectInfo
from ._libcloud_dialect import (
    PAGE,
    Dialect,
    Headers,
    Page,
    Position,
    Request,
    parse_xml,
    text_of,
    with_prefix,
)
from ._md5 import hex_md5

_FORBIDDEN_BY_AZURE = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


class AzureDialect(Dialect):
    """Azure's blobs: a body in parts is a list of blocks."""

    features = Features(conditional_write=True, listing_md5=True)
    counts_characters = True
    metadata_prefix = "x-ms-meta-"
    multipart = True
    container_missing = frozenset({"ContainerNotFound"})
    object_missing = frozenset({"BlobNotFound"})
    container_ours = frozenset({"ContainerAlreadyExists"})

    def key_fault(self, key: str) -> str | None:
        if _FORBIDDEN_BY_AZURE.search(key):
            return "Azure takes no control characters and no noncharacters"
        if any(segment.endswith(".") for segment in key.split("/")):
            return "Azure may drop a dot that ends a segment"
        return super().key_fault(key)

    def head_container(self, container: str) -> Request:
        return Request("HEAD", self.container_path(container), {"restype": "container"})

    def create_container(self, container: str, region: str | None) -> Request:
        return Request("PUT", self.container_path(container), {"restype": "container"})

    def delete_container(self, container: str) -> Request:
        path = self.container_path(container)
        return Request("DELETE", path, {"restype": "container"})

    def list_page(self, container: str, prefix: str, position: Position) -> Request:
        params = {"restype": "container", "comp": "list", "maxresults": PAGE}
        params |= position
        # libcloud signs parameters without the spaces at their ends.
        signed = "" if prefix != prefix.lstrip() else prefix.rstrip()
        return Request(
            "GET", self.container_path(container), with_prefix(params, signed)
        )

    def read_page(self, body: bytes) -> Page:
        root = parse_xml(body, "EnumerationResults")
        objects = []
        for node in root.iterfind("./Blobs/Blob"):
            name = node.find("Name")
            properties = node.find("Properties")
            if name is None or properties is None:
                raise ValueError("an entry has no name or no properties")
            key = name.text or ""
            # Azure encodes the names that XML cannot hold.
            if name.get("Encoded") == "true":
                key = unquote(key, errors="strict")
            etag = text_of(properties, "Etag").strip('"')
            md5 = hex_md5(text_of(properties, "Content-MD5"))
            size = int(text_of(properties, "Content-Length"))
            objects.append(ObjectInfo(key, size, etag or None, md5))
        marker = text_of(root, "NextMarker")
        return Page(objects, {"marker": marker} if marker else None)

    def put(
        self,
        path: str,
        body: bytes | t.Iterator[bytes],
        attributes: Attributes,
        condition: Condition | None,
    ) -> Request:
        request = super().put(path, body, attributes, condition)
        headers = {
            **request.headers,
            "x-ms-blob-type": "BlockBlob",
            **_length(request.body),
        }
        return Request("PUT", path, headers=headers, body=request.body)

    def attribute_headers(self, attributes: Attributes) -> dict[str, str]:
        headers = super().attribute_headers(attributes)
        names = {name: f"x-ms-blob-{name.lower()}" for name in HEADERS.values()}
        return {names.get(name, name): value for name, value in headers.items()}

    def read_info(self, key: str, size: int, headers: Headers) -> ObjectInfo:
        info = super().read_info(key, size, headers)
        # With a range, Content-MD5 may be the range's.
        own = "" if "content-range" in headers else headers.get("content-md5", "")
        return info._replace(md5=hex_md5(headers.get("x-ms-blob-content-md5", own)))

    def part(self, path: str, upload: str, number: int, body: bytes) -> Request:
        params = {"comp": "block", "blockid": _block_id(number)}
        headers = {**self.digest_headers(body), **_length(body)}
        return Request("PUT", path, params, headers, body)

    def read_part(self, number: int, headers: Headers) -> str:
        return _block_id(number)

    def complete(
        self,
        path: str,
        upload: str,
        parts: t.Sequence[str],
        attributes: Attributes,
        condition: Condition | None,
    ) -> Request:
        root = ET.Element("BlockList")
        for block in parts:
            ET.SubElement(root, "Uncommitted").text = block
        body = ET.tostring(root)
        headers = self.attribute_headers(attributes) | self.condition_headers(condition)
        headers |= {**_length(body), "Content-Type": "application/xml"}
        return Request("PUT", path, {"comp": "blocklist"}, headers, body)


def _length(body: bytes | t.Iterator[bytes]) -> dict[str, str]:
    """Azure signs the length, except that of an empty body."""
    return (
        {"Content-Length": str(len(body))} if isinstance(body, bytes) and body else {}
    )


def _block_id(number: int) -> str:
    return base64.b64encode(f"{number:010d}".encode()).decode()
