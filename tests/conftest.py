# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers for the whole run: each is started when the first test asks for it, and once."""

from __future__ import annotations

import functools
import syslog
import tempfile
import typing as t
from pathlib import Path
from unittest import mock

import botocore.session
import hypothesis
import pytest
from botocore.loaders import create_loader

from tests.servers._process import Server
from tests.servers.azurite import Azurite
from tests.servers.docker import DockerEngine
from tests.servers.moto import Moto
from tests.servers.seaweedfs import SeaweedFS

# A busy machine is no fault of the code.
hypothesis.settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("unhurried")

AnyServer = t.TypeVar("AnyServer", bound=Server)


def _run(kind: type[AnyServer]) -> t.Iterator[AnyServer]:
    with tempfile.TemporaryDirectory(prefix=f"longshore-{kind.name}-") as directory:
        with kind(Path(directory)) as server:
            yield server


@pytest.fixture(scope="session", autouse=True)
def _sdk_reads_its_data_once() -> t.Iterator[None]:
    """Megabytes of JSON that describe Amazon's services: in a process of its own a module reads them once, too."""
    once = functools.cache(create_loader)
    with mock.patch.object(botocore.session, "create_loader", once):
        yield


@pytest.fixture()
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What modules that are called in this process write to the system's log."""
    from ansible.module_utils import basic

    lines: list[str] = []
    monkeypatch.setattr(basic, "has_journal", False)
    monkeypatch.setattr(syslog, "syslog", lambda _priority, text: lines.append(text))
    return lines


@pytest.fixture(scope="session")
def seaweedfs() -> t.Iterator[SeaweedFS]:
    yield from _run(SeaweedFS)


@pytest.fixture(scope="session")
def moto() -> t.Iterator[Moto]:
    yield from _run(Moto)


@pytest.fixture(scope="session")
def azurite() -> t.Iterator[Azurite]:
    yield from _run(Azurite)


@pytest.fixture(scope="session")
def gcs() -> t.Iterator[Server]:
    from tests.servers.gcs import GcsEmulator

    yield from _run(GcsEmulator)


@pytest.fixture(scope="session")
def swift() -> t.Iterator[Server]:
    from tests.servers.swift import Swift

    yield from _run(Swift)


@pytest.fixture(scope="session")
def docker_engine() -> t.Iterator[DockerEngine]:
    yield from _run(DockerEngine)
