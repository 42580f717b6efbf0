# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services, each with a bucket of its own on SeaweedFS, which they make themselves."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

import pytest

from tests.integration.persistence_service.service import Service
from tests.integration.places import S3Place
from tests.servers.seaweedfs import SeaweedFS


class Scene:
    """A bucket that is not there yet, a volume, and the services that are started for them."""

    def __init__(self, server: SeaweedFS, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.place = S3Place(server)
        self.volume = folder / "volume"
        self.volume.mkdir()
        self.services: list[Service] = []

    def environ(self, **changes: str) -> dict[str, str]:
        return {
            "S3_BUCKET_NAME": self.place.name,
            "AWS_ACCESS_KEY_ID": self.server.key,
            "AWS_SECRET_ACCESS_KEY": self.server.secret,
            "S3_ENDPOINT_URL": self.place.url,
            "ALLOWED_PATHS": str(self.volume),
            **changes,
        }

    def start(self, *, without: t.Sequence[str] = (), **changes: str) -> Service:
        """One that may not come to listen. ``without``: capabilities."""
        service = Service(self.folder, self.environ(**changes), without)
        self.services.append(service)
        return service

    def close(self) -> None:
        for service in self.services:
            service.end()
            assert self.server.secret not in service.said
            assert "Traceback" not in service.said, service.said
        self.place.discard()


@contextlib.contextmanager
def scene_of(server: SeaweedFS, folder: Path) -> t.Iterator[Scene]:
    made = Scene(server, folder)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture()
def scene(seaweedfs: SeaweedFS, tmp_path: Path) -> t.Iterator[Scene]:
    with scene_of(seaweedfs, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(
    seaweedfs: SeaweedFS, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[Scene]:
    """One service for the tests of a module, each with folders of its own in the volume."""
    with scene_of(seaweedfs, tmp_path_factory.mktemp("shared")) as made:
        made.start().ready()
        yield made
