# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenStack Swift with tempauth: a proxy and one account, container and object server."""

from __future__ import annotations

import getpass
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from ._process import Command, ServerError, build_directory
from ._store import StoreServer

_NODE = Path(__file__).with_name("_swift_node.py")

_SWIFT = """\
[swift-hash]
swift_hash_path_suffix = longshore
swift_hash_path_prefix = longshore
[storage-policy:0]
name = one
default = yes
"""

_DEFAULT = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {directory}
devices = {devices}
mount_check = false
disable_fallocate = true
log_level = WARNING
log_address = {directory}/no-syslog
"""

# A machine with much to do must not make Swift give up on itself: a container update that it
# puts off is an object that the listing does not show.
_PATIENCE = """\
conn_timeout = 30
node_timeout = 60
"""

_STORAGE = _DEFAULT + """\
[pipeline:main]
pipeline = {role}-server
[app:{role}-server]
use = egg:swift#{role}
container_update_timeout = 60
""" + _PATIENCE

_PROXY = _DEFAULT + """\
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats tempauth staticweb copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# The servers start together: the first refused connections are no reason to give up on one.
error_suppression_limit = 1000000
error_suppression_interval = 0
{patience}
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
paste.filter_factory = __main__:cache_filter
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:staticweb]
use = egg:swift#staticweb
[filter:copy]
use = egg:swift#copy
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{name} = {secret} .admin
"""


class Swift(StoreServer):
    """``key`` is ``account:user`` as tempauth has it."""

    name = "swift"
    provider = "OPENSTACK_SWIFT"
    port_count = 4
    key = "longshore:tester"
    secret = "longshore-test-secret"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._devices: Path | None = None

    def commands(self) -> t.Sequence[Command]:
        python = _interpreter()
        _unused, account, container, object_ = self.ports
        self._devices = self._device_directory()
        (self.data / "swift.conf").write_text(_SWIFT)
        self._configure("proxy", self.port, _PROXY)
        self._configure("account", account, _STORAGE)
        self._configure("container", container, _STORAGE)
        self._configure("object", object_, _STORAGE)
        servers = [f"account={account}", f"container={container}", f"object={object_}"]
        _run([python, "-P", str(_NODE), "rings", str(self.data), *servers])
        return [
            Command([python, "-P", str(_NODE), role, str(self.data / f"{role}.conf")])
            for role in ("account", "container", "object", "proxy")
        ]

    def is_ready(self) -> bool:
        """The account answers with its containers, so the proxy and the account server are there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        credentials = {"X-Auth-User": self.key, "X-Auth-Key": self.secret}
        try:
            connection.request("GET", "/auth/v1.0", headers=credentials)
            answer = connection.getresponse()
            answer.read()
            token = answer.headers.get("X-Auth-Token", "")
            account = f"/v1/AUTH_{self.key.partition(':')[0]}"
            connection.request(
                "PUT", f"{account}/ready", headers={"X-Auth-Token": token}
            )
            created = connection.getresponse()
            created.read()
            connection.request(
                "PUT", f"{account}/ready/o", b"", {"X-Auth-Token": token}
            )
            return (
                created.status in (201, 202) and connection.getresponse().status == 201
            )
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        super().stop()
        if self._devices is not None and not self._devices.is_relative_to(self.data):
            shutil.rmtree(self._devices)
        self._devices = None

    def _configure(self, role: str, port: int, template: str) -> None:
        account, _unused, name = self.key.partition(":")
        text = template.format(
            role=role,
            port=port,
            user=getpass.getuser(),
            directory=self.data,
            devices=self._devices,
            patience=_PATIENCE,
            account=account,
            name=name,
            secret=self.secret,
        )
        (self.data / f"{role}.conf").write_text(text)

    def _device_directory(self) -> Path:
        """A folder with the folder ``disk`` in it, where files can have extended attributes."""
        candidates = [self.data]
        build_directory().mkdir(parents=True, exist_ok=True)
        candidates.append(build_directory())
        for candidate in candidates:
            folder = Path(tempfile.mkdtemp(prefix="swift-", dir=candidate))
            (folder / "disk").mkdir()
            try:
                os.setxattr(folder, "user.longshore", b"1")
            except OSError:
                shutil.rmtree(folder)
            else:
                return folder
        raise ServerError(
            "swift keeps metadata in extended attributes, which neither of these folders has: "
            + ", ".join(map(str, candidates))
        )


def _interpreter() -> str:
    """A Python that has Swift: this one (the wheel), else the system's (the package python3-swift)."""
    candidates = (sys.executable, "/usr/bin/python3")
    for python in candidates:
        probe = [python, "-P", "-c", "import swift.common.wsgi"]
        if (
            Path(python).exists()
            and subprocess.run(probe, capture_output=True, check=False).returncode == 0
        ):
            return python
    raise ServerError(
        f"Swift can be imported by none of {', '.join(candidates)}: pip install swift"
    )


def _run(arguments: t.Sequence[str]) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerError(f"swift: {arguments[3]} failed.\n{done.stdout}{done.stderr}")
