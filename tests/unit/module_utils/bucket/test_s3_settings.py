# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written of S3's settings, in normal form; what is refused; links."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._s3 import (
    S3Bucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._s3_filter import (
    filter_of,
    read_filter,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._settings import (
    SETTINGS,
    unset,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

Rule = dict[str, t.Any]
ARN = "arn:aws:sqs:eu-west-1:123456789012:queue"


def bucket(name: str = "www", **fields: t.Any) -> S3Bucket:
    given = {"key": "k", "secret": "s", "region": "eu-west-1", **fields}
    return S3Bucket(Endpoint("S3", name, **given))


@pytest.fixture(scope="module")
def s3() -> t.Iterator[S3Bucket]:
    with bucket(host="127.0.0.1", port=1) as opened:
        yield opened


def test_every_setting_is_there_but_the_cdn(s3: S3Bucket) -> None:
    assert s3.settings == set(SETTINGS) - {"cdn"}
    for setting in s3.settings - {"acl", "object_lock"}:
        gone: t.Any = {"ownership": "none", "policy": ""}.get(setting, {})
        assert s3.normalise(setting, gone) == unset(setting), setting


@pytest.mark.parametrize(
    ("setting", "one", "other"),
    [
        ("tags", {"a": True, "b": None, "n": 1}, {"n": "1", "a": "true", "b": ""}),
        (
            "public_access_block",
            {"block_public_acls": True},
            {"block_public_acls": True, "ignore_public_acls": False},
        ),
        (
            "cors_rules",
            [{"allowed_origins": ["b", "a", "a"], "allowed_methods": ["get"]}],
            [
                {
                    "allowed_methods": ["GET"],
                    "allowed_origins": ["a", "b"],
                    "allowed_headers": [],
                }
            ],
        ),
        (
            "lifecycle_rules",
            [
                {"rule_id": "b", "expiration_days": 1, "prefix": "b"},
                {"rule_id": "a", "expiration_days": 2, "prefix": "a"},
            ],
            [
                {"rule_id": "a", "expiration_days": 2, "prefix": "a", "tags": {}},
                {
                    "rule_id": "b",
                    "expiration_days": 1,
                    "prefix": "b",
                    "status": "enabled",
                },
            ],
        ),
        (
            "lifecycle_rules",
            [{"expiration_date": "2030-01-01"}],
            [{"expiration_date": "2030-01-01T00:00:00"}],
        ),
        (
            "website",
            {"redirect_all_requests": "https://www.example.com/"},
            {"redirect_all_requests": "https://www.example.com", "redirects": []},
        ),
        (
            "notifications",
            [{"arn": ARN, "events": ["b", "a"]}],
            [{"arn": ARN, "events": ["a", "b", "a"], "prefix": ""}],
        ),
        (
            "replication",
            {"role": "r", "rules": [{"destination_bucket": "there"}]},
            {"role": "r", "rules": [{"destination_bucket": "arn:aws:s3:::there"}]},
        ),
    ],
)
def test_what_means_the_same_is_equal(
    s3: S3Bucket, setting: str, one: t.Any, other: t.Any
) -> None:
    assert s3.normalise(setting, one) == s3.normalise(setting, other)


@pytest.mark.parametrize(
    ("setting", "written", "text"),
    [
        ("cors_rules", [{"allowed_methods": ["GET"]}], "allowed_origins"),
        ("website", {"error": "e"}, "index"),
        ("website", {"index": "a/b"}, "'a/b'"),
        ("website", {"redirect_all_requests": "h", "index": "i"}, "alone"),
        ("website", {"redirect_all_requests": "https://h/path"}, "https://h/path"),
        ("website", {"index": "i", "redirects": [{"key_prefix": "a"}]}, "where to"),
        (
            "website",
            {
                "index": "i",
                "redirects": [{"replace_key": "a", "replace_key_prefix": "b"}],
            },
            "not both",
        ),
        ("logging", {"target_prefix": "a"}, "target_bucket"),
        ("notifications", [{"arn": "queue", "events": ["a"]}], "'queue'"),
        ("notifications", [{"arn": ARN}], "events"),
        ("notifications", [{"arn": "eventbridge", "events": ["a"]}], "all events"),
        (
            "notifications",
            [{"id": "a", "arn": ARN, "events": [e]} for e in ("x", "y")],
            "'a'",
        ),
        ("object_lock_default_retention", {"days": 1}, "mode"),
        (
            "object_lock_default_retention",
            {"mode": "GOVERNANCE", "days": 1, "years": 1},
            "days and years",
        ),
        ("encryption", {"algorithm": "AES256", "key_id": "k"}, "encryption_key_id"),
        ("encryption", {"bucket_key": True}, "bucket_key_enabled"),
        ("replication", {"rules": [{"destination_bucket": "a"}]}, "role"),
        (
            "replication",
            {"role": "r", "rules": [{"destination_bucket": b} for b in "ab"]},
            "priority",
        ),
        ("lifecycle_rules", [{"prefix": "a"}], "does nothing"),
        ("lifecycle_rules", [{"expiration_date": "soon"}], "2030-12-31"),
        ("lifecycle_rules", [{"expiration_date": "2030-01-01T10:00:00"}], "2030"),
        (
            "lifecycle_rules",
            [{"expiration_days": 1, "expiration_date": "2030-01-01"}],
            "exclude each other",
        ),
        (
            "lifecycle_rules",
            [{"expiration_days": 1, "noncurrent_version_keep_newer": 1}],
            "noncurrent_version_expiration_days",
        ),
        (
            "lifecycle_rules",
            [{"transitions": [{"storage_class": "GLACIER"}]}],
            "transition_days and transition_date",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    s3: S3Bucket, setting: str, written: t.Any, text: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        s3.normalise(setting, written)
    assert setting.partition("_")[0] in str(caught.value)
    assert text in str(caught.value)


EXPIRE = {"expiration_days": 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({}, {"prefix": "a"}),
        ({"prefix": "a/"}, {"prefix": "a/b"}),
        ({"tags": {"a": "b"}}, {"prefix": "a"}),
        ({"tags": {"a": "b"}}, {"tags": {"a": "b", "c": "d"}}),
        ({"object_size_less_than": 7}, {"object_size_greater_than": 5}),
    ],
)
def test_rules_that_overlap(s3: S3Bucket, one: Rule, other: Rule) -> None:
    for rules in ([one, other], [other, one]):
        with pytest.raises(ConfigurationError) as caught:
            s3.normalise(
                "lifecycle_rules",
                [
                    {"rule_id": n, **EXPIRE, **r}
                    for n, r in zip("xy", rules, strict=True)
                ],
            )
        assert "overlap" in str(caught.value) and "expire objects" in str(caught.value)
        assert "'x'" in str(caught.value) and "'y'" in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"prefix": "a/"}, {"prefix": "b/"}),
        ({"tags": {"a": "b"}}, {"tags": {"a": "c"}}),
        ({"object_size_less_than": 6}, {"object_size_greater_than": 5}),
        ({"status": "disabled"}, {}),
        ({"expiration_days": None, "expire_object_delete_marker": True}, {}),
        ({"expiration_days": None, "abort_incomplete_multipart_upload_days": 1}, {}),
    ],
)
def test_rules_that_do_not(s3: S3Bucket, one: Rule, other: Rule) -> None:
    rules = [{"rule_id": n, **EXPIRE, **r} for n, r in (("x", one), ("y", other))]
    assert s3.normalise("lifecycle_rules", rules)


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"prefix": "a"},
        {"tags": {"a": "b"}},
        {"object_size_less_than": 6},
        {"tags": {"a": "b", "c": "d"}},
        {"prefix": "a", "object_size_greater_than": 6, "tags": {"a": "b"}},
    ],
)
def test_filters_there_and_back(rule: Rule) -> None:
    assert read_filter({"Filter": filter_of(rule)}) == rule


def test_a_prefix_of_the_oldest_kind() -> None:
    assert read_filter({"Prefix": "a"}) == {"prefix": "a"}
    assert read_filter({"Prefix": ""}) == {}


def test_rules_of_the_server_are_taken_as_they_are(s3: S3Bucket) -> None:
    """Also those that do nothing that we know of, or overlap."""
    strange = {"ID": "a", "Status": "Enabled", "Filter": {}}
    rule = {"ID": "b", "Status": "Disabled", "Expiration": {"Days": 1}, "Prefix": ""}
    read = s3._settings["lifecycle_rules"].read
    assert read({"Rules": [strange, rule, {**rule, "ID": "c"}]}) == [
        {"rule_id": "a", "status": "enabled"},
        {"rule_id": "b", "status": "disabled", "expiration_days": 1},
        {"rule_id": "c", "status": "disabled", "expiration_days": 1},
    ]


def test_what_is_left_open_stays(s3: S3Bucket) -> None:
    own = {"aws:cloudformation:stack-id": "x", "a": "b"}
    assert s3.complete("tags", {"c": "d"}, own) == {
        "aws:cloudformation:stack-id": "x",
        "c": "d",
    }
    kms = {"algorithm": "aws:kms"}
    assert s3.complete("encryption", kms, None) == {**kms, "bucket_key": False}
    there = {"algorithm": "AES256", "bucket_key": True}
    assert s3.complete("encryption", kms, there) == {**kms, "bucket_key": True}
    assert s3.complete("encryption", None, there) is None
    rule = {"allowed_origins": ["*"], "allowed_methods": ["GET"]}
    zero = {**rule, "max_age_seconds": 0}
    assert s3.complete("cors_rules", [rule, rule], [zero]) == [zero, rule]
    assert s3.complete("cors_rules", [{**rule, "id": "x"}], [zero]) == [
        {**rule, "id": "x"}
    ]
    assert s3.complete("cors_rules", None, [zero]) is None


def test_amazon_stores_nothing_plain() -> None:
    there = {"algorithm": "AES256", "bucket_key": True}
    with bucket() as amazon:
        assert amazon.complete("encryption", None, there) == there
        kms = {"algorithm": "aws:kms", "bucket_key": False}
        assert amazon.complete("encryption", None, kms) == {
            "algorithm": "AES256",
            "bucket_key": False,
        }


def test_acls_that_have_no_name(s3: S3Bucket) -> None:
    read = s3._settings["acl"].read
    me = {"Grantee": {"ID": "me"}, "Permission": "FULL_CONTROL"}
    you = {"Grantee": {"ID": "you"}, "Permission": "READ"}
    owner = {"Owner": {"ID": "me"}}
    assert read({**owner, "Grants": [me]}) == "private"
    assert read({**owner, "Grants": [me, you]}) == [
        {"grantee": "you", "permission": "READ"}
    ]


@pytest.mark.parametrize(
    ("name", "region", "url", "website"),
    [
        (
            "www",
            "eu-west-1",
            "https://www.s3.eu-west-1.amazonaws.com",
            "http://www.s3-website-eu-west-1.amazonaws.com",
        ),
        (
            "www.example.com",
            "eu-central-1",
            "https://s3.eu-central-1.amazonaws.com/www.example.com",
            "http://www.example.com.s3-website.eu-central-1.amazonaws.com",
        ),
        (
            "www",
            "cn-north-1",
            "https://www.s3.cn-north-1.amazonaws.com.cn",
            "http://www.s3-website.cn-north-1.amazonaws.com.cn",
        ),
    ],
)
def test_links(name: str, region: str, url: str, website: str) -> None:
    with bucket(name, region=region) as amazon:
        assert amazon.links() == {"url": url, "website_url": website}


def test_links_elsewhere(s3: S3Bucket) -> None:
    assert s3.links() == {"url": "https://127.0.0.1:1/www"}


def test_a_region_that_amazon_has_not() -> None:
    with pytest.raises(ConfigurationError) as caught:
        bucket(region="eu-wset-1")
    assert "Did you mean" in str(caught.value) and "sa-east-1" in str(caught.value)
