# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Azurite: Azure's own emulator of blob storage, from npm, with what it lacks added as it starts."""

from __future__ import annotations

import base64
import http.client
import os
import typing as t
from pathlib import Path

from ._process import Command, build_directory, find_program
from ._store import StoreServer

_FRONT = Path(__file__).with_name("_azurite_front.js")


class Azurite(StoreServer):
    """Blobs only, in memory; ``key`` is the account, ``secret`` its base64 key."""

    name = "azurite"
    provider = "AZURE_BLOBS"
    key = "longshoretest"
    secret = base64.b64encode(b"longshore test account secret").decode()

    def commands(self) -> t.Sequence[Command]:
        program = find_program(
            "azurite-blob",
            os.environ.get("AZURITE_BLOB"),
            build_directory() / "node/node_modules/.bin/azurite-blob",
        )
        arguments = [
            program,
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            str(self.port),
            "--inMemoryPersistence",
            "--skipApiVersionCheck",
            "--disableTelemetry",
            "--silent",
        ]
        environment = {
            "AZURITE_ACCOUNTS": f"{self.key}:{self.secret}",
            "NODE_OPTIONS": f'--require "{_FRONT}"',
        }
        return [Command(arguments, environment)]

    def is_ready(self) -> bool:
        """It answers (with a refusal: the question is not signed) and says that it is Azurite."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", f"/{self.key}?comp=list")
            return "Azurite" in connection.getresponse().getheader("Server", "")
        except http.client.HTTPException:
            return False
        finally:
            connection.close()
