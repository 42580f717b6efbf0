# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads for all tests of a file, and a distribution for each."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.distsync.release_helpers import RestlessStore, Scene


@pytest.fixture(scope="module")
def workers() -> t.Iterator[Workers]:
    with Workers(2) as started:
        yield started


@pytest.fixture()
def scene(tmp_path: Path, workers: Workers) -> Scene:
    return Scene(tmp_path, workers)


@pytest.fixture()
def store(scene: Scene) -> RestlessStore:
    """The scene's, by which a publisher or a host may come."""
    return RestlessStore(scene)
