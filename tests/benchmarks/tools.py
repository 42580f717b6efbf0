# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that are compared, each told to do the same.

That is to make a bucket hold what a folder holds, or the reverse; or to set a bucket up, or to delete
it with all that it holds.
"""

from __future__ import annotations

import json
import os
import sys
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from tests.servers._process import build_directory
from tests.servers.seaweedfs import SeaweedFS

from . import encrypted, volumes

#: Workers that each tool gets, where it can be told.
WORKERS = 32

MODULE = "static_container"
MANIFEST = "static_container, verify: manifest"
COMMAND = "static_container, whole ansible command"
RCLONE = "rclone"
S5CMD = "s5cmd"
AWS = "aws s3 sync"
S3_SYNC = "community.aws.s3_sync, whole ansible command"
BUCKET = "libcloud_bucket, whole ansible command"
S3_BUCKET = "amazon.aws.s3_bucket, whole ansible command"
DISTSYNC_GCM = "distsync, AES_256_GCM"
DISTSYNC_CBC = "distsync, AEAD_AES_128_CBC_HMAC_SHA_256"
RCLONE_CRYPT = "rclone crypt"
AGE = "age, rclone rcat"
VOLUME_PERSIST = "volume_persist"
PIPELINE = "tar, zstd, rclone rcat or cat"
RESTIC = "restic"
RESTIC_SYNC = "restic, then sync"


@dataclass(frozen=True, slots=True)
class Job:
    """``bucket`` of the server at ``url`` is to hold what ``folder`` holds, or with ``down`` the reverse.

    ``sizes``: a tool that can be told so compares by size alone. ``state``: what becomes of the
    bucket itself, where that is what is measured. ``target``: where the folder's snapshot is put back, if it is.
    """

    folder: Path
    bucket: str
    url: str
    sizes: bool
    down: bool = False
    state: t.Literal["present", "absent"] = "present"
    target: Path | None = None

    @property
    def file(self) -> Path:
        """The only one of the folder, or where it is to be."""
        return next(self.folder.rglob("*.bin"), self.folder / "file.bin")

    def ends(self, folder: str, bucket: str) -> list[str]:
        """Source and destination, from how a tool writes the two."""
        return [bucket, folder] if self.down else [folder, bucket]


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to sync. ``ours`` are held against the best of the others.

    ``manifest``: it keeps one in the bucket, which the others would delete. ``beginning``: what it has to be told
    before a bucket is first used.
    """

    name: str
    ours: bool
    command: t.Callable[[Job], list[str]]
    environment: t.Mapping[str, str]
    manifest: bool = False
    beginning: t.Callable[[Job], list[str]] | None = None


#: Those of ours.
OURS = (
    MODULE,
    MANIFEST,
    COMMAND,
    BUCKET,
    DISTSYNC_GCM,
    DISTSYNC_CBC,
    VOLUME_PERSIST,
)


def tools(server: SeaweedFS, work: Path) -> dict[str, Tool]:
    """By name; ``work`` is for what they leave on disk."""
    kit = _Kit(server, work)
    listed = (*_of_trees(kit), *_of_buckets(kit), *_of_one_file(kit), *_of_volumes(kit))
    return {tool.name: tool for tool in listed}


class _Kit:
    """What tools find in their environment, and how ours are told what to do."""

    def __init__(self, server: SeaweedFS, work: Path) -> None:
        self.server = server
        self.work = work
        self.amazon = {
            "AWS_ACCESS_KEY_ID": server.key,
            "AWS_SECRET_ACCESS_KEY": server.secret,
            "AWS_DEFAULT_REGION": server.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(_aws_configuration(work)),
        }
        self.rclone = {
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_STORE_TYPE": "s3",
            "RCLONE_CONFIG_STORE_PROVIDER": "SeaweedFS",
            "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": server.key,
            "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": server.secret,
            "RCLONE_CONFIG_STORE_NO_CHECK_BUCKET": "true",
        }
        ansible = {"ANSIBLE_LOCALHOST_WARNING": "false"}
        self.ours = {**ansible, "XDG_CACHE_HOME": str(cache_folder(work))}
        # their collections are their own
        self.peers = {**ansible, **self.amazon, "PYTHONPATH": ""}

    def module(self, job: Job) -> list[str]:
        return _module("static_container", _arguments(self.server, job))

    def manifest(self, job: Job) -> list[str]:
        believing = {"manifest": "always", "verify": "manifest"}
        arguments = {**_arguments(self.server, job), **believing}
        return _module("static_container", arguments)

    def command(self, job: Job) -> list[str]:
        name = "longshore.storage.static_container"
        return _ansible(_program("ansible"), name, _arguments(self.server, job))

    def bucket(self, job: Job) -> list[str]:
        name = "longshore.storage.libcloud_bucket"
        arguments = {"provider": _endpoint(self.server, job), **_kept(job)}
        return _ansible(_program("ansible"), name, arguments)

    def volume_persist(self, job: Job) -> list[str]:
        store = _endpoint(self.server, job)
        arguments = volumes.arguments(store, job.folder, job.target, self.work)
        return _module("volume_persist", arguments)


def _of_trees(kit: _Kit) -> tuple[Tool, ...]:
    return (
        Tool(MODULE, True, kit.module, kit.ours),
        Tool(MANIFEST, True, kit.manifest, kit.ours, manifest=True),
        Tool(COMMAND, True, kit.command, kit.ours),
        Tool(RCLONE, False, _rclone, kit.rclone),
        Tool(S5CMD, False, _s5cmd, kit.amazon),
        Tool(AWS, False, _aws, kit.amazon),
        Tool(S3_SYNC, False, _s3_sync, kit.peers),
    )


def _of_buckets(kit: _Kit) -> tuple[Tool, ...]:
    return (
        Tool(BUCKET, True, kit.bucket, kit.ours),
        Tool(S3_BUCKET, False, _s3_bucket, kit.peers),
    )


def _of_one_file(kit: _Kit) -> tuple[Tool, ...]:
    def single(command: encrypted.Command) -> t.Callable[[Job], list[str]]:
        return lambda job: command(job.file, job.bucket, job.url, job.down)

    rclone, work = _program("rclone"), kit.work
    gcm, cbc = encrypted.gcm(kit.server, work), encrypted.cbc(kit.server, work)
    crypt, age = encrypted.rclone_crypt(rclone), encrypted.age(rclone, work)
    return (
        Tool(DISTSYNC_GCM, True, single(gcm), kit.ours),
        Tool(DISTSYNC_CBC, True, single(cbc), kit.ours),
        Tool(RCLONE_CRYPT, False, single(crypt), kit.rclone),
        Tool(AGE, False, single(age), kit.rclone),
    )


def _of_volumes(kit: _Kit) -> tuple[Tool, ...]:
    def pipeline(job: Job) -> list[str]:
        rclone, place = _program("rclone"), f"store:{job.bucket}"
        return volumes.pipeline(rclone, place, job.url, job.folder, job.target)

    def restic(job: Job) -> list[str]:
        return volumes.restic(job.url, job.bucket, job.folder, job.target)

    alone = Tool(
        RESTIC,
        False,
        restic,
        {**kit.amazon, **volumes.restic_environment(kit.work)},
        beginning=lambda job: volumes.restic_beginning(job.url, job.bucket),
    )
    return (
        Tool(VOLUME_PERSIST, True, kit.volume_persist, kit.ours),
        Tool(PIPELINE, False, pipeline, kit.rclone),
        alone,
        replace(
            alone,
            name=RESTIC_SYNC,
            command=lambda job: volumes.then_sync(restic(job), job.target),
        ),
    )


def cache_folder(work: Path) -> Path:
    """Where ours remember digests of local files."""
    return work / "cache"


def _rclone(job: Job) -> list[str]:
    command = [_program("rclone"), "sync", "--fast-list", "--quiet"]
    command += ["--s3-endpoint", job.url, "--exclude", "/.longshore/**"]
    command += ["--transfers", str(WORKERS), "--checkers", str(WORKERS)]
    command += ["--size-only"] if job.sizes else []
    return command + job.ends(str(job.folder), f"store:{job.bucket}")


def _s5cmd(job: Job) -> list[str]:
    command = [_program("s5cmd"), "--endpoint-url", job.url, "--log", "error"]
    command += ["--numworkers", str(WORKERS), "sync", "--delete"]
    command += ["--size-only"] if job.sizes else []
    bucket = f"s3://{job.bucket}/*" if job.down else f"s3://{job.bucket}/"
    return command + job.ends(f"{job.folder}/", bucket)


def _aws(job: Job) -> list[str]:
    command = [_program("aws"), "--endpoint-url", job.url, "s3", "sync"]
    command += ["--only-show-errors", "--delete"]
    command += ["--size-only"] if job.sizes else []
    return command + job.ends(str(job.folder), f"s3://{job.bucket}")


def _s3_sync(job: Job) -> list[str]:
    arguments = {
        "bucket": job.bucket,
        "file_root": str(job.folder),
        "endpoint_url": job.url,
        "delete": True,
    }
    return _peer("community.aws.s3_sync", arguments)


def _s3_bucket(job: Job) -> list[str]:
    arguments = {"name": job.bucket, "endpoint_url": job.url, **_kept(job)}
    return _peer("amazon.aws.s3_bucket", arguments)


def _kept(job: Job) -> dict[str, object]:
    """What is to become of a bucket, in words that both modules understand."""
    if job.state == "absent":
        return {"state": "absent", "force": True}
    reading = {
        "Sid": "Reading",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{job.bucket}/*",
    }
    return {
        "versioning": True,
        "encryption": "AES256",
        "tags": {"owner": "operations", "purpose": "benchmark"},
        "policy": {"Version": "2012-10-17", "Statement": [reading]},
        "object_ownership": "BucketOwnerEnforced",
        "requester_pays": False,
    }


def _peer(name: str, arguments: t.Mapping[str, object]) -> list[str]:
    program = build_directory() / "bench" / "peers" / "bin" / "ansible"
    return _ansible(str(program), name, arguments)


def _module(name: str, arguments: t.Mapping[str, object]) -> list[str]:
    program = "tests.benchmarks.module"
    return [sys.executable, "-m", program, name, json.dumps(arguments)]


def _ansible(program: str, name: str, arguments: t.Mapping[str, object]) -> list[str]:
    return [program, "localhost", "-m", name, "-a", json.dumps(arguments)]


def _arguments(server: SeaweedFS, job: Job) -> dict[str, object]:
    folder = {"id": "LOCAL", "container": str(job.folder)}
    bucket = _endpoint(server, job)
    source, destination = (bucket, folder) if job.down else (folder, bucket)
    return {"source": source, "destination": destination, "transfers": WORKERS}


def _endpoint(server: SeaweedFS, job: Job) -> dict[str, object]:
    return {
        "id": "S3",
        "endpoint": job.url,
        "key": server.key,
        "secret": server.secret,
        "region": server.region,
        "container": job.bucket,
    }


def _aws_configuration(work: Path) -> Path:
    path = work / "aws.ini"
    path.write_text(f"[default]\ns3 =\n  max_concurrent_requests = {WORKERS}\n")
    return path


def _program(name: str) -> str:
    return os.path.join(os.path.dirname(sys.executable), name)
