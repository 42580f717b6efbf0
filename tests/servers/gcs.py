# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Google Cloud Storage: ``gcp-storage-emulator`` from PyPI, behind a front that completes it."""

from __future__ import annotations

import http.client
import json
import sys
import typing as t
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)

from ._process import REPOSITORY, Command
from ._store import StoreServer


@cache
def make_key(_purpose: str) -> RSAPrivateKey:
    """A private key for each purpose; the same one for the same purpose."""
    return generate_private_key(65537, 2048)


def pem_of(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class GcsEmulator(StoreServer):
    """``key`` is a service account's address and ``secret`` its private key: tokens are verified."""

    name = "gcs"
    provider = "GOOGLE_STORAGE"
    port_count = 2
    key = "longshore@test-project.iam.gserviceaccount.com"
    project = "test-project"

    @property
    def secret(self) -> str:
        return pem_of(make_key("the account's"))

    @property
    def key_file_content(self) -> str:
        """The JSON that Google gives a service account's owner to download."""
        return json.dumps(
            {
                "type": "service_account",
                "project_id": self.project,
                "private_key_id": "1",
                "private_key": self.secret,
                "client_email": self.key,
            }
        )

    def commands(self) -> t.Sequence[Command]:
        port, inner_port = (str(port) for port in self.ports)
        public = self.data / "public-key.pem"
        public.write_bytes(
            make_key("the account's")
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        front = [sys.executable, "-m", "tests.servers._gcs_front"]
        arguments = [port, inner_port, self.key, str(public)]
        return [Command(front + arguments, {"PYTHONPATH": str(REPOSITORY)})]

    def is_ready(self) -> bool:
        """The front refuses a question without a token; it listens after the emulator does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/storage/v1/b")
            return connection.getresponse().status == 401
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    def endpoint(
        self, provider: str = "", container: str = "", **changes: t.Any
    ) -> Endpoint:
        if changes.get("secret"):
            # A secret that is no private key is refused before any request is sent.
            changes["secret"] = pem_of(make_key(changes["secret"]))
        return super().endpoint(provider, container, **changes)
