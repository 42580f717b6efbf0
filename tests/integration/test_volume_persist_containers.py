# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers that are stopped or paused while their volume is saved or restored, and run again whatever happens."""

from __future__ import annotations

import os
import signal
import tempfile
import typing as t
import uuid
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist import (
    _containers,
    _swap_children,
)
from tests.integration.engines import Containers, FakeEngine
from tests.integration.places import Places
from tests.integration.volumes import Volume, filled, tree
from tests.servers.docker import DockerEngine
from tests.servers.podman import PodmanEngine
from tests.unit.machine import Child
from tests.waiting import wait_until


@pytest.fixture()
def volume(places: Places, tmp_path: Path) -> Volume:
    return filled(places("local"), tmp_path)


@pytest.fixture()
def engine(tmp_path: Path, volume: Volume) -> t.Iterator[FakeEngine]:
    with FakeEngine(tmp_path) as started:
        started.volume("data", volume.path)
        started.run("wiki")
        yield started


def task(engine: FakeEngine, *names: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "volume": "data",
        "engine": engine.path,
        "containers": {"names": names or ("wiki",), **more},
    }


def test_stopped_only_when_there_is_something_to_save(
    volume: Volume, engine: FakeEngine
) -> None:
    result = volume.foretold(**task(engine))
    assert result.changed and result.values["containers"] == ["wiki"]
    assert result.values["target"] == str(volume.path)
    assert engine.asked == ["stop wiki", "stop wiki", "start wiki"]
    assert engine.state("wiki") == "running"

    assert volume.foretold(**task(engine)).values["containers"] == []
    assert len(engine.asked) == 3
    (found,) = volume.info(volume="data")["volumes"]
    assert (found["volume"], found["path"]) == ("data", None)


def test_what_a_container_writes_at_its_end_is_saved(
    volume: Volume, engine: FakeEngine
) -> None:
    def write(what: str) -> None:
        (volume.path / "written").write_text(what)

    engine.when_asked = write
    volume.well(**task(engine))
    engine.when_asked = lambda _what: None
    (volume.path / "written").unlink()
    volume.well("restored", mode="replace", **task(engine))
    assert (volume.path / "written").read_text() == "stop wiki"


def test_stopped_for_a_restore_when_all_is_fetched(
    volume: Volume, engine: FakeEngine
) -> None:
    volume.well(**task(engine))
    one = tree(volume.path)
    (volume.path / "index.html").write_text("<h1>Ebb</h1>")
    engine.asked.clear()
    staged: list[bool] = []

    def look(what: str) -> None:
        fetched = volume.path.parent.glob(".longshore-restore*/new/deep/er/data")
        staged.append(bool(list(fetched)))

    engine.when_asked = look
    result = volume.foretold("restored", mode="replace", **task(engine))
    assert result.changed and result.values["containers"] == ["wiki"]
    assert engine.asked == ["stop wiki", "stop wiki", "start wiki"]
    assert staged[0] and tree(volume.path) == one


def test_paused_by_a_label(volume: Volume, engine: FakeEngine) -> None:
    engine.run("db", labels={"backup": "yes"})
    engine.run("cache", labels={"backup": "no"})
    options = task(engine) | {"containers": {"label": "backup=yes", "action": "pause"}}
    result = volume.foretold(**options)
    assert result.values["containers"] == ["db"]
    assert engine.asked == ["pause db", "unpause db"]

    (volume.path / "n").write_text("2")
    options["containers"] = {"label": "backup=never"}
    result = volume.well(**options)
    assert any("backup=never" in one for one in result.warnings)


def test_what_does_not_run_is_not_started(volume: Volume, engine: FakeEngine) -> None:
    engine.run("old", state="exited")
    result = volume.foretold(**task(engine, "old"))
    assert result.changed and result.values["containers"] == []
    assert engine.asked == [] and engine.state("old") == "exited"


def test_one_that_does_not_stop(volume: Volume, engine: FakeEngine) -> None:
    engine.run("db", stubborn=True)
    message = volume.badly(**task(engine, "wiki", "db"))
    assert "'db'" in message and "tried to kill it" in message
    assert engine.state("wiki") == engine.state("db") == "running"
    assert not volume.place.keys()


def test_one_that_does_not_start_again(
    volume: Volume, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_containers, "_PAUSE", 0.0)
    engine.run("db", lost=True)
    result = volume.run(**task(engine, "db", "wiki"))
    assert result.failed and "'db' does not run again" in result.msg
    assert "its network is gone" in result.msg
    # what was saved is saved all the same, and the result says so
    assert result.values["changed"] and result.values["snapshot"]
    assert engine.state("wiki") == "running"


@pytest.mark.parametrize("state", ["saved", "restored"])
def test_a_failure_in_between(
    volume: Volume, engine: FakeEngine, state: str, tmp_path: Path
) -> None:
    volume.well(path=str(volume.path))
    options = task(engine)
    if state == "restored":
        volume.well(**options)
        engine.asked.clear()
        (volume.path / "index.html").unlink()
        (data,) = volume.place.path.rglob("volume-data-*/*/data.tar.zst.0001")
        data.write_bytes(data.read_bytes()[:-1] + b"!")
        volume.badly("restored", mode="replace", **options)
        # it was found out before anything was stopped
        assert engine.asked == []
        return
    missing = str(tmp_path / "no-such-program")
    post = [{"argv": ["touch", str(tmp_path / "post")]}]
    message = volume.badly(pre=[{"argv": [missing]}], post=post, **options)
    assert "could not be started" in message
    assert (tmp_path / "post").exists() and engine.asked == []

    def hide(what: str) -> None:
        if what == "stop wiki":
            volume.path.rename(tmp_path / "elsewhere")

    engine.when_asked = hide
    message = volume.badly(**options)
    assert "Could not read" in message
    assert engine.state("wiki") == "running"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_signals(
    volume: Volume, engine: FakeEngine, number: signal.Signals, tmp_path: Path
) -> None:
    engine.run("db")
    post = [{"argv": ["touch", str(tmp_path / "post")]}]
    running: list[Child[t.Any]] = []

    def strike(what: str) -> None:
        if what == "stop db":
            engine.when_asked = lambda _what: None
            os.kill(running[0].pid, number)

    engine.when_asked = strike
    options = task(engine, "wiki", "db")
    # the engine must not answer before the process is known
    with engine.held():
        running.append(Child(lambda: volume.run(post=post, **options)))
    if number == signal.SIGKILL:
        os.waitpid(running[0].pid, 0)
    else:
        result = running[0].result()
        assert result.failed and number.name in result.msg
        assert (tmp_path / "post").exists()
    wait_until(lambda: {engine.state("wiki"), engine.state("db")} == {"running"})
    wait_until(lambda: engine.asked[-1] == "start wiki")
    assert "stop wiki" in engine.asked
    good = [one["snapshots"] for one in volume.info()["volumes"]]
    assert good == []


def test_a_kill_between_two_names(volume: Volume, engine: FakeEngine) -> None:
    """What a container finds when it is started again is whole, though a folder that stays was being filled."""
    volume.well(**task(engine))
    one = tree(volume.path)
    (volume.path / "index.html").unlink()
    (volume.path / "extra").write_text("mine")
    found: list[t.Any] = []

    def look(what: str) -> None:
        if what == "start wiki":
            found.append(tree(volume.path))

    def die() -> None:
        left, me = [4], os.getpid()

        def move(*arguments: t.Any) -> None:
            left[0] -= 1
            if not left[0] and os.getpid() == me:
                os.kill(me, signal.SIGKILL)
            original(*arguments)

        original = vars(_swap_children)["move"]
        vars(_swap_children).update(move=move)
        volume.run("restored", mode="replace", staging="inside", **task(engine))

    engine.when_asked = look
    os.waitpid(Child(die).pid, 0)
    wait_until(lambda: engine.state("wiki") == "running" and bool(found))
    assert found == [one] == [tree(volume.path)]


def test_containers_that_cannot_be_started_again(
    volume: Volume, engine: FakeEngine
) -> None:
    engine.run("gone", removed_at_end=True)
    assert "--rm" in volume.badly(**task(engine, "gone"))
    engine.run("one", labels={"com.docker.swarm.service.id": "x"})
    assert "swarm" in volume.badly(**task(engine, "one"))
    assert volume.well(check=True, **task(engine, "gone", action="pause")).changed
    assert engine.asked == []


def test_a_folder_that_a_container_goes_on_with_stays(
    volume: Volume, engine: FakeEngine
) -> None:
    """It would never see another one; without such a container the folder is exchanged whole."""
    volume.well(volume="data", engine=engine.path)
    one = tree(volume.path)
    engine.run("web", volumes=("data",))
    folder = volume.path.stat().st_ino

    def replaced(**containers: t.Any) -> list[str]:
        (volume.path / "extra").write_text("mine")
        options = {"volume": "data", "engine": engine.path, **containers}
        result = volume.foretold("restored", mode="replace", **options)
        assert result.changed and tree(volume.path) == one
        return result.warnings

    for containers in ({}, task(engine, "web", action="pause"), {"staging": "none"}):
        (warning,) = replaced(**containers)
        assert "container web has it mounted" in warning
        assert volume.path.stat().st_ino == folder
    assert replaced(**task(engine, "web")) == []
    assert volume.path.stat().st_ino != folder
    folder = volume.path.stat().st_ino
    assert replaced(**task(engine, "web"), staging="inside") == []
    assert volume.path.stat().st_ino == folder
    again = {"mode": "replace", "staging": "inside", **task(engine, "web")}
    assert not volume.foretold("restored", **again).changed


def test_a_volume_that_is_mounted_only_while_its_container_runs(
    volume: Volume, engine: FakeEngine, tmp_path: Path
) -> None:
    """What is at its path when that has stopped is not what was to be saved or replaced."""
    volume.well(**task(engine))

    def unmount(what: str) -> None:
        if what == "stop wiki" and not (tmp_path / "device").exists():
            volume.path.rename(tmp_path / "device")
            volume.path.mkdir()

    before = volume.place.everything()
    for options in ({"state": "saved"}, {"state": "restored", "mode": "replace"}):
        (volume.path / "extra").write_text("mine")
        engine.when_asked = unmount
        message = volume.badly(**options, **task(engine))
        assert "mounted only while they run" in message and "pause" in message
        assert engine.state("wiki") == "running"
        assert list(volume.path.iterdir()) == []
        volume.path.rmdir()
        (tmp_path / "device").rename(volume.path)
    assert volume.place.everything() == before
    assert (volume.path / "extra").exists()


def test_bad_names(volume: Volume, engine: FakeEngine, tmp_path: Path) -> None:
    assert "no container 'wikki'" in volume.badly(**task(engine, "wikki"))
    options = task(engine) | {"volume": "dat"}
    for state in ({"state": "saved"}, {"state": "restored", "mode": "merge"}):
        for check in (True, False):
            message = volume.badly(check=check, **options, **state)
            assert "no volume 'dat'" in message
    nowhere = str(tmp_path / "nothing.sock")
    message = volume.badly(volume="data", engine=nowhere)
    assert f"no container engine at {nowhere}" in message
    message = volume.badly(engine=nowhere, containers={"names": ["wiki"]})
    assert f"no container engine at {nowhere}" in message
    engine.volumes["plugged"] = {"Name": "plugged", "Mountpoint": ""}
    assert "kept by a plugin" in volume.badly(volume="plugged", engine=engine.path)
    engine.volume("net", volume.path, Options={"type": "nfs", "device": ":/x"})
    assert "is mounted only while" in volume.badly(volume="net", engine=engine.path)


@pytest.fixture(scope="module")
def podman_engine() -> t.Iterator[PodmanEngine]:
    with tempfile.TemporaryDirectory(prefix="longshore-podman-") as directory:
        with PodmanEngine(Path(directory)) as started:
            yield started


@pytest.mark.parametrize("kind", ["docker", "podman"])
@pytest.mark.parametrize("action", ["stop", "pause"])
def test_real_engines(
    volume: Volume,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    kind: str,
    action: str,
) -> None:
    real: DockerEngine = request.getfixturevalue(f"{kind}_engine")
    name = f"longshore-{uuid.uuid4().hex[:12]}"
    with Containers(real, tmp_path) as containers:
        folder = containers.volume(name)
        containers.run(name, name, backup=name)
        wait_until((folder / "ticks").exists)
        options: dict[str, t.Any] = {"volume": name, "engine": real.path}
        label = {"label": f"backup={name}", "action": action, "timeout": 1}
        begun = containers.started_at(name)

        saved = volume.well(**options, containers=label)
        assert saved.values["target"] == str(folder)
        assert saved.values["containers"] == [name]
        assert saved.values["problems"] == 0
        assert containers.state(name) == "running"
        assert (containers.started_at(name) == begun) is (action == "pause")

        def restored(**how: t.Any) -> list[str]:
            (folder / "extra").write_text("mine")
            back = volume.well("restored", mode="replace", **options | how)
            assert back.changed and not (folder / "extra").exists()
            assert containers.state(name) == "running"
            # it writes to what is there now
            (folder / "ticks").unlink(missing_ok=True)
            wait_until((folder / "ticks").exists)
            return back.warnings

        inode = folder.stat().st_ino
        named = {"names": [name], "action": action, "timeout": 1}
        warnings = restored(containers=named)
        assert (folder.stat().st_ino == inode) is (action == "pause")
        assert bool(warnings) is (action == "pause")

        # a container that goes on keeps its folder: its engine tells of it, and so does the kernel
        inode = folder.stat().st_ino
        assert f"container {name} has it mounted" in restored()[0]
        assert restored(to=str(folder)) == []
        assert folder.stat().st_ino == inode
        assert "no volume" in volume.badly(**options | {"volume": f"{name}-x"})
