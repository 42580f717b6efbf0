# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers import _memory
from ansible_collections.longshore.storage.plugins.module_utils._sync import (
    _roll_back,
    _run,
)
from tests.unit.module_utils.sync.helpers import RemoteStore, Sync, open_place


@pytest.fixture(autouse=True)
def fresh_containers(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    for engine in (_run, _roll_back):
        monkeypatch.setattr(engine, "open_store", open_place)
    yield
    _memory._containers.clear()
    RemoteStore.traits.clear()


@pytest.fixture()
def sync(tmp_path: Path) -> Sync:
    return Sync(tmp_path / "cache")
