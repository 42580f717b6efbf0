# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that are in each other's way, are cancelled, or lose their store; and how the service ends."""

from __future__ import annotations

import os
import random
import signal
import typing as t
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._lease import (
    Lease,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Series,
    new_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._staging import (
    Staging,
    places_of,
)
from tests.integration.persistence_service.conftest import Scene
from tests.integration.persistence_service.service import (
    Door,
    Service,
    events_of,
)
from tests.integration.volumes import tree

BIG = random.Random(1).randbytes(3_000_000)


@pytest.fixture()
def door(scene: Scene) -> t.Iterator[Door]:
    with Door(scene.server.port) as made:
        yield made
        made.open()


@pytest.fixture()
def service(scene: Scene, door: Door) -> Service:
    return _start(scene, door)


def _start(scene: Scene, door: Door, **changes: str) -> Service:
    (scene.volume / "site").mkdir()
    (scene.volume / "site" / "big").write_bytes(BIG)
    way = f"http://127.0.0.1:{door.port}"
    return scene.start(S3_ENDPOINT_URL=way, MAX_JOBS="1", **changes).ready()


def _running(service: Service) -> t.Any:
    found = service.until(
        "/v1/jobs", lambda all: any(one["state"] == "running" for one in all["jobs"])
    )
    return next(one for one in found["jobs"] if one["state"] == "running")


def test_busy_queued_and_cancelled(scene: Scene, service: Service, door: Door) -> None:
    path, url = str(scene.volume / "site"), quote(str(scene.volume / "site"))
    assert service.ask("GET", url).status == 200
    (scene.volume / "site" / "big").write_bytes(BIG[::-1])
    (scene.volume / "other").write_text("neap")
    before = tree(scene.volume)
    keys = scene.place.everything()

    door.shut()
    restoring = service.in_background("PUT", url)
    job = _running(service)
    assert (job["kind"], job["origin"], job["mode"]) == ("restore", "legacy", "replace")
    # the same, what is in it, and what it is in
    for busy in (path, f"{path}/big", str(scene.volume)):
        assert service.ask("GET", quote(busy)).code == "busy"
        answer = service.ask("POST", "/v1/snapshots", {"path": busy})
        assert answer.code == "busy" and job["id"] in answer.json["error"]
    (shown,) = service.ask("GET", "/v1/volumes").json["volumes"]
    assert shown["job"] == job["id"]
    # another one waits for its turn, and is cancelled there
    other = service.ask("POST", "/v1/snapshots", {"path": f"{scene.volume}/other"}).json
    assert other["state"] == "queued"
    assert service.ask("DELETE", f"/v1/jobs/{other['id']}").status == 202
    assert service.watch(other["id"])[-1]["state"] == "cancelled"
    watching = service.in_background("GET", f"/v1/jobs/{job['id']}/events")
    # health is quick whatever is done
    assert service.ask("GET", "/healthz").status == 200
    door.knocked.wait()
    assert service.ask("DELETE", f"/v1/jobs/{job['id']}").status == 202
    door.open()
    answer = restoring()
    assert (answer.status, answer.code) == (503, "cancelled")
    states = [one["state"] for one in events_of(watching())]
    assert states[0] == "running" and states[-1] == "cancelled"
    assert service.ask("DELETE", f"/v1/jobs/{job['id']}").code == "busy"
    assert tree(scene.volume) == before
    assert not [name for name in os.listdir(scene.volume) if name.startswith(".")]

    # a save that is cancelled stores nothing
    door.shut()
    saving = service.in_background("GET", url)
    job = _running(service)
    door.knocked.wait()
    service.ask("DELETE", f"/v1/jobs/{job['id']}")
    door.open()
    assert saving().status == 503
    assert scene.place.everything() == keys
    assert service.ask("PUT", url).status == 200
    assert (scene.volume / "site" / "big").read_bytes() == BIG


def test_busy_with_what_another_program_does(scene: Scene) -> None:
    """Such as ``volume_persist`` on the host, whose containers' volumes are folders there."""
    service = scene.start().ready()
    folder = scene.volume / "site"
    folder.mkdir()
    (folder / "page").write_text("tide")
    path, url = str(folder), quote(str(folder))
    assert service.ask("GET", url).status == 200
    service.done("POST", "/v1/snapshots", {"path": path})
    (folder / "page").write_text("neap")

    restoring = Staging(places_of(path)[0])
    for method in ("PUT", "POST"):
        answer = service.ask(method, url)
        assert (answer.status, answer.code) == (409, "busy")
        assert "Another process restores" in answer.json["error"]
    assert service.ask("GET", url).status == 200
    # its swap has begun
    restoring.write_state({"target": "site"})
    assert service.ask("GET", url).code == "busy"
    restoring.forget_state()
    restoring.remove()
    restoring.close()
    assert service.ask("PUT", url).status == 200

    with open_store(scene.server.endpoint(container=scene.place.name)) as store:
        with Lease(store, Series("persistence", path), new_id(datetime.now(UTC))):
            ended = service.done("POST", "/v1/snapshots", {"path": path})
            assert ended["error"]["code"] == "busy"
            assert "being saved by another process" in ended["error"]["error"]


def test_the_store_is_away(scene: Scene, door: Door) -> None:
    service = _start(scene, door, STORE_TIMEOUT="2", STORE_RETRIES="0")
    url = quote(str(scene.volume / "site"))
    door.shut()
    answer = service.ask("GET", url)
    assert (answer.status, answer.code) == (502, "store")
    assert scene.place.name in answer.json["error"]
    answer = service.ask("GET", "/v1/snapshots", query={"path": str(scene.volume)})
    assert answer.status == 502
    # its own health is another matter
    assert service.ask("GET", "/healthz").json == {"ok": True, "problems": []}
    door.open()
    assert service.ask("GET", url).status == 200


def test_who_waits_is_told_soon_that_the_store_is_away(
    scene: Scene, service: Service, door: Door
) -> None:
    """With the retries that there are by default, which are for what nobody waits for."""
    url, path = quote(str(scene.volume / "site")), str(scene.volume / "site")
    door.is_locked = True
    for asked in range(1, 4):
        if asked == 1:
            assert service.ask("GET", url).code == "store"
        elif asked == 2:
            ended = service.done("POST", "/v1/snapshots", {"path": path})
            assert ended["error"]["code"] == "store"
        else:
            query = {"path": path}
            assert service.ask("GET", "/v1/snapshots", query=query).status == 502
        assert door.turned_away == 2 * asked
    door.is_locked = False
    assert service.ask("GET", url).status == 200


def test_ends_in_the_midst_of_a_restore(
    scene: Scene, service: Service, door: Door
) -> None:
    url = quote(str(scene.volume / "site"))
    assert service.ask("GET", url).status == 200
    (scene.volume / "site" / "big").write_bytes(BIG[::-1])
    before = tree(scene.volume)
    door.shut()
    restoring = service.in_background("PUT", url)
    _running(service)
    door.knocked.wait()
    service.process.send_signal(signal.SIGTERM)
    door.open()
    assert restoring().status == 503
    assert service.end() == 0
    assert service.event("stopped")
    assert tree(scene.volume) == before


def test_killed_and_started_again(scene: Scene, service: Service, door: Door) -> None:
    """With everything that belongs to it, as a container is."""
    folder = scene.volume / "site"
    assert service.ask("GET", quote(str(folder))).status == 200
    (folder / "big").write_bytes(BIG[::-1])
    before = tree(folder)
    door.shut()
    service.in_background("PUT", quote(str(folder)))
    _running(service)
    door.knocked.wait()
    # whatever order they die in
    processes = [service.process.pid, *_descendants(service.process.pid)]
    assert len(processes) >= 3
    for process in processes:
        os.kill(process, signal.SIGKILL)
    service.process.wait()
    door.open()
    assert tree(folder) == before
    again = scene.start().ready()
    assert again.ask("PUT", quote(str(folder))).status == 200
    assert (folder / "big").read_bytes() == BIG
    assert os.listdir(scene.volume) == ["site"]


def _descendants(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found
