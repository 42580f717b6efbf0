# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets through libcloud alone, on the real servers of several protocols."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._libcloud import (
    LibcloudBucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    StoreError,
)
from tests.integration.places import Places


def service(place: t.Any) -> LibcloudBucket:
    return LibcloudBucket(place.server.endpoint(place.provider, place.name))


@pytest.mark.parametrize("kind", ["azurite", "moto", "swift"])
def test_there_made_deleted(places: Places, kind: str) -> None:
    with service(places(kind)) as bucket:
        assert not bucket.exists()
        bucket.create({})
        assert bucket.exists()
        bucket.create({})
        bucket.delete()
        assert not bucket.exists()
        bucket.delete()


# Azure deletes a container with what is in it.
@pytest.mark.parametrize("kind", ["moto", "swift"])
def test_one_with_objects_is_not_deleted(places: Places, kind: str) -> None:
    place = places(kind)
    place.fill({"a": b"a"})
    with service(place) as bucket:
        with pytest.raises(StoreError, match="409"):
            bucket.delete()
        assert bucket.exists()
