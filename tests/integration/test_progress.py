# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of a long task, and that nothing else is different: each module, watched and unwatched."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
import typing as t
import uuid
from pathlib import Path

import pytest

from tests.integration.command import MODULE, Ansible
from tests.integration.places import Places
from tests.integration.running import Running
from tests.integration.works import Work, Works
from tests.servers.sshd import Sshd

#: A local source, and a rate at which it takes some seconds.
SLOW: t.Mapping[str, t.Any] = {"bandwidth_limit": "1M", "transfers": 1}

Task = t.Mapping[str, t.Any]


def playbook(tasks: t.Sequence[Task], **keywords: t.Any) -> str:
    """One play, whose hosts are all this one; JSON is YAML."""
    play = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "strategy": "free",
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": tasks,
        **keywords,
    }
    return json.dumps([play])


def task_of(host: str, work: Work, **more: t.Any) -> Task:
    arguments = {**work.arguments, **more.pop("arguments", {})}
    return {
        work.module: arguments,
        "when": f"inventory_hostname == '{host}'",
        **more,
    }


@contextlib.contextmanager
def started(
    ansible: Ansible,
    tasks: t.Sequence[Task],
    hosts: t.Collection[str],
    told: Path,
    *flags: str,
    terminal: bool = False,
) -> t.Iterator[Running]:
    """``told``: see the fixture."""
    inventory = ["-i", ",".join(hosts) + ",", "--forks", str(len(hosts))]
    with ansible.running(
        playbook(tasks),
        *inventory,
        *flags,
        terminal=terminal,
        ANSIBLE_SYSTEM_TMPDIRS=str(told),
        ANSIBLE_ASYNC_DIR=str(told.with_name("async")),
    ) as running:
        yield running


@contextlib.contextmanager
def dams(works: t.Iterable[Work]) -> t.Iterator[None]:
    with contextlib.ExitStack() as stack:
        for work in works:
            stack.enter_context(work.dam)
        yield


@pytest.fixture()
def told(tmp_path: Path) -> Path:
    """Where modules tell how far they are: nobody else's folder, so that it can be seen what is left there."""
    folder = tmp_path / "told"
    folder.mkdir()
    return folder


@pytest.fixture()
def make(places: Places, tmp_path: Path) -> Works:
    return Works(places, tmp_path)


@pytest.fixture()
def small(places: Places, tmp_path: Path) -> Works:
    return Works(places, tmp_path, small=True)


def test_a_terminal_is_shown_how_far_each_task_is(
    ansible: Ansible, places: Places, make: Works, told: Path
) -> None:
    """Until it was, no task can go on. The results are those of who was not shown anything."""
    works, unwatched = make.all(), make.all()
    source, destination = places("local"), places("local")
    source.fill({f"{number}.bin": bytes(1024 * 1024) for number in range(8)})
    # which the module does as root by way of su, at a rate of its own
    as_root = {
        MODULE: {
            "source": str(source.path),
            "destination": destination.endpoint(),
            **SLOW,
        },
        "become": True,
        "become_method": "su",
        "vars": {"ansible_become_allow_same_user": True},
        "when": "inventory_hostname == 'root'",
    }
    tasks = [as_root, *(task_of(*pair) for pair in works.items())]
    hosts = ["root", *works]
    with dams(works.values()):
        with started(ansible, tasks, hosts, told, "--diff", terminal=True) as running:

            def all_seen() -> bool:
                return all(
                    any(map(work.said.fullmatch, running.progress(host)))
                    for host, work in works.items()
                )

            running.until(all_seen)
            for work in works.values():
                work.dam.open()
            assert running.end() == 0, running.text
    assert any("writing" in line for line in running.progress("root")), running.text
    assert destination.tree() == source.tree()

    # no terminal, no lines
    tasks = [task_of(*pair) for pair in unwatched.items()]
    for work in unwatched.values():
        work.dam.open()
    with dams(unwatched.values()):
        with started(ansible, tasks, unwatched, told, "--diff") as quiet:
            assert quiet.end() == 0, quiet.text
    assert "progress:" not in quiet.text
    for host, work in works.items():
        (watched,), (other,) = running.results[host], quiet.results[host]
        assert watched["changed"]
        assert work.comparable(watched) == unwatched[host].comparable(other), host
    assert not list(told.iterdir())


WAYS: t.Final = ("always", "never")
#: What each module refuses, by the name of its host.
REFUSED: t.Final[t.Mapping[str, Task]] = {
    "sync": {"transfers": 0},
    "bucket": {"name": "No Name"},
    "publish": {"version": "1/2"},
    "save": {"path": "/nowhere/at/all"},
}


def test_all_else_is_as_without(ansible: Ansible, small: Works, told: Path) -> None:
    """Check mode, diff, what is refused, and async."""
    hosts: dict[str, Work] = {}
    tasks: list[Task] = []
    for way in WAYS:
        for name, refused in REFUSED.items():
            host = f"{name}-{way}"
            hosts[host] = work = getattr(small, name)()
            work.dam.open()
            said = {"progress": way}
            tasks += [
                task_of(host, work, arguments=said, check_mode=True),
                task_of(host, work, arguments={**refused, **said}, ignore_errors=True),
                task_of(host, work, arguments=said, **{"async": 60, "poll": 1}),
            ]
    with (
        dams(hosts.values()),
        started(ansible, tasks, hosts, told, "--diff") as running,
    ):
        assert running.end() == 0, running.text
    for name in REFUSED:
        always, never = (
            [hosts[host].comparable(one) for one in running.results[host]]
            for host in (f"{name}-{way}" for way in WAYS)
        )
        assert always == never
        foretold, refusal, done = always
        assert foretold["changed"] and done["changed"]
        assert refusal["msg"] and not refusal["changed"]
    assert not list(told.iterdir())


def test_a_timeout_is_as_without(ansible: Ansible, small: Works, told: Path) -> None:
    works = both_ways(small)
    tasks = [
        task_of(host, work, arguments={"progress": host.split("-")[1]}, timeout=5)
        for host, work in works.items()
    ]
    with dams(works.values()), started(ansible, tasks, works, told) as running:
        assert running.end() == 2, running.text
    for name in REFUSED:
        results = [running.results[f"{name}-{way}"] for way in WAYS]
        (always,), (never,) = results
        assert always == never
        assert "Timed out" in always["msg"] or "time frame" in always["msg"]
        assert not running.progress(f"{name}-never")


def both_ways(make: Works) -> dict[str, Work]:
    return {f"{name}-{way}": getattr(make, name)() for name in REFUSED for way in WAYS}


def test_ctrl_c_is_as_without(ansible: Ansible, small: Works, told: Path) -> None:
    works = both_ways(small)
    mark = uuid.uuid4().hex
    tasks = [
        task_of(
            host,
            work,
            arguments={"progress": host.split("-")[1]},
            environment={"MARK": mark + host},
        )
        for host, work in works.items()
    ]
    with dams(works.values()):
        with started(ansible, tasks, works, told, terminal=True) as running:
            running.until(
                lambda: all(running.progress(f"{name}-always") for name in REFUSED)
            )
            for work in works.values():
                assert work.dam.is_full.wait(60)
            assert processes(mark)
            running.interrupt()
            assert running.end() == 99, running.text
            assert "User interrupted execution" in running.text
            # on its own host Ansible may leave modules behind, of either way, which end by themselves
            for work in works.values():
                work.dam.open()
            gone(mark)


def gone(mark: str) -> None:
    """Wait for the end of processes that have the mark. The test fails when that does not come."""
    end = time.monotonic() + 60
    while left := processes(mark):
        assert time.monotonic() < end, left
        # they are nobody's children here, so their end is not told
        time.sleep(0.05)


def processes(mark: str) -> list[str]:
    """The commands on this machine that have the mark in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (path / "environ").read_bytes():
                found.append((path / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.fixture()
def sshd(tmp_path: Path) -> t.Iterator[Sshd]:
    with Sshd(tmp_path) as server:
        yield server


def test_over_ssh_and_when_the_connection_is_lost(
    ansible: Ansible, make: Works, told: Path, sshd: Sshd
) -> None:
    """A module with a terminal is ended, one without goes on; neither leaves half an object."""
    works = {"terminal": make.sync(), "pipelining": make.sync()}
    mark = uuid.uuid4().hex
    tasks = [
        task_of(
            host,
            work,
            arguments={"progress": "always"},
            environment={"MARK": mark + host},
            vars={"ansible_pipelining": host == "pipelining"},
        )
        for host, work in works.items()
    ]
    with contextlib.ExitStack() as stack:
        # sockets' paths are short
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(dams(works.values()))
        flags = ["-e", json.dumps(sshd.variables(folder))]
        running = stack.enter_context(started(ansible, tasks, works, told, *flags))

        def all_seen() -> bool:
            return all(
                any(map(work.said.fullmatch, running.progress(host)))
                for host, work in works.items()
            )

        running.until(all_seen)
        sshd.break_connections()
        assert running.end() == 4, running.text
        assert running.text.count("UNREACHABLE!") == 2
        gone(mark + "terminal")
        assert processes(mark + "pipelining"), "it waits for its store"
        for work in works.values():
            work.dam.open()
        gone(mark + "pipelining")
    there = {host: work.place.tree() for host, work in works.items()}
    assert len(there["pipelining"]) == 6
    assert there["terminal"].items() < there["pipelining"].items()


def test_the_guide_s_playbook(ansible: Ansible, places: Places, small: Works) -> None:
    saved, site, www = small.save(), places("local"), places("local")
    site.fill({"index.html": b"<h1>Tides</h1>"})
    variables = {
        "path": saved.arguments["path"],
        "store": saved.place.endpoint(),
        "site": str(site.path),
        "www": www.endpoint(),
    }
    run = ansible.documented("progress.yml", variables)
    assert run.code == 0, run.text
    assert [result.changed for result in run.results] == [True, True]
