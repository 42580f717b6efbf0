# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that are compared, each told to do the same: make a bucket hold what a folder holds."""

from __future__ import annotations

import json
import os
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tests.servers.seaweedfs import SeaweedFS

#: Workers that each tool gets, where it can be told.
WORKERS = 32


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to sync. ``ours`` are held against the best of the others."""

    name: str
    ours: bool
    command: t.Callable[[Path, str, bool], list[str]]
    environment: t.Mapping[str, str]


def tools(server: SeaweedFS, work: Path) -> dict[str, Tool]:
    """By name; a command is made of the source folder, the bucket, and whether sizes alone decide."""
    url = f"http://127.0.0.1:{server.port}"
    amazon = {
        "AWS_ACCESS_KEY_ID": server.key,
        "AWS_SECRET_ACCESS_KEY": server.secret,
        "AWS_DEFAULT_REGION": server.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(_aws_configuration(work)),
    }
    rclone = {
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_STORE_TYPE": "s3",
        "RCLONE_CONFIG_STORE_PROVIDER": "SeaweedFS",
        "RCLONE_CONFIG_STORE_ENDPOINT": url,
        "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": server.key,
        "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": server.secret,
        "RCLONE_CONFIG_STORE_NO_CHECK_BUCKET": "true",
    }
    ours = {"XDG_CACHE_HOME": str(work / "cache"), "ANSIBLE_LOCALHOST_WARNING": "false"}

    def s5cmd(source: Path, bucket: str, sizes: bool) -> list[str]:
        command = [_program("s5cmd"), "--endpoint-url", url, "--log", "error"]
        command += ["--numworkers", str(WORKERS), "sync", "--delete"]
        command += ["--size-only"] if sizes else []
        return [*command, f"{source}/", f"s3://{bucket}/"]

    def rclone_sync(source: Path, bucket: str, sizes: bool) -> list[str]:
        command = [_program("rclone"), "sync", "--fast-list", "--quiet"]
        command += ["--transfers", str(WORKERS), "--checkers", str(WORKERS)]
        command += ["--size-only"] if sizes else []
        return [*command, str(source), f"store:{bucket}"]

    def aws(source: Path, bucket: str, sizes: bool) -> list[str]:
        command = [_program("aws"), "--endpoint-url", url, "s3", "sync"]
        command += ["--only-show-errors", "--delete"]
        command += ["--size-only"] if sizes else []
        return [*command, str(source), f"s3://{bucket}"]

    def module(source: Path, bucket: str, _sizes: bool) -> list[str]:
        arguments = json.dumps(_arguments(server, source, bucket))
        return [sys.executable, "-m", "tests.benchmarks.module", arguments]

    def playbook(source: Path, bucket: str, _sizes: bool) -> list[str]:
        arguments = json.dumps(_arguments(server, source, bucket))
        name = "longshore.storage.static_container"
        return [_program("ansible"), "localhost", "-m", name, "-a", arguments]

    listed = (
        Tool("static_container", True, module, ours),
        Tool("static_container, whole ansible command", True, playbook, ours),
        Tool("rclone", False, rclone_sync, rclone),
        Tool("s5cmd", False, s5cmd, amazon),
        Tool("aws s3 sync", False, aws, amazon),
    )
    return {tool.name: tool for tool in listed}


def _arguments(server: SeaweedFS, source: Path, bucket: str) -> dict[str, object]:
    return {
        "source": str(source),
        "destination": {
            "id": "S3",
            "endpoint": f"http://127.0.0.1:{server.port}",
            "key": server.key,
            "secret": server.secret,
            "region": server.region,
            "container": bucket,
        },
        "transfers": WORKERS,
    }


def _aws_configuration(work: Path) -> Path:
    path = work / "aws.ini"
    path.write_text(f"[default]\ns3 =\n  max_concurrent_requests = {WORKERS}\n")
    return path


def _program(name: str) -> str:
    return os.path.join(os.path.dirname(sys.executable), name)
