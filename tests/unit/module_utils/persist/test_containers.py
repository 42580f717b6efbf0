# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket
import socketserver
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._containers import (
    Containers,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._engine import (
    SOCKETS,
    Engine,
    EngineError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._options import (
    ContainerOptions,
)
from tests.integration.engines import FakeEngine
from tests.unit.machine import Child, become_ordinary_user


@pytest.fixture()
def fake(tmp_path: Path) -> t.Iterator[FakeEngine]:
    with FakeEngine(tmp_path) as engine:
        yield engine


def test_an_error_in_between_is_the_one_that_is_told(fake: FakeEngine) -> None:
    fake.run("db")
    containers = Containers(Engine(fake.path), ContainerOptions(("db",)))
    with pytest.raises(ZeroDivisionError), containers:
        containers.halt()
        containers.halt()
        assert fake.state("db") == "exited"
        raise ZeroDivisionError
    assert fake.asked == ["stop db", "stop db", "start db"]


@pytest.mark.parametrize("times", [2, 3])
def test_one_that_is_not_frozen_at_once(
    fake: FakeEngine, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(f"{Containers.__module__}._PAUSE", 0.0)
    fake.run("db", busy=times)
    containers = Containers(Engine(fake.path), ContainerOptions(("db",), None, "pause"))
    said = ""
    try:
        with containers:
            containers.halt()
            assert fake.state("db") == "paused"
    except EngineError as error:
        said = str(error)
    assert ("unable to freeze" in said) is (times == 3)
    assert fake.asked.count("pause db") == 3
    assert fake.state("db") == "running"


def test_both_faults_are_told(
    fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{Containers.__module__}._PAUSE", 0.0)
    fake.run("db", lost=True)
    containers = Containers(Engine(fake.path), ContainerOptions(("db",)))
    with pytest.raises(ConfigurationError) as caught:
        with containers:
            containers.halt()
            raise ConfigurationError("First.", hint="Then this.")
    text = str(caught.value)
    assert text.startswith("First. Container 'db' does not run again")
    assert text.endswith("Then this.")
    assert fake.asked.count("start db") == 3


def test_a_process_that_is_gone(fake: FakeEngine) -> None:
    """Without any clean-up: somebody else sees to it."""
    fake.run("db")
    fake.run("web")

    def die() -> None:
        options = ContainerOptions(("db", "web"), action="pause")
        containers = Containers(Engine(fake.path), options)
        containers.__enter__()
        containers.halt()
        os._exit(1)

    begun = threading.Event()
    fake.when_asked = lambda what: begun.set() if what == "unpause db" else None
    child = Child(die)
    os.waitpid(child.pid, 0)
    assert begun.wait(60)
    with fake.held():
        pass
    assert fake.state("web") == fake.state("db") == "running"


def test_a_container_named_twice_is_stopped_once(fake: FakeEngine) -> None:
    fake.run("db", labels={"x": "y"})
    options = ContainerOptions(("db", "db"), "x")
    assert Containers(Engine(fake.path), options).names == ["db"]


def test_where_the_engine_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/mine.sock")
    assert Engine().path == "/run/mine.sock"
    assert Engine("/x").path == "/x"
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    with pytest.raises(ConfigurationError, match="another host"):
        Engine()
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setattr(f"{Engine.__module__}.SOCKETS", (str(tmp_path / "no"),))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "podman").mkdir()
    (tmp_path / "podman" / "podman.sock").touch()
    assert Engine().path == str(tmp_path / "podman" / "podman.sock")
    assert SOCKETS


def told(path: object) -> str:
    with pytest.raises(EngineError) as caught:
        Engine(str(path)).mountpoint("data")
    return str(caught.value)


def test_engines_that_are_none(tmp_path: Path) -> None:
    assert "There is no container engine" in told(tmp_path / "nothing")
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
    assert "does not answer" in told(tmp_path / "deaf")


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n\r\n<html>", b"", b"\xff" * 70000],
)
def test_others_that_answer(tmp_path: Path, answer: bytes) -> None:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)
            self.request.sendall(answer)

    path = str(tmp_path / "other.sock")
    with socketserver.UnixStreamServer(path, Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        said = told(path)
        thread.join()
    assert "is no container engine" in said or "does not answer" in said


def test_one_that_may_not_be_used(fake: FakeEngine) -> None:
    os.chmod(fake.path, 0o600)
    parent = Path(fake.path).parent
    opened = [parent, *parent.parents][:3]
    for one in opened:
        os.chmod(one, 0o755)
    child = Child(lambda: told(fake.path), become_ordinary_user)
    assert "may not be used by the user" in child.result()
