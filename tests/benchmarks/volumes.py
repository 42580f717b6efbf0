# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that save a folder as a snapshot, and put it back to ``target`` if there is one."""

from __future__ import annotations

import filecmp
import os
import shlex
import typing as t
from pathlib import Path

from .measure import BenchmarkError

#: What the pipeline's only object is called.
_NAME: t.Final = "volume.tar.zst"


def arguments(
    store: t.Mapping[str, object], folder: Path, target: Path | None, work: Path
) -> dict[str, object]:
    """Of the module."""
    common = {"path": str(folder), "store": store, "cache_path": str(work / "cache")}
    if target is None:
        return {**common, "state": "saved"}
    return {**common, "state": "restored", "mode": "replace", "to": str(target)}


def pipeline(
    rclone: str, place: str, url: str, folder: Path, target: Path | None
) -> list[str]:
    """``place`` is a bucket of a remote that is configured in the environment."""
    store = f"{shlex.quote(rclone)} --quiet --s3-endpoint {shlex.quote(url)}"
    stored = shlex.quote(f"{place}/{_NAME}")
    if target is None:
        read = f"tar -C {shlex.quote(str(folder))} -c ."
        line = f"{read} | zstd -q | {store} rcat {stored}"
    else:
        write = f"tar -C {shlex.quote(str(target))} -x"
        line = f"{store} cat {stored} | zstd -qd | {write}"
    return ["bash", "-o", "pipefail", "-c", line]


def restic(url: str, bucket: str, folder: Path, target: Path | None) -> list[str]:
    command = _restic(url, bucket)
    if target is not None:
        return [*command, "restore", "latest", "--target", str(target)]
    # from within, for names that are relative to the folder
    backup = shlex.join([*command, "backup", "."])
    return ["bash", "-c", f"cd {shlex.quote(str(folder))} && exec {backup}"]


def then_sync(command: t.Sequence[str], target: Path | None) -> list[str]:
    """A restore, until it is on the disk as ours is; of a save, only that it was done."""
    if target is None:
        return [*command]
    sync = shlex.join(["sync", "--file-system", str(target)])
    return ["bash", "-c", f"{shlex.join(command)} && {sync}"]


def restic_beginning(url: str, bucket: str) -> list[str]:
    """Makes the repository."""
    return [*_restic(url, bucket), "init"]


def restic_environment(work: Path) -> dict[str, str]:
    return {
        "RESTIC_PASSWORD": "a password of the benchmark",
        "RESTIC_CACHE_DIR": str(work / "restic"),
    }


def _restic(url: str, bucket: str) -> list[str]:
    options = ["--quiet", "-o", "s3.bucket-lookup=path"]
    return ["restic", *options, "--repo", f"s3:{url}/{bucket}/restic"]


def check_same(source: Path, target: Path, tool: str) -> None:
    """Raise unless the second folder has the files of the first, and no others."""
    there = _files(target)
    for name in _files(source):
        path = target / name
        if name not in there or not filecmp.cmp(source / name, path, shallow=False):
            raise BenchmarkError(f"{tool} did not restore {name} as it was.")
        there.remove(name)
    if there:
        raise BenchmarkError(f"{tool} restored {len(there)} files too many.")


def _files(folder: Path) -> set[str]:
    return {
        os.path.relpath(os.path.join(place, name), folder)
        for place, _folders, names in os.walk(folder)
        for name in names
    }
