# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layout ``single`` and micro-s3-persistence: what its library wrote is restored, and it restores what we write."""

from __future__ import annotations

import os
import stat
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.integration.places import Headers, Places
from tests.integration.volumes import Volume
from tests.servers._process import build_directory, find_program

PROGRAM = Path(__file__).with_name("tar_fs.js")


def _node(*arguments: str | Path, data: bytes = b"") -> bytes:
    modules = build_directory() / "node" / "node_modules"
    return subprocess.run(
        [find_program("node"), PROGRAM, *arguments],
        input=data,
        stdout=subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(modules)},
        # what is restored gets its modes, but for these
        umask=0,
        check=True,
    ).stdout


def _fill(path: Path) -> None:
    """Of all kinds that it knows."""
    (path / "deep" / "er").mkdir(parents=True)
    (path / "empty").mkdir(mode=0o700)
    (path / "index.html").write_text("<h1>Tides</h1>")
    (path / "deep" / "er" / "data").write_bytes(bytes(range(256)) * 4000)
    (path / "deep" / ("n" * 150)).write_text("long name")
    (path / "größe ✓").write_text("name")
    (path / "link").symlink_to("deep/er")
    with open(path / "holes", "wb") as file:
        file.write(b"begin")
        file.truncate(3_000_000)
    (path / "index.html").chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path / "index.html", 1234, 4321)
    for one in (*path.rglob("*"), path):
        os.utime(one, (5, 1_600_000_000), follow_symlinks=False)
    path.chmod(0o2750)


def _kept(path: Path) -> dict[str, tuple[t.Any, ...]]:
    """What it keeps of a tree."""
    found = {}
    for one in (path, *path.rglob("*")):
        status = one.lstat()
        what: t.Any = None
        if one.is_symlink():
            what = os.readlink(one)
        elif one.is_file():
            what = one.read_bytes()
        mode = status.st_mode if not one.is_symlink() else stat.S_IFLNK
        facts = (mode, status.st_uid, status.st_gid, what)
        found[str(one.relative_to(path))] = facts
    return found


@pytest.fixture
def volume(places: Places, tmp_path: Path) -> Volume:
    place = places("seaweedfs")
    place.make()
    made = Volume(place, tmp_path)
    _fill(made.path)
    return made


@pytest.mark.parametrize("compressed", ["true", "false"])
def test_what_it_wrote_is_restored(
    volume: Volume, tmp_path: Path, compressed: str
) -> None:
    kind = {"true": "application/x-gtar", "false": "application/x-tar"}[compressed]
    for path in (volume.path, volume.path / "index.html"):
        metadata = {
            "iscompressed": compressed,
            "isdirectory": str(path.is_dir()).lower(),
        }
        data = _node("save", path, compressed)
        key = str(path).lstrip("/")
        volume.place.write(key, data, Headers(kind, metadata=metadata))
        there = tmp_path / f"{path.name} there"
        result = volume.foretold(
            "restored", layout="single", path=str(path), to=str(there), mode="replace"
        )
        assert result.changed
        assert _kept(there) == _kept(path)
        # whole seconds
        assert there.stat().st_mtime == 1_600_000_000


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_it_restores_what_is_saved(
    volume: Volume, tmp_path: Path, compression: str
) -> None:
    for path in (volume.path, volume.path / "holes"):
        volume.well(layout="single", path=str(path), compression=compression)
        key = str(path).lstrip("/")
        told = volume.place.headers(key).metadata
        assert told["iscompressed"] == str(compression == "gzip").lower()
        assert told["isdirectory"] == str(path.is_dir()).lower()
        there = tmp_path / "there" / path.name
        there.parent.mkdir(exist_ok=True)
        _node(
            *("restore", there, told["iscompressed"], told["isdirectory"]),
            data=volume.place.read(key),
        )
        assert _kept(there) == _kept(path)
