# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that encrypt one file on its way to a bucket, and decrypt it on its way back."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from tests.servers.seaweedfs import SeaweedFS

#: What the file is called in the bucket, by those who keep names.
_NAME: t.Final = "artifact"

#: One run's command, from the file (a path), the bucket, the server's URL, and whether it is fetched.
Command = t.Callable[[Path, str, str, bool], list[str]]


def distsync(server: SeaweedFS, work: Path, algorithm: str) -> Command:
    """Published by ours, as ``distsync upload`` and ``download`` do it."""
    common = {
        "SharedSecret": SharedSecret.generate().encode(),
        "SigningKey": SigningKey.generate().encode(),
        "Format": "longshore",
        "Encrypt": algorithm,
        "AwsCreds": {
            "Region": server.region,
            "AccessKey": server.key,
            "SecretKey": server.secret,
        },
    }

    def command(file: Path, bucket: str, url: str, fetch: bool) -> list[str]:
        what = {
            "configuration": {**common, "StorageBucket": bucket, "Endpoint": url},
            "folder": str(state_folder(work)),
            "fetch" if fetch else "publish": str(file),
        }
        program = "tests.benchmarks.distsync"
        return [sys.executable, "-m", program, json.dumps(what)]

    return command


def state_folder(work: Path) -> Path:
    """Where ours remember feeds and unfinished uploads."""
    return work / "state"


def gcm(server: SeaweedFS, work: Path) -> Command:
    return distsync(server, work, AES_256_GCM.name)


def cbc(server: SeaweedFS, work: Path) -> Command:
    return distsync(server, work, AES_128_CBC_HMAC_SHA_256.name)


def rclone_crypt(rclone: str) -> Command:
    """``store:`` is to be configured in the environment."""

    def command(file: Path, bucket: str, url: str, fetch: bool) -> list[str]:
        remote = (
            f":crypt,remote='store:{bucket}',password='{_obscured(rclone)}':{_NAME}"
        )
        ends = [remote, str(file)] if fetch else [str(file), remote]
        return [rclone, "copyto", "--quiet", "--s3-endpoint", url, *ends]

    return command


def age(rclone: str, work: Path) -> Command:
    """One program encrypts, another one sends what it says."""
    identity = work / "age.txt"

    def command(file: Path, bucket: str, url: str, fetch: bool) -> list[str]:
        if not identity.exists():
            subprocess.run(
                ["age-keygen", "-o", str(identity)], check=True, capture_output=True
            )
        key, path, place = map(shlex.quote, map(str, (identity, file, bucket)))
        store = f"{shlex.quote(rclone)} --quiet --s3-endpoint {shlex.quote(url)}"
        stored = f"store:{place}/{_NAME}"
        line = f"age --encrypt -i {key} {path} | {store} rcat {stored}"
        if fetch:
            line = f"{store} cat {stored} | age --decrypt -i {key} -o {path}"
        return ["bash", "-o", "pipefail", "-c", line]

    return command


def _obscured(rclone: str) -> str:
    """A password as rclone has it in its configuration; it is another text every time."""
    done = subprocess.run(
        [rclone, "obscure", "a password of the benchmark"],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
