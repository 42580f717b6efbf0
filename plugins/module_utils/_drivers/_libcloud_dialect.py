# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a family of stores says in HTTP: requests to make and answers to read, nothing sent here.

libcloud's own object operations lose attributes, decode bodies, cost extra requests and upload
streams in their own ways; so only its signed connections are used, and these are the words.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from urllib.parse import quote

from ._base import HEADERS, Attributes, Condition, Features, IfAbsent, ObjectInfo
from ._md5 import info_of

Headers = t.Mapping[str, str]

_METADATA_NAME = re.compile(r"[a-z0-9_-]+")
#: How many objects a part of a listing has at most.
PAGE: t.Final = "1000"
_LONGEST_KEY: t.Final = 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, as libcloud's connections take it; ``streams``: its body is read later."""

    method: str
    path: str
    params: t.Mapping[str, str] = field(default_factory=dict)
    headers: Headers = field(default_factory=dict)
    body: bytes | t.Iterator[bytes] = b""
    streams: bool = False


#: The parameters that ask for a part of a listing; empty for the first one.
Position = t.Mapping[str, str]


class Page(t.NamedTuple):
    """A part of a listing; ``following`` asks for the next one, None: this was the last."""

    objects: t.Sequence[ObjectInfo]
    following: Position | None


class Refusal(t.NamedTuple):
    """What a server says of a request that it does not do: its code, where it has any, and words."""

    code: str
    text: str


class Dialect:
    """What the families have in common; a family overrides what it says in another way."""

    features = Features(listing_md5=True)
    #: What the length of a key is counted in: characters, or bytes of UTF-8.
    counts_characters: t.ClassVar[bool] = False
    #: Before the names of metadata.
    metadata_prefix: t.ClassVar[str]
    #: For an object whose content type is not said.
    default_content_type: t.ClassVar[str] = "application/octet-stream"
    #: A large body goes up in parts; otherwise in one chunked request.
    multipart: t.ClassVar[bool] = False
    container_missing: t.ClassVar[frozenset[str]] = frozenset()
    object_missing: t.ClassVar[frozenset[str]] = frozenset()
    container_taken: t.ClassVar[frozenset[str]] = frozenset()
    container_ours: t.ClassVar[frozenset[str]] = frozenset()

    def key_fault(self, key: str) -> str | None:
        """Why no server of the family can hold the key; None when one can."""
        try:
            length = len(key.encode())
        except UnicodeEncodeError:
            return "the key is not valid Unicode"
        if self.counts_characters:
            length = len(key)
        if not 1 <= length <= _LONGEST_KEY:
            unit = "characters" if self.counts_characters else "bytes of UTF-8"
            return (
                f"the key has {length:,} {unit}, and 1 to {_LONGEST_KEY:,} are possible"
            )
        return None

    def container_path(self, container: str) -> str:
        return "/" + quote(container, safe="")

    def object_path(self, container: str, key: str) -> str:
        return f"{self.container_path(container)}/{quote(key, safe='/~')}"

    def head_container(self, container: str) -> Request:
        return Request("HEAD", self.container_path(container))

    def create_container(self, container: str, region: str | None) -> Request:
        return Request("PUT", self.container_path(container))

    def delete_container(self, container: str) -> Request:
        return Request("DELETE", self.container_path(container))

    def list_page(self, container: str, prefix: str, position: Position) -> Request:
        raise NotImplementedError

    def read_page(self, body: bytes) -> Page:
        """Raises ``ValueError`` for what is no listing."""
        raise NotImplementedError

    def put(
        self,
        path: str,
        body: bytes | t.Iterator[bytes],
        attributes: Attributes,
        condition: Condition | None,
    ) -> Request:
        headers = self.attribute_headers(attributes) | self.condition_headers(condition)
        if isinstance(body, bytes):
            headers |= self.digest_headers(body)
        return Request("PUT", path, headers=headers, body=body)

    def digest_headers(self, body: bytes) -> dict[str, str]:
        """Let the server check what it got."""
        return {"Content-MD5": base64.b64encode(md5_bytes(body)).decode()}

    def condition_headers(self, condition: Condition | None) -> dict[str, str]:
        if condition is None:
            return {}
        if isinstance(condition, IfAbsent):
            return {"If-None-Match": "*"}
        return {"If-Match": f'"{condition.etag}"'}

    def attribute_headers(self, attributes: Attributes) -> dict[str, str]:
        headers = {
            name: value
            for field_name, name in HEADERS.items()
            if (value := getattr(attributes, field_name)) is not None
        }
        # Left out, it would be filled in with what suits the request.
        headers.setdefault("Content-Type", self.default_content_type)
        for name, value in attributes.metadata.items():
            headers[self.metadata_prefix + name] = value
        return headers

    def attribute_fault(self, attributes: Attributes) -> str | None:
        """Why the attributes cannot be held exactly; None when they can."""
        for name, value in attributes.metadata.items():
            if not _METADATA_NAME.fullmatch(name):
                return f"the name {name!r} of metadata can be no HTTP header's"
            if not value:
                return f"the metadata {name!r} has no value, and some servers drop such"
            if fault := self.metadata_fault(name, value):
                return f"the metadata {name!r} {fault}"
        for name, value in self.attribute_headers(attributes).items():
            fits = value.isascii() and value.isprintable() and value == value.strip()
            if not fits:
                return f"the value of {name} is more than printable ASCII without spaces at its ends"
        return None

    def metadata_fault(self, name: str, value: str) -> str | None:
        """Why the family does not hold this metadata."""
        return None

    def read_attributes(self, headers: Headers) -> Attributes:
        """``headers`` with names in lower case."""
        prefix = self.metadata_prefix.lower()
        return Attributes(
            **{
                field_name: headers.get(name.lower())
                for field_name, name in HEADERS.items()
            },
            metadata={
                name.removeprefix(prefix): value
                for name, value in headers.items()
                if name.startswith(prefix)
            },
        )

    def read_info(self, key: str, size: int, headers: Headers) -> ObjectInfo:
        return info_of(key, size, headers.get("etag"))

    def refusal(self, headers: Headers, body: bytes) -> Refusal:
        """From a body in XML, HTML or plain text, and Azure's header where there is none."""
        texts: dict[str, str] = {}
        with contextlib.suppress(ET.ParseError):
            root = ET.fromstring(body)
            texts = {tag_of(node): (node.text or "").strip() for node in root.iter()}
        code = texts.get("Code") or headers.get("x-ms-error-code", "")
        text = texts.get("Message", "").partition("\n")[0]
        if not code:
            text = without_tags(body.decode(errors="replace"))
        return Refusal(code, text)

    # Uploads in parts, where ``multipart`` is set.

    def start(self, path: str, attributes: Attributes) -> Request | None:
        return None

    def read_upload(self, body: bytes) -> str:
        return ""

    def part(self, path: str, upload: str, number: int, body: bytes) -> Request:
        raise NotImplementedError

    def read_part(self, number: int, headers: Headers) -> str:
        raise NotImplementedError

    def complete(
        self,
        path: str,
        upload: str,
        parts: t.Sequence[str],
        attributes: Attributes,
        condition: Condition | None,
    ) -> Request:
        raise NotImplementedError

    def read_completion(self, headers: Headers, body: bytes) -> tuple[str, Refusal]:
        """The finished object's etag, and what went wrong in spite of a good status."""
        return headers.get("etag", ""), Refusal("", "")

    def abort(self, path: str, upload: str) -> Request | None:
        return None


def without_tags(text: str) -> str:
    """The words of a text that may be HTML, at most 300 characters."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:300]


def md5_bytes(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def parse_xml(body: bytes, name: str) -> ET.Element:
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise ValueError(f"the answer is no XML ({error})") from None
    if tag_of(root) != name:
        raise ValueError(f"the answer is a {tag_of(root)}, not a {name}")
    return root


def with_prefix(params: Position, prefix: str) -> Position:
    return {**params, "prefix": prefix} if prefix else params


def tag_of(node: ET.Element) -> str:
    """The name without its name space: not all servers write Amazon's."""
    return node.tag.rpartition("}")[2]


def text_of(node: ET.Element, name: str) -> str:
    return next((child.text or "" for child in node if tag_of(child) == name), "")
