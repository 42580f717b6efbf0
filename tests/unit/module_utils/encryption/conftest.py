# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small batches, so that small envelopes go through several; threads for all tests of a file."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._encryption import (
    _distsync01,
    _streams,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers


@pytest.fixture(autouse=True, scope="module")
def small_batches() -> t.Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_streams, "BATCH_SIZE", 8192)
        patch.setattr(_distsync01, "_BATCH_SIZE", 8192)
        yield


@pytest.fixture(scope="module")
def workers() -> t.Iterator[Workers]:
    with Workers(3) as started:
        yield started
