# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Podman's service, which speaks Docker's interface: one of the tests' own. It needs root."""

from __future__ import annotations

import tempfile
import typing as t

from ._process import Command, find_program
from .docker import DockerEngine

_CONFIGURATION: t.Final = """\
[containers]
log_driver = "k8s-file"
# by default it asks for more than a machine may allow
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_config_dir = "{data}/networks"
"""


class PodmanEngine(DockerEngine):
    """``path``: its socket. ``storage``: options that say how images are stored."""

    name = "podman"
    storage: t.ClassVar[t.Sequence[str]] = ("--storage-driver", "vfs")

    def commands(self) -> t.Sequence[Command]:
        data, program = self.data, find_program("podman")
        configuration = data / "containers.conf"
        configuration.write_text(_CONFIGURATION.format(data=data))
        self._state = tempfile.mkdtemp(prefix="longshore-podman-")
        return [
            Command(
                [
                    *(program, "--root", str(data / "data"), "--runroot", self._state),
                    *("--tmpdir", f"{self._state}/tmp", *self.storage),
                    *("system", "service", "--time", "0", f"unix://{self.path}"),
                ],
                # what it is sent it leaves there
                {"CONTAINERS_CONF": str(configuration), "TMPDIR": str(data)},
            )
        ]
