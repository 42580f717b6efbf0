# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores to test, one of each subject, and containers for them."""

from __future__ import annotations

import dataclasses
import itertools
import re
import typing as t
import uuid
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from tests.conformance.subjects import ON_A_NETWORK, ON_S3, SUBJECTS, Subject
from tests.servers._store import StoreServer

_numbers = itertools.count()


@dataclasses.dataclass(frozen=True)
class Bench:
    """A subject with its server running: makes stores on containers of the test's own."""

    subject: Subject
    server: StoreServer | None
    folder: Path

    def container(self) -> str:
        """A name that no container has."""
        name = f"longshore-{uuid.uuid4().hex[:16]}"
        return str(self.folder / name) if self.subject.provider == "LOCAL" else name

    def endpoint(self, container: str, **changes: t.Any) -> Endpoint:
        if self.server is None:
            return Endpoint(self.subject.provider, container, **changes)
        return self.server.endpoint(self.subject.provider, container, **changes)

    def open(self, container: str, **changes: t.Any) -> Store:
        return self.subject.driver()(self.endpoint(container, **changes))


def _bench(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Bench:
    subject: Subject = request.param
    server = request.getfixturevalue(subject.server) if subject.server else None
    return Bench(subject, server, factory.mktemp(subject.id))


@pytest.fixture(scope="session", params=SUBJECTS, ids=str)
def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    return _bench(request, tmp_path_factory)


@pytest.fixture(scope="session", params=ON_A_NETWORK, ids=str)
def networked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    """Like ``bench``, for what only a server can do."""
    return _bench(request, tmp_path_factory)


@pytest.fixture(scope="session", params=ON_S3, ids=str)
def s3_bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    """Like ``bench``, for what S3 has its own word for."""
    return _bench(request, tmp_path_factory)


def _new_container(bench: Bench) -> t.Iterator[Store]:
    with bench.open(bench.container()) as store:
        assert store.create_container()
        yield store


@pytest.fixture(scope="session")
def store(bench: Bench) -> t.Iterator[Store]:
    """The subject's store on a container that all its tests share: use ``prefix``."""
    yield from _new_container(bench)


@pytest.fixture(scope="session")
def networked_store(networked: Bench) -> t.Iterator[Store]:
    yield from _new_container(networked)


@pytest.fixture(scope="module")
def keys_store(bench: Bench) -> t.Iterator[Store]:
    """A container for each module that tries keys at its root, where they may spoil it."""
    yield from _new_container(bench)


@pytest.fixture()
def prefix(request: pytest.FixtureRequest) -> str:
    """The test's own part of the container, ending with a slash."""
    return f"{re.sub('[^a-z]+', '-', request.node.originalname)}-{next(_numbers)}/"
