# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: each case lays out its files once and is run by every tool in turn."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import typing as t
from dataclasses import dataclass
from pathlib import Path

import boto3

from tests.servers.seaweedfs import SeaweedFS

from .measure import BenchmarkError, Series, run
from .tools import Tool


@dataclass(frozen=True, slots=True)
class Case:
    """``files`` of ``size`` bytes each; ``prepared`` means that the bucket holds them already."""

    name: str
    title: str
    files: int
    size: int
    prepared: bool
    tools: tuple[str, ...]
    runs: int


def lay_out(folder: Path, case: Case) -> Path:
    """The case's files, a hundred to a folder, of random bytes that are the same every time."""
    source = folder / f"{case.files}x{case.size}"
    if source.exists():
        return source
    making = source.with_suffix(".new")
    randomness = random.Random(case.files)
    for number in range(case.files):
        path = making / f"{number // 100:05d}" / f"{number:07d}.bin"
        if number % 100 == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(randomness.randbytes(case.size))
    # as if they had lain there for a while: a file that was just made is read twice
    for path in making.rglob("*.bin"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    making.rename(source)
    return source


def measure(
    case: Case, chosen: t.Sequence[Tool], source: Path, server: SeaweedFS
) -> dict[str, Series]:
    """Every tool's series: in each round all tools run, each round beginning with another one."""
    results = {tool.name: Series() for tool in chosen}
    buckets = Buckets(server)
    shared = buckets.make() if case.prepared else None
    if shared is not None:
        run(chosen[0].command(source, shared, False), chosen[0].environment)
    for number in range(case.runs):
        shift = number % len(chosen)
        for tool in itertools.chain(chosen[shift:], chosen[:shift]):
            with contextlib.ExitStack() as stack:
                bucket = shared or stack.enter_context(buckets.fresh())
                command = tool.command(source, bucket, case.prepared)
                results[tool.name].measures.append(run(command, tool.environment))
                if number == 0:
                    buckets.check(bucket, case.files, tool.name)
    if shared is not None:
        buckets.remove(shared)
    return results


class Buckets:
    """Buckets of the server, made and removed outside what is measured."""

    def __init__(self, server: SeaweedFS) -> None:
        self._client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{server.port}",
            aws_access_key_id=server.key,
            aws_secret_access_key=server.secret,
            region_name=server.region,
        )
        self._numbers = itertools.count()

    def make(self) -> str:
        """A new, empty bucket."""
        name = f"bench-{next(self._numbers)}"
        self._client.create_bucket(Bucket=name)
        return name

    def remove(self, name: str) -> None:
        """The bucket with all that is in it."""
        for page in self._pages(name):
            keys = [{"Key": item["Key"]} for item in page]
            self._client.delete_objects(Bucket=name, Delete={"Objects": keys})
        self._client.delete_bucket(Bucket=name)

    @contextlib.contextmanager
    def fresh(self) -> t.Iterator[str]:
        """A bucket for one run."""
        name = self.make()
        yield name
        self.remove(name)

    def check(self, name: str, files: int, tool: str) -> None:
        """Raise unless the bucket holds that many objects."""
        found = sum(len(page) for page in self._pages(name))
        if found != files:
            raise BenchmarkError(f"{tool} left {found} objects instead of {files}.")

    def _pages(self, name: str) -> t.Iterator[list[dict[str, t.Any]]]:
        paginator = self._client.get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=name):
            if page.get("Contents"):
                yield page["Contents"]
