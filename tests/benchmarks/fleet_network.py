# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network of hosts on this machine: a namespace for each, one switch between them, and shaped links.

Takes root, ``ip`` and ``tc``. A link is shaped in both directions, as a full duplex one is.
"""

from __future__ import annotations

import os
import subprocess
import typing as t

#: The switch's namespace, and what the names of all begin with.
_PREFIX = f"ls{os.getpid() % 100000}"
_NETWORK = "10.201.7"


class Node(t.NamedTuple):
    """A namespace with an address."""

    namespace: str
    address: str

    def command(self, *arguments: str) -> list[str]:
        """What runs the command there."""
        return ["ip", "netns", "exec", self.namespace, *arguments]


class Network:
    """``rates``: of each node's link, bit/s. The namespaces live while it is entered."""

    def __init__(self, rates: t.Sequence[int]) -> None:
        self._rates = rates
        self._switch = f"{_PREFIX}-sw"
        self.nodes = [
            Node(f"{_PREFIX}-{number}", f"{_NETWORK}.{number + 1}")
            for number in range(len(rates))
        ]

    def __enter__(self) -> t.Self:
        try:
            _run("ip", "netns", "add", self._switch)
            self._in_switch("ip", "link", "add", "br0", "type", "bridge")
            self._in_switch("ip", "link", "set", "br0", "up")
            for number, node in enumerate(self.nodes):
                self._plug(f"p{number}", node, self._rates[number])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        for name in (*(node.namespace for node in self.nodes), self._switch):
            subprocess.run(
                ["ip", "netns", "del", name], check=False, capture_output=True
            )

    def sent(self, node: Node) -> int:
        """Bytes that left a node, with the headers of all layers."""
        text = subprocess.run(
            node.command("cat", "/sys/class/net/eth0/statistics/tx_bytes"),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        return int(text)

    def _plug(self, port: str, node: Node, rate: int) -> None:
        _run("ip", "netns", "add", node.namespace)
        self._in_switch(
            *("ip", "link", "add", port, "type", "veth"),
            *("peer", "name", "eth0", "netns", node.namespace),
        )
        self._in_switch("ip", "link", "set", port, "master", "br0", "up")
        _run(*node.command("ip", "link", "set", "lo", "up"))
        address = f"{node.address}/24"
        _run(*node.command("ip", "address", "add", address, "dev", "eth0"))
        _run(*node.command("ip", "link", "set", "eth0", "up"))
        _run(*node.command(*_shaping("eth0", rate)))
        self._in_switch(*_shaping(port, rate))

    def _in_switch(self, *command: str) -> None:
        _run("ip", "netns", "exec", self._switch, *command)


def _shaping(device: str, rate: int) -> list[str]:
    return [
        *("tc", "qdisc", "add", "dev", device, "root", "tbf"),
        *("rate", str(rate), "burst", "128kb", "latency", "50ms"),
    ]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
