# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``libcloud_bucket`` on OpenStack Swift."""

from __future__ import annotations

import typing as t

import pytest
import requests

from tests.integration.bucket_module import BucketTask, live_through
from tests.integration.places import Places, SwiftPlace

_SHOWN = ("x-container-meta-", "x-container-read", "x-container-write", "x-versions-")


@pytest.fixture()
def place(places: Places) -> SwiftPlace:
    return t.cast(SwiftPlace, places("swift"))


def headers(place: SwiftPlace) -> dict[str, str] | None:
    """What Swift says of the container, by plain HTTP; None where there is none."""
    answer = place._session.head(place._container)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    found = {name.lower(): value for name, value in answer.headers.items()}
    return {name: found[name] for name in found if name.startswith(_SHOWN)}


def anonymous(place: SwiftPlace, path: str) -> requests.Response:
    return requests.get(f"{place._container}{path}")


def test_a_container_is_made_and_deleted(place: SwiftPlace) -> None:
    task = BucketTask(place)
    assert task.good(check=True).changed
    assert headers(place) is None
    result = task.good()
    assert result.changed
    assert result.values["url"] == place._container
    assert headers(place) == {}
    assert not task.good().changed
    assert task.good(state="absent", check=True).changed
    assert headers(place) == {}
    assert task.good(state="absent").changed
    assert headers(place) is None
    assert not task.good(state="absent").changed


ORIGINS = {"allowed_origins": ["https://b.example", "https://a.example"]}
METHODS = {"allowed_methods": ["GET", "HEAD", "PUT", "POST", "DELETE"]}

SETTINGS: dict[str, tuple[t.Any, t.Any, t.Any]] = {
    "versioning": (True, False, True),
    "tags": ({"team": "web", "Cost-Centre": 7}, {"team": "ops", "live": True}, {}),
    "acl": ("public-read", "private", "public-read"),
    "website": (
        {"index": "index.html", "error": "404.html"},
        {"index": "start.html"},
        {},
    ),
    "cors_rules": (
        [
            {
                **ORIGINS,
                **METHODS,
                "expose_headers": ["X-Two", "X-One"],
                "max_age_seconds": 60,
            }
        ],
        [{"allowed_origins": ["*"], **METHODS, "allowed_headers": ["*"]}],
        [],
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_setting(place: SwiftPlace, setting: str) -> None:
    place.make()
    live_through(BucketTask(place), setting, SETTINGS[setting], lambda: headers(place))


def test_settings_leave_each_other_alone(place: SwiftPlace) -> None:
    task = BucketTask(place)
    settings = {name: values[0] for name, values in SETTINGS.items()}
    task.good(**settings)
    again = task.good(**settings)
    assert not again.changed
    # The login is one of them.
    assert again.values["requests"] == 2
    task.good(tags={}, website={})
    assert not task.good(**{**settings, "tags": {}, "website": {}}).changed


def test_versions_are_kept(place: SwiftPlace) -> None:
    BucketTask(place).good(versioning=True)
    place.put("a", b"1")
    place.put("a", b"2")
    versions = place._session.get(
        place._container, params={"versions": "", "format": "json"}
    ).json()
    assert len(versions) == 2


def test_the_older_way_of_versions_counts_as_one(place: SwiftPlace) -> None:
    task = BucketTask(place)
    task.good()
    place._ask("POST", place._container, headers={"X-Versions-Location": "archive"})
    assert not task.good(versioning=True).changed
    assert task.good(versioning=False).changed
    assert not task.good(versioning=False).changed
    assert "x-versions-location" not in (headers(place) or {})


def test_an_empty_container_with_versioning_can_be_deleted(place: SwiftPlace) -> None:
    task = BucketTask(place)
    task.good(versioning=True)
    assert task.good(state="absent").changed
    assert headers(place) is None


def test_force_deletes_versions_and_delete_markers(place: SwiftPlace) -> None:
    task = BucketTask(place)
    task.good(versioning=True)
    for name in ("a/b", "c d", "é"):
        place.put(name, b"1")
        place.put(name, b"2")
    place.delete("c d")
    place.delete("é")
    refused = task(state="absent")
    assert refused.failed
    assert "1 object, 5 older versions and 2 delete markers" in refused.msg
    result = task.good(state="absent", force=True)
    assert result.values["emptied"] == {
        "objects": 1,
        "versions": 5,
        "delete_markers": 2,
        "uploads": 0,
    }
    assert headers(place) is None


def test_versions_that_outlived_versioning_are_deleted_too(place: SwiftPlace) -> None:
    task = BucketTask(place)
    task.good(versioning=True)
    place.put("a", b"1")
    place.put("a", b"2")
    task.good(versioning=False)
    place.put("a", b"3")
    assert task.good(state="absent", force=True).changed
    assert headers(place) is None


def test_a_public_website_is_served(place: SwiftPlace) -> None:
    task = BucketTask(place)
    result = task.good(
        acl="public-read", website={"index": "index.html", "error": "404.html"}
    )
    place.put("index.html", b"hello")
    place.put("404.html", b"nothing here")
    url = result.values["website_url"]
    assert requests.get(url).content == b"hello"
    missing = anonymous(place, "/nowhere")
    assert (missing.status_code, missing.content) == (404, b"nothing here")
    task.good(acl="private")
    assert anonymous(place, "/index.html").status_code == 401


def test_grants_to_others_are_not_private(place: SwiftPlace) -> None:
    task = BucketTask(place)
    task.good()
    place._ask("POST", place._container, headers={"X-Container-Read": "other:user"})
    assert task.good(acl="private").changed
    assert headers(place) == {}


def test_a_container_with_objects_is_kept_unless_forced(place: SwiftPlace) -> None:
    place.make()
    place.put("a", b"a")
    task = BucketTask(place)
    refused = task(state="absent")
    assert refused.failed and "1 object" in refused.msg
    assert task.good(state="absent", force=True).changed
    assert headers(place) is None


@pytest.mark.parametrize(
    ("options", "said"),
    (
        ({"requester_pays": True}, "requester_pays"),
        ({"cdn": True}, "cdn"),
        ({"website": {"index": "i.html", "error": "error.html"}}, "404.html"),
        (
            {"cors_rules": [{**ORIGINS, "allowed_methods": ["GET"]}]},
            "allowed_methods",
        ),
        ({"cors_rules": [{**ORIGINS, **METHODS}] * 2}, "one rule"),
        ({"acl": "authenticated-read"}, "authenticated-read"),
        ({"tags": {"web-index": "x"}}, "web-index"),
        ({"tags": {"a_b": "x"}}, "a_b"),
    ),
)
def test_what_swift_has_not(
    place: SwiftPlace, options: dict[str, t.Any], said: str
) -> None:
    refused = BucketTask(place)(**options)
    assert refused.failed
    assert said in refused.msg and "OPENSTACK_SWIFT" in refused.msg
    assert headers(place) is None


def test_a_wrong_password_is_told(place: SwiftPlace) -> None:
    refused = BucketTask(place, secret="not-the-secret")()
    assert refused.failed and "login was refused" in refused.msg
    assert "not-the-secret" not in refused.text
