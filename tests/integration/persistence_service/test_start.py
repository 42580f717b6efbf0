# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the service begins: what keeps it from that, what it makes, and what it fills."""

from __future__ import annotations

import os
import re
import typing as t
from urllib.parse import quote

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from tests.integration.identities import forbid, user_of
from tests.integration.persistence_service.conftest import Scene
from tests.integration.volumes import tree
from tests.servers._process import free_ports


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong-secret-of-somebody"}, "AWS_"),
        ({"S3_ENDPOINT_URL": "http://127.0.0.1:{closed}"}, "S3_ENDPOINT_URL"),
        ({"PORT": "{taken}"}, "PORT"),
        ({"STATE_PATH": "/proc/none"}, "STATE_PATH"),
    ],
)
def test_what_keeps_it_from_starting(
    scene: Scene, changes: dict[str, str], named: str
) -> None:
    ports = {"closed": free_ports(1)[0], "taken": scene.server.port}
    service = scene.start(
        STORE_RETRIES="0",
        **{name: value.format(**ports) for name, value in changes.items()},
    )
    assert service.process.wait(60) == 2
    service.end()
    (line,) = (one for one in service.lines if one and not one.startswith("{"))
    assert named in line
    assert "wrong-secret" not in service.said


def test_a_bucket_of_somebody_else(scene: Scene) -> None:
    """As it starts it says so; where it becomes one later, every answer does, and nothing is touched."""
    scene.place.make()
    bucket = f"arn:aws:s3:::{scene.place.name}"
    theirs = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::theirs/*"}
    key, secret = user_of(scene.server, [theirs])
    names = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    refused = scene.start(**names)
    assert refused.process.wait(60) == 2
    refused.end()
    (line,) = (one for one in refused.lines if one and not one.startswith("{"))
    assert scene.place.name in line and "S3_BUCKET_NAME" in line
    assert "AccessDenied" in line and "somebody else's" in line

    ours = {**theirs, "Resource": [bucket, f"{bucket}/*"]}
    key, secret = user_of(scene.server, [ours])
    names = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    service = scene.start(**names).ready()
    (scene.volume / "tide").write_text("high")
    url, path = quote(str(scene.volume)), str(scene.volume)
    assert service.ask("GET", url).status == 200
    (scene.volume / "tide").write_text("low")
    before = tree(scene.volume)
    forbid(scene.server, key)
    for method in ("GET", "PUT", "POST"):
        answer = service.ask(method, url)
        assert (answer.status, answer.code) == (502, "store"), answer
        assert scene.place.name in answer.json["error"]
        assert re.search("AccessDenied|Forbidden", answer.json["error"])
    listed = service.ask("GET", "/v1/snapshots", query={"path": path})
    assert (listed.status, listed.code) == (502, "store")
    assert service.ask("HEAD", url).status == 200
    assert tree(scene.volume) == before
    assert service.end() == 0 and secret not in service.said


def test_fills_what_is_empty_and_nothing_else(scene: Scene) -> None:
    roots = [scene.volume / name for name in ("full", "empty", "older", "new")]
    for root in roots:
        root.mkdir()
        (root / "tide").write_text(f"of {root.name}")
    paths = {"ALLOWED_PATHS": ":".join(map(str, roots))}
    service = scene.start(**paths).ready()
    for root in roots[:2]:
        service.done("POST", "/v1/snapshots", {"path": str(root)})
    # by the older interface alone
    assert service.ask("GET", quote(str(roots[2]))).status == 200
    saved = tree(scene.volume)
    assert service.end() == 0

    (roots[0] / "tide").write_text("of today")
    for root in roots[1:]:
        (root / "tide").unlink()
    (roots[1] / "lost+found").mkdir()
    service = scene.start(**paths, RESTORE_ON_START="true").ready()
    service.until("/healthz", lambda answer: answer["ok"])
    assert (roots[0] / "tide").read_text() == "of today"
    assert tree(roots[2]) == _below(saved, "older")
    assert (roots[1] / "tide").read_text() == "of empty"
    assert os.listdir(roots[3]) == []
    assert service.end() == 0


def _below(found: dict[str, t.Any], name: str) -> dict[str, t.Any]:
    return {
        os.path.relpath(one, name): facts
        for one, facts in found.items()
        if one.split("/")[0] == name
    }


def test_encrypted(scene: Scene) -> None:
    secret = SharedSecret.generate().encode()
    file = scene.folder / "secret"
    file.write_text(secret + "\n")
    service = scene.start(ENCRYPTION_SECRET_FILE=str(file)).ready()
    (scene.volume / "tide").write_text("nobody's business " * 100)
    before = tree(scene.volume)
    saved = service.ask("GET", quote(str(scene.volume))).json
    assert saved["job"]["layout"] == "snapshots"
    assert saved["data"]["Key"].endswith(saved["job"]["snapshot"])
    stored = scene.place.everything()
    assert any(key.endswith(".sealed.0001") for key in stored)
    assert not any(b"business" in data for data in stored.values())
    (scene.volume / "tide").write_text("defaced")
    assert service.ask("PUT", quote(str(scene.volume))).status == 200
    assert tree(scene.volume) == before
    assert service.ask("GET", "/v1/service").json["encryption"] == "envelope"
    assert service.end() == 0
    assert secret not in service.said

    # without the secret it is of no use, and not replaced by anything
    service = scene.start().ready()
    (scene.volume / "tide").write_text("defaced")
    failed = service.done(
        "POST", "/v1/restores", {"path": str(scene.volume), "mode": "replace"}
    )
    assert failed["state"] == "failed" and failed["error"]["code"] == "failed"
    assert (scene.volume / "tide").read_text() == "defaced"


def test_a_folder_as_the_store(scene: Scene) -> None:
    backup = scene.folder / "backup"
    names = {"S3_BUCKET_NAME": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    service = scene.start(
        **names, STORE_ID="LOCAL", STORE_CONTAINER=str(backup), COMPRESS="false"
    ).ready()
    (scene.volume / "tide").write_text("high")
    assert service.ask("GET", quote(str(scene.volume))).status == 200
    assert (backup / str(scene.volume).lstrip("/")).exists()
    (scene.volume / "tide").write_text("low")
    assert service.ask("POST", quote(str(scene.volume))).status == 200
    assert (scene.volume / "tide").read_text() == "high"
