# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Amazon's words, and those that are nearly so: Google's XML API and Aliyun's OSS."""

from __future__ import annotations

import base64
import typing as t
import xml.etree.ElementTree as ET

from ._base import Attributes, Condition, Features
from ._libcloud_dialect import (
    PAGE,
    Dialect,
    Headers,
    Page,
    Position,
    Refusal,
    Request,
    md5_bytes,
    parse_xml,
    text_of,
    with_prefix,
)
from ._s3_listing import next_position, parse_page

#: The SDK's names of what continues a listing -> the protocol's.
_POSITIONS: t.Final = {
    "ContinuationToken": "continuation-token",
    "StartAfter": "start-after",
}


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
        params = {"list-type": "2", "encoding-type": "url", "max-keys": PAGE}
        params |= position
        return Request(
            "GET", self.container_path(container), with_prefix(params, prefix)
        )

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
        return text_of(parse_xml(body, "InitiateMultipartUploadResult"), "UploadId")

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
        root = parse_xml(body, "CompleteMultipartUploadResult")
        return text_of(root, "ETag"), Refusal("", "")

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
        return {"x-goog-hash": f"md5={base64.b64encode(md5_bytes(body)).decode()}"}


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
        params = {"encoding-type": "url", "max-keys": PAGE}
        if "start-after" in position:
            params["marker"] = position["start-after"]
        return Request("GET", "/", with_prefix(params, prefix))
