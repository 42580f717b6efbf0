# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets of S3 that are the test's own, and a front that keeps what moto forgets."""

from __future__ import annotations

import typing as t
import uuid

import pytest

from tests.integration.buckets import S3Front, keep
from tests.integration.identities import Server, client_of
from tests.integration.networks import by_way
from tests.servers.moto import Moto
from tests.servers.seaweedfs import SeaweedFS


class Bucket:
    """A bucket of the test's own, which is not there yet, and means to look at it and by the server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"longshore-{uuid.uuid4().hex[:16]}"
        self.s3 = self.client("s3")

    def client(self, service: str) -> t.Any:
        return client_of(self.server, service)

    def endpoint(self) -> dict[str, t.Any]:
        return {
            "id": "S3",
            "endpoint": f"http://127.0.0.1:{self.server.port}",
            "key": self.server.key,
            "secret": self.server.secret,
            "container": self.name,
        }

    def exists(self) -> bool:
        return self.name in [b["Name"] for b in self.s3.list_buckets()["Buckets"]]

    def discard(self) -> None:
        if self.exists():
            keep(provider=self.endpoint(), state="absent", force=True)


@pytest.fixture()
def bucket(moto: Moto) -> t.Iterator[Bucket]:
    made = Bucket(moto)
    yield made
    made.discard()


@pytest.fixture()
def weed(seaweedfs: SeaweedFS) -> t.Iterator[Bucket]:
    made = Bucket(seaweedfs)
    yield made
    made.discard()


@pytest.fixture()
def front(moto: Moto) -> t.Iterator[S3Front]:
    with S3Front(moto.port) as made:
        yield made


def through(front: t.Any, bucket: Bucket) -> t.Any:
    return by_way(front, bucket)
