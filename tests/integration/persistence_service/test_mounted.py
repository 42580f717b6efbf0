# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A volume that is a file system of its own, as containers have them mounted, and that can be full."""

from __future__ import annotations

import os
import random
import subprocess
import time
import typing as t
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.persistence_service.conftest import Scene
from tests.integration.volumes import tree

MIB = 1024 * 1024


@pytest.fixture()
def small(scene: Scene) -> t.Iterator[Path]:
    options = ["-t", "tmpfs", "-o", "size=5m,mode=2771", "tmpfs"]
    subprocess.run(["mount", *options, str(scene.volume)], check=True)
    yield scene.volume
    subprocess.run(["umount", "--lazy", str(scene.volume)], check=True)


def test_stays_the_same_folder_and_may_be_full(scene: Scene, small: Path) -> None:
    service = scene.start().ready()
    url = quote(str(small))
    (small / "below").mkdir()
    (small / "below" / "big").write_bytes(random.Random(1).randbytes(3 * MIB))
    saved = tree(small)
    assert service.ask("GET", url).status == 200
    (small / "below" / "big").write_bytes(random.Random(2).randbytes(3 * MIB))
    damaged = tree(small)

    # there is no room for both
    for method in ("PUT", "POST"):
        answer = service.ask(method, url)
        assert (answer.status, answer.code) == (507, "no_space")
        assert "room" in answer.json["hint"]
        assert tree(small) == damaged

    # whoever has it open, as a container has, sees what is restored
    held = os.open(small, os.O_RDONLY | os.O_DIRECTORY)
    try:
        (small / "below" / "big").unlink()
        assert service.ask("PUT", url).status == 200
        assert tree(small) == saved
        assert os.listdir(held) == ["below"]
    finally:
        os.close(held)


def test_cancelled_at_any_moment(scene: Scene, small: Path) -> None:
    """There is the old tree or the new one, and the job says which."""
    folder = {"STORE_ID": "LOCAL", "STORE_CONTAINER": str(scene.folder / "backup")}
    service = scene.start(**folder).ready()
    chance = random.Random(1)
    url, path = "/v1/restores", str(small)
    trees, ids = [], []
    for _unused in range(2):
        for number in range(150):
            (small / f"{number}").write_bytes(chance.randbytes(1000))
        saved = service.done("POST", "/v1/snapshots", {"path": path})
        trees.append(tree(small))
        ids.append(saved["snapshot"])
    wanted = {"path": path, "mode": "replace"}
    whole = service.done("POST", url, {**wanted, "snapshot": ids[0]})
    assert tree(small) == trees[0] and whole["state"] == "succeeded"
    began, now = time.monotonic(), 1
    service.done("POST", url, {**wanted, "snapshot": ids[1]})
    length = time.monotonic() - began
    for part in (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        job = service.ask("POST", url, {**wanted, "snapshot": ids[1 - now]}).json
        # nothing is waited for: it is the moment at which it is cancelled
        time.sleep(length * part)
        service.ask("DELETE", f"/v1/jobs/{job['id']}")
        ended = service.watch(job["id"])[-1]
        assert ended["state"] in ("succeeded", "cancelled"), ended
        if ended["state"] == "succeeded":
            now = 1 - now
        assert tree(small) == trees[now]
