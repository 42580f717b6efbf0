# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmarks.force_delete``: buckets with all that is in them, deleted by two modules in turn."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import typing as t
from pathlib import Path

import boto3
import botocore.config

from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.servers._process import build_directory
from tests.servers.seaweedfs import SeaweedFS

from .measure import Series, run

OURS = "libcloud_bucket, whole ansible command"
THEIRS = "amazon.aws.s3_bucket, whole ansible command"

#: What a command is made of: the server's address and credentials, and the bucket.
_Command = t.Callable[[SeaweedFS, str], list[str]]


def measure(
    server: SeaweedFS, commands: t.Mapping[str, _Command], objects: int, runs: int
) -> dict[str, Series]:
    """Every command's series; each run has a bucket of its own, filled outside what is measured."""
    results = {name: Series() for name in commands}
    client = _client(server)
    for number in range(runs):
        names = list(commands)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            bucket = f"bench-{len(results[name].measures)}-{names.index(name)}"
            _fill(client, bucket, objects)
            command = commands[name](server, bucket)
            environment = {"ANSIBLE_LOCALHOST_WARNING": "false"}
            if name == THEIRS:
                # its collections are its own
                environment |= {
                    "PYTHONPATH": "",
                    "ANSIBLE_COLLECTIONS_PATH": os.devnull,
                }
            found = run(command, environment, ours=False)
            results[name].measures.append(found)
            left = {one["Name"] for one in client.list_buckets()["Buckets"]}
            if bucket in left:
                raise RuntimeError(f"{name} left the bucket behind.")
    return results


def _client(server: SeaweedFS) -> t.Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        aws_access_key_id=server.key,
        aws_secret_access_key=server.secret,
        region_name=server.region,
        config=botocore.config.Config(max_pool_connections=16),
    )


def _fill(client: t.Any, bucket: str, objects: int) -> None:
    """A new bucket with that many objects of 4 KiB, a hundred to a folder."""

    def write(number: int) -> None:
        key = f"{number // 100:05d}/{number:07d}.bin"
        client.put_object(Bucket=bucket, Key=key, Body=bytes(4096))

    client.create_bucket(Bucket=bucket)
    with Workers(16) as workers:
        for _unused in workers.run(write, range(objects)):
            pass


def ours(server: SeaweedFS, bucket: str) -> list[str]:
    """The command that deletes a bucket by our module."""
    provider = {
        "id": "S3",
        "endpoint": f"http://127.0.0.1:{server.port}",
        "key": server.key,
        "secret": server.secret,
        "region": server.region,
    }
    arguments = {"provider": provider, "name": bucket}
    program = Path(sys.executable).with_name("ansible")
    return _ansible(program, "longshore.storage.libcloud_bucket", arguments)


def theirs(program: Path) -> _Command:
    """The same by the other one, with an ``ansible`` that has its collection."""

    def command(server: SeaweedFS, bucket: str) -> list[str]:
        arguments = {
            "name": bucket,
            "endpoint_url": f"http://127.0.0.1:{server.port}",
            "access_key": server.key,
            "secret_key": server.secret,
            "region": server.region,
        }
        return _ansible(program, "amazon.aws.s3_bucket", arguments)

    return command


def _ansible(program: Path, name: str, arguments: t.Mapping[str, object]) -> list[str]:
    absent = {**arguments, "state": "absent", "force": True}
    return [str(program), "localhost", "-m", name, "-a", json.dumps(absent)]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    peer = build_directory() / "bench" / "s3_sync" / "bin" / "ansible"
    parser.add_argument("--peer", type=Path, default=peer, help="ansible of the peer")
    arguments = parser.parse_args()
    commands = {OURS: ours, THEIRS: theirs(arguments.peer)}
    with (
        tempfile.TemporaryDirectory(prefix="longshore-bench-") as folder,
        SeaweedFS(Path(folder)) as server,
    ):
        found = measure(server, commands, arguments.objects, arguments.runs)
    best = found[THEIRS].median("wall")
    print("| tool | wall, s | fastest–slowest, s | ratio | processor, s | memory, MB |")
    print("|---|---|---|---|---|---|")
    for name, series in found.items():
        wall = series.median("wall")
        print(
            f"| {name} | {wall:.2f} | {series.spread()} | {wall / best:.2f} "
            f"| {series.median('processor'):.2f} | {series.median('memory'):.0f} |"
        )


if __name__ == "__main__":
    main()
