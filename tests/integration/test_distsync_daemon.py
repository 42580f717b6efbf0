# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Daemons in processes of their own, on real stores: started, stopped, killed, told, asked."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import boto3
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
    Notify,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._opening import (
    publishing,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    read_statuses,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from tests.integration.daemons import Daemon, Fleet, ask
from tests.integration.networks import Tripwire, Way
from tests.integration.places import Places
from tests.servers._process import free_ports
from tests.servers.moto import Moto
from tests.waiting import PATIENCE, wait_until

MIB = 1024 * 1024
BIG = random.Random(1).randbytes(24 * MIB + 12345)
NewFleet = t.Callable[..., Fleet]


@pytest.fixture()
def new(places: Places, tmp_path: Path) -> t.Iterator[NewFleet]:
    made: list[Fleet] = []

    def make(kind: str = "local", **options: t.Any) -> Fleet:
        place = places(kind)
        place.make()
        fleet = Fleet(tmp_path / f"fleet{len(made)}", place, **options)
        made.append(fleet)
        return fleet

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "azurite", "local"])
def test_the_life_of_a_daemon(new: NewFleet, kind: str) -> None:
    """It looks at once, then sees what comes, and ends when it is told so."""
    fleet = new(kind)
    fleet.publish("app", "1", BIG, mode=0o750)
    daemon = fleet.start()
    assert daemon.wait_for("delivered")["received"] == len(BIG)
    assert fleet.current() == BIG
    assert os.stat(fleet.output / "app" / "1" / "app").st_mode & 0o777 == 0o750
    fleet.publish("app", "2", b"two")
    fleet.publish("tool", "7", b"seven")
    daemon.wait_for("delivered", artifact="app", version="2")
    daemon.wait_for("delivered", artifact="tool")
    assert (fleet.linked(), fleet.linked("tool")) == ("2", "7")
    with fleet.publishing() as publisher:
        publisher.roll_back("app")
    daemon.wait_for("delivered", 2, artifact="app", version="1")
    assert fleet.linked() == "1" and fleet.current() == BIG
    assert daemon.end() == 0
    assert daemon.events("stopped") and "Traceback" not in daemon.said


def test_only_some_artifacts_of_several_channels(new: NewFleet) -> None:
    fleet = new(channels=("stable", "canary"))
    fleet.configure(artifacts=("app",))
    fleet.publish("app", "1", b"one")
    fleet.publish("tool", "1", b"not for this host")
    daemon = fleet.start()
    daemon.wait_for("delivered", channel="stable")
    daemon.wait_for("nothing_published", channel="canary")
    fleet.publish("app", "2", b"two", channel="canary")
    daemon.wait_for("delivered", channel="canary")
    assert daemon.end() == 0
    assert sorted(
        str(one.relative_to(fleet.output))
        for one in fleet.output.rglob("app/current/app")
    ) == [
        "canary/app/current/app",
        "stable/app/current/app",
    ]
    assert not daemon.events("delivered", artifact="tool")


def test_nothing_published_yet_and_a_store_that_is_away(
    new: NewFleet, moto: Moto
) -> None:
    """It never ends for that, and goes on when the store is back."""
    fleet = new("moto")
    (port,) = free_ports(1)
    away = dataclasses.replace(fleet.configuration.store, port=port, retries=0)
    fleet.configure(dataclasses.replace(fleet.configuration, store=away))
    daemon = fleet.start()
    told = daemon.wait_for("look_failed")
    assert "Could not" in told["error"] and daemon.process.poll() is None
    fleet.publish("app", "1", b"one")
    with Way(moto.port, port=port):
        daemon.wait_for("delivered")
        assert daemon.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ended_in_the_midst_of_a_transfer(
    new: NewFleet, places: Places, number: signal.Signals
) -> None:
    fleet = new("seaweedfs")
    fleet.publish("app", "1", BIG)
    reached = threading.Event()
    port = fleet.configuration.store.port
    assert port is not None
    go_on = threading.Event()

    def halt() -> None:
        reached.set()
        go_on.wait(PATIENCE)

    with Tripwire(port, 6 * MIB, halt, "down") as way:
        slow = dataclasses.replace(fleet.configuration.store, port=way.port)
        fleet.configure(dataclasses.replace(fleet.configuration, store=slow))
        daemon = fleet.start()
        assert reached.wait(PATIENCE)
        daemon.send(number)
        go_on.set()
        assert daemon.end(number) == 0
        assert not (fleet.output / "app" / "current").is_symlink()
        # the next one goes on behind what is there
        daemon = fleet.start()
        assert daemon.wait_for("delivered")["received"] < len(BIG)
        assert fleet.current() == BIG
        assert daemon.end() == 0


def test_ended_while_the_hook_runs(new: NewFleet) -> None:
    fleet = new()
    begun = fleet.folder / "begun"
    fleet.configure(hook=(fleet.script("hook", f"echo $$ >> {begun}; sleep 600"),))
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    wait_until(begun.exists)
    assert daemon.end() == 0
    fleet.script("hook", f"echo $$ >> {begun}")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    assert len(begun.read_text().split()) == 2
    assert daemon.end() == 0


def test_killed_at_random_moments(new: NewFleet) -> None:
    """Whatever is killed when, in the end all is as it was published, and nothing is left over."""
    fleet = new("seaweedfs")
    said = fleet.folder / "said"
    hook = fleet.script("hook", f"echo $DISTSYNC_NAME $DISTSYNC_VERSION >> {said}")
    fleet.configure(hook=(hook,), keep=2)
    chance = random.Random(6)
    expected: dict[str, tuple[str, bytes]] = {}
    for number in range(8):
        name = f"app{number % 3}"
        data = chance.randbytes(chance.choice([10, 3 * MIB, 17 * MIB]))
        fleet.publish(name, str(number), data)
        expected[name] = (str(number), data)
        daemon = fleet.start()
        daemon.wait_for("started")
        # as far as it comes meanwhile
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.process.wait(chance.uniform(0.0, 0.8))
        assert daemon.end(signal.SIGKILL) == -signal.SIGKILL
    daemon = fleet.start()
    daemon.wait_for("feed")
    for name, (version, data) in expected.items():
        wait_until(functools.partial(is_in_use, fleet, name, version))
        assert fleet.current(name) == data
    wait_until(lambda: all(len(fleet.versions(one)) <= 2 for one in expected))
    assert daemon.end() == 0
    told = said.read_text().splitlines()
    for name, (version, _data) in expected.items():
        assert f"{name} {version}" in told
    assert not daemon.events("bug")
    left = [
        one.name for one in fleet.output.rglob(".*") if one.name not in (".distsync",)
    ]
    assert not [one for one in left if "old" in one or one.endswith(".new")]


def is_in_use(fleet: Fleet, name: str, version: str) -> bool:
    link = fleet.output / name / "current"
    return link.is_symlink() and os.readlink(link) == version


def test_the_configuration_read_again(new: NewFleet) -> None:
    fleet = new()
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    good = fleet.path.read_text()
    fleet.path.write_text(good + '\nKeep = "many"\n')
    daemon.send(signal.SIGHUP)
    told = daemon.wait_for("configuration", level="error")
    assert "Keep must be a whole number" in told["error"]
    fleet.publish("app", "2", b"two")
    daemon.wait_for("delivered", version="2")
    other = fleet.folder / "other"
    other.mkdir()
    fleet.configure(dataclasses.replace(fleet.configuration, output_dir=str(other)))
    daemon.send(signal.SIGHUP)
    daemon.wait_for("reloaded")
    daemon.wait_for("delivered", 2, version="2")
    assert (other / "app" / "current" / "app").read_bytes() == b"two"
    # the former folder is free
    assert daemon.end() == 0


def test_bucket_events_in_a_queue(new: NewFleet, moto: Moto) -> None:
    """A message is enough: the next question would come minutes later."""
    fleet = new("moto")
    options = {
        "endpoint_url": f"http://127.0.0.1:{moto.port}",
        "region_name": "us-east-1",
        "aws_access_key_id": moto.key,
        "aws_secret_access_key": moto.secret,
    }
    sqs = boto3.client("sqs", **options)
    url = sqs.create_queue(QueueName=f"news-{fleet.configuration.store.container}")[
        "QueueUrl"
    ]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]
    boto3.client("s3", **options).put_bucket_notification_configuration(
        Bucket=fleet.configuration.store.container,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    configuration = dataclasses.replace(
        fleet.configuration, notify=Notify.SQS, queue=url, poll_interval=3600.0
    )
    fleet.configure(configuration)
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered", version="1")
    for version in ("2", "3"):
        fleet.publish("app", version, version.encode())
        daemon.wait_for("delivered", version=version)
    assert daemon.end() == 0
    assert not daemon.events("queue_failed")


def test_a_queue_that_is_not_there(new: NewFleet, moto: Moto) -> None:
    fleet = new("moto")
    url = f"http://127.0.0.1:{moto.port}/123456789012/missing"
    fleet.configure(
        dataclasses.replace(fleet.configuration, notify=Notify.SQS, queue=url)
    )
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    assert url in daemon.wait_for("queue_failed")["error"]
    daemon.wait_for("delivered")
    fleet.publish("app", "2", b"two")
    daemon.wait_for("delivered", version="2")
    assert daemon.end() == 0


def test_what_a_monitor_is_told(new: NewFleet) -> None:
    fleet = new()
    (port,) = free_ports(1)
    fleet.configure(
        metrics_port=port, hook=(fleet.script("hook", "exit $(cat ../answer)"),)
    )
    (fleet.folder / "answer").write_text("0")
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    assert ask(port, "/healthz") == (200, '{"ok": true, "problems": []}\n')
    status, text = ask(port, "/metrics")
    lines = text.splitlines()
    assert status == 200
    for line in (
        "longshore_distsync_deliveries_total 1.0",
        'longshore_distsync_feed_sequence{channel="stable"} 1.0',
        'longshore_distsync_artifact_behind{artifact="app",channel="stable"} 0.0',
    ):
        assert line in lines
    assert "process_resident_memory_bytes" in text
    (fleet.folder / "answer").write_text("1")
    fleet.publish("app", "2", b"two")
    daemon.wait_for("hook_failed")
    status, text = ask(port, "/healthz")
    assert status == 503 and "exit status 1" in json.loads(text)["problems"][0]
    assert "longshore_distsync_hook_failures_total 1.0" in ask(port, "/metrics")[1]
    assert ask(port, "/other")[0] == 404
    # nowhere but here
    with pytest.raises(OSError), socket.create_connection((outside(), port), timeout=5):
        pass
    assert daemon.end() == 0


def outside() -> str:
    """An address of this host that is not the one of the loopback interface's usual."""
    return "127.0.0.2"


def test_what_the_fleet_is_told(new: NewFleet) -> None:
    fleet = new("seaweedfs")
    fleet.configure(
        status=True,
        host="web1",
        hook=(fleet.script("hook", "test $DISTSYNC_VERSION = 1"),),
    )
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    fleet.publish("app", "2", b"two")
    daemon.wait_for("hook_failed")
    with open_store(fleet.configuration.store) as store:

        def reported() -> bool:
            found = read_statuses(store, fleet.configuration.secret, time.time).hosts
            return bool(found) and any(
                one.state == "rolled back" for one in found[0].artifacts
            )

        wait_until(reported)
        (host,) = read_statuses(store, fleet.configuration.secret, time.time).hosts
    (app,) = host.artifacts
    assert (host.host, host.daemon, app.version, app.wanted) == (
        "web1",
        "1.2.3",
        "1",
        "2",
    )
    assert "exit status 1" in app.error and host.free > 0 and not host.error
    assert daemon.end() == 0


def test_systemd(new: NewFleet, tmp_path: Path) -> None:
    fleet = new()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(PATIENCE)
        listener.bind(str(tmp_path / "notify"))
        daemon = fleet.start(
            NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="200000"
        )
        heard = [listener.recv(1024) for _unused in range(3)]
        assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        daemon.send(signal.SIGHUP)
        rest = iter(lambda: listener.recv(1024), b"STOPPING=1")
        begun = next(one for one in rest if one != b"WATCHDOG=1")
        assert begun.startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert next(one for one in rest if one != b"WATCHDOG=1") == b"READY=1"
        daemon.send(signal.SIGTERM)
        assert set(rest) <= {b"WATCHDOG=1"}
        assert daemon.end() == 0


def test_damage_is_found(new: NewFleet) -> None:
    fleet = new()
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    assert daemon.end() == 0
    path = fleet.output / "app" / "1" / "app"
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    daemon = fleet.start("verify")
    daemon.wait_for("delivered")
    assert path.read_bytes() == b"one"
    assert daemon.end() == 0


def test_no_secrets_in_what_it_says(new: NewFleet, moto: Moto) -> None:
    fleet = new("moto")
    store = fleet.configuration.store
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    wrong = dataclasses.replace(
        store, secret="wr0ng-s3cr3t/w+th=s1gns", token="t0k3n-t0k3n"
    )
    fleet.configure(dataclasses.replace(fleet.configuration, store=wrong))
    daemon.send(signal.SIGHUP)
    daemon.wait_for("look_failed")
    assert daemon.end() == 0
    # moto's user has secrets of its own; both were in use
    secret = fleet.configuration.secret.encode()
    for one in (store.secret, wrong.secret, wrong.token, secret):
        assert one is not None and one not in daemon.said
    for path in fleet.output.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()


def test_the_originals_configuration(new: NewFleet) -> None:
    """A file of that time, a bucket of that time, and the folder as it was then."""
    fleet = new("seaweedfs", store_format=Format.DISTSYNC01)
    with publishing(fleet.publisher) as publisher:
        path = fleet.folder / "hello.txt"
        path.write_bytes(b"hello")
        publisher.publish([Publication(str(path))])
        daemon = fleet.start()
        daemon.wait_for("delivered")
        path.write_bytes(b"hello again")
        publisher.publish([Publication(str(path))])
        daemon.wait_for("delivered", 2)
    assert (fleet.output / "hello.txt").read_bytes() == b"hello again"
    assert (fleet.output / "hello.txt").stat().st_mode & 0o777 == 0o600
    assert daemon.end() == 0


def test_memory_at_rest(new: NewFleet, moto: Moto) -> None:
    """On S3, after work, with metrics and status."""
    fleet = new("moto")
    (port,) = free_ports(1)
    fleet.configure(metrics_port=port, status=True)
    daemon = fleet.start()
    for number in (1, 2, 3):
        fleet.publish("app", str(number), b"x" * 100_000)
        daemon.wait_for("delivered", number)
    ask(port, "/metrics")
    resident = memory_of(daemon)
    assert resident <= 40 * MIB, f"{resident:,} bytes"
    assert daemon.end() == 0


def memory_of(daemon: Daemon) -> int:
    """Bytes of it in memory."""
    pages = Path(f"/proc/{daemon.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
