# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``libcloud_bucket_info`` on real servers."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.modules import libcloud_bucket_info
from tests.integration.buckets import Answer, S3Front
from tests.integration.module import Result, call
from tests.integration.places import Place, Places

KINDS = ["seaweedfs", "moto", "azurite", "swift", "gcs", "local"]
TREE = {
    "index.html": b"1",
    "img/logo.svg": b"22",
    "img/photos/a.jpg": b"333",
    "img/photos/b.jpg": b"4444",
    "css/site.css": b"55555",
}


def ask(place: Place, *, check: bool = False, **options: t.Any) -> Result:
    return call(
        libcloud_bucket_info,
        _ansible_check_mode=check,
        **{"provider": place.endpoint(), **options},
    )


def told(place: Place, **options: t.Any) -> list[dict[str, t.Any]]:
    """The buckets in the answer of a run that must end well."""
    result = ask(place, **options)
    assert not result.failed, result.msg
    assert not result.changed
    return t.cast(list[dict[str, t.Any]], result.values["buckets"])


def account_of(place: Place) -> dict[str, t.Any]:
    """The endpoint without the container; a folder's is the one around it."""
    endpoint = place.endpoint()
    container = endpoint.pop("container")
    if endpoint["id"] == "LOCAL":
        endpoint["key"] = str(container).rpartition("/")[0]
    return endpoint


def policy(place: Place, *actions: str, **more: t.Any) -> dict[str, t.Any]:
    arn = f"arn:aws:s3:::{place.name}"
    statement = {
        "Sid": "It",
        "Effect": "Allow",
        "Principal": "*",
        "Action": actions,
        "Resource": [arn, f"{arn}/*"],
        **more,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


# -- everywhere


@pytest.mark.parametrize("kind", KINDS)
def test_counts_and_sizes_by_prefix(places: Places, kind: str) -> None:
    place = places(kind)
    place.fill(TREE)

    for check in (False, True):
        (bucket,) = told(place, prefix_depth=1, check=check)
        assert (bucket["objects"], bucket["bytes"]) == (5, 15)
        assert bucket["prefixes"] == [
            {"prefix": "", "objects": 1, "bytes": 1},
            {"prefix": "css/", "objects": 1, "bytes": 5},
            {"prefix": "img/", "objects": 3, "bytes": 9},
        ]
    (plain,) = told(place, count=True)
    assert (plain["objects"], plain["bytes"], plain["prefixes"]) == (5, 15, [])
    (below,) = told(
        place, provider={**place.endpoint(), "prefix": "img"}, prefix_depth=1
    )
    assert below["prefixes"] == [
        {"prefix": "", "objects": 1, "bytes": 2},
        {"prefix": "photos/", "objects": 2, "bytes": 7},
    ]
    (bare,) = told(place)
    assert bare.keys() == {"name", "region", "settings"} and bare["settings"] == {}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_not_told_of(places: Places, kind: str) -> None:
    place = places(kind)
    for _again in range(2):
        assert told(place, count=True, settings=[]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_all_buckets_of_the_account(places: Places, kind: str) -> None:
    made = sorted((places(kind), places(kind)), key=lambda place: place.name)
    for place in made:
        place.fill({"a": b"1"})
    account = account_of(made[0])

    buckets = told(made[0], provider=account, count=True)

    names = [str(bucket["name"]).rpartition("/")[2] for bucket in buckets]
    assert names == sorted(names)
    wanted = [place.name for place in made]
    assert [name for name in names if name in wanted] == wanted
    found = dict(zip(names, buckets, strict=True))
    assert all(found[name]["objects"] == 1 for name in wanted)
    # an entry's container is put aside by an empty one
    entry = {"id": "here", "container": ""}
    if kind != "local":
        again = told(made[0], provider=entry, providers={"here": made[0].endpoint()})
        assert [bucket["name"] for bucket in again] == names
    (named,) = told(made[0], provider=account, name=made[1].name)
    assert str(named["name"]).endswith(made[1].name)


@pytest.mark.parametrize("kind", ["moto", "azurite", "swift", "gcs"])
def test_nobody_may_reach_a_new_bucket(places: Places, kind: str) -> None:
    place = places(kind)
    place.make()
    (bucket,) = told(place, exposure=True)
    assert bucket["exposure"] == {"public": [], "reasons": [], "prevented": []}


# -- settings


def test_settings_have_the_form_in_which_they_are_written(places: Places) -> None:
    place = places("moto")
    place.make()
    bucket = {"Bucket": place.name}
    place.client.put_bucket_versioning(
        **bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    place.client.put_bucket_tagging(
        **bucket, Tagging={"TagSet": [{"Key": "owner", "Value": "me"}]}
    )
    place.client.put_bucket_policy(
        **bucket, Policy=json.dumps(policy(place, "s3:GetObject"))
    )
    place.client.put_bucket_website(
        **bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}
    )

    result = ask(
        place,
        settings=["versioning", "tags", "website", "policy", "logging", "tags"],
    )

    (found,) = result.values["buckets"]
    assert found["settings"] == {
        "versioning": True,
        "tags": {"owner": "me"},
        "website": {"index": "index.html"},
        "policy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "It",
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": ["s3:GetObject"],
                    "Resource": [
                        f"arn:aws:s3:::{place.name}",
                        f"arn:aws:s3:::{place.name}/*",
                    ],
                }
            ],
        },
        "logging": None,
    }
    assert list(found["settings"]) == "versioning tags website policy logging".split()
    # one to find the bucket, one for each
    assert result.values["requests"] <= 7


def test_a_setting_that_the_server_does_not_know_is_null(places: Places) -> None:
    place = places("seaweedfs")
    place.make()
    result = ask(place, settings=["versioning", "public_access_block"], exposure=True)
    (found,) = result.values["buckets"]
    assert found["settings"] == {"versioning": False, "public_access_block": None}
    assert found["exposure"]["public"] == []
    about = [warning for warning in result.warnings if place.name in warning]
    assert len(about) == 1 and "public_access_block" in about[0]


@pytest.mark.parametrize(
    ("kind", "setting", "provider"),
    [
        ("local", "versioning", "LOCAL"),
        ("azurite", "lifecycle_rules", "AZURE_BLOBS"),
        ("swift", "policy", "OPENSTACK_SWIFT"),
        ("moto", "cdn", "S3"),
    ],
)
def test_a_setting_that_the_provider_has_not(
    places: Places, kind: str, setting: str, provider: str
) -> None:
    place = places(kind)
    place.make()
    for endpoint in (place.endpoint(), account_of(place)):
        result = ask(place, provider=endpoint, settings=[setting])
        assert result.failed and "buckets" not in result.values
        assert setting in result.msg and f"Provider {provider} " in result.msg


# -- exposure


@pytest.mark.parametrize(
    ("actions", "more", "public"),
    [
        (["s3:GetObject"], {}, ["read"]),
        (["s3:ListBucket", "s3:PutObject"], {}, ["list", "write"]),
        (["s3:*"], {}, ["list", "read", "write", "manage", "inspect"]),
        (["s3:*"], {"Principal": {"AWS": "123456789012"}}, []),
        (["s3:*"], {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.1"}}}, []),
        (
            ["s3:GetObject"],
            {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}},
            ["read"],
        ),
    ],
)
def test_exposure_by_policy(
    places: Places, actions: list[str], more: dict[str, t.Any], public: list[str]
) -> None:
    place = places("moto")
    place.make()
    place.client.put_bucket_policy(
        Bucket=place.name, Policy=json.dumps(policy(place, *actions, **more))
    )
    (bucket,) = told(place, exposure=True)
    assert bucket["exposure"]["public"] == public
    assert all("'It'" in reason for reason in bucket["exposure"]["reasons"])
    assert bool(bucket["exposure"]["reasons"]) == bool(public)


def test_exposure_that_is_held_back(places: Places) -> None:
    place = places("moto")
    place.make()
    bucket = {"Bucket": place.name}
    place.client.put_bucket_acl(**bucket, ACL="public-read")
    place.client.put_bucket_policy(
        **bucket, Policy=json.dumps(policy(place, "s3:GetObject"))
    )
    assert told(place, exposure=True)[0]["exposure"]["public"] == ["list", "read"]

    place.client.put_bucket_ownership_controls(
        **bucket,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    )
    assert told(place, exposure=True)[0]["exposure"]["public"] == ["read"]

    block = {"IgnorePublicAcls": True, "RestrictPublicBuckets": True}
    place.client.put_public_access_block(**bucket, PublicAccessBlockConfiguration=block)
    exposure = told(place, exposure=True)[0]["exposure"]
    assert exposure["public"] == exposure["reasons"] == []
    assert ["restrict_public_buckets" in p for p in exposure["prevented"]] == [
        True,
        False,
    ]


def test_exposure_of_a_swift_container(places: Places) -> None:
    place = places("swift")
    place.make()
    place._ask("POST", place._container, headers={"X-Container-Read": ".r:*"})
    (bucket,) = told(place, exposure=True, settings=["acl"])
    assert bucket["exposure"]["public"] == ["read"]
    assert bucket["settings"] == {"acl": "public-read-objects"}


def test_no_exposure_without_settings_that_tell(places: Places) -> None:
    place = places("local")
    place.make()
    result = ask(place, exposure=True)
    assert result.failed and "LOCAL" in result.msg and "exposure" in result.msg


# -- what fails


def test_a_refusal_fails_for_one_bucket_and_not_for_all(places: Places) -> None:
    made = sorted((places("moto"), places("moto")), key=lambda place: place.name)
    for place in made:
        place.make()
    with S3Front(made[0].server.port) as front:
        through = {"endpoint": f"http://127.0.0.1:{front.port}"}
        refusal = Answer(403, "AccessDenied")

        front.answers["GET", "policy"] = [refusal]
        endpoint = {**made[0].endpoint(), **through}
        alone = ask(made[0], provider=endpoint, settings=["tags", "policy"])
        assert alone.failed and "AccessDenied" in alone.msg
        assert "policy" in alone.msg and made[0].name in alone.msg

        front.answers["GET", "policy"] = [refusal]
        account = {**account_of(made[0]), **through}
        result = ask(made[0], provider=account, settings=["tags", "policy"])
    assert not result.failed
    buckets = result.values["buckets"]
    (refused,) = [bucket for bucket in buckets if "error" in bucket]
    assert refused["settings"] == {"tags": None}
    assert "policy" in refused["error"] and refused["name"] in refused["error"]
    assert refused["error"] in result.warnings
    others = [bucket for bucket in buckets if bucket is not refused]
    assert {p.name for p in made} <= {b["name"] for b in buckets}
    assert all("policy" in bucket["settings"] for bucket in others)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_answers_or_nobody_lets_us_in(places: Places, kind: str) -> None:
    place = places(kind)
    wrong = account_of(place)
    if kind == "local":
        wrong["key"] = f"{place.endpoint()['container']}/nowhere"
    elif kind == "gcs":
        wrong["endpoint"] = "http://127.0.0.1:9"
    else:
        wrong["secret"] = "bm90aGluZw=="
    result = ask(place, provider={**wrong, "retries": 0} if kind != "local" else wrong)
    assert result.failed and "list the buckets" in result.msg
    assert "bm90aGluZw" not in result.text and "Traceback" not in result.text
