# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Root in a container that lacks a capability: a restore says so before anything is replaced."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.persistence_service.conftest import Scene
from tests.integration.volumes import tree

#: That of ``ping``, as the kernel keeps it: revision 2, effective, NET_RAW.
_NET_RAW = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)


@pytest.fixture()
def saved(scene: Scene) -> Path:
    """What each capability is needed for, saved and then damaged."""
    folder = scene.volume / "site"
    for name in ("closed", "group"):
        (folder / name).mkdir(parents=True)
    (folder / "closed" / "file").write_text("tide")
    (folder / "group" / "ping").write_text("program")
    os.setxattr(folder / "group" / "ping", "security.capability", _NET_RAW)
    os.chown(folder / "closed" / "file", 1234, 2345)
    os.chown(folder / "closed", 1234, 2345)
    (folder / "closed").chmod(0o700)
    os.chown(folder / "group", 0, 2345)
    (folder / "group").chmod(0o2775)
    service = scene.start().ready()
    assert service.ask("GET", quote(str(folder))).status == 200
    assert service.end() == 0
    (folder / "group" / "ping").write_text("another")
    return folder


def test_one_is_missing(scene: Scene, saved: Path) -> None:
    before = tree(saved)
    for name in ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP"):
        # who may read all can list it
        also = ["DAC_READ_SEARCH"] if name == "DAC_OVERRIDE" else []
        service = scene.start(without=[name, *also]).ready()
        # beside the closed folder a new one can be made without it
        for method in ("POST",) if also else ("PUT", "POST"):
            answer = service.ask(method, quote(str(saved)))
            assert (answer.status, answer.code) == (500, "failed"), answer
            assert name in answer.json["error"] + answer.json["hint"]
            assert f"--cap-add {name}" in answer.json["hint"]
            assert tree(saved) == before
        assert service.end() == 0
    # with all of them, what is left of that is in nobody's way
    service = scene.start().ready()
    assert service.ask("PUT", quote(str(saved))).status == 200
    assert (saved / "group" / "ping").read_text() == "program"
    assert os.getxattr(saved / "group" / "ping", "security.capability") == _NET_RAW
    status = (saved / "closed" / "file").stat()
    assert (status.st_uid, status.st_gid) == (1234, 2345)
    assert os.listdir(scene.volume) == ["site"]


def test_a_closed_folder_is_replaced(scene: Scene, saved: Path) -> None:
    service = scene.start(without=["DAC_OVERRIDE", "DAC_READ_SEARCH"]).ready()
    answer = service.ask("PUT", quote(str(saved)))
    assert answer.status == 200
    assert (saved / "group" / "ping").read_text() == "program"
    # the old one cannot be removed, and that is said
    assert "left behind (Permission denied)" in str(answer.json["job"]["result"])


def test_a_closed_volume(scene: Scene) -> None:
    """As a database's, of which not even a name can be read."""
    (scene.volume / "table").write_text("tide")
    os.chown(scene.volume, 1234, 2345)
    scene.volume.chmod(0o700)
    without = ["DAC_OVERRIDE", "DAC_READ_SEARCH"]
    service = scene.start(without=without, RESTORE_ON_START="true").ready()
    (problem,) = service.until(
        "/healthz", lambda found: "filled:" in str(found["problems"])
    )["problems"]
    assert "Permission denied" in problem
    for method in ("GET", "PUT", "POST"):
        answer = service.ask(method, quote(str(scene.volume)))
        assert (answer.status, answer.code) == (500, "failed"), answer
        assert "Permission denied" in answer.json["error"]
        assert "--cap-add DAC_OVERRIDE" in answer.json["hint"]
