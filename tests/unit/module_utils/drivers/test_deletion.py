# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the deletion of one object ends in."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._deletion import (
    fault_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
    UnreachableError,
)


def _delete(kind: type[StoreError] | None) -> None:
    if kind is not None:
        raise kind("delete object 'a'", "the box", "no")


def test_what_is_gone_is_deleted() -> None:
    assert fault_of(_delete, None) is None
    assert fault_of(_delete, kind=ObjectMissingError) is None


@pytest.mark.parametrize("kind", (StoreError, AccessDeniedError))
def test_what_is_one_objects_fault_is_told(kind: type[StoreError]) -> None:
    fault = fault_of(_delete, kind)
    assert fault is not None and fault.detail == "no"


@pytest.mark.parametrize("kind", (ContainerMissingError, UnreachableError))
def test_what_is_everyones_fault_is_raised(kind: type[StoreError]) -> None:
    with pytest.raises(kind):
        fault_of(_delete, kind)
