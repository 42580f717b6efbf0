# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets of the server, made and removed outside what is measured."""

from __future__ import annotations

import contextlib
import itertools
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import botocore.config

from tests.servers.seaweedfs import SeaweedFS

from .measure import BenchmarkError

#: What is below is of our own making, and none of the files.
_RESERVED = ".longshore/"

_WRITERS = 16


class Buckets:
    """The buckets of one server."""

    def __init__(self, server: SeaweedFS) -> None:
        self._client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{server.port}",
            aws_access_key_id=server.key,
            aws_secret_access_key=server.secret,
            region_name=server.region,
            config=botocore.config.Config(max_pool_connections=_WRITERS),
        )
        self._numbers = itertools.count()

    def make(self) -> str:
        """A new, empty bucket."""
        name = f"bench-{next(self._numbers)}"
        self._client.create_bucket(Bucket=name)
        return name

    @contextlib.contextmanager
    def fresh(self) -> t.Iterator[str]:
        """A bucket for one run."""
        name = self.make()
        yield name
        for page in self._pages(name):
            keys = [{"Key": item["Key"]} for item in page]
            self._client.delete_objects(Bucket=name, Delete={"Objects": keys})
        self._client.delete_bucket(Bucket=name)

    def fill(self, name: str, folder: Path) -> None:
        """Write the folder's files to the bucket."""

        def write(path: Path) -> None:
            key = str(path.relative_to(folder))
            self._client.put_object(Bucket=name, Key=key, Body=path.read_bytes())

        files = [path for path in folder.rglob("*") if path.is_file()]
        with ThreadPoolExecutor(_WRITERS) as writers:
            for _unused in writers.map(write, files):
                pass

    def check_gone(self, name: str, tool: str) -> None:
        """Raise unless there is no such bucket."""
        left = {bucket["Name"] for bucket in self._client.list_buckets()["Buckets"]}
        if name in left:
            raise BenchmarkError(f"{tool} left the bucket {name} behind.")

    def check(self, name: str, files: int, tool: str) -> None:
        """Raise unless the bucket holds that many files."""
        keys = (item["Key"] for page in self._pages(name) for item in page)
        found = sum(not key.startswith(_RESERVED) for key in keys)
        if found != files:
            raise BenchmarkError(f"{tool} left {found} objects instead of {files}.")

    def check_bytes(self, name: str, size: int, tool: str) -> None:
        """Raise unless the bucket holds so many bytes at least."""
        found = sum(item["Size"] for page in self._pages(name) for item in page)
        if found < size:
            raise BenchmarkError(f"{tool} left {found} bytes instead of {size}.")

    def check_size(self, name: str, key: str, size: int, tool: str) -> None:
        """Raise unless the object has that many bytes."""
        found = self._client.head_object(Bucket=name, Key=key)["ContentLength"]
        if found != size:
            raise BenchmarkError(f"{tool} did not publish what was changed in {key}.")

    def _pages(self, name: str) -> t.Iterator[list[dict[str, t.Any]]]:
        paginator = self._client.get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=name):
            if page.get("Contents"):
                yield page["Contents"]
