# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers of the tests' own, looked at and meddled with by other means than our drivers."""

from __future__ import annotations

import abc
import functools
import os
import typing as t
import urllib.parse
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import botocore.config
import obstore
import obstore.store
import requests
from libcloud.storage.providers import get_driver

from tests.servers._store import StoreServer

RESERVED = ".longshore/"


@dataclass(frozen=True)
class Headers:
    """What a store keeps beside the bytes."""

    content_type: str | None = None
    content_encoding: str | None = None
    cache_control: str | None = None
    metadata: t.Mapping[str, str] = field(default_factory=dict)


PLAIN = Headers()


class Place(abc.ABC):
    """A container (or a prefix of one) that is this test's own. It does not exist before ``make``."""

    def __init__(self, prefix: str = "") -> None:
        self.name = f"longshore-{uuid.uuid4().hex[:16]}"
        self.prefix = prefix

    @abc.abstractmethod
    def endpoint(self) -> dict[str, t.Any]:
        """As a user writes it."""

    @abc.abstractmethod
    def make(self) -> None:
        """Make the container."""

    @abc.abstractmethod
    def keys(self) -> set[str]:
        """Every key in the whole container; none when there is no container."""

    @abc.abstractmethod
    def read(self, key: str) -> bytes:
        """The bytes as stored."""

    @abc.abstractmethod
    def write(self, key: str, data: bytes, headers: Headers = PLAIN) -> None: ...

    @abc.abstractmethod
    def remove(self, key: str) -> None: ...

    def headers(self, key: str) -> Headers:
        raise NotImplementedError(f"{type(self).__name__} keeps no headers")

    # -- by name, as a sync sees it

    def put(self, name: str, data: bytes, headers: Headers = PLAIN) -> None:
        self.write(self.prefix + name, data, headers)

    def fill(self, tree: t.Mapping[str, bytes]) -> None:
        self.make()
        for name, data in tree.items():
            self.put(name, data)

    def discard(self) -> None:
        """Give back what a server has only so much of."""

    def delete(self, name: str) -> None:
        self.remove(self.prefix + name)

    def everything(self) -> dict[str, bytes]:
        """All of the container by key, the manifest included."""
        return {key: self.read(key) for key in sorted(self.keys())}

    def tree(self) -> dict[str, bytes]:
        """What users put here, by name."""
        return {name: self.read(self.prefix + name) for name in self.names()}

    def names(self) -> set[str]:
        below = {key[len(self.prefix) :] for key in self._keys_below()}
        return {name for name in below if not name.startswith(RESERVED)}

    def has_manifest(self) -> bool:
        return f"{self.prefix}{RESERVED}manifest/root" in self.keys()

    def _keys_below(self) -> set[str]:
        return {key for key in self.keys() if key.startswith(self.prefix)}


class LocalPlace(Place):
    """A folder."""

    def __init__(self, parent: Path) -> None:
        super().__init__()
        self.path = parent / self.name

    def endpoint(self) -> dict[str, t.Any]:
        return {"id": "LOCAL", "container": str(self.path)}

    def make(self) -> None:
        self.path.mkdir(parents=True)

    def keys(self) -> set[str]:
        files = (path for path in self.path.rglob("*") if not path.is_dir())
        return {str(path.relative_to(self.path)) for path in files}

    def read(self, key: str) -> bytes:
        return (self.path / key).read_bytes()

    def write(self, key: str, data: bytes, headers: Headers = PLAIN) -> None:
        path = self.path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, key: str) -> None:
        path = self.path / key
        path.unlink()
        while (path := path.parent) != self.path and not os.listdir(path):
            path.rmdir()


class _Networked(Place):
    provider: t.ClassVar[str]

    def __init__(self, server: t.Any, prefix: str = "") -> None:
        super().__init__(prefix)
        self.server: t.Any = server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def endpoint(self) -> dict[str, t.Any]:
        mapping = {
            "id": self.provider,
            "endpoint": self.url,
            "key": self.server.key,
            "secret": self.server.secret,
            "container": self.name,
        }
        return mapping | ({"prefix": self.prefix} if self.prefix else {})


@functools.cache
def s3_client(port: int, key: str, secret: str) -> t.Any:
    """boto3's client of a server on this machine."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=botocore.config.Config(s3={"addressing_style": "path"}),
    )


class S3Place(_Networked):
    """A bucket, through boto3."""

    provider = "S3"

    def __init__(self, server: t.Any, prefix: str = "") -> None:
        super().__init__(server, prefix)
        self.client = s3_client(server.port, server.key, server.secret)

    def sibling(self, prefix: str) -> S3Place:
        """Another prefix of the same bucket."""
        other = type(self)(self.server, prefix)
        other.name = self.name
        return other

    def make(self) -> None:
        self.client.create_bucket(Bucket=self.name)

    def keys(self) -> set[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        try:
            return {
                found["Key"] for page in pages for found in page.get("Contents", ())
            }
        except self.client.exceptions.NoSuchBucket:
            return set()

    def read(self, key: str) -> bytes:
        answer = self.client.get_object(Bucket=self.name, Key=key)
        return bytes(answer["Body"].read())

    def write(self, key: str, data: bytes, headers: Headers = PLAIN) -> None:
        given = {
            "ContentType": headers.content_type,
            "ContentEncoding": headers.content_encoding,
            "CacheControl": headers.cache_control,
            "Metadata": dict(headers.metadata),
        }
        self.client.put_object(
            Bucket=self.name,
            Key=key,
            Body=data,
            **{name: value for name, value in given.items() if value},
        )

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def headers(self, key: str) -> Headers:
        answer = self.client.head_object(Bucket=self.name, Key=key)
        return Headers(
            answer.get("ContentType"),
            answer.get("ContentEncoding"),
            answer.get("CacheControl"),
            answer.get("Metadata", {}),
        )

    def discard(self) -> None:
        # each bucket of SeaweedFS takes some of a limited number of volumes
        try:
            self._empty()
            self.client.delete_bucket(Bucket=self.name)
        except self.client.exceptions.NoSuchBucket:
            pass

    def _empty(self) -> None:
        # XML cannot say the others
        sayable = [{"Key": key} for key in self.keys() if key.isprintable()]
        for begin in range(0, len(sayable), 1000):
            self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": sayable[begin : begin + 1000]}
            )
        for key in self.keys():
            self.remove(key)


class MinioPlace(S3Place):
    """A bucket that the module knows as libcloud's MINIO."""

    provider = "MINIO"


class AzurePlace(_Networked):
    """A container of Azurite: made by libcloud, the rest through obstore."""

    provider = "AZURE_BLOBS"

    def __init__(self, server: t.Any, prefix: str = "") -> None:
        super().__init__(server, prefix)
        self._store = obstore.store.AzureStore(
            container_name=self.name,
            account_name=server.key,
            account_key=server.secret,
            endpoint=f"{self.url}/{server.key}",
            client_options={"allow_http": True},
        )

    def make(self) -> None:
        driver = get_driver("azure_blobs")(
            key=self.server.key,
            secret=self.server.secret,
            host="127.0.0.1",
            port=self.server.port,
            secure=False,
        )
        driver.create_container(self.name)

    def keys(self) -> set[str]:
        try:
            return {
                found["path"] for page in obstore.list(self._store) for found in page
            }
        except FileNotFoundError:
            return set()

    def read(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def write(self, key: str, data: bytes, headers: Headers = PLAIN) -> None:
        given = {
            "Content-Type": headers.content_type,
            "Content-Encoding": headers.content_encoding,
            "Cache-Control": headers.cache_control,
            **headers.metadata,
        }
        attributes = {name: value for name, value in given.items() if value}
        # obstore sends no Content-Length: 0 in a multipart write of nothing
        obstore.put(self._store, key, data, attributes=attributes, use_multipart=False)

    def remove(self, key: str) -> None:
        obstore.delete(self._store, key)

    def headers(self, key: str) -> Headers:
        found = dict(obstore.get(self._store, key).attributes)
        return Headers(
            found.pop("Content-Type", None),
            found.pop("Content-Encoding", None),
            found.pop("Cache-Control", None),
            found,
        )


class SwiftPlace(_Networked):
    """A container of Swift, through its HTTP interface."""

    provider = "OPENSTACK_SWIFT"

    def __init__(self, server: t.Any, prefix: str = "") -> None:
        super().__init__(server, prefix)
        self._session = requests.Session()
        answer = self._session.get(
            f"{self.url}/auth/v1.0",
            headers={"X-Auth-User": server.key, "X-Auth-Key": server.secret},
        )
        self._session.headers["X-Auth-Token"] = answer.headers["X-Auth-Token"]
        self._session.headers["Accept-Encoding"] = "identity"
        self._container = f"{answer.headers['X-Storage-Url']}/{self.name}"

    def make(self) -> None:
        self._ask("PUT", self._container)

    def keys(self) -> set[str]:
        answer = self._session.get(self._container, params={"format": "json"})
        if answer.status_code == 404:
            return set()
        return {found["name"] for found in answer.json()}

    def read(self, key: str) -> bytes:
        answer = self._session.get(self._object(key), stream=True)
        answer.raise_for_status()
        return bytes(answer.raw.read(decode_content=False))

    def write(self, key: str, data: bytes, headers: Headers = PLAIN) -> None:
        given = {
            "Content-Type": headers.content_type or "application/octet-stream",
            "Content-Encoding": headers.content_encoding,
        }
        given |= {f"X-Object-Meta-{n}": value for n, value in headers.metadata.items()}
        self._ask("PUT", self._object(key), data=data, headers=given)

    def remove(self, key: str) -> None:
        self._ask("DELETE", self._object(key))

    def headers(self, key: str) -> Headers:
        found = self._ask("HEAD", self._object(key)).headers
        meta = {
            name.lower().removeprefix("x-object-meta-"): value
            for name, value in found.items()
            if name.lower().startswith("x-object-meta-")
        }
        return Headers(
            found.get("Content-Type"),
            found.get("Content-Encoding"),
            found.get("Cache-Control"),
            meta,
        )

    def _object(self, key: str) -> str:
        return f"{self._container}/{urllib.parse.quote(key)}"

    def _ask(self, method: str, url: str, **what: t.Any) -> requests.Response:
        answer = self._session.request(method, url, **what)
        answer.raise_for_status()
        return answer


class GcsPlace(_Networked):
    """A bucket of the Google emulator, through its own interface behind the front."""

    provider = "GOOGLE_STORAGE"

    def __init__(self, server: t.Any, prefix: str = "") -> None:
        super().__init__(server, prefix)
        self._session = requests.Session()
        # it closes connections that it said it would keep
        self._session.headers["Connection"] = "close"
        self._inner = f"http://127.0.0.1:{server.ports[1]}"

    def endpoint(self) -> dict[str, t.Any]:
        return super().endpoint() | {"project": self.server.project}

    def make(self) -> None:
        self._ask("POST", "/storage/v1/b", json={"name": self.name})

    def keys(self) -> set[str]:
        answer = self._session.get(f"{self._inner}/storage/v1/b/{self.name}/o")
        if answer.status_code == 404:
            return set()
        return {found["name"] for found in answer.json().get("items", ())}

    def read(self, key: str) -> bytes:
        return self._ask("GET", self._object(key), params={"alt": "media"}).content

    def write(self, key: str, data: bytes, headers: Headers = PLAIN) -> None:
        given = {
            "contentType": headers.content_type,
            "contentEncoding": headers.content_encoding,
            "cacheControl": headers.cache_control,
            "metadata": dict(headers.metadata),
        }
        begun = self._ask(
            "POST",
            f"/upload/storage/v1/b/{self.name}/o",
            params={"uploadType": "resumable", "name": key},
            json={name: value for name, value in given.items() if value},
        )
        place = urllib.parse.urlsplit(begun.headers["Location"])
        self._ask("PUT", f"{place.path}?{place.query}", data=data)

    def remove(self, key: str) -> None:
        self._ask("DELETE", self._object(key))

    def headers(self, key: str) -> Headers:
        found = self._ask("GET", self._object(key)).json()
        return Headers(
            found.get("contentType"),
            found.get("contentEncoding"),
            found.get("cacheControl"),
            found.get("metadata", {}),
        )

    def _object(self, key: str) -> str:
        return f"/storage/v1/b/{self.name}/o/{urllib.parse.quote(key, safe='')}"

    def _ask(self, method: str, path: str, **what: t.Any) -> requests.Response:
        answer = self._session.request(method, self._inner + path, **what)
        answer.raise_for_status()
        return answer


#: Kind -> the fixture of its server, and how it is looked at.
KINDS: t.Mapping[str, tuple[str, type[_Networked]]] = {
    "seaweedfs": ("seaweedfs", S3Place),
    "moto": ("moto", S3Place),
    "minio": ("seaweedfs", MinioPlace),
    "azurite": ("azurite", AzurePlace),
    "swift": ("swift", SwiftPlace),
    "gcs": ("gcs", GcsPlace),
}


class Places:
    """Makes places; servers are started when the first of theirs is asked for."""

    def __init__(self, folder: Path, server: t.Callable[[str], StoreServer]) -> None:
        self._folder = folder
        self._server = server
        self._made: list[Place] = []

    def __call__(self, kind: str, prefix: str = "") -> t.Any:
        if kind == "local":
            return LocalPlace(self._folder)
        name, place = KINDS[kind]
        self._made.append(place(self._server(name), prefix))
        return self._made[-1]

    def discard(self) -> None:
        """Take away all that was made."""
        for place in self._made:
            place.discard()
