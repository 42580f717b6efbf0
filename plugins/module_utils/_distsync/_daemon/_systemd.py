# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What systemd is told of a service: datagrams to a socket that it names, where it does."""

from __future__ import annotations

import contextlib
import os
import socket
import time
import typing as t


class Notifier:
    """Does nothing where the process was not started by systemd (``Type=notify``).

    ``environ`` is the process' own; what is read from it is taken out, so that no child speaks in our name.
    """

    def __init__(self, environ: t.MutableMapping[str, str]) -> None:
        address = environ.pop("NOTIFY_SOCKET", "")
        period = environ.pop("WATCHDOG_USEC", "")
        for_us = environ.pop("WATCHDOG_PID", "") in ("", str(os.getpid()))
        # a leading @ stands for the name space without files
        self._address = "\0" + address[1:] if address.startswith("@") else address
        #: Seconds between two signs of life; None where nobody waits for them.
        self.interval: float | None = None
        if self._address and for_us and period.isdigit() and int(period):
            self.interval = int(period) / 2_000_000

    def ready(self) -> None:
        self._send("READY=1")

    def status(self, text: str) -> None:
        self._send(f"STATUS={' '.join(text.split())}")

    def reloading(self) -> None:
        """``ready`` says that it is done."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def alive(self) -> None:
        self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with (
            contextlib.suppress(OSError),  # it is gone, and cannot be told so
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
        ):
            sender.connect(self._address)
            sender.send(text.encode())
