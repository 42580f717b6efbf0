# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the service in this container is healthy: exit code 0 or 1. It knows no more than a socket, to be quick."""

from __future__ import annotations

import os
import socket
import sys

#: Less than what the image's HEALTHCHECK waits.
SECONDS = 4


def is_healthy(address: str, port: int) -> bool:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((address, port), SECONDS) as connection:
            connection.sendall(request)
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    where = os.environ.get("LISTEN_ADDRESS") or "127.0.0.1"
    sys.exit(not is_healthy(where, int(os.environ.get("PORT") or 80)))
