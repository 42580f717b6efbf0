# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Google's service does beyond the emulator, without HTTP: settings, copies, versions, parts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
import typing as t
from xml.etree import ElementTree

import cryptography.exceptions
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from ._gcs_emulator import LOST, NO_BUCKET, NO_KEY, Emulator, Refusal, Resource

_SCOPES = {
    "https://www.googleapis.com/auth/devstorage.full_control",
    "https://www.googleapis.com/auth/cloud-platform",
}
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
#: Attributes of the XML interface's headers and the JSON interface's fields.
FIELDS = {
    "Content-Type": "contentType",
    "Cache-Control": "cacheControl",
    "Content-Encoding": "contentEncoding",
    "Content-Disposition": "contentDisposition",
    "Content-Language": "contentLanguage",
}
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
        kept = {*FIELDS.values(), "metadata"}
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
        return sorted(items, key=position)

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
        if any(etag != quoted_md5(parts.get(number, b"")) for number, etag in chosen):
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


def position(item: Resource) -> bytes:
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


def quoted_md5(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
