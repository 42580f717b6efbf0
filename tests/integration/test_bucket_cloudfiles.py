# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``libcloud_bucket`` on Cloud Files: Swift, and a content delivery network."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.bucket_module import BucketTask, live_through
from tests.integration.places import Places, SwiftPlace
from tests.servers._store import StoreServer
from tests.servers.cloudfiles import CloudFiles


@pytest.fixture(scope="module")
def cloudfiles(swift: StoreServer) -> t.Iterator[CloudFiles]:
    with CloudFiles(swift) as services:
        yield services


@pytest.fixture()
def place(places: Places) -> SwiftPlace:
    return t.cast(SwiftPlace, places("swift"))


@pytest.fixture()
def task(place: SwiftPlace, cloudfiles: CloudFiles) -> BucketTask:
    return BucketTask(place, id="CLOUDFILES", endpoint=cloudfiles.url)


def test_cdn(task: BucketTask, cloudfiles: CloudFiles) -> None:
    task.good()
    live_through(
        task, "cdn", (True, False, True), lambda: cloudfiles.served().get(task.name)
    )


def test_its_url_is_told(task: BucketTask) -> None:
    assert task.good(cdn=True).values["cdn_url"] == f"https://{task.name}.ssl.example"
    assert task.good(cdn=True).values["cdn_url"] == f"https://{task.name}.ssl.example"
    assert "cdn_url" not in task.good(cdn=False).values


def test_swifts_settings_are_there_too(task: BucketTask) -> None:
    settings: dict[str, t.Any] = {"acl": "public-read", "tags": {"team": "web"}}
    assert task.good(**settings).changed
    assert not task.good(**settings).changed
    assert task.good(state="absent").changed


def test_a_wrong_key_is_told(place: SwiftPlace, cloudfiles: CloudFiles) -> None:
    task = BucketTask(
        place, id="CLOUDFILES", endpoint=cloudfiles.url, secret="not-the-key"
    )
    refused = task(cdn=True)
    assert refused.failed and "login was refused" in refused.msg
    assert "not-the-key" not in refused.text
