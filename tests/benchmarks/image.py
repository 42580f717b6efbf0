# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The size of the service's image, and of one with what micro-s3-persistence is made of. ``make bench ARGS=image``; needs root.

Both are built by one Docker Engine on the same smallest system of Debian, each with Debian's own interpreter. That of the
original's kind has its libraries, in the versions that its package asks for, and not its program, which is small. Ours is
made as ``make image`` makes it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import typing as t
from pathlib import Path
from urllib.parse import urlencode

from tests.servers._process import REPOSITORY
from tests.servers.docker import DockerEngine

from .tables import Table

TITLE: t.Final = "The image of the persistence service"
NOTE: t.Final = (
    "Both are built on the same system, Debian's minbase with ca-certificates, by the same engine. The other has Debian's "
    "Node.js and the libraries of micro-s3-persistence, without its program."
)

_IMAGE: t.Final = REPOSITORY / "tests" / "setup" / "image.sh"
_REQUIREMENTS: t.Final = (
    REPOSITORY / "roles" / "persistence" / "files" / "requirements.txt"
)
_OURS, _THEIRS = "longshore-persistence", "original-kind"
#: What each needs of Debian beside the system.
_PACKAGES: t.Final = {_OURS: "python3,python3-venv", _THEIRS: "nodejs"}
_LIBRARIES: t.Final = {
    "aws-sdk": "~2.1.18",
    "express": "~4.12.0",
    "fs-extra": "~0.18.0",
    "tar-fs": "^1.16.2",
}
_PLATFORMS: t.Final = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64")


class Settings(t.NamedTuple):
    """``rounds``: a size is what it is; nothing is done again."""

    rounds: int = 1


def tables(settings: Settings) -> list[Table]:
    with (
        tempfile.TemporaryDirectory(prefix="longshore-image-") as name,
        DockerEngine(Path(name)) as engine,
    ):
        folder = Path(name)
        bases = {image: _base(engine, folder, image) for image in _PACKAGES}
        _make_ours(engine, folder / "wheels", bases[_OURS])
        _make_theirs(engine, folder / "app", bases[_THEIRS])
        rows = [["image", "MB", "of it the system and its interpreter, MB"]]
        for image, base in bases.items():
            rows.append(
                [image, *(f"{_size(engine, one):.0f}" for one in (image, base))]
            )
    return [Table("Sizes, unpacked:", rows)]


def _base(engine: DockerEngine, folder: Path, image: str) -> str:
    """The system, with an interpreter."""
    system, base = folder / "system.tar", f"{image}-base"
    less = [f"path-exclude=/usr/share/{one}/*" for one in ("doc", "locale", "man")]
    subprocess.run(
        [
            *("mmdebstrap", "--quiet", "--variant=minbase"),
            f"--include=ca-certificates,{_PACKAGES[image]}",
            *(f"--dpkgopt={one}" for one in less),
            *("bookworm", str(system)),
        ],
        check=True,
    )
    query = urlencode({"fromSrc": "-", "repo": base})
    engine.ask("POST", f"/images/create?{query}", system.read_bytes())
    return base


def _make_ours(engine: DockerEngine, wheels: Path, base: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run(
        [
            *command,
            *("--only-binary=:all:", "--python-version=3.11", f"--dest={wheels}"),
            *(f"--platform={one}" for one in _PLATFORMS),
            f"--requirement={_REQUIREMENTS}",
        ],
        check=True,
    )
    subprocess.run(
        [str(_IMAGE), sys.executable, _OURS, base, str(wheels)],
        check=True,
        env={**os.environ, "DOCKER_HOST": f"unix://{engine.path}"},
    )


def _make_theirs(engine: DockerEngine, app: Path, base: str) -> None:
    app.mkdir()
    package = {"name": _THEIRS, "private": True, "dependencies": _LIBRARIES}
    (app / "package.json").write_text(json.dumps(package))
    command = ["npm", "install", "--silent", "--omit=dev", "--ignore-scripts"]
    subprocess.run([*command, "--no-audit", "--no-fund"], cwd=app, check=True)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        text = b'ARG BASE\nFROM ${BASE}\nCOPY app /app\nCMD ["node", "/app"]\n'
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
        archive.add(app, "app")
    query = urlencode({"t": _THEIRS, "buildargs": json.dumps({"BASE": base})})
    engine.ask("POST", f"/build?{query}", made.getvalue())


def _size(engine: DockerEngine, image: str) -> float:
    """MB. An image that could not be built is not there, which the engine says."""
    return float(engine.ask("GET", f"/images/{image}/json")["Size"]) / 1e6
