# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd is told, at a real socket."""

from __future__ import annotations

import os
import socket
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._systemd import (
    Notifier,
)


@pytest.fixture()
def listener(tmp_path: Path) -> t.Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(10)
        listener.bind(str(tmp_path / "notify"))
        yield listener


def test_what_it_is_told(listener: socket.socket) -> None:
    environ = {
        "NOTIFY_SOCKET": listener.getsockname(),
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid()),
        "PATH": "/bin",
    }
    notifier = Notifier(environ)
    assert environ.keys() == {"PATH"}
    assert notifier.interval == 15.0
    notifier.ready()
    notifier.status("two\nlines")
    notifier.alive()
    notifier.stopping()
    heard = [listener.recv(1024) for _unused in range(4)]
    assert heard == [b"READY=1", b"STATUS=two lines", b"WATCHDOG=1", b"STOPPING=1"]
    notifier.reloading()
    first, second = listener.recv(1024).split(b"\n")
    assert first == b"RELOADING=1"
    assert second.startswith(b"MONOTONIC_USEC=") and second[15:].isdigit()


def test_a_socket_without_a_file() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(10)
        listener.bind("")
        address: bytes = listener.getsockname()
        Notifier({"NOTIFY_SOCKET": "@" + address[1:].decode()}).ready()
        assert listener.recv(1024) == b"READY=1"


def test_without_systemd(tmp_path: Path) -> None:
    notifier = Notifier({"WATCHDOG_USEC": "30000000"})
    assert notifier.interval is None
    notifier.ready()
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_a_watchdog_for_another_process(listener: socket.socket) -> None:
    environ = {
        "NOTIFY_SOCKET": listener.getsockname(),
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid() + 1),
    }
    assert Notifier(environ).interval is None
