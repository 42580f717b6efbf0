# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface v1: snapshots, jobs, events, tokens, limits."""

from __future__ import annotations

import http.client
import json
import typing as t

import pytest

from tests.integration.persistence_service.conftest import Scene, scene_of
from tests.integration.persistence_service.service import PATIENCE, Service
from tests.integration.volumes import tree
from tests.servers.seaweedfs import SeaweedFS

FULL = "full-" + "a1" * 16
SAVE = "save-" + "b2" * 16


@pytest.fixture(scope="module")
def guarded(
    seaweedfs: SeaweedFS, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[Scene]:
    with scene_of(seaweedfs, tmp_path_factory.mktemp("guarded")) as made:
        tokens = {"AUTH_TOKEN": FULL, "SAVE_TOKEN": SAVE}
        made.start(**tokens, KEEP_LAST="2", LEGACY_GET="false").ready()
        yield made


@pytest.fixture()
def service(guarded: Scene) -> Service:
    return guarded.services[0]


def test_snapshots_from_first_to_last(guarded: Scene, service: Service) -> None:
    volume, path = guarded.volume, str(guarded.volume)
    (volume / "one").write_bytes(b"1" * 100_000)
    first = service.done("POST", "/v1/snapshots", {"path": path})
    assert (first["kind"], first["origin"], first["layout"]) == (
        "save",
        "v1",
        "snapshots",
    )
    assert first["state"] == "succeeded" and first["bytes"] >= 100_000
    assert first["result"]["changed"] and first["snapshot"]
    assert first["created"] <= first["started"] <= first["ended"]
    one = tree(volume)

    (volume / "two").write_text("2")
    second = service.done("POST", "/v1/snapshots", {"path": path + "//"})
    found = service.ask("GET", "/v1/snapshots", query={"path": path}).json
    assert found["latest"] == second["snapshot"]
    ids = [snapshot["id"] for snapshot in found["snapshots"]]
    assert ids == [second["snapshot"], first["snapshot"]]
    assert found["stored_bytes"] > 0 and not found["broken"]

    # what would be replaced
    wanted = {"path": path, "snapshot": first["snapshot"], "mode": "replace"}
    foretold = service.done("POST", "/v1/restores", {**wanted, "check": True})
    assert foretold["result"]["differences"] >= 1
    assert any("two" in one for one in foretold["result"]["samples"]["differences"])
    assert (volume / "two").exists()
    restored = service.done("POST", "/v1/restores", wanted)
    assert restored["state"] == "succeeded" and tree(volume) == one

    # the newest one is another tree now
    differs = service.done("POST", "/v1/verifications", {"path": path})
    assert differs["state"] == "failed" and differs["result"]["differences"] >= 1
    is_whole = service.done(
        "POST", "/v1/verifications", {"path": path, "compare": False}
    )
    assert is_whole["state"] == "succeeded"

    # a part
    service.done(
        "POST", "/v1/restores", {"path": path, "mode": "merge", "include": ["/two"]}
    )
    assert (volume / "two").read_text() == "2"

    # retention, with the save and alone
    (volume / "three").write_text("3")
    third = service.done("POST", "/v1/snapshots", {"path": path, "prune": True})
    assert third["result"]["samples"]["pruned"] == [first["snapshot"]]
    keep = {"path": path, "keep": {"keep_last": 1}}
    assert (
        service.done("POST", "/v1/prunings", {**keep, "check": True})["result"][
            "pruned"
        ]
        == 1
    )
    assert service.done("POST", "/v1/prunings", keep)["result"]["kept"] == 1
    gone = service.done(
        "DELETE", f"/v1/snapshots/{third['snapshot']}", query={"path": path}
    )
    assert gone["result"]["pruned"] == 1
    assert (
        service.ask("GET", "/v1/snapshots", query={"path": path}).json["snapshots"]
        == []
    )
    missing = service.done("POST", "/v1/restores", {"path": path, "mode": "merge"})
    assert (missing["state"], missing["error"]["code"]) == ("failed", "not_found")

    known = service.ask("GET", "/v1/jobs").json["jobs"]
    assert known[0] == missing == service.ask("GET", f"/v1/jobs/{missing['id']}").json
    (shown,) = service.ask("GET", "/v1/volumes").json["volumes"]
    assert shown["path"] == path and shown["kind"] == "directory"
    assert 0 < shown["free"] < shown["size"] and shown["job"] is None
    assert shown["last"]["restore"] == missing and shown["last"]["save"] == third


def test_tokens_and_roles(guarded: Scene, service: Service) -> None:
    path = str(guarded.volume)
    save = {"Authorization": f"Bearer {SAVE}"}
    for headers in ({"Authorization": ""}, {"Authorization": f"Basic {FULL}"}):
        answer = service.ask("GET", "/v1/volumes", headers=headers)
        assert answer.code == "unauthorized"
        assert answer.headers["www-authenticate"].startswith("Bearer")
    wrong = {"Authorization": f"Bearer {FULL[:-1]}"}
    for method, url in (("GET", "/v1/jobs"), ("POST", path), ("GET", "/metrics")):
        assert service.ask(method, url, headers=wrong).status == 401
    assert service.ask("GET", "/v1/service", headers=save).json["role"] == "save"
    told = service.ask("GET", "/v1/service").json
    assert told["role"] == "full" and told["retention"] == {"keep_last": 2}
    assert guarded.place.name in told["store"]

    assert (
        service.ask("GET", "/v1/snapshots", headers=save, query={"path": path}).status
        == 200
    )
    begun = service.ask("POST", "/v1/snapshots", {"path": path}, headers=save)
    assert begun.status == 202
    service.watch(begun.json["id"])
    for method, url, document in (
        ("POST", "/v1/restores", {"path": path, "mode": "merge"}),
        ("POST", "/v1/prunings", {"path": path}),
        ("DELETE", f"/v1/snapshots/{begun.json['snapshot']}?path={path}", None),
        ("POST", path, None),
        ("PUT", path, None),
    ):
        answer = service.ask(method, url, document, headers=save)
        assert answer.code == "forbidden", (method, url)
    # GET is turned off
    answer = service.ask("GET", path, headers=save)
    assert (answer.status, answer.headers["allow"]) == (405, "HEAD, POST, PUT")
    for url in ("/healthz", "/openapi.json"):
        assert service.ask("GET", url, headers={"Authorization": ""}).status == 200


def test_wrong_requests(guarded: Scene, service: Service) -> None:
    path = str(guarded.volume)
    jobs = len(service.ask("GET", "/v1/jobs").json["jobs"])
    documents: list[t.Any] = [
        {},
        {"path": 1},
        {"path": "relative"},
        {"path": path, "prune": 1},
        {"path": path, "colour": "blue"},
        {"path": f"{path}/../etc"},
        {"path": f"{path}/\udcff\ud800"},
        [path],
        path,
    ]
    for document in documents:
        assert service.ask("POST", "/v1/snapshots", document).status == 400, document
    documents = [
        {"path": path},
        {"path": path, "mode": "overwrite"},
        {"path": path, "mode": "replace", "include": ["/a"]},
    ]
    for document in documents:
        assert service.ask("POST", "/v1/restores", document).status == 400, document
    assert service.ask("POST", "/v1/prunings", {"path": path, "keep": {}}).status == 400
    zero = {"path": path, "keep": {"keep_last": 0}}
    assert (
        "keeps no snapshot" in service.ask("POST", "/v1/prunings", zero).json["error"]
    )
    gone = {"path": f"{path}/gone"}
    assert service.ask("POST", "/v1/snapshots", gone).code == "not_found"
    assert service.ask("POST", "/v1/snapshots", {"path": "/etc"}).code == "forbidden"
    kind = {"Content-Type": "text/plain"}
    body = json.dumps({"path": path}).encode()
    answer = service.ask("POST", "/v1/snapshots", body=body, headers=kind)
    assert answer.status == 415
    kind = {"Content-Type": "application/json; charset=utf-8"}
    for body, status in ((b"{", 400), (b"[" * 60_000, 400), (b" " * 70_000, 413)):
        answer = service.ask("POST", "/v1/snapshots", body=body, headers=kind)
        assert answer.status == status
    for url in ("/v1/snapshots", "/v1/snapshots?path=/a&path=/b", "/v1/jobs?x=1"):
        assert service.ask("GET", url).status == 400
    for url in ("/v1/jobs/0123456789abcdef", "/v1/nothing", "/v1/", "/ui/nothing"):
        assert service.ask("GET", url).status == 404, url
    assert service.ask("GET", "/v1/jobs/..%2f..").status in (400, 404)
    answer = service.ask("PUT", "/v1/snapshots", {"path": path})
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    # another site's page
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = service.ask("POST", "/v1/snapshots", {"path": path}, headers=headers)
        assert answer.code == "forbidden"
    own = {
        "Origin": f"http://127.0.0.1:{service.port}",
        "Sec-Fetch-Site": "same-origin",
    }
    assert service.ask("GET", "/v1/jobs", headers=own).status == 200
    assert len(service.ask("GET", "/v1/jobs").json["jobs"]) == jobs


def test_metrics_and_headers(guarded: Scene, service: Service) -> None:
    service.done("POST", "/v1/snapshots", {"path": str(guarded.volume)})
    text = service.ask("GET", "/metrics").body.decode()
    name = "longshore_persistence_"
    assert f'{name}jobs_total{{kind="save",origin="v1",state="succeeded"}}' in text
    assert f'{name}last_success_timestamp_seconds{{kind="save",path=' in text
    assert f'{name}requests_total{{method="POST",status="202"}}' in text
    assert f'{name}active_jobs{{state="running"}} 0.0' in text
    headers = service.ask("GET", "/healthz").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert service.ask("HEAD", "/healthz").status == 200


def test_rate_limit(scene: Scene) -> None:
    service = scene.start(RATE_LIMIT="2").ready()
    path = str(scene.volume)
    for _unused in range(2):
        assert service.ask("GET", path).status == 200
    answer = service.ask("GET", path)
    assert answer.code == "too_many_requests"
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    # to look costs nothing
    assert service.ask("HEAD", path).status == 200
    assert service.ask("GET", "/v1/snapshots", query={"path": path}).status == 200


def test_pipelined_on_one_connection(service: Service) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
    for url, status in (("/healthz", 200), ("/v1/jobs", 401), ("/healthz", 200)):
        connection.request("GET", url)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
