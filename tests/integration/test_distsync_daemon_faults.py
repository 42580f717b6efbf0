# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong around a daemon: its folder, the disk under it, its hook, and the clock."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.integration.daemons import Daemon, Fleet
from tests.integration.places import Places
from tests.waiting import PATIENCE

MIB = 1024 * 1024
DAY = 86400


@pytest.fixture()
def fleet(places: Places, tmp_path: Path) -> t.Iterator[Fleet]:
    place = places("local")
    place.make()
    made = Fleet(tmp_path / "fleet", place)
    yield made
    made.close()


@pytest.fixture()
def disk(fleet: Fleet) -> t.Iterator[t.Callable[..., None]]:
    """Mounts a file system of the test's own at the daemon's folder, or anew with other options."""
    with contextlib.ExitStack() as stack:

        def mount(*options: str) -> None:
            joined = ",".join(options)
            kind = ["-t", "tmpfs", "tmpfs"] if "remount" not in options else []
            subprocess.run(
                ["mount", "-o", joined, *kind, str(fleet.output)], check=True
            )
            if kind:
                stack.callback(
                    subprocess.run,
                    ["umount", "--lazy", str(fleet.output)],
                    check=False,
                    stderr=subprocess.DEVNULL,
                )

        yield mount
        fleet.close()


def refusal(daemon: Daemon) -> str:
    """What a daemon says that does not begin."""
    assert daemon.process.wait(PATIENCE) == 1
    daemon.end()
    assert "Traceback" not in daemon.said
    return daemon.said


def test_two_daemons_on_one_folder(fleet: Fleet) -> None:
    first = fleet.start()
    first.wait_for("started")
    said = refusal(fleet.start())
    assert f"Another daemon keeps the folder '{fleet.output}'" in said
    assert first.end() == 0
    second = fleet.start()
    second.wait_for("started")
    assert second.end() == 0


def test_a_folder_that_is_not_there(fleet: Fleet) -> None:
    fleet.output.rmdir()
    assert "is not there, or no folder" in refusal(fleet.start())


def test_a_folder_that_may_not_be_written(
    fleet: Fleet, disk: t.Callable[..., None]
) -> None:
    disk("size=1m")
    disk("remount", "ro")
    said = refusal(fleet.start())
    assert "cannot be used by the user" in said and "Read-only file system" in said


def test_no_folder_in_the_configuration(fleet: Fleet) -> None:
    text = fleet.path.read_text()
    kept = [line for line in text.splitlines() if not line.startswith("OutputDir")]
    fleet.path.write_text("\n".join(kept))
    assert "OutputDir is missing" in refusal(fleet.start())


def test_a_port_that_is_taken(fleet: Fleet) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        fleet.configure(metrics_port=other.getsockname()[1])
        assert "cannot be listened on: Address already in use" in refusal(fleet.start())


def test_a_disk_that_becomes_read_only(
    fleet: Fleet, disk: t.Callable[..., None]
) -> None:
    disk("size=20m")
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    disk("remount", "ro")
    fleet.publish("app", "2", b"two")
    assert "Read-only file system" in daemon.wait_for("look_failed")["error"]
    disk("remount", "rw")
    daemon.wait_for("delivered", version="2")
    assert daemon.end() == 0
    assert fleet.current() == b"two"


def test_a_full_disk(fleet: Fleet, disk: t.Callable[..., None]) -> None:
    disk("size=6m")
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    stuffing = fleet.output / "stuffing"
    stuffing.write_bytes(bytes(5 * MIB))
    fleet.publish("app", "2", random.Random(1).randbytes(3 * MIB))
    told = daemon.wait_for("delivery_failed", version="2")["error"]
    assert "it takes 3,145,728 bytes" in told and "are free there" in told
    assert fleet.linked() == "1"
    stuffing.unlink()
    daemon.wait_for("delivered", version="2")
    assert fleet.linked() == "2"
    assert daemon.end() == 0


def test_a_release_larger_than_the_disk(
    fleet: Fleet, disk: t.Callable[..., None]
) -> None:
    """The others go on."""
    disk("size=4m")
    fleet.publish("huge", "1", bytes(8 * MIB))
    daemon = fleet.start()
    daemon.wait_for("delivery_failed", artifact="huge")
    fleet.publish("app", "1", b"one")
    daemon.wait_for("delivered", artifact="app")
    assert daemon.end() == 0
    assert fleet.current() == b"one"
    assert not list((fleet.output / "huge").rglob("huge"))


def test_a_disk_that_vanishes(fleet: Fleet, tmp_path: Path) -> None:
    """Nothing is written into the folder that it was mounted on."""
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(other)], check=True)
    try:
        subprocess.run(["mount", "--bind", str(other), str(fleet.output)], check=True)
        fleet.publish("app", "1", b"one")
        daemon = fleet.start()
        daemon.wait_for("delivered")
        subprocess.run(["umount", "--lazy", str(fleet.output)], check=True)
        fleet.publish("app", "2", b"two")
        told = daemon.wait_for("look_failed")["error"]
        assert f"The folder '{fleet.output}' is gone" in told
        assert os.listdir(fleet.output) == []
        subprocess.run(["mount", "--bind", str(other), str(fleet.output)], check=True)
        daemon.wait_for("delivered", version="2")
        assert daemon.end() == 0
        assert fleet.current() == b"two"
    finally:
        subprocess.run(["umount", "--lazy", str(fleet.output)], check=False)
        subprocess.run(["umount", "--lazy", str(other)], check=False)


def test_hooks_that_are_wrong(fleet: Fleet) -> None:
    """What cannot be run is found before the link is switched; the rest is undone."""
    hook = fleet.script("hook", "exit 0", 0o644)
    fleet.configure(hook=(hook,), hook_timeout=1.0)
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    assert "may not be run" in daemon.wait_for("delivery_failed")["error"]
    assert not (fleet.output / "app").exists()
    os.chmod(hook, 0o755)
    daemon.wait_for("delivered")
    fleet.script("hook", "sleep 600")
    fleet.publish("app", "2", b"two")
    assert "did not end in 1 s" in daemon.wait_for("hook_failed")["error"]
    assert fleet.linked() == "1"
    fleet.script("hook", "echo no; exit 4")
    fleet.publish("app", "3", b"three")
    told = daemon.wait_for("hook_failed", version="3")
    assert "exit status 4" in told["error"] and told["output"] == "no"
    assert fleet.linked() == "1"
    assert daemon.end() == 0


def test_a_hook_that_kills_its_parent(fleet: Fleet) -> None:
    fleet.publish("app", "1", b"one")
    daemon = fleet.start()
    daemon.wait_for("delivered")
    assert daemon.end() == 0
    fleet.configure(hook=(fleet.script("hook", "kill -9 $PPID; exec sleep 1"),))
    fleet.publish("app", "2", b"two")
    for _unused in range(3):
        assert fleet.start().process.wait(PATIENCE) == -9
    daemon = fleet.start()
    assert "was begun 3 times" in daemon.wait_for("hook_failed")["error"]
    assert fleet.linked() == "1"
    assert daemon.end() == 0


def test_clocks(fleet: Fleet) -> None:
    """A feed from the future, one that has expired, and a clock that is put right."""
    shift = fleet.folder / "shift"
    shift.write_text(str(-3 * DAY))
    fleet.publish("app", "1", b"one")
    daemon = fleet.start(str(shift))
    assert "was made at" in daemon.wait_for("look_failed")["error"]
    shift.write_text("0")
    daemon.wait_for("delivered")
    shift.write_text(str(400 * DAY))
    fleet.publish("app", "2", b"two")
    assert "was good until" in daemon.wait_for("look_failed", 2)["error"]
    assert fleet.current() == b"one"
    shift.write_text("0")
    daemon.wait_for("delivered", version="2")
    assert daemon.end() == 0


def test_a_clock_that_jumps_does_not_change_the_pauses(fleet: Fleet) -> None:
    shift = fleet.folder / "shift"
    shift.write_text("0")
    fleet.publish("app", "1", b"one")
    daemon = fleet.start(str(shift))
    daemon.wait_for("delivered")
    for number, jump in enumerate((-3600.0, 3600.0), 2):
        shift.write_text(str(jump))
        fleet.publish("app", str(number), str(number).encode())
        # with the patience of all tests, which an hour would be beyond
        daemon.wait_for("delivered", version=str(number))
    assert daemon.end() == 0
