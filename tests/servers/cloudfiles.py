# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Rackspace's Cloud Files has beside Swift: its login and its content delivery network.

The containers are a real Swift's; the two services here answer after Rackspace's documentation.
"""

from __future__ import annotations

import json
import typing as t
from urllib.parse import urlsplit

import requests

from tests.answering import AnsweringServer, QuietHandler


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    server: _Services

    def do_POST(self) -> None:
        if self.path == "/v2.0/tokens":
            self._log_in()
        else:
            self._network()

    def do_HEAD(self) -> None:
        self._network()

    def do_PUT(self) -> None:
        self._network()

    def _log_in(self) -> None:
        body = json.loads(self.body())
        given = body["auth"]["RAX-KSKEY:apiKeyCredentials"]
        answer = requests.get(
            f"{self.server.swift_url}/auth/v1.0",
            headers={"X-Auth-User": given["username"], "X-Auth-Key": given["apiKey"]},
        )
        if not answer.ok:
            self.answer(401, {"Content-Type": "application/json"}, b"{}")
            return
        storage = answer.headers["X-Storage-Url"]
        account = urlsplit(storage).path
        services = {
            ("cloudFiles", "object-store"): storage,
            ("cloudFilesCDN", "rax:object-cdn"): f"{self.server.root}/cdn{account}",
        }
        access = {
            "token": {
                "id": answer.headers["X-Auth-Token"],
                "expires": "2100-01-01T00:00:00.000Z",
                "tenant": {"id": "1", "name": "1"},
            },
            "user": {"id": "1", "name": given["username"], "roles": []},
            "serviceCatalog": [
                {
                    "name": name,
                    "type": kind,
                    "endpoints": [{"region": "ORD", "publicURL": url}],
                }
                for (name, kind), url in services.items()
            ],
        }
        content = json.dumps({"access": access}).encode()
        self.answer(200, {"Content-Type": "application/json"}, content)

    def _network(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        storage = f"{self.server.swift_url}{path.removeprefix('/cdn')}"
        token = {"X-Auth-Token": self.headers.get("X-Auth-Token", "")}
        there = requests.head(storage, headers=token)
        enabled = self.server.enabled
        if not path.startswith("/cdn/") or not there.ok:
            self.answer(there.status_code if not there.ok else 404, {})
        elif self.command == "PUT":
            enabled[path] = self.headers["X-CDN-Enabled"] == "True"
            self.answer(201, {})
        elif path not in enabled:
            self.answer(404, {})
        elif self.command == "POST":
            enabled[path] = self.headers["X-CDN-Enabled"] == "True"
            self.answer(202, {})
        else:
            name = path.rpartition("/")[2]
            shown = {
                "X-CDN-Enabled": str(enabled[path]),
                "X-CDN-URI": f"http://{name}.r1.example",
                "X-CDN-SSL-URI": f"https://{name}.ssl.example",
            }
            self.answer(204, shown)


class _Services(AnsweringServer):
    def __init__(self, swift_url: str) -> None:
        super().__init__(_Handler)
        self.swift_url = swift_url
        #: Path -> whether the network serves it; of those that it ever did.
        self.enabled: dict[str, bool] = {}


class CloudFiles:
    """In this process, as a context manager, in front of a running Swift."""

    def __init__(self, swift: t.Any) -> None:
        self._services = _Services(f"http://127.0.0.1:{swift.port}")

    def __enter__(self) -> t.Self:
        self._services.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._services.__exit__()

    @property
    def url(self) -> str:
        return self._services.root

    def served(self) -> dict[str, bool]:
        """The containers that the network knows, and whether it serves them."""
        enabled = self._services.enabled.items()
        return {path.rpartition("/")[2]: served for path, served in enabled}
