# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A front for ``gcp-storage-emulator`` that answers more as Google does.

Run as ``_gcs_front.py PORT INNER_PORT EMAIL PUBLIC_KEY_FILE``. The emulator keeps the buckets and
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
import hashlib
import http.client
import http.server
import json
import re
import sys
import threading
import time
import typing as t
import zlib
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.etree import ElementTree

import cryptography.exceptions
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from gcp_storage_emulator.server import APIThread
from gcp_storage_emulator.storage import Storage

_SCOPES = {
    "https://www.googleapis.com/auth/devstorage.full_control",
    "https://www.googleapis.com/auth/cloud-platform",
}
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
#: Attributes of the XML interface's headers and the JSON interface's fields.
_FIELDS = {
    "Content-Type": "contentType",
    "Cache-Control": "cacheControl",
    "Content-Encoding": "contentEncoding",
    "Content-Disposition": "contentDisposition",
    "Content-Language": "contentLanguage",
}
_METADATA = "x-goog-meta-"
#: Fields of a bucket that can be set, and what a new one has of them.
_NEW_BUCKET: dict[str, t.Any] = {
    "iamConfiguration": {
        "publicAccessPrevention": "inherited",
        "uniformBucketLevelAccess": {"enabled": False},
    },
    "acl": [],
}
_SETTABLE = {
    *("acl", "billing", "cors", "encryption", "iamConfiguration", "labels"),
    *("lifecycle", "logging", "retentionPolicy", "versioning", "website"),
}
#: Predefined ACL -> what it grants beyond the owner.
_PREDEFINED = {
    "projectPrivate": {
        "project-editors-1234": "OWNER",
        "project-viewers-1234": "READER",
    },
    "publicRead": {"allUsers": "READER"},
    "publicReadWrite": {"allUsers": "WRITER"},
    "authenticatedRead": {"allAuthenticatedUsers": "READER"},
}
_OWNER = "project-owners-1234"
_LOCATIONS = {"US", "EU", "ASIA", "US-EAST1", "EUROPE-WEST1", "EUROPE-WEST3"}
_RULES = {
    "Delete": set(),
    "AbortIncompleteMultipartUpload": set(),
    "SetStorageClass": {"storageClass"},
}

#: How much of an object one call copies, bytes; Google wants to be called again for the rest.
_REWRITTEN_PER_CALL = 5 * 1024 * 1024

Resource = dict[str, t.Any]


class Refusal(Exception):
    """An answer of 400 and more."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


NO_KEY = Refusal(404, "NoSuchKey", "The specified key does not exist.")
NO_BUCKET = Refusal(404, "NoSuchBucket", "The specified bucket does not exist.")
LOST = Refusal(412, "PreconditionFailed", "A condition you specified did not hold.")


class ExactStorage(Storage):
    """The emulator's storage, with a place of its own for the body of every key, and in memory only."""

    def _object_path(self, bucket_name: str, file_name: str) -> str:
        # It would keep the bodies of a/b, a//b and a\b in one place.
        return f"{bucket_name}/{hashlib.sha256(file_name.encode()).hexdigest()}"

    def _write_config_to_file(self) -> None:
        # It would write out all its metadata after every change.
        pass


class Emulator:
    """The emulator behind, by its own JSON interface."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(
        self, method: str, target: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def find(self, bucket: str, key: str) -> Resource | None:
        status, _unused, body = self.ask("GET", _object(bucket, key))
        return t.cast(Resource, json.loads(body)) if status == 200 else None

    def get(self, bucket: str, key: str) -> Resource:
        resource = self.find(bucket, key)
        if resource is not None:
            return resource
        raise NO_KEY if self.has_bucket(bucket) else NO_BUCKET

    def has_bucket(self, bucket: str) -> bool:
        return self.ask("GET", f"/storage/v1/b/{bucket}")[0] == 200

    def body(self, bucket: str, key: str) -> bytes:
        return self.ask("GET", _object(bucket, key) + "?alt=media")[2]

    def put(self, bucket: str, key: str, data: bytes, fields: Resource) -> Resource:
        if not self.has_bucket(bucket):
            raise NO_BUCKET
        target = f"/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name={quote(key, safe='')}"
        headers = self.ask(
            "POST",
            target,
            json.dumps(fields).encode(),
            **{"Content-Type": "application/json"},
        )[1]
        place = urlsplit(headers["Location"])
        status, _headers, body = self.ask(
            "PUT",
            f"{place.path}?{place.query}",
            data,
            **{"Content-Type": "application/octet-stream"},
        )
        if status != 200:
            raise Refusal(500, "InternalError", f"the emulator answered {status}")
        return t.cast(Resource, json.loads(body))

    def delete(self, bucket: str, key: str) -> None:
        self.get(bucket, key)
        self.ask("DELETE", _object(bucket, key))

    def list(self, bucket: str, prefix: str) -> list[Resource]:
        target = f"/storage/v1/b/{bucket}/o?prefix={quote(prefix, safe='')}"
        status, _unused, body = self.ask("GET", target)
        if status != 200:
            raise NO_BUCKET
        items: list[Resource] = json.loads(body)["items"]
        return sorted(items, key=lambda item: str(item["name"]).encode())


class Service:
    """What the front itself keeps: uploads in parts, and which objects were made of parts."""

    def __init__(self, emulator: Emulator, account: str, key: RSAPublicKey) -> None:
        self.emulator = emulator
        self._account = account
        self._key = key
        self._uploads: dict[str, tuple[Resource, dict[int, bytes]]] = {}
        self._of_parts: set[str] = set()
        self._buckets: dict[str, Resource] = {}
        self._policies: dict[str, Resource] = {}
        #: What was replaced or deleted in a bucket that keeps versions, without its bytes.
        self._noncurrent: dict[str, list[Resource]] = {}
        #: Held by every write: a precondition and what it guards are one step.
        self.lock = threading.Lock()

    def check_token(self, authorization: str) -> None:
        refusal = Refusal(401, "AuthenticationRequired", "Invalid Credentials")
        kind, _unused, token = authorization.partition(" ")
        try:
            text, _unused, signature = token.rpartition(".")
            self._key.verify(_unbase64(signature), text.encode(), PKCS1v15(), SHA256())
            claims = json.loads(_unbase64(text.partition(".")[2]))
        except (ValueError, cryptography.exceptions.InvalidSignature):
            raise refusal from None
        now = time.time()
        if not (
            kind == "Bearer"
            and claims["iss"] == claims["sub"] == self._account
            and claims["scope"] in _SCOPES
            and claims["iat"] - 60 <= now < claims["exp"] <= claims["iat"] + 3600
        ):
            raise refusal

    def create_bucket(self, bucket: Resource, project: str) -> Resource:
        name = bucket["name"]
        if not _BUCKET_NAME.fullmatch(name):
            raise Refusal(400, "invalid", f"Invalid bucket name: '{name}'")
        location = str(bucket.get("location", "US")).upper()
        if location not in _LOCATIONS:
            raise Refusal(
                400, "invalid", "The specified location constraint is not valid."
            )
        if name.startswith("of-somebody-else-"):
            raise Refusal(
                409, "conflict", "The requested bucket name is not available."
            )
        # The emulator would keep every version for a week.
        content = {"name": name, "softDeletePolicy": {"retentionDurationSeconds": "0"}}
        status, _unused, answer = self.emulator.ask(
            "POST",
            "/storage/v1/b",
            json.dumps(content).encode(),
            **{"Content-Type": "application/json"},
        )
        if status == 409:
            raise Refusal(409, "conflict", "You already own this bucket.")
        if status != 200:
            raise Refusal(500, "internal", f"the emulator answered {status}")
        settings = {**_NEW_BUCKET, "location": location}
        self._buckets[name] = {**settings, "acl": _acl("projectPrivate")}
        self._policies[name] = _new_policy(project)
        return {**json.loads(answer), **self._buckets[name]}

    def bucket(self, name: str, query: dict[str, str]) -> Resource:
        """As ``projection`` shows it: the ACL is for owners, and for buckets where it counts."""
        is_open = name.startswith("open-of-somebody-else-")
        if name.startswith("of-somebody-else-"):
            raise Refusal(403, "forbidden", "The account does not have access.")
        status, _unused, body = self.emulator.ask("GET", f"/storage/v1/b/{name}")
        if status != 200:
            raise Refusal(404, "notFound", "The specified bucket does not exist.")
        # Some are made behind the front.
        own = self._buckets.setdefault(
            name, {**_NEW_BUCKET, "acl": _acl("projectPrivate")}
        )
        self._policies.setdefault(name, _new_policy("some-project"))
        resource = {**json.loads(body), **own}
        uniform = resource["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"]
        if is_open or uniform or query.get("projection") != "full":
            del resource["acl"]
        return resource

    def patch_bucket(
        self, name: str, query: dict[str, str], content: Resource
    ) -> Resource:
        self.bucket(name, {})
        if unknown := content.keys() - _SETTABLE:
            raise Refusal(400, "invalid", f"Unknown fields: {sorted(unknown)}")
        predefined = query.get("predefinedAcl")
        with self.lock:
            settings: Resource = _merge(self._buckets[name], content)
            _check_bucket(settings)
            if predefined is not None:
                if predefined not in _PREDEFINED or content.get("acl"):
                    raise Refusal(400, "invalid", "Invalid value for: predefinedAcl")
                access = settings["iamConfiguration"]
                if access["uniformBucketLevelAccess"]["enabled"]:
                    raise Refusal(
                        400,
                        "invalid",
                        "Cannot use ACL API to update bucket policy when uniform "
                        "bucket-level access is enabled.",
                    )
                settings["acl"] = _acl(predefined)
            elif "acl" in content:
                raise Refusal(400, "invalid", "acl goes with predefinedAcl here")
            self._buckets[name] = settings
        return self.bucket(name, {"projection": "full"})

    def delete_bucket(self, name: str) -> None:
        self.bucket(name, {})
        status = 409
        if not self._noncurrent.get(name):
            status = self.emulator.ask("DELETE", f"/storage/v1/b/{name}")[0]
        if status == 409:
            raise Refusal(
                409, "conflict", "The bucket you tried to delete is not empty."
            )
        self._buckets.pop(name, None)
        self._policies.pop(name, None)

    def policy(self, name: str, query: dict[str, str]) -> Resource:
        self.bucket(name, {})
        policy = self._policies[name]
        conditions = any("condition" in binding for binding in policy["bindings"])
        if conditions and query.get("optionsRequestedPolicyVersion") != "3":
            raise Refusal(400, "invalid", "The policy has conditions.")
        return policy

    def set_policy(self, name: str, content: Resource) -> Resource:
        self.bucket(name, {})
        with self.lock:
            now = self._policies[name]
            if content.get("etag") != now["etag"]:
                raise Refusal(412, "conditionNotMet", "The policy has changed.")
            conditions = any("condition" in binding for binding in content["bindings"])
            if conditions and content.get("version") != 3:
                raise Refusal(400, "invalid", "Conditions need version 3.")
            etag = f"etag-{int(now['etag'].rpartition('-')[2]) + 1}"
            self._policies[name] = {**content, "etag": etag}
            return self._policies[name]

    def permissions(self, name: str, query: dict[str, str]) -> Resource:
        if name.startswith("open-of-somebody-else-"):
            return {"kind": "storage#testIamPermissionsResponse"}
        self.bucket(name, {})
        return {"permissions": [query["permissions"]]}

    def write(
        self, bucket: str, key: str, data: bytes, fields: Resource, match: str | None
    ) -> Resource:
        with self.lock:
            if match is not None:
                now = self.emulator.find(bucket, key)
                if (now["generation"] if now else "0") != match:
                    raise LOST
            self._retire(bucket, key)
            return self.emulator.put(bucket, key, data, fields)

    def rewrite(
        self,
        source: tuple[str, str],
        target: tuple[str, str],
        query: dict[str, str],
        content: Resource,
    ) -> Resource:
        """One call's part of a copy. Any content replaces all attributes, and must have a type."""
        before = self.emulator.get(*source)
        size = int(before["size"])
        _check_generation(before, query.get("ifSourceGenerationMatch"))
        if not self.emulator.has_bucket(target[0]):
            raise NO_BUCKET
        if content and "contentType" not in content:
            raise Refusal(400, "required", "Required")
        asked = [*source, *target, before["generation"], content]
        done = 0
        if token := query.get("rewriteToken"):
            *begun, done = json.loads(_unbase64(token))
            if begun != asked:
                raise Refusal(400, "invalid", "The token is of another rewrite.")
        done += _REWRITTEN_PER_CALL
        answer: Resource = {"kind": "storage#rewriteResponse", "objectSize": str(size)}
        if done < size:
            text = json.dumps([*asked, done]).encode()
            token = base64.urlsafe_b64encode(text).decode()
            return {**answer, "done": False, "rewriteToken": token}
        kept = {*_FIELDS.values(), "metadata"}
        fields = content or {n: v for n, v in before.items() if n in kept}
        data = self.emulator.body(*source)
        match = query.get("ifGenerationMatch")
        resource = self.write(*target, data, fields, match)
        if before["generation"] in self._of_parts:
            self._of_parts.add(resource["generation"])
        return {**answer, "done": True, "resource": self.shown(resource)}

    def delete(self, bucket: str, key: str, generation: str | None = None) -> None:
        with self.lock:
            if generation is None:
                self._retire(bucket, key)
            elif self._forget(bucket, key, generation):
                return
            elif self.emulator.get(bucket, key)["generation"] != generation:
                raise NO_KEY
            self.emulator.delete(bucket, key)

    def list(self, bucket: str, prefix: str, versions: bool) -> list[Resource]:
        items = self.emulator.list(bucket, prefix)
        if not versions:
            return items
        old = self._noncurrent.get(bucket, ())
        items += [item for item in old if item["name"].startswith(prefix)]
        return sorted(items, key=_position)

    def _retire(self, bucket: str, key: str) -> None:
        """Keep the current version, where the bucket keeps versions."""
        versioning = self._buckets.get(bucket, {}).get("versioning", {})
        now = self.emulator.find(bucket, key) if versioning.get("enabled") else None
        if now is not None:
            old = {**now, "timeDeleted": now["updated"]}
            self._noncurrent.setdefault(bucket, []).append(old)

    def _forget(self, bucket: str, key: str, generation: str) -> bool:
        """Delete a noncurrent version; false when there is no such one."""
        old = self._noncurrent.get(bucket, [])
        for item in old:
            if (item["name"], item["generation"]) == (key, generation):
                old.remove(item)
                return True
        return False

    def begin(self, bucket: str, fields: Resource) -> str:
        if not self.emulator.has_bucket(bucket):
            raise NO_BUCKET
        with self.lock:
            upload = f"upload-{len(self._uploads)}"
            self._uploads[upload] = (fields, {})
            return upload

    def add_part(self, upload: str, number: int, data: bytes) -> None:
        self._find(upload)[1][number] = data

    def complete(self, bucket: str, key: str, upload: str, body: bytes) -> Resource:
        fields, parts = self._find(upload)
        listed = ElementTree.fromstring(body).iterfind("Part")
        chosen = [
            (int(part.findtext("PartNumber") or 0), part.findtext("ETag"))
            for part in listed
        ]
        if any(etag != _quoted_md5(parts.get(number, b"")) for number, etag in chosen):
            raise Refusal(400, "InvalidPart", "A part is not as it was uploaded.")
        data = b"".join(parts[number] for number, _unused in chosen)
        resource = self.write(bucket, key, data, fields, None)
        self._of_parts.add(resource["generation"])
        self.abort(upload)
        return resource

    def abort(self, upload: str) -> None:
        self._find(upload)[1].clear()
        del self._uploads[upload]

    def shown(self, resource: Resource) -> Resource:
        """Google has no MD5 of an object that was made of parts."""
        if resource["generation"] in self._of_parts:
            return {k: v for k, v in resource.items() if k != "md5Hash"}
        return resource

    def etag(self, resource: Resource) -> str:
        md5 = self.shown(resource).get("md5Hash")
        return f'"{base64.b64decode(md5).hex() if md5 else resource["generation"]}"'

    def _find(self, upload: str) -> tuple[Resource, dict[int, bytes]]:
        if upload not in self._uploads:
            raise Refusal(404, "NoSuchUpload", "The requested upload was not found.")
        return self._uploads[upload]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: t.ClassVar[Service]

    def log_message(self, format: str, *arguments: t.Any) -> None:
        pass

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
                self._answer(200, {"ETag": _quoted_md5(body)})
            case "PUT":
                condition = self.headers.get("x-goog-if-generation-match")
                resource = service.write(
                    bucket, _checked(key), body, self._fields(), condition
                )
                self._answer(200, self._object_headers(resource))
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
                self._answer(204, {})
            case _:
                service.delete(bucket, key)
                self._answer(204, {})

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
                self._answer(204, {})
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
                self._answer(204, {})
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
        items = [item for item in items if _position(item) > after]
        limit = min(int(query.get("maxResults", 1000)), 1000)
        page: Resource = {}
        if items:
            page["items"] = [self.service.shown(item) for item in items[:limit]]
        if len(items) > limit:
            last = _position(items[limit - 1])
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
            self._answer(200, headers, data)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            self._answer(200, headers, data)
            return
        start, end = int(wanted[1]), int(wanted[2] or len(data)) + 1
        if start >= len(data):
            raise Refusal(416, "InvalidRange", "The range cannot be satisfied.")
        part = data[start:end]
        headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        self._answer(206, headers, part)

    def _fields(self) -> Resource:
        fields: Resource = {
            field: self.headers[name]
            for name, field in _FIELDS.items()
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
            for name, field in _FIELDS.items():
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
        self._answer(status, {"Content-Type": "application/json"}, body)

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
        self._answer(
            status, {**(headers or {}), "Content-Type": "application/xml"}, body
        )

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Front(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def _object(bucket: str, key: str) -> str:
    return f"/storage/v1/b/{bucket}/o/{quote(key, safe='')}"


def _position(item: Resource) -> bytes:
    """Where an item is in a listing, its versions one after the other."""
    generation = str(item["generation"]).zfill(20)
    return f"{item['name']}\0{generation}".encode()


def _acl(predefined: str) -> list[Resource]:
    grants = {_OWNER: "OWNER", **_PREDEFINED[predefined]}
    return [{"entity": entity, "role": role} for entity, role in grants.items()]


def _new_policy(project: str) -> Resource:
    owners = [f"projectEditor:{project}", f"projectOwner:{project}"]
    viewers = [f"projectViewer:{project}"]
    return {
        "etag": "etag-1",
        "version": 1,
        "bindings": [
            {"role": "roles/storage.legacyBucketOwner", "members": owners},
            {"role": "roles/storage.legacyBucketReader", "members": viewers},
        ],
    }


def _merge(old: t.Any, new: t.Any) -> t.Any:
    """What a patch makes of a resource: null takes a field away, lists are replaced."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return (
            {k: v for k, v in new.items() if v is not None}
            if isinstance(new, dict)
            else new
        )
    merged = {
        **old,
        **{name: _merge(old.get(name), value) for name, value in new.items()},
    }
    return {name: value for name, value in merged.items() if value is not None}


def _check_bucket(settings: Resource) -> None:
    """The rules for settings that the emulator does not know."""
    for rule in settings.get("lifecycle", {}).get("rule", ()):
        action = rule["action"]
        expected = _RULES.get(action["type"])
        if (
            expected is None
            or action.keys() - {"type"} != expected
            or not rule["condition"]
        ):
            raise Refusal(400, "invalid", "Invalid argument: lifecycle")
    key = settings.get("encryption", {}).get("defaultKmsKeyName", "/cryptoKeys/")
    if "/cryptoKeys/" not in key:
        raise Refusal(400, "invalid", "Malformed Cloud KMS key name.")
    log = settings.get("logging", {})
    if log and "logBucket" not in log:
        raise Refusal(400, "invalid", "logBucket is missing.")


def _check_generation(resource: Resource, match: str | None) -> None:
    if match is None:
        return
    if not match.isdecimal():
        raise Refusal(400, "invalid", f"Invalid value: {match}")
    if resource["generation"] != match:
        raise LOST


def _checked(key: str) -> str:
    if len(key.encode()) > 1024 or key in (".", "..") or re.search("[\r\n]", key):
        raise Refusal(400, "InvalidObjectName", "The name is not valid.")
    return key


def _quoted_md5(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main(port: str, inner_port: str, account: str, key_file: str) -> None:
    for name in ("_object_path", "_write_config_to_file"):
        if not hasattr(Storage, name):
            raise SystemExit(f"This gcp-storage-emulator has no Storage.{name}.")
    key = load_pem_public_key(Path(key_file).read_bytes())
    if not isinstance(key, RSAPublicKey):
        raise SystemExit(f"{key_file} holds no RSA key.")
    Handler.service = Service(Emulator(int(inner_port)), account, key)
    emulator = APIThread("127.0.0.1", int(inner_port), ExactStorage(use_memory_fs=True))  # type: ignore[no-untyped-call]  # it declares no types
    emulator.daemon = True
    emulator.start()
    emulator.is_running.wait()
    with Front(("127.0.0.1", int(port)), Handler) as front:
        front.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
