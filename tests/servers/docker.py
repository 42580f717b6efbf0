# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker Engine: one of the tests' own, beside whatever else runs on the machine. It needs root."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import tempfile
import typing as t

from ._process import Command, Server, find_program


class DockerEngine(Server):
    """Containers without a network. ``path``: its socket."""

    name = "docker"
    port_count = 0
    _state = ""

    @property
    def path(self) -> str:
        return str(self.data / "engine.sock")

    def commands(self) -> t.Sequence[Command]:
        data, program = self.data, find_program("dockerd")
        # the socket of its containerd has a long name in there, and names of sockets are short
        self._state = tempfile.mkdtemp(prefix="longshore-docker-")
        # Without a bridge it removes the one of every other Docker Engine, so it gets a network to itself.
        return [
            Command(
                [
                    *("unshare", "--net"),
                    *(program, "--host", f"unix://{self.path}"),
                    *("--data-root", str(data / "data"), "--exec-root", self._state),
                    *("--pidfile", str(data / "engine.pid")),
                    *("--bridge", "none", "--iptables=false", "--ip6tables=false"),
                ]
            )
        ]

    def is_ready(self) -> bool:
        return bool(self.ask("GET", "/info"))

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self._state, ignore_errors=True)

    def ask(self, method: str, way: str, body: t.Any = None) -> t.Any:
        """An answer's JSON. ``body``: a tar, or what is sent as JSON."""
        with contextlib.closing(_Connection(self.path)) as connection:
            data, headers = body, {"Content-Type": "application/x-tar"}
            if not isinstance(body, bytes):
                data, headers = json.dumps(body), {"Content-Type": "application/json"}
            connection.request(method, way, data, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 400, text
            return json.loads(text) if text[:1] == b"{" and b"\n{" not in text else None


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self._path)
