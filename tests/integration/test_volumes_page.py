# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/volumes.md: what it says one has to type to restore without us, typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    Compression,
    Encryption,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Contents,
    Series,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._saving import (
    SaveOptions,
    save,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._single import (
    save_single,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.integration.places import Places
from tests.servers._process import find_program

PAGE = (Path(__file__).parents[2] / "docs" / "volumes.md").read_text()
UNLIMITED = Bandwidth(None)


def _commands() -> dict[str, str]:
    """Of the table: the names of the data, and what to type."""
    rows = re.findall(r"^\| `(data\.tar[^`]*)`.* \| `(.*)` \|$", PAGE, re.MULTILINE)
    return {name: command.replace("\\|", "|") for name, command in rows}


COMMANDS = _commands()


class Desk:
    """A tree, its tar, a place for snapshots, and a folder to type in."""

    def __init__(self, place: t.Any, folder: Path) -> None:
        self.place = place
        self.folder = folder
        self.tree = folder / "tree"
        self.tree.mkdir()
        (self.tree / "empty").mkdir()
        (self.tree / "file").write_bytes(os.urandom(700_000))
        (self.tree / "link").symlink_to("file")
        (folder / "target").mkdir()
        self.tar = subprocess.run(
            ["tar", "-c", "-C", self.tree, "."], stdout=subprocess.PIPE, check=True
        ).stdout
        endpoint = parse_endpoint(
            place.endpoint(), option="store", providers=None, default_provider=None
        )
        self.store = open_store(endpoint)

    def type(self, command: str, **environment: str) -> None:
        tools = f"{Path(find_program('rclone')).parent}:{Path(sys.executable).parent}"
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{tools}:{os.environ['PATH']}",
                "RCLONE_CONFIG_STORE_TYPE": "s3",
                "RCLONE_CONFIG_STORE_PROVIDER": "SeaweedFS",
                "RCLONE_CONFIG_STORE_ENDPOINT": self.place.url,
                "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": self.place.server.key,
                "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": self.place.server.secret,
                **environment,
            },
            check=True,
        )

    def check(self) -> None:
        target = self.folder / "target"
        subprocess.run(
            ["diff", "-r", "--no-dereference", self.tree, target], check=True
        )
        assert sorted(os.listdir(target)) == ["empty", "file", "link"]


@pytest.fixture()
def desk(places: Places, tmp_path: Path) -> t.Iterator[Desk]:
    place = places("seaweedfs", "backups/")
    place.make()
    made = Desk(place, tmp_path)
    yield made
    made.store.close()


def _encryption(ending: str, folder: Path) -> Encryption:
    if ending == "sealed":
        secret = SharedSecret.generate()
        (folder / "secret.txt").write_text(secret.encode() + "\n")
        (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
        (folder / "unseal.py").write_text(script)
        return Encryption(secret)
    if ending == "age":
        run = subprocess.run(
            ["age-keygen", "-o", folder / "identity.txt"],
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
        return Encryption(recipients=(run.stderr.split()[-1],))
    return Encryption()


def test_the_page_has_a_command_for_each_kind_of_data() -> None:
    assert sorted(name.rsplit(".", 1)[0] for name in COMMANDS) == [
        "data.tar",
        "data.tar.gz",
        "data.tar.zst",
        "data.tar.zst.age",
        "data.tar.zst.sealed",
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands(desk: Desk, name: str) -> None:
    kinds = name.split(".")[2:-1]
    compression = {"zst": "zstd", "gz": "gzip", "": "none"}[[*kinds, ""][0]]
    options = SaveOptions(
        compression=Compression(compression),
        encryption=_encryption(kinds[-1] if kinds else "", desk.folder),
        object_size=300_000,
    )
    with Workers(2) as workers:
        snapshot = save(
            desk.store,
            Series("host-é", "/srv/data ü"),
            "f",
            [desk.tar],
            Contents,
            options,
            workers,
            UNLIMITED,
        ).snapshot
    assert len(snapshot.parts) == 3
    assert {part.name[:-4] for part in snapshot.parts} == {name.rstrip("01*")}
    folder = snapshot.key(desk.store.endpoint.prefix, "").rstrip("/")
    (fetch,) = re.findall(r"```sh\n(rclone copy .*)\n```", PAGE)
    desk.type(
        f"{fetch} && {COMMANDS[name]}", SNAPSHOT=f"store:{desk.place.name}/{folder}"
    )
    desk.check()


def test_one_object_without_a_disk_between(desk: Desk) -> None:
    with Workers(2) as workers:
        series = Series("h", "/p")
        saved = save(
            desk.store,
            series,
            "f",
            [desk.tar],
            Contents,
            SaveOptions(),
            workers,
            UNLIMITED,
        )
    folder = saved.snapshot.key(desk.store.endpoint.prefix, "").rstrip("/")
    (command,) = re.findall(r"`(rclone cat \"\$SNAPSHOT/[^`]*)`", PAGE)
    desk.type(command, SNAPSHOT=f"store:{desk.place.name}/{folder}")
    desk.check()


def test_the_single_object(desk: Desk) -> None:
    save_single(
        desk.store,
        "/var/www",
        is_directory=True,
        fingerprint="f",
        stream=[desk.tar],
        compression=Compression("gzip"),
        bandwidth=UNLIMITED,
    )
    (command,) = re.findall(r"`(rclone cat … [^`]*)`", PAGE)
    desk.type(command.replace("…", f"store:{desk.place.name}/backups/var/www"))
    desk.check()
