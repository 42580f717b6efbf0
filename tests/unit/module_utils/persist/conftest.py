# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads for all tests of a file, and places for snapshots."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.persist.snapshot_scene import (
    Scene,
    local_store,
    memory_store,
)


@pytest.fixture(scope="module")
def workers() -> t.Iterator[Workers]:
    with Workers(2) as started:
        yield started


@pytest.fixture(params=["memory", "local"])
def scene(request: pytest.FixtureRequest, workers: Workers, tmp_path: Path) -> Scene:
    local = request.param == "local"
    return Scene(local_store(tmp_path / "store") if local else memory_store(), workers)


@pytest.fixture()
def memory(workers: Workers) -> Scene:
    return Scene(memory_store(), workers)
