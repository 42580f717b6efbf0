# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The engine that runs containers here, Docker's or Podman's, by its HTTP interface on a unix socket."""

from __future__ import annotations

import http.client
import json
import os
import socket
import typing as t
from urllib.parse import quote, urlencode

from .._errors import ConfigurationError, LongshoreError

#: Where engines listen, unless they are told otherwise.
SOCKETS: t.Final = ("/var/run/docker.sock", "/run/podman/podman.sock")

#: Seconds in which the engine answers what is no waiting for a container.
_TIMEOUT: t.Final = 60.0


class EngineError(LongshoreError):
    """The engine is not there, or did not do what it was asked for."""


class VolumeMissingError(EngineError):
    """The engine knows no volume of that name."""


class Container(t.NamedTuple):
    """``state``: ``running``, ``paused``, ``exited`` …; ``fault``: why it cannot be stopped and started again, or empty."""

    id: str
    name: str
    state: str
    fault: str


class Engine:
    """``path``: of its socket; None: of ``DOCKER_HOST``, or the first usual one that is there.

    Raises ``ConfigurationError`` for a ``DOCKER_HOST`` that is no unix socket. Nothing is asked yet.
    """

    def __init__(self, path: str | None = None) -> None:
        self.path = path or _usual_socket()

    def mountpoint(self, volume: str) -> str:
        """The folder of a volume. Raises ``VolumeMissingError`` and ``EngineError``."""
        status, found = self._ask("GET", f"/volumes/{quote(volume, safe='')}")
        if status == 404:
            raise VolumeMissingError(
                f"The container engine at {self.path} has no volume {volume!r}.",
                hint="Check the name (docker volume ls), or create it first.",
            )
        self._check(status, found, f"find volume {volume!r}")
        folder = found.get("Mountpoint") if isinstance(found, dict) else None
        if not folder or not os.path.isabs(folder):
            raise EngineError(
                f"Volume {volume!r} has no folder on this host.",
                hint="It is kept by a plugin: name the path where it is mounted instead.",
            )
        options = found.get("Options") or {}
        if options.get("device") and not os.path.ismount(folder):
            raise EngineError(
                f"Volume {volume!r} is mounted only while a container uses it, and none does.",
                hint="Start one, and pause it instead of stopping it; or mount it yourself and name the path.",
            )
        return str(folder)

    def container(self, name: str) -> Container:
        """By name or id. Raises ``EngineError``."""
        status, found = self._ask("GET", f"/containers/{quote(name, safe='')}/json")
        if status == 404:
            raise EngineError(
                f"The container engine at {self.path} has no container {name!r}.",
                hint="Check the name (docker ps --all).",
            )
        self._check(status, found, f"look at container {name!r}")
        try:
            labels = found["Config"].get("Labels") or {}
            fault = ""
            if found["HostConfig"].get("AutoRemove"):
                fault = "it would be removed as soon as it stops (--rm)"
            elif "com.docker.swarm.service.id" in labels:
                fault = (
                    "it belongs to a service of a swarm, which would start another one"
                )
            state = str(found["State"]["Status"])
            return Container(found["Id"], found["Name"].lstrip("/"), state, fault)
        except (KeyError, TypeError, AttributeError):
            raise self._no_engine() from None

    def labelled(self, label: str) -> list[Container]:
        """Those that run and have a label, ``name`` or ``name=value``. Raises ``EngineError``."""
        return self._those({"label": [label], "status": ["running"]})

    def users(self, volume: str) -> list[Container]:
        """Those that run, or are paused, and have a volume mounted. Raises ``EngineError``."""
        return self._those({"volume": [volume], "status": ["running", "paused"]})

    def _those(self, filters: t.Mapping[str, list[str]]) -> list[Container]:
        query = urlencode({"filters": json.dumps(filters)})
        status, found = self._ask("GET", f"/containers/json?{query}")
        self._check(status, found, "look for containers")
        try:
            return [self.container(one["Id"]) for one in found]
        except (KeyError, TypeError):
            raise self._no_engine() from None

    def stop(self, container: Container, timeout: int) -> None:
        """Returns when it has stopped, by itself or ended by the engine after ``timeout`` seconds. Raises ``EngineError``."""
        self._act(container, "stop", f"?t={timeout}", timeout)

    def start(self, container: Container) -> None:
        """One that runs already is left alone. Raises ``EngineError``."""
        self._act(container, "start")

    def pause(self, container: Container) -> None:
        """Raises ``EngineError``."""
        self._act(container, "pause")

    def unpause(self, container: Container) -> None:
        """One that is not paused is left alone. Raises ``EngineError``."""
        if self.container(container.id).state == "paused":
            self._act(container, "unpause")

    def _act(
        self, container: Container, verb: str, query: str = "", wait: float = 0
    ) -> None:
        way = f"/containers/{container.id}/{verb}{query}"
        status, said = self._ask("POST", way, wait + _TIMEOUT)
        # 304: it is so already
        if status != 304:
            self._check(status, said, f"{verb} container {container.name!r}")

    def _ask(
        self, method: str, way: str, timeout: float = _TIMEOUT
    ) -> tuple[int, t.Any]:
        """The status, and the document that came with it (None: none)."""
        connection = _Connection(self.path, timeout)
        try:
            connection.request(method, way)
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data.strip() else None
        except FileNotFoundError:
            raise EngineError(
                f"There is no container engine at {self.path}.",
                hint="Start it, or say with engine where its socket is.",
            ) from None
        except PermissionError:
            raise EngineError(
                f"The container engine at {self.path} may not be used by the user with id {os.geteuid()}.",
                hint="Run as a user who may, such as root.",
            ) from None
        except TimeoutError:
            raise EngineError(
                f"The container engine at {self.path} did not answer in {timeout:g} s."
            ) from None
        except OSError as error:
            raise EngineError(
                f"The container engine at {self.path} does not answer: {error.strerror or error}.",
                hint="Start it, or say with engine where its socket is.",
            ) from None
        except (http.client.HTTPException, ValueError):
            raise self._no_engine() from None
        finally:
            connection.close()

    def _check(self, status: int, said: t.Any, doing: str) -> None:
        if 200 <= status < 300:
            return
        message = said.get("message") if isinstance(said, dict) else None
        detail = str(message or f"status {status}").rstrip(". ")
        raise EngineError(f"Could not {doing}: the container engine said: {detail}.")

    def _no_engine(self) -> EngineError:
        return EngineError(
            f"What answers at {self.path} is no container engine.",
            hint="Say with engine where the socket of Docker or Podman is.",
        )


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _usual_socket() -> str:
    host = os.environ.get("DOCKER_HOST", "")
    if host:
        scheme, _colon, path = host.partition("://")
        if scheme != "unix":
            raise ConfigurationError(
                "DOCKER_HOST names an engine on another host.",
                hint="Volumes are folders: run this where they are, or say with engine which socket is meant.",
            )
        return path
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = (f"{runtime}/podman/podman.sock",) if runtime else ()
    places = (*SOCKETS, *own)
    return next((path for path in places if os.path.exists(path)), SOCKETS[0])
