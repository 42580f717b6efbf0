# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of buckets at Google: settings as fields of a resource, rules, the IAM policy."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._bucket import (
    _gcs_lifecycle,
    _gcs_policy,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._gcs import (
    GcsBucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._gcs_settings import (
    SETTINGS,
    settings_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

TABLE = settings_of("site")
PUBLIC = {"role": "roles/storage.objectViewer", "members": ["allUsers"]}
OWN = [
    {
        "role": "roles/storage.legacyBucketOwner",
        "members": ["projectOwner:p", "user:a@example.com"],
    },
    {"role": "roles/storage.legacyObjectReader", "members": ["projectViewer:p"]},
]


def test_every_setting_is_in_the_table() -> None:
    assert SETTINGS == TABLE.keys()
    assert GcsBucket.settings == SETTINGS | {"policy"}


@pytest.mark.parametrize(
    ("setting", "written", "normal"),
    (
        ("versioning", False, False),
        ("requester_pays", True, True),
        ("tags", {}, None),
        ("tags", {"a": 1, "b": True, "c": None}, {"a": "1", "b": "true", "c": ""}),
        ("website", {"index": "", "error": None}, None),
        ("website", {"error": "404.html"}, {"error": "404.html"}),
        (
            "logging",
            {"target_bucket": "logs"},
            {"target_bucket": "logs", "target_prefix": "site"},
        ),
        ("logging", {}, None),
        ("encryption", {"algorithm": "none", "bucket_key": False}, None),
        ("encryption", {"algorithm": "AES256"}, None),
        ("ownership", "none", None),
        ("ownership", "ObjectWriter", None),
        ("ownership", "BucketOwnerEnforced", "BucketOwnerEnforced"),
        ("public_access_block", {"block_public_acls": False}, None),
        ("acl", "private", "private"),
        (
            "object_lock_default_retention",
            {"mode": "GOVERNANCE", "years": 2, "days": None},
            {"mode": "GOVERNANCE", "days": 730},
        ),
        (
            "cors_rules",
            [
                {
                    "allowed_origins": ["b", "a", "a"],
                    "allowed_methods": ["put", "GET"],
                    "allowed_headers": ["x-b"],
                    "expose_headers": ["x-a"],
                    "max_age_seconds": "5",
                }
            ],
            [
                {
                    "allowed_origins": ["a", "b"],
                    "allowed_methods": ["GET", "PUT"],
                    "allowed_headers": ["x-a", "x-b"],
                    "max_age_seconds": 5,
                }
            ],
        ),
    ),
)
def test_normal_forms(setting: str, written: t.Any, normal: t.Any) -> None:
    assert TABLE[setting].normalise(written) == normal
    read = TABLE[setting].read(_patched({}, TABLE[setting].change(normal, None)))
    assert read == normal or setting == "acl"


@pytest.mark.parametrize(
    "setting", sorted(SETTINGS - {"versioning", "requester_pays", "acl"})
)
def test_what_is_not_set_is_none(setting: str) -> None:
    assert TABLE[setting].read({}) is None


@pytest.mark.parametrize(
    ("setting", "written", "said"),
    (
        ("tags", {"a": "B"}, "'B'"),
        ("tags", {"1": "b"}, "begin with a letter"),
        ("tags", {"": "b"}, "begin with a letter"),
        ("tags", {"a": "x" * 64}, "63"),
        ("tags", {f"a{n}": "" for n in range(65)}, "at most 64"),
        ("encryption", {"algorithm": "aws:kms"}, "Cloud KMS"),
        ("encryption", {"algorithm": "AES256", "key_id": "k"}, "Say aws:kms"),
        ("encryption", {"algorithm": "aws:kms:dsse"}, "aws:kms:dsse"),
        ("encryption", {"algorithm": "none", "bucket_key": True}, "bucket_key"),
        ("logging", {"target_prefix": "p"}, "target_bucket"),
        ("object_lock_default_retention", {"mode": "GOVERNANCE"}, "exactly one"),
        (
            "object_lock_default_retention",
            {"mode": "GOVERNANCE", "days": "soon"},
            "'soon'",
        ),
        ("cors_rules", [{"allowed_origins": ["*"]}], "allowed_methods"),
        (
            "lifecycle_rules",
            [{"expiration_days": 1, "object_size_less_than": 5}],
            "object_size_less_than",
        ),
        ("lifecycle_rules", [{"prefix": "a/"}], "does nothing"),
        ("lifecycle_rules", [{"expiration_days": "x"}], "'x'"),
        ("lifecycle_rules", [{"noncurrent_version_keep_newer": 1}], "needs"),
        (
            "lifecycle_rules",
            [{"transitions": [{"transition_date": "2030-01-01"}]}],
            "transition_date",
        ),
    ),
)
def test_bad_input(setting: str, written: t.Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=setting) as caught:
        TABLE[setting].normalise(written)
    assert said in str(caught.value)


def test_a_patch_takes_labels_away() -> None:
    change = TABLE["tags"].change({"a": "1"}, {"a": "0", "b": "0"})
    assert change == {"labels": {"a": "1", "b": None}}


@pytest.mark.parametrize(
    ("grants", "acl"),
    (
        ({}, "private"),
        ({"project-viewers-1": "READER", "user-me": "OWNER"}, "private"),
        ({"allUsers": "READER"}, "public-read"),
        ({"allUsers": "WRITER"}, "public-read-write"),
        ({"allAuthenticatedUsers": "READER"}, "authenticated-read"),
        (
            {"user-you": "READER"},
            [{"grantee": "user-you", "permission": "READER"}],
        ),
    ),
)
def test_acls(grants: dict[str, str], acl: t.Any) -> None:
    entries = [{"entity": who, "role": what} for who, what in grants.items()]
    found = {"acl": entries, "owner": {"entity": "user-me"}}
    assert TABLE["acl"].read(found) == acl


def test_a_locked_retention_is_another() -> None:
    locked = {"retentionPolicy": {"retentionPeriod": "86400", "isLocked": True}}
    read = TABLE["object_lock_default_retention"].read
    assert read(locked) == {"mode": "COMPLIANCE", "days": 1}
    odd = {"retentionPolicy": {"retentionPeriod": "5"}}
    assert read(odd) == {"mode": "GOVERNANCE", "seconds": 5}


_DAYS = st.integers(0, 3650)
_MOVE = {
    "transition_days": _DAYS,
    "storage_class": st.sampled_from(["NEARLINE", "COLDLINE", "ARCHIVE"]),
}
_RULE = st.fixed_dictionaries(
    {"expiration_days": st.integers(1, 100)},
    optional={
        "rule_id": st.text(max_size=5),
        "prefix": st.text(max_size=5),
        "abort_incomplete_multipart_upload_days": st.integers(1, 100),
        "noncurrent_version_expiration_days": st.integers(1, 100),
        "transitions": st.lists(st.fixed_dictionaries(_MOVE), max_size=3),
        "noncurrent_version_transitions": st.lists(
            st.fixed_dictionaries(_MOVE, optional={"keep_newer": st.integers(1, 5)}),
            max_size=3,
        ),
    },
)


@given(st.lists(_RULE, max_size=4))
def test_lifecycle_rules_come_back_as_they_went(rules: list[dict[str, t.Any]]) -> None:
    normal = _gcs_lifecycle.normalise(rules)
    sent = json.loads(json.dumps(_gcs_lifecycle.change(t.cast(t.Any, normal), None)))
    assert _gcs_lifecycle.read(sent) == normal
    assert _gcs_lifecycle.normalise(list(reversed(rules))) == normal


@pytest.mark.parametrize(
    "condition",
    (
        {"age": 5},
        {"age": 5, "isLive": True, "matchesSuffix": [".log"]},
        {"daysSinceNoncurrentTime": 5, "createdBefore": "2030-01-01"},
        {"isLive": False},
    ),
)
def test_rules_that_cannot_be_written_are_kept_apart(
    condition: dict[str, t.Any],
) -> None:
    rule = {"action": {"type": "Delete"}, "condition": condition}
    assert _gcs_lifecycle.read({"lifecycle": {"rule": [rule]}}) == [{"other": rule}]


def test_a_rule_with_two_prefixes_is_two() -> None:
    condition = {"age": 5, "isLive": True, "matchesPrefix": ["b", "a"]}
    rule = {"action": {"type": "Delete"}, "condition": condition}
    assert _gcs_lifecycle.read({"lifecycle": {"rule": [rule]}}) == [
        {"prefix": "a", "expiration_days": 5},
        {"prefix": "b", "expiration_days": 5},
    ]


# -- the IAM policy


@pytest.mark.parametrize("nothing", ("", "null", "{}", None, {}, {"bindings": []}))
def test_no_policy(nothing: object) -> None:
    assert _gcs_policy.normalise(nothing) is None


def test_a_policys_normal_form() -> None:
    binding = {"role": "r", "members": ["b", "a"]}
    written = {"bindings": [binding, PUBLIC, {"role": "r", "members": ["a", "c"]}]}
    normal = {"bindings": [{"role": "r", "members": ["a", "b", "c"]}, PUBLIC]}
    assert _gcs_policy.normalise(written) == normal
    assert _gcs_policy.normalise(json.dumps(written)) == normal


def test_what_is_the_buckets_own_stays() -> None:
    found = {"etag": "e", "version": 1, "bindings": [*OWN, PUBLIC]}
    assert _gcs_policy.granted(found, False) == {"bindings": [PUBLIC]}
    assert _gcs_policy.granted({}, False) is None
    assert _gcs_policy.replaced(found, None, False) == {**found, "bindings": OWN}


def test_without_an_acl_nothing_mirrors_one() -> None:
    reader = {"role": "roles/storage.legacyBucketReader", "members": ["allUsers"]}
    found = {"bindings": [*OWN, reader]}
    assert _gcs_policy.granted(found, False) is None
    theirs = _gcs_policy.granted(found, True)
    own = {**OWN[0], "members": ["user:a@example.com"]}
    assert theirs == {"bindings": [own, reader]}
    assert _gcs_policy.replaced(found, None, True) == {
        "bindings": [{**OWN[0], "members": ["projectOwner:p"]}, OWN[1]]
    }


def test_conditions_need_a_newer_version() -> None:
    binding = {**PUBLIC, "condition": {"expression": "true"}}
    changed = _gcs_policy.replaced({"etag": "e"}, {"bindings": [binding]}, False)
    assert changed == {"etag": "e", "version": 3, "bindings": [binding]}


@pytest.mark.parametrize(
    ("written", "said"),
    (
        ("{", "not JSON"),
        ("[]", "mapping"),
        ({"Statement": []}, "Amazon"),
        ({"bindings": {}}, "list"),
        ({"bindings": ["x"]}, "mapping"),
        ({"bindings": [{"members": []}]}, "role"),
        ({"bindings": [{"role": "r", "members": "allUsers"}]}, "list of texts"),
        ({"bindings": [OWN[0]]}, "acl"),
    ),
)
def test_bad_policies(written: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        _gcs_policy.normalise(written)


# -- the service


def test_links() -> None:
    def links(name: str) -> t.Mapping[str, str]:
        return GcsBucket(Endpoint("GOOGLE_STORAGE", name, token="t")).links()

    assert links("site") == {"url": "https://storage.googleapis.com/site"}
    assert links("www.example.com")["website_url"] == "http://www.example.com"


def test_hmac_keys_are_refused() -> None:
    endpoint = Endpoint("GOOGLE_STORAGE", "site", key="GOOG1E", secret="hidden")
    with pytest.raises(ConfigurationError, match="HMAC") as caught:
        GcsBucket(endpoint)
    assert "hidden" not in str(caught.value)


def test_what_google_has_not() -> None:
    bucket = GcsBucket(Endpoint("GOOGLE_STORAGE", "site", token="t"))
    with pytest.raises(ConfigurationError, match="GOOGLE_STORAGE has no accelerate"):
        bucket.normalise("accelerate", True)
    assert bucket.requests.count == 0


def _patched(resource: dict[str, t.Any], patch: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a patch makes of a resource."""
    result = dict(resource)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = _patched(result.get(name, {}), value)
        else:
            result[name] = value
    return result
