# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container engines: one of the tests' own that speaks the interface of Docker, and what runs in real ones."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import socketserver
import tarfile
import threading
import typing as t
import urllib.parse
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.docker import DockerEngine

Answer = tuple[int, t.Any]


@dataclass
class Pretended:
    """A container of the fake engine.

    ``stubborn``: it does not stop; ``lost``: it does not start again; ``busy``: so many times it is not paused.
    """

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    state: str = "running"
    stubborn: bool = False
    lost: bool = False
    busy: int = 0
    removed_at_end: bool = False
    volumes: tuple[str, ...] = ()


class FakeEngine:
    """Speaks as much of Docker's interface as is used, over a unix socket. ``asked``: what it was told to do."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "engine.sock")
        self.volumes: dict[str, dict[str, t.Any]] = {}
        self.containers: dict[str, Pretended] = {}
        self.asked: list[str] = []
        self.when_asked: t.Callable[[str], None] = lambda _what: None
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def held(self) -> t.Iterator[None]:
        """It does nothing meanwhile."""
        with self._turn:
            yield

    def __enter__(self) -> t.Self:
        engine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*engine.look(self.path))

            def do_POST(self) -> None:
                self._answer(*engine.act(self.path))

            def _answer(self, status: int, document: t.Any) -> None:
                data = b"" if document is None else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def address_string(self) -> str:
                return "here"

            def log_message(self, format: str, *args: t.Any) -> None:
                pass

        self._server = _Server(self.path, Handler)
        threading.Thread(target=self._server.serve_forever, args=[0.05]).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def volume(self, name: str, folder: Path, **more: t.Any) -> None:
        self.volumes[name] = {"Name": name, "Mountpoint": str(folder), **more}

    def run(self, name: str, **more: t.Any) -> Pretended:
        self.containers[name] = Pretended(name, **more)
        return self.containers[name]

    def state(self, name: str) -> str:
        return self.containers[name].state

    def look(self, way: str) -> Answer:
        parts = urllib.parse.urlsplit(way)
        match parts.path.split("/")[1:]:
            case ["volumes", name] if name in self.volumes:
                return 200, self.volumes[name]
            case ["containers", "json"]:
                query = urllib.parse.parse_qs(parts.query)
                filters = json.loads(query["filters"][0])
                return 200, [
                    {"Id": one.name}
                    for one in self.containers.values()
                    if one.state in filters["status"]
                    and all(
                        _has(one.labels, label) for label in filters.get("label", ())
                    )
                    and all(name in one.volumes for name in filters.get("volume", ()))
                ]
            case ["containers", name, "json"] if name in self.containers:
                return 200, self._described(self.containers[name])
        return 404, {"message": "no such thing"}

    def _described(self, one: Pretended) -> dict[str, t.Any]:
        return {
            "Id": one.name,
            "Name": f"/{one.name}",
            "State": {"Status": one.state},
            "Config": {"Labels": one.labels or None},
            "HostConfig": {"AutoRemove": one.removed_at_end},
        }

    def act(self, way: str) -> Answer:
        parts = urllib.parse.urlsplit(way)
        _empty, kind, name, verb = parts.path.split("/")
        assert kind == "containers"
        with self._turn:
            return self._act(verb, name)

    def _act(self, verb: str, name: str) -> Answer:
        self.asked.append(f"{verb} {name}")
        self.when_asked(f"{verb} {name}")
        one = self.containers[name]
        if verb == "stop" and one.stubborn:
            return 500, {"message": "cannot stop container: tried to kill it"}
        if verb == "pause" and one.busy:
            one.busy -= 1
            return 500, {"message": "unable to freeze"}
        if verb == "start" and one.lost:
            return 500, {"message": "its network is gone"}
        wanted = {"stop": "exited", "pause": "paused"}.get(verb, "running")
        if wanted == one.state:
            return 304, None
        one.state = wanted
        return 204, None


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Who asked may have been killed since."""


def _has(labels: t.Mapping[str, str], label: str) -> bool:
    name, equal, value = label.partition("=")
    return labels.get(name) == value if equal else name in labels


class Containers:
    """In a real engine. They run this machine's own programs; everything is removed in the end."""

    def __init__(self, engine: DockerEngine, folder: Path) -> None:
        self._ask = engine.ask
        self._tag = f"longshore-{uuid.uuid4().hex[:12]}"
        self._folder = folder
        self._made: list[str] = []

    def __enter__(self) -> t.Self:
        path = self._folder / "image.tar"
        with tarfile.open(path, "w") as tar:
            tar.addfile(_folder("bin"))
        data = path.read_bytes()
        self._ask("POST", f"/images/create?fromSrc=-&repo={self._tag}", data)
        self._made.append(f"/images/{self._tag}")
        return self

    def __exit__(self, *_exc: object) -> None:
        for way in reversed(self._made):
            self._ask("DELETE", f"{way}?force=true")

    def volume(self, name: str) -> Path:
        made = self._ask("POST", "/volumes/create", {"Name": name})
        self._made.append(f"/volumes/{name}")
        return Path(made["Mountpoint"])

    def run(self, name: str, volume: str, **labels: str) -> None:
        """One that writes to the volume all the time."""
        shared = [
            one for one in ("bin", "lib", "lib64", "usr") if Path(f"/{one}").exists()
        ]
        script = "n=0; while :; do n=$((n+1)); echo $n > /data/ticks; sleep 0.1; done"
        configuration = {
            "Image": self._tag,
            "Cmd": ["/usr/bin/sh", "-c", script],
            "Labels": labels,
            "HostConfig": {
                "NetworkMode": "none",
                # Podman asks for more than a machine may allow
                "Ulimits": [_limit("nofile"), _limit("nproc")],
                "Binds": [f"{volume}:/data", *(f"/{one}:/{one}:ro" for one in shared)],
            },
        }
        self._ask("POST", f"/containers/create?name={name}", configuration)
        self._made.append(f"/containers/{name}")
        self._ask("POST", f"/containers/{name}/start")

    def state(self, name: str) -> str:
        return str(self._ask("GET", f"/containers/{name}/json")["State"]["Status"])

    def started_at(self, name: str) -> str:
        return str(self._ask("GET", f"/containers/{name}/json")["State"]["StartedAt"])


def _limit(name: str) -> dict[str, t.Any]:
    return {"Name": name, "Soft": 1024, "Hard": 1024}


def _folder(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    return info
