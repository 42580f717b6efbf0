# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``libcloud_bucket`` on Azure's emulator."""

from __future__ import annotations

import typing as t

import pytest
import requests
from libcloud.storage.providers import get_driver

from ansible_collections.longshore.storage.plugins.module_utils._bucket._azure import (
    AzureBucket,
)
from tests.integration.bucket_module import BucketTask, live_through
from tests.integration.places import AzurePlace, Places


@pytest.fixture()
def place(places: Places) -> AzurePlace:
    return t.cast(AzurePlace, places("azurite"))


def containers(place: AzurePlace) -> dict[str, dict[str, str]]:
    """All containers by libcloud, with their metadata."""
    driver = get_driver("azure_blobs")(
        key=place.server.key,
        secret=place.server.secret,
        host="127.0.0.1",
        port=place.server.port,
        secure=False,
    )
    return {
        found.name: dict(driver.get_container(found.name).extra["meta_data"])
        for found in driver.iterate_containers()
    }


def anonymous(place: AzurePlace) -> tuple[bool, bool]:
    """Whether everybody may see the listing, and the blob ``a``."""
    url = f"{place.url}/{place.server.key}/{place.name}"
    listing = requests.get(url, params={"restype": "container", "comp": "list"})
    return listing.ok, requests.get(f"{url}/a").ok


def test_a_container_is_made_and_deleted(place: AzurePlace) -> None:
    task = BucketTask(place)
    assert task.good(check=True).changed
    assert place.name not in containers(place)
    result = task.good()
    assert result.changed
    assert result.values["url"] == f"{place.url}/{place.server.key}/{place.name}"
    assert place.name in containers(place)
    assert not task.good().changed
    assert task.good(state="absent", check=True).changed
    assert place.name in containers(place)
    assert task.good(state="absent").changed
    assert place.name not in containers(place)
    assert not task.good(state="absent").changed


def test_tags(place: AzurePlace) -> None:
    place.make()
    live_through(
        BucketTask(place),
        "tags",
        ({"team": "web", "Cost_Centre": 7}, {"team": "ops", "live": True}, {}),
        lambda: containers(place)[place.name],
    )


def test_tags_that_are_not_named_may_stay(place: AzurePlace) -> None:
    task = BucketTask(place)
    task.good(tags={"team": "web", "stage": "test"})
    assert not task.good(tags={"team": "web"}, purge_tags=False).changed
    assert task.good(tags={"team": "ops"}, purge_tags=False).changed
    assert containers(place)[place.name] == {"team": "ops", "stage": "test"}


def test_acl(place: AzurePlace) -> None:
    place.make()
    place.put("a", b"a")
    task = BucketTask(place)
    live_through(task, "acl", ("public-read", "private"), lambda: anonymous(place))
    assert anonymous(place) == (False, False)
    task.good(acl="public-read")
    assert anonymous(place) == (True, True)


def test_a_change_of_the_acl_keeps_access_policies(place: AzurePlace) -> None:
    place.make()
    policies = (
        b'<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers><SignedIdentifier><Id>ours</Id>'
        b"<AccessPolicy><Start>2026-01-01T00:00:00.0000000Z</Start>"
        b"<Expiry>2036-01-01T00:00:00.0000000Z</Expiry><Permission>r</Permission></AccessPolicy>"
        b"</SignedIdentifier></SignedIdentifiers>"
    )
    with AzureBucket(place.server.endpoint(container=place.name)) as service:
        path = f"/{place.name}"
        query = {"restype": "container", "comp": "acl"}
        service._put("set policies", path, query, {}, policies)
        BucketTask(place).good(acl="public-read")
        _unused, kept = service._rest.fetch("look", "GET", path, query)
    assert b"<Id>ours</Id>" in kept


def test_website(place: AzurePlace) -> None:
    place.name = "$web"
    with AzureBucket(place.server.endpoint(container=place.name)) as service:
        task = BucketTask(place)
        task.good()
        live_through(
            task,
            "website",
            (
                {"index": "index.html"},
                {"index": "start.html", "error": "404.html"},
                {},
            ),
            lambda: service.read("website"),
        )


def test_the_accounts_website_is_no_other_containers(place: AzurePlace) -> None:
    with AzureBucket(place.server.endpoint(container="$web")) as web:
        web.write("website", {"index": "index.html"}, None)
        with AzureBucket(place.server.endpoint(container=place.name)) as other:
            assert other.read("website") is None
        assert web.read("website") == {"index": "index.html"}
        web.write("website", None, {"index": "index.html"})


def test_both_settings_of_an_unchanged_container_are_one_request(
    place: AzurePlace,
) -> None:
    task = BucketTask(place)
    settings = {"tags": {"team": "web"}, "acl": "public-read"}
    assert task.good(**settings).changed
    again = task.good(**settings)
    assert not again.changed
    assert again.values["requests"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    (
        ({"versioning": True}, "versioning"),
        ({"website": {"index": "index.html"}}, "$web"),
        ({"acl": "authenticated-read"}, "authenticated-read"),
        ({"tags": {"a b": "c"}}, "'a b'"),
        ({"tags": {"a": "b", "A": "c"}}, "upper and lower case"),
        ({"tags": {"a": "é"}}, "printable ASCII"),
    ),
)
def test_what_azure_has_not(
    place: AzurePlace, options: dict[str, t.Any], said: str
) -> None:
    refused = BucketTask(place)(**options)
    assert refused.failed
    assert said in refused.msg and "AZURE_BLOBS" in refused.msg
    assert place.name not in containers(place)


def test_a_wrong_key_is_told(place: AzurePlace) -> None:
    refused = BucketTask(place, secret="d3Jvbmc=")()
    assert refused.failed and "HTTP 403" in refused.msg
    assert "d3Jvbmc" not in refused.text
