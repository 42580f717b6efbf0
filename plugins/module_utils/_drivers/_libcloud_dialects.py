# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""How each family of stores speaks HTTP: requests to make and answers to read, nothing sent here.

libcloud's own object operations lose attributes, decode bodies, cost extra requests and upload
streams in their own ways; so only its signed connections are used, and these are the words.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from ._base import Attributes, Condition, Features, IfAbsent, ObjectInfo
from ._s3_listing import md5_of, next_position, parse_page

Headers = t.Mapping[str, str]

_ATTRIBUTE_HEADERS: t.Final = {
    "content_type": "Content-Type",
    "cache_control": "Cache-Control",
    "content_encoding": "Content-Encoding",
    "content_disposition": "Content-Disposition",
    "content_language": "Content-Language",
}
_METADATA_NAME = re.compile(r"[a-z0-9_-]+")
#: How many objects a part of a listing has at most.
_PAGE: t.Final = "1000"
_LONGEST_KEY: t.Final = 1024
_FORBIDDEN_BY_AZURE = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")

#: The SDK's names of what continues a listing -> the protocol's.
_POSITIONS: t.Final = {
    "ContinuationToken": "continuation-token",
    "StartAfter": "start-after",
}


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
        return {"Content-MD5": base64.b64encode(_md5(body)).decode()}

    def condition_headers(self, condition: Condition | None) -> dict[str, str]:
        if condition is None:
            return {}
        if isinstance(condition, IfAbsent):
            return {"If-None-Match": "*"}
        return {"If-Match": f'"{condition.etag}"'}

    def attribute_headers(self, attributes: Attributes) -> dict[str, str]:
        headers = {
            name: value
            for field_name, name in _ATTRIBUTE_HEADERS.items()
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
                for field_name, name in _ATTRIBUTE_HEADERS.items()
            },
            metadata={
                name.removeprefix(prefix): value
                for name, value in headers.items()
                if name.startswith(prefix)
            },
        )

    def read_info(self, key: str, size: int, headers: Headers) -> ObjectInfo:
        etag = headers.get("etag", "").strip('"')
        return ObjectInfo(key, size, etag or None, md5_of(etag))

    def refusal(self, headers: Headers, body: bytes) -> Refusal:
        """From a body in XML, HTML or plain text, and Azure's header where there is none."""
        texts: dict[str, str] = {}
        with contextlib.suppress(ET.ParseError):
            root = ET.fromstring(body)
            texts = {_tag(node): (node.text or "").strip() for node in root.iter()}
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


class S3Dialect(Dialect):
    """Amazon's, spoken by many others."""

    features = Features(conditional_write=True, listing_md5=True)
    metadata_prefix = "x-amz-meta-"
    # S3's own default; some servers take the other one for an invitation to guess.
    default_content_type = "binary/octet-stream"
    multipart = True
    container_missing = frozenset({"NoSuchBucket"})
    object_missing = frozenset({"NoSuchKey", "NoSuchVersion"})
    container_taken = frozenset({"BucketAlreadyExists"})
    container_ours = frozenset({"BucketAlreadyOwnedByYou"})

    def metadata_fault(self, name: str, value: str) -> str | None:
        if "  " in value:
            return "has two spaces in a row, which libcloud does not sign as S3 does"
        return None

    def create_container(self, container: str, region: str | None) -> Request:
        if region in (None, "", "us-east-1"):
            return super().create_container(container, region)
        root = ET.Element("CreateBucketConfiguration")
        ET.SubElement(root, "LocationConstraint").text = region
        return Request("PUT", self.container_path(container), body=ET.tostring(root))

    def list_page(self, container: str, prefix: str, position: Position) -> Request:
        # XML cannot hold every character of a key, its URL encoding can.
        params = {"list-type": "2", "encoding-type": "url", "max-keys": _PAGE}
        params |= position
        return Request("GET", self.container_path(container), _with(params, prefix))

    def read_page(self, body: bytes) -> Page:
        if b"ListBucketResult" not in body[:512]:
            raise ValueError("the answer is not a listing")
        position = next_position(body)
        if position:
            position = {_POSITIONS[name]: value for name, value in position.items()}
        return Page(parse_page(body), position)

    def start(self, path: str, attributes: Attributes) -> Request | None:
        return Request(
            "POST", path, {"uploads": ""}, self.attribute_headers(attributes)
        )

    def read_upload(self, body: bytes) -> str:
        return _text(_parse(body, "InitiateMultipartUploadResult"), "UploadId")

    def part(self, path: str, upload: str, number: int, body: bytes) -> Request:
        params = {"uploadId": upload, "partNumber": str(number)}
        return Request("PUT", path, params, self.digest_headers(body), body)

    def read_part(self, number: int, headers: Headers) -> str:
        return headers["etag"]

    def complete(
        self,
        path: str,
        upload: str,
        parts: t.Sequence[str],
        attributes: Attributes,
        condition: Condition | None,
    ) -> Request:
        root = ET.Element("CompleteMultipartUpload")
        for number, etag in enumerate(parts, 1):
            part = ET.SubElement(root, "Part")
            ET.SubElement(part, "PartNumber").text = str(number)
            ET.SubElement(part, "ETag").text = etag
        headers = self.condition_headers(condition)
        headers["Content-Type"] = "application/xml"
        return Request("POST", path, {"uploadId": upload}, headers, ET.tostring(root))

    def read_completion(self, headers: Headers, body: bytes) -> tuple[str, Refusal]:
        if b"<Error" in body:
            return "", self.refusal(headers, body)
        root = _parse(body, "CompleteMultipartUploadResult")
        return _text(root, "ETag"), Refusal("", "")

    def abort(self, path: str, upload: str) -> Request | None:
        return Request("DELETE", path, {"uploadId": upload})


class GoogleDialect(S3Dialect):
    """Google's XML API. libcloud cannot sign the requests of an upload in parts."""

    features = Features(listing_md5=True)
    metadata_prefix = "x-goog-meta-"
    multipart = False

    def create_container(self, container: str, region: str | None) -> Request:
        return super().create_container(container, region and region.upper())

    def digest_headers(self, body: bytes) -> dict[str, str]:
        # libcloud signs a Content-MD5 in lower case, and Google then finds another signature.
        return {"x-goog-hash": f"md5={base64.b64encode(_md5(body)).decode()}"}


class OssDialect(S3Dialect):
    """Aliyun's. The container is in the host's name; libcloud does not sign parameters."""

    features = Features()
    metadata_prefix = "x-oss-meta-"
    multipart = False

    def container_path(self, container: str) -> str:
        return ""

    def head_container(self, container: str) -> Request:
        return Request("GET", "/", {"max-keys": "1"})

    def create_container(self, container: str, region: str | None) -> Request:
        return Request("PUT", "/")

    def delete_container(self, container: str) -> Request:
        return Request("DELETE", "/")

    def list_page(self, container: str, prefix: str, position: Position) -> Request:
        # The second version's token would have to be signed.
        params = {"encoding-type": "url", "max-keys": _PAGE}
        if "start-after" in position:
            params["marker"] = position["start-after"]
        return Request("GET", "/", _with(params, prefix))


class SwiftDialect(Dialect):
    """OpenStack's, of Cloud Files and KT Cloud too."""

    metadata_prefix = "X-Object-Meta-"

    def key_fault(self, key: str) -> str | None:
        if "\0" in key:
            return "Swift takes no NUL in a key"
        return super().key_fault(key)

    def metadata_fault(self, name: str, value: str) -> str | None:
        if "_" in name:
            return "would lose its _ to a -"
        return None if value else "has no value, and Swift drops such"

    def list_page(self, container: str, prefix: str, position: Position) -> Request:
        params = {"limit": _PAGE, **position}
        return Request("GET", self.container_path(container), _with(params, prefix))

    def read_page(self, body: bytes) -> Page:
        # Swift announces nothing: only an empty part is the last one.
        objects = []
        for entry in json.loads(body or b"[]"):
            etag = entry["hash"]
            size = int(entry["bytes"])
            objects.append(ObjectInfo(entry["name"], size, etag, md5_of(etag)))
        return Page(objects, {"marker": objects[-1].key} if objects else None)

    def digest_headers(self, body: bytes) -> dict[str, str]:
        return {"ETag": _md5(body).hex()}


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
        params = {"restype": "container", "comp": "list", "maxresults": _PAGE}
        params |= position
        # libcloud signs parameters without the spaces at their ends.
        signed = "" if prefix != prefix.lstrip() else prefix.rstrip()
        return Request("GET", self.container_path(container), _with(params, signed))

    def read_page(self, body: bytes) -> Page:
        root = _parse(body, "EnumerationResults")
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
            etag = _text(properties, "Etag").strip('"')
            md5 = _decode_md5(_text(properties, "Content-MD5"))
            size = int(_text(properties, "Content-Length"))
            objects.append(ObjectInfo(key, size, etag or None, md5))
        marker = _text(root, "NextMarker")
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
        names = {
            name: f"x-ms-blob-{name.lower()}" for name in _ATTRIBUTE_HEADERS.values()
        }
        return {names.get(name, name): value for name, value in headers.items()}

    def read_info(self, key: str, size: int, headers: Headers) -> ObjectInfo:
        info = super().read_info(key, size, headers)
        # With a range, Content-MD5 may be the range's.
        own = "" if "content-range" in headers else headers.get("content-md5", "")
        return info._replace(md5=_decode_md5(headers.get("x-ms-blob-content-md5", own)))

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


_DIALECTS: t.Final[t.Mapping[str, type[Dialect]]] = {
    "s3": S3Dialect,
    "azure": AzureDialect,
    "google": GoogleDialect,
    "swift": SwiftDialect,
    "oss": OssDialect,
}


def dialect_of(family: str) -> Dialect:
    """The dialect of a family of :mod:`.._providers`; ``KeyError`` for one that has none."""
    return _DIALECTS[family]()


def without_tags(text: str) -> str:
    """The words of a text that may be HTML, at most 300 characters."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:300]


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _decode_md5(text: str) -> str | None:
    return base64.b64decode(text).hex() if text else None


def _length(body: bytes | t.Iterator[bytes]) -> dict[str, str]:
    """Azure signs the length, except that of an empty body."""
    return (
        {"Content-Length": str(len(body))} if isinstance(body, bytes) and body else {}
    )


def _block_id(number: int) -> str:
    return base64.b64encode(f"{number:010d}".encode()).decode()


def _parse(body: bytes, name: str) -> ET.Element:
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise ValueError(f"the answer is no XML ({error})") from None
    if _tag(root) != name:
        raise ValueError(f"the answer is a {_tag(root)}, not a {name}")
    return root


def _with(params: Position, prefix: str) -> Position:
    return {**params, "prefix": prefix} if prefix else params


def _tag(node: ET.Element) -> str:
    """The name without its name space: not all servers write Amazon's."""
    return node.tag.rpartition("}")[2]


def _text(node: ET.Element, name: str) -> str:
    return next((child.text or "" for child in node if _tag(child) == name), "")
