# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``gcp-storage-emulator``: keeps buckets and objects, and speaks the JSON interface only."""

from __future__ import annotations

import hashlib
import http.client
import json
import typing as t
from urllib.parse import quote, urlsplit

from gcp_storage_emulator.server import APIThread
from gcp_storage_emulator.storage import Storage

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


def _object(bucket: str, key: str) -> str:
    return f"/storage/v1/b/{bucket}/o/{quote(key, safe='')}"


def start(port: int) -> None:
    """In a thread, until the process ends."""
    for name in ("_object_path", "_write_config_to_file"):
        if not hasattr(Storage, name):
            raise SystemExit(f"This gcp-storage-emulator has no Storage.{name}.")
    emulator = APIThread("127.0.0.1", port, ExactStorage(use_memory_fs=True))  # type: ignore[no-untyped-call]  # it declares no types
    emulator.daemon = True
    emulator.start()
    emulator.is_running.wait()
