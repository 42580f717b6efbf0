# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``libcloud_bucket`` on folders."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.bucket_module import BucketTask
from tests.integration.places import LocalPlace, Places


@pytest.fixture()
def place(places: Places) -> LocalPlace:
    return t.cast(LocalPlace, places("local"))


def test_a_folder_is_made_and_deleted(place: LocalPlace) -> None:
    task = BucketTask(place)
    assert task.good(check=True).changed
    assert not place.path.exists()
    assert task.good().changed
    assert place.path.is_dir()
    assert not task.good().changed
    assert task.good(state="absent", check=True).changed
    assert place.path.is_dir()
    assert task.good(state="absent").changed
    assert not place.path.exists()
    assert not task.good(state="absent").changed


def test_a_folder_with_files_is_kept_unless_forced(place: LocalPlace) -> None:
    place.fill({"a/b.txt": b"b"})
    task = BucketTask(place)
    refused = task(state="absent")
    assert refused.failed and "1 object" in refused.msg
    assert place.tree() == {"a/b.txt": b"b"}
    assert task.good(state="absent", force=True).changed
    assert not place.path.exists()


def test_a_folder_always_has_a_url(place: LocalPlace) -> None:
    place.make()
    result = BucketTask(place).good(cdn=True)
    assert not result.changed
    assert result.values["cdn_url"] == place.path.as_uri()


def test_a_folder_cannot_lose_its_url(place: LocalPlace) -> None:
    place.make()
    refused = BucketTask(place)(cdn=False)
    assert refused.failed and "always has its URL" in refused.msg


def test_a_folder_has_no_other_settings(place: LocalPlace) -> None:
    refused = BucketTask(place)(versioning=True)
    assert refused.failed
    assert "versioning" in refused.msg and "LOCAL" in refused.msg
    assert not place.path.exists()


def test_a_file_is_no_folder(place: LocalPlace) -> None:
    place.path.write_bytes(b"")
    refused = BucketTask(place)()
    assert refused.failed and "is not a folder" in refused.msg
