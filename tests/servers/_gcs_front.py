# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A front for ``gcp-storage-emulator`` that answers more as Google does.

Run as ``python -m tests.servers._gcs_front PORT INNER_PORT EMAIL PUBLIC_KEY_FILE``. The emulator keeps the buckets and
objects, and speaks the JSON interface only. Added here, after Google's documentation:

* sign-in: a token must be a JWT that the key of the file signed for the service account;
* the XML interface's objects: PUT, GET with ranges, HEAD, DELETE, multipart uploads, ETag and
  generation headers, preconditions, unpacking of gzip for clients that do not accept it;
* the JSON interface's pages, fields, ranges, error bodies, and rules for bucket and object names;
* copies, by ``rewriteTo``, in as many calls as it takes;
* the settings of buckets: patches, predefined ACLs, IAM policies that change one at a time.
"""

from __future__ import annotations

import base64
import email.utils
import gzip
import http.server
import json
import re
import sys
import typing as t
import zlib
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.answering import QuietHandler

from ._gcs_emulator import NO_KEY, Emulator, Refusal, Resource, start
from ._gcs_service import FIELDS, Service, position, quoted_md5

_METADATA = "x-goog-meta-"


class Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    service: t.ClassVar[Service]

    def do_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        query = {
            name: values[0]
            for name, values in parse_qs(parts.query, keep_blank_values=True).items()
        }
        is_json = parts.path.startswith("/storage/v1/")
        try:
            self.service.check_token(self.headers.get("Authorization", ""))
            if is_json:
                self._json(parts.path.removeprefix("/storage/v1/"), query, body)
            else:
                bucket, _unused, key = parts.path.removeprefix("/").partition("/")
                self._xml(unquote(bucket), unquote(key), query, body)
        except Refusal as refusal:
            self._refuse(refusal, is_json)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_any

    def _xml(self, bucket: str, key: str, query: dict[str, str], body: bytes) -> None:
        service = self.service
        upload = query.get("uploadId", "")
        match self.command:
            case "GET" | "HEAD":
                self._send_object(bucket, key, service.emulator.get(bucket, key))
            case "PUT" if upload:
                service.add_part(upload, int(query["partNumber"]), body)
                self.answer(200, {"ETag": quoted_md5(body)})
            case "PUT":
                condition = self.headers.get("x-goog-if-generation-match")
                resource = service.write(
                    bucket, _checked(key), body, self._fields(), condition
                )
                self.answer(200, self._object_headers(resource))
            case "POST" if "uploads" in query:
                _checked(key)
                upload = service.begin(bucket, self._fields())
                self._answer_xml(
                    200, "InitiateMultipartUploadResult", {"UploadId": upload}
                )
            case "POST":
                resource = service.complete(bucket, key, upload, body)
                self._answer_xml(
                    200,
                    "CompleteMultipartUploadResult",
                    {"ETag": service.etag(resource)},
                    self._object_headers(resource),
                )
            case "DELETE" if upload:
                service.abort(upload)
                self.answer(204, {})
            case _:
                service.delete(bucket, key)
                self.answer(204, {})

    def _json(self, path: str, query: dict[str, str], body: bytes) -> None:
        service = self.service
        names = [unquote(name) for name in path.split("/")]
        match self.command, names:
            case "POST", ["b"]:
                self._create_bucket(query, body)
            case "GET", ["b"]:
                self._answer_json(200, self._buckets_page(query))
            case "GET", ["b", bucket]:
                self._answer_json(200, service.bucket(bucket, query))
            case "PATCH", ["b", bucket]:
                content = json.loads(body)
                self._answer_json(200, service.patch_bucket(bucket, query, content))
            case "DELETE", ["b", bucket]:
                service.delete_bucket(bucket)
                self.answer(204, {})
            case "GET", ["b", bucket, "iam"]:
                self._answer_json(200, service.policy(bucket, query))
            case "PUT", ["b", bucket, "iam"]:
                self._answer_json(200, service.set_policy(bucket, json.loads(body)))
            case "GET", ["b", bucket, "iam", "testPermissions"]:
                self._answer_json(200, service.permissions(bucket, query))
            case "GET", ["b", bucket, "o"]:
                self._answer_json(200, self._page(bucket, query))
            case "GET", ["b", bucket, "o", key]:
                resource = service.emulator.get(bucket, key)
                if query.get("generation", resource["generation"]) != str(
                    resource["generation"]
                ):
                    raise NO_KEY
                if query.get("alt") == "media":
                    self._send_object(bucket, key, resource)
                else:
                    self._answer_json(200, service.shown(resource))
            case "POST", ["b", bucket, "o", key, "rewriteTo", "b", to, "o", name]:
                content = json.loads(body) if body else {}
                answer = service.rewrite(
                    (bucket, key), (to, _checked(name)), query, content
                )
                self._answer_json(200, answer)
            case "DELETE", ["b", bucket, "o", key]:
                service.delete(bucket, key, query.get("generation"))
                self.answer(204, {})
            case _:
                raise Refusal(501, "NotImplemented", f"{self.command} {self.path}")

    def _create_bucket(self, query: dict[str, str], body: bytes) -> None:
        if "project" not in query:
            raise Refusal(400, "required", "Required parameter: project")
        content = json.loads(body)
        self._answer_json(200, self.service.create_bucket(content, query["project"]))

    def _buckets_page(self, query: dict[str, str]) -> Resource:
        """Two at a time: Google may always return fewer than were asked for."""
        if "project" not in query:
            raise Refusal(400, "required", "Required parameter: project")
        _status, _unused, body = self.service.emulator.ask("GET", "/storage/v1/b")
        names = sorted(item["name"] for item in json.loads(body).get("items", ()))
        names = [name for name in names if name > query.get("pageToken", "")]
        page: Resource = {"items": [{"name": name} for name in names[:2]]}
        if len(names) > 2:
            page["nextPageToken"] = names[1]
        return page

    def _page(self, bucket: str, query: dict[str, str]) -> Resource:
        if bucket.startswith("of-somebody-else-"):
            raise Refusal(403, "forbidden", "The account does not have access.")
        versions = query.get("versions") == "true"
        items = self.service.list(bucket, query.get("prefix", ""), versions)
        after = base64.b64decode(query.get("pageToken", ""))
        items = [item for item in items if position(item) > after]
        limit = min(int(query.get("maxResults", 1000)), 1000)
        page: Resource = {}
        if items:
            page["items"] = [self.service.shown(item) for item in items[:limit]]
        if len(items) > limit:
            last = position(items[limit - 1])
            page["nextPageToken"] = base64.b64encode(last).decode()
        if fields := query.get("fields"):
            wanted = re.search(r"items\(([^)]*)\)", fields)
            names = wanted[1].split(",") if wanted else []
            for item in page.get("items", ()):
                for name in item.keys() - set(names):
                    del item[name]
        return page

    def _send_object(self, bucket: str, key: str, resource: Resource) -> None:
        data = self.service.emulator.body(bucket, key)
        headers = self._object_headers(resource)
        is_gzip = resource.get("contentEncoding") == "gzip"
        if is_gzip and "gzip" not in self.headers.get("Accept-Encoding", ""):
            # As Google does: the whole, unpacked, whatever range was asked for.
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError, zlib.error):
                pass
            del headers["Content-Encoding"]
            self.answer(200, headers, data)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            self.answer(200, headers, data)
            return
        start, end = int(wanted[1]), int(wanted[2] or len(data)) + 1
        if start >= len(data):
            raise Refusal(416, "InvalidRange", "The range cannot be satisfied.")
        part = data[start:end]
        headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        self.answer(206, headers, part)

    def _fields(self) -> Resource:
        fields: Resource = {
            field: self.headers[name]
            for name, field in FIELDS.items()
            if self.headers[name]
        }
        fields["metadata"] = {
            name.lower().removeprefix(_METADATA): value
            for name, value in self.headers.items()
            if name.lower().startswith(_METADATA)
        }
        return fields

    def _object_headers(self, resource: Resource) -> dict[str, str]:
        updated = datetime.fromisoformat(resource["updated"])
        headers = {
            "ETag": self.service.etag(resource),
            "Last-Modified": email.utils.format_datetime(updated, usegmt=True),
            "x-goog-generation": resource["generation"],
            "x-goog-metageneration": resource["metageneration"],
            "x-goog-stored-content-length": str(resource["size"]),
            "x-goog-stored-content-encoding": resource.get(
                "contentEncoding", "identity"
            ),
        }
        if self.command in ("GET", "HEAD"):
            for name, field in FIELDS.items():
                if resource.get(field):
                    headers[name] = resource[field]
            for name, value in (resource.get("metadata") or {}).items():
                headers[_METADATA + name] = value
        return headers

    def _refuse(self, refusal: Refusal, is_json: bool) -> None:
        if is_json:
            error = {"code": refusal.status, "message": str(refusal)}
            self._answer_json(refusal.status, {"error": error})
        else:
            self._answer_xml(
                refusal.status, "Error", {"Code": refusal.code, "Message": str(refusal)}
            )

    def _answer_json(self, status: int, content: Resource) -> None:
        body = json.dumps(content).encode()
        self.answer(status, {"Content-Type": "application/json"}, body)

    def _answer_xml(
        self,
        status: int,
        name: str,
        content: dict[str, str],
        headers: dict[str, str] | None = None,
    ) -> None:
        root = ElementTree.Element(name)
        for child, text in content.items():
            ElementTree.SubElement(root, child).text = text
        body = ElementTree.tostring(root, "utf-8", xml_declaration=True)
        self.answer(
            status, {**(headers or {}), "Content-Type": "application/xml"}, body
        )


class Front(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def _checked(key: str) -> str:
    if len(key.encode()) > 1024 or key in (".", "..") or re.search("[\r\n]", key):
        raise Refusal(400, "InvalidObjectName", "The name is not valid.")
    return key


def main(port: str, inner_port: str, account: str, key_file: str) -> None:
    key = load_pem_public_key(Path(key_file).read_bytes())
    if not isinstance(key, RSAPublicKey):
        raise SystemExit(f"{key_file} holds no RSA key.")
    Handler.service = Service(Emulator(int(inner_port)), account, key)
    start(int(inner_port))
    with Front(("127.0.0.1", int(port)), Handler) as front:
        front.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
