# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenSSH's server, which lets the tests' own user in, by a key of its own."""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
import socket
import subprocess
import typing as t
from pathlib import Path

from ._process import Command, Server, find_program


class Sshd(Server):
    """``variables`` are those of a host of Ansible's that is reached by it."""

    name = "sshd"

    def commands(self) -> t.Sequence[Command]:
        if os.geteuid() == 0:
            # where it locks its unprivileged half in; a package's service makes it otherwise
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        for name in ("host", "user"):
            subprocess.run(
                [find_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f"]
                + [self.data / name],
                check=True,
            )
        settings = {
            "ListenAddress": f"127.0.0.1:{self.port}",
            "HostKey": self.data / "host",
            "AuthorizedKeysFile": self.data / "user.pub",
            "PidFile": "none",
            "PermitRootLogin": "prohibit-password",
            "StrictModes": "no",
            "UsePAM": "no",
        }
        path = self.data / "sshd_config"
        path.write_text("".join(f"{name} {is_}\n" for name, is_ in settings.items()))
        # it calls itself anew for each connection, by a whole path
        program = find_program("sshd", "/usr/sbin/sshd")
        return [Command([program, "-D", "-e", "-f", str(path)])]

    def is_ready(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            return client.recv(4) == b"SSH-"

    def variables(self, known: str) -> dict[str, t.Any]:
        """``known``: a folder for connections that stay open."""
        return {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": getpass.getuser(),
            "ansible_ssh_private_key_file": str(self.data / "user"),
            "ansible_ssh_common_args": "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
            "ansible_host_key_checking": False,
            "ansible_control_path_dir": known,
        }

    def stop(self) -> None:
        # each has left the group of processes that is ended
        self.break_connections()
        super().stop()

    def break_connections(self) -> None:
        """All that are open now, as when a cable is cut that nobody mends."""
        for pid in _below(os.getpid()):
            name = Path(f"/proc/{pid}/comm")
            with contextlib.suppress(OSError):
                parent = _parent(pid)
                if name.read_text().startswith("sshd") and _is_sshd(parent):
                    os.kill(pid, signal.SIGKILL)


def _is_sshd(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().startswith("sshd")


def _parent(pid: int) -> int:
    text = Path(f"/proc/{pid}/stat").read_text()
    return int(text.rpartition(")")[2].split()[1])


def _below(ancestor: int) -> list[int]:
    """All processes that descend from this one."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(path.name)] = _parent(int(path.name))
    found = [ancestor]
    for one in found:
        found += [pid for pid, parent in parents.items() if parent == one]
    return found[1:]
