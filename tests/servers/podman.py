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
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class PodmanEngine(DockerEngine):
    """Containers without a network. ``path``: its socket."""

    name = "podman"

    def commands(self) -> t.Sequence[Command]:
        data, program = self.data, find_program("podman")
        configuration = data / "containers.conf"
        configuration.write_text(_CONFIGURATION)
        self._state = tempfile.mkdtemp(prefix="longshore-podman-")
        return [
            Command(
                [
                    *(program, "--root", str(data / "data"), "--runroot", self._state),
                    *("--tmpdir", f"{self._state}/tmp", "--storage-driver", "vfs"),
                    *("system", "service", "--time", "0", f"unix://{self.path}"),
                ],
                {"CONTAINERS_CONF": str(configuration)},
            )
        ]
