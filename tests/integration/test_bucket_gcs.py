# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``libcloud_bucket`` on the emulator of Google Cloud Storage."""

from __future__ import annotations

import typing as t

import pytest
import requests

from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._google import (
    find_token_source,
)
from tests.integration.bucket_module import BucketTask, live_through
from tests.integration.places import GcsPlace, Places

KEY = "projects/p/locations/eu/keyRings/r/cryptoKeys/{}"
EVERYBODY = {"role": "roles/storage.objectViewer", "members": ["allUsers"]}


@pytest.fixture()
def place(places: Places) -> GcsPlace:
    return t.cast(GcsPlace, places("gcs"))


def ask(place: GcsPlace, path: str = "", **query: str) -> dict[str, t.Any] | None:
    """The bucket's resource, or one below it, by plain HTTP; None where there is none."""
    token = find_token_source(place.server.endpoint()).current().value
    answer = requests.get(
        f"{place.url}/storage/v1/b/{place.name}{path}",
        params=query,
        headers={"Authorization": f"Bearer {token}"},
    )
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return t.cast(dict[str, t.Any], answer.json())


def whole(place: GcsPlace) -> dict[str, t.Any] | None:
    return ask(place, projection="full")


def policy(place: GcsPlace) -> t.Any:
    found = ask(place, "/iam", optionsRequestedPolicyVersion="3")
    assert found is not None
    return found["bindings"]


def test_a_bucket_is_made_and_deleted(place: GcsPlace) -> None:
    task = BucketTask(place)
    assert task.good(check=True).changed
    assert ask(place) is None
    assert task.good(region="europe-west1").changed
    found = ask(place)
    assert found is not None and found["location"] == "EUROPE-WEST1"
    assert not task.good(region="europe-west1").changed
    assert task.good(state="absent", check=True).changed
    assert ask(place) is not None
    assert task.good(state="absent").changed
    assert ask(place) is None
    assert not task.good(state="absent").changed


SETTINGS: dict[str, tuple[t.Any, t.Any, t.Any]] = {
    "versioning": (True, False, True),
    "requester_pays": (True, False, True),
    "tags": ({"team": "web", "stage": "test"}, {"team": "ops"}, {}),
    "website": (
        {"index": "index.html", "error": "404.html"},
        {"index": "start.html"},
        {},
    ),
    "logging": (
        {"target_bucket": "logs", "target_prefix": "site/"},
        {"target_bucket": "logs"},
        {},
    ),
    "public_access_block": (
        dict.fromkeys(
            (
                "block_public_acls",
                "ignore_public_acls",
                "block_public_policy",
                "restrict_public_buckets",
            ),
            True,
        ),
        {},
        None,
    ),
    "ownership": ("BucketOwnerEnforced", "ObjectWriter", None),
    "acl": ("public-read", "authenticated-read", "private"),
    "object_lock_default_retention": (
        {"mode": "GOVERNANCE", "days": 7},
        {"mode": "GOVERNANCE", "years": 1},
        {},
    ),
    "cors_rules": (
        [
            {
                "allowed_origins": ["https://b.example", "https://a.example"],
                "allowed_methods": ["get", "HEAD"],
                "allowed_headers": ["x-a"],
                "expose_headers": ["x-b"],
                "max_age_seconds": 600,
            }
        ],
        [{"allowed_origins": ["*"], "allowed_methods": ["GET"]}],
        [],
    ),
    "lifecycle_rules": (
        [
            {
                "rule_id": "logs",
                "prefix": "logs/",
                "expiration_days": 30,
                "transitions": [{"transition_days": 7, "storage_class": "NEARLINE"}],
            },
            {"rule_id": "parts", "abort_incomplete_multipart_upload_days": 2},
        ],
        [
            {
                "rule_id": "old",
                "noncurrent_version_expiration_days": 90,
                "noncurrent_version_keep_newer": 3,
                "noncurrent_version_transitions": [
                    {"transition_days": 9, "storage_class": "COLDLINE"}
                ],
            }
        ],
        [],
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_setting(place: GcsPlace, setting: str) -> None:
    task = BucketTask(place)
    task.good()
    values = [value for value in SETTINGS[setting] if value is not None]
    live_through(task, setting, values, lambda: whole(place))


def test_encryption(place: GcsPlace) -> None:
    task = BucketTask(place)
    task.good()
    kms = {"encryption": "aws:kms", "encryption_key_id": KEY.format("one")}
    assert task.good(check=True, **kms).changed
    assert task.good(**kms).changed
    assert not task.good(**kms).changed
    other = {**kms, "encryption_key_id": KEY.format("two")}
    assert task.good(**other).changed
    found = whole(place)
    assert found is not None
    assert found["encryption"] == {"defaultKmsKeyName": KEY.format("two")}
    assert task.good(encryption="none").changed
    # With its own keys, Google always encrypts.
    assert not task.good(encryption="AES256").changed


def test_policy(place: GcsPlace) -> None:
    task = BucketTask(place)
    task.good()
    own = policy(place)
    conditional = {
        "role": "roles/storage.objectCreator",
        "members": ["user:b@example.com", "user:a@example.com"],
        "condition": {"title": "t", "expression": "true"},
    }
    live_through(
        task,
        "policy",
        ({"bindings": [EVERYBODY]}, {"bindings": [conditional, EVERYBODY]}, {}),
        lambda: policy(place),
    )
    assert policy(place) == own


def test_policy_is_compared_by_what_it_means(place: GcsPlace) -> None:
    task = BucketTask(place)
    one = {"role": "roles/storage.objectViewer", "members": ["user:a@example.com"]}
    task.good(policy={"bindings": [EVERYBODY, one]})
    members = ["user:a@example.com", "allUsers", "allUsers"]
    assert not task.good(
        policy={"bindings": [{"role": EVERYBODY["role"], "members": members}]}
    ).changed


def test_six_settings_of_an_unchanged_bucket(place: GcsPlace) -> None:
    settings = {
        name: SETTINGS[name][0]
        for name in ("versioning", "tags", "website", "cors_rules", "lifecycle_rules")
    }
    settings["policy"] = {"bindings": [EVERYBODY]}
    task = BucketTask(place)
    assert task.good(**settings).changed
    again = task.good(**settings)
    assert not again.changed
    assert again.values["requests"] == 2


def test_settings_that_are_not_named_stay(place: GcsPlace) -> None:
    task = BucketTask(place)
    task.good(versioning=True, tags={"a": "b"})
    before = whole(place)
    assert not task.good().changed
    task.good(website={"index": "index.html"})
    after = whole(place)
    assert before is not None and after is not None
    assert after["labels"] == before["labels"]
    assert after["versioning"] == before["versioning"]


@pytest.mark.parametrize("begin", ("of-somebody-else-", "open-of-somebody-else-"))
@pytest.mark.parametrize("state", ("present", "absent"))
def test_somebody_elses_bucket_is_never_ours(
    place: GcsPlace, begin: str, state: str
) -> None:
    place.name = begin + place.name
    place.make()
    refused = BucketTask(place)(state=state)
    assert refused.failed and "belongs to somebody else" in refused.msg


def test_a_bucket_with_objects_is_kept_unless_forced(place: GcsPlace) -> None:
    task = BucketTask(place)
    task.good()
    place.put("a", b"a")
    refused = task(state="absent")
    assert refused.failed and "1 object" in refused.msg
    assert task.good(state="absent", force=True).changed
    assert ask(place) is None


def test_force_deletes_noncurrent_versions(place: GcsPlace) -> None:
    task = BucketTask(place)
    task.good(versioning=True)
    with open_store(place.server.endpoint(container=place.name)) as store:
        for name in ("a/b", "c d", "é"):
            store.write(name, b"1")
            store.write(name, b"2")
        store.delete(["c d"])
    task.good(versioning=False)
    refused = task(state="absent")
    assert refused.failed and "2 objects and 4 older versions" in refused.msg
    result = task.good(state="absent", force=True)
    assert result.values["emptied"]["versions"] == 4
    assert ask(place) is None


@pytest.mark.parametrize(
    ("options", "said"),
    (
        ({"accelerate": True}, "accelerate"),
        ({"tags": {"Team": "web"}}, "'Team'"),
        ({"acl": "log-delivery-write"}, "log-delivery-write"),
        ({"encryption": "aws:kms", "encryption_key_id": "alias/x"}, "Cloud KMS"),
        ({"ownership": "BucketOwnerPreferred"}, "BucketOwnerPreferred"),
        ({"public_access_block": {"block_public_acls": True}}, "all four"),
        (
            {"object_lock_default_retention": {"mode": "COMPLIANCE", "days": 1}},
            "for ever",
        ),
        (
            {"lifecycle_rules": [{"expiration_days": 1, "tags": {"a": "b"}}]},
            "no tags",
        ),
        (
            {"lifecycle_rules": [{"expiration_days": 1, "status": "disabled"}]},
            "switched off",
        ),
        ({"website": {"redirect_all_requests": "example.com"}}, "redirect"),
        ({"policy": {"Statement": []}}, "bindings"),
        ({"region": "atlantis"}, "atlantis"),
    ),
)
def test_what_google_has_not(
    place: GcsPlace, options: dict[str, t.Any], said: str
) -> None:
    refused = BucketTask(place)(**options)
    assert refused.failed
    assert said in refused.msg and "GOOGLE_STORAGE" in refused.msg
    assert ask(place) is None
