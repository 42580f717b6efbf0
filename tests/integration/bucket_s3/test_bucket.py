# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bucket of S3: made, found, changed, kept and deleted; what is refused, and the documentation's examples."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.modules import libcloud_bucket
from tests.integration.bucket_s3.conftest import Bucket, through
from tests.integration.bucket_s3.settings import (
    FORGOTTEN,
    KEY,
    ROLE,
    VALUES,
    fixed,
    policy,
    prepare,
)
from tests.integration.buckets import Answer, S3Front, attempt, keep, refused
from tests.integration.command import Ansible
from tests.integration.networks import Way, by_way
from tests.servers.moto import Moto
from tests.unit.documentation import read_yaml

MODULE = "longshore.storage.libcloud_bucket"


# -- the bucket

NO_BUCKETS = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"


@pytest.mark.parametrize("kind", ["moto", "seaweedfs"])
def test_make_and_delete(kind: str, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(request.getfixturevalue(kind))
    provider = bucket.endpoint()
    del provider["container"]
    options: dict[str, t.Any] = {"provider": provider, "name": bucket.name}
    assert keep(**options, check=True).values["created"]
    assert not bucket.exists()
    made = keep(**options)
    assert made.values["created"] and bucket.exists()
    assert made.values["url"] == f"{provider['endpoint']}/{bucket.name}"
    assert not keep(**options).changed
    assert keep(**options, state="absent", check=True).values["deleted"]
    assert bucket.exists()
    gone = keep(**options, state="absent", diff=True)
    assert gone.values["deleted"] and not bucket.exists()
    assert gone.values["diff"]["after"] == {"state": "absent"}
    assert not keep(**options, state="absent").changed


@pytest.mark.parametrize("kind", ["moto", "seaweedfs"])
def test_what_is_not_empty_is_kept(kind: str, request: pytest.FixtureRequest) -> None:
    bucket = Bucket(request.getfixturevalue(kind))
    options: dict[str, t.Any] = {"provider": bucket.endpoint(), "state": "absent"}
    bucket.s3.create_bucket(Bucket=bucket.name)
    for key in ("a", "b", "c"):
        bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    for check in (True, False):
        msg = refused(**options, check=check)
        assert "3 objects" in msg and "force" in msg and bucket.name in msg
    planned = keep(**options, force=True, check=True)
    assert planned.values["emptied"]["objects"] == 3 and bucket.exists()
    done = keep(**options, force=True)
    assert done.values["emptied"] == planned.values["emptied"]
    assert done.values["deleted"] and not bucket.exists()


def test_another_ones_bucket_is_no_bucket_of_ours(
    bucket: Bucket, front: S3Front
) -> None:
    """Not even where they let us look at it: it is not in our listing."""
    bucket.s3.create_bucket(Bucket=bucket.name)
    for status in (200, 403):
        front.answers["GET", ""] = [Answer(200, "", body=NO_BUCKETS)]
        if status == 403:
            front.answers["HEAD", ""] = [Answer(403, "Forbidden")]
        msg = refused(provider=through(front, bucket))
        assert bucket.name in msg and "not one of yours" in msg


def test_who_may_not_list_buckets_is_believed(bucket: Bucket, front: S3Front) -> None:
    provider = through(front, bucket)
    front.answers["GET", ""] = [Answer(403, "AccessDenied")] * 9
    assert keep(provider=provider).values["created"]
    assert not keep(provider=provider, tags={}).changed
    front.answers["GET", ""] = [Answer(501, "NotImplemented")] * 9
    assert not keep(provider=provider, tags={}).changed
    front.answers["GET", ""] = [Answer(403, "AccessDenied")] * 9
    front.answers["HEAD", ""] = [Answer(403, "Forbidden")]
    assert "AccessDenied" in refused(provider=provider)


def test_a_second_run_costs_few_requests(bucket: Bucket, front: S3Front) -> None:
    provider = through(front, bucket)
    six: dict[str, t.Any] = {}
    for case in ("versioning", "encryption", "tags", "policy", "cors_rules", "website"):
        six |= fixed(VALUES[case][0], bucket.name)
    keep(provider=provider, **six)
    front.requests.clear()
    again = keep(provider=provider, **six)
    assert not again.changed
    assert again.values["requests"] == len(front.requests) == 7
    assert all(method == "GET" for method, _resource in front.requests)


def test_a_bucket_in_another_region_is_found(bucket: Bucket, front: S3Front) -> None:
    provider = {**through(front, bucket), "region": "eu-west-1"}
    front.region = "eu-west-1"
    assert keep(provider=provider).values["created"]
    wrong = {**provider, "region": "us-east-1"}
    for tells, most in ((False, 7), (True, 4)):
        front.tells_region = tells
        front.requests.clear()
        result = keep(provider=wrong, tags={}, versioning=False, accelerate=False)
        assert not result.changed and result.values["requests"] <= most
        assert keep(provider=wrong, tags={"a": "b"}).changed
        assert keep(provider=wrong, tags={}).changed
    assert result.values["region"] == "eu-west-1"
    del wrong["region"]
    msg = refused(provider=wrong, region="us-east-1")
    assert "eu-west-1" in msg and "us-east-1" in msg


# -- settings


def test_tags_that_are_not_named_can_be_kept(bucket: Bucket) -> None:
    provider = bucket.endpoint()
    keep(provider=provider, tags={"a": "1", "b": "2"})
    run = keep(provider=provider, tags={"b": "3", "c": "4"}, purge_tags=False)
    assert run.values["settings"]["tags"]["after"] == {"a": "1", "b": "3", "c": "4"}
    assert not keep(provider=provider, tags={}, purge_tags=False).changed
    # a tag is not a secret
    assert run.values["invocation"]["module_args"]["tags"] == {"b": "3", "c": "4"}


def test_a_policy_that_means_the_same_is_the_same(bucket: Bucket) -> None:
    provider = bucket.endpoint()
    one = policy(bucket.name, "s3:GetObject", "s3:PutObject")
    keep(provider=provider, policy=one)
    (statement,) = one["Statement"]
    statement["Action"].reverse()
    statement["Principal"] = {"AWS": ["*"]}
    statement["Resource"] = [statement["Resource"]]
    same = {"Statement": statement, "Version": "2012-10-17"}
    assert not keep(provider=provider, policy=same).changed
    assert not keep(provider=provider, policy=json.dumps(same)).changed


def test_what_is_not_named_is_left_alone(bucket: Bucket) -> None:
    provider = bucket.endpoint()
    keep(
        provider=provider, encryption="aws:kms", bucket_key_enabled=True, tags={"a": 1}
    )
    run = keep(provider=provider, encryption="AES256")
    assert run.values["settings"]["encryption"]["after"]["bucket_key"] is True
    found = bucket.s3.get_bucket_tagging(Bucket=bucket.name)
    assert found["TagSet"] == [{"Key": "a", "Value": "1"}]


def test_a_server_that_lacks_what_nobody_asked_for(weed: Bucket) -> None:
    provider = weed.endpoint()
    run = keep(provider=provider, versioning=True, tags={"a": "b"})
    assert set(run.values["settings"]) == {"versioning", "tags"}
    msg = refused(provider=provider, public_access_block={"block_public_acls": True})
    assert "public_access_block" in msg and "does not have" in msg
    assert "choose another name" not in refused(
        provider=provider, website={"index": "index.html"}
    )


def test_a_setting_that_is_forbidden(bucket: Bucket, front: S3Front) -> None:
    provider = through(front, bucket)
    keep(provider=provider)
    front.answers["PUT", "policy"] = [Answer(403, "AccessDenied")]
    options: dict[str, t.Any] = {
        "provider": provider,
        "versioning": True,
        "tags": {"a": "b"},
        "policy": policy(bucket.name, "s3:GetObject"),
        "website": {"index": "index.html"},
    }
    failed = attempt(**options)
    assert failed.failed and failed.changed
    assert "write the setting policy" in failed.msg and "AccessDenied" in failed.msg
    assert "versioning and tags" in failed.msg and "policy and website" in failed.msg
    assert list(failed.values["settings"]) == ["versioning", "tags"]
    assert set(keep(**options).values["settings"]) == {"policy", "website"}
    front.answers["GET", "website"] = [Answer(403, "AccessDenied")]
    failed = attempt(**{**options, "versioning": False})
    assert "read the setting website" in failed.msg
    assert bucket.s3.get_bucket_versioning(Bucket=bucket.name)["Status"] == "Enabled"


def test_an_answer_that_lags_behind_is_waited_for(
    bucket: Bucket, front: S3Front
) -> None:
    provider = through(front, bucket)
    resource, absent = FORGOTTEN["requester_pays"]
    front.kept[resource] = absent
    keep(provider=provider, requester_pays=True)
    front.stale[resource] = 3
    # the first of the three is what the run reads before it writes
    front.requests.clear()
    assert keep(provider=provider, requester_pays=False).changed
    assert front.requests.count(("GET", resource)) == 5
    assert front.requests.count(("PUT", resource)) == 1


def test_a_bucket_that_is_being_deleted(bucket: Bucket, front: S3Front) -> None:
    provider = through(front, bucket)
    front.answers["PUT", ""] = [Answer(409, "OperationAborted")]
    assert keep(provider=provider).values["created"]
    keep(provider=provider, state="absent")
    front.answers["PUT", ""] = [Answer(409, "OperationAborted")] * 2
    msg = refused(provider={**provider, "retries": 1})
    assert "create the bucket" in msg and "OperationAborted" in msg


# -- bad input


def test_bad_input_is_refused_before_any_request(bucket: Bucket, moto: Moto) -> None:
    days: dict[str, t.Any] = {"expiration_days": 1}
    provider: dict[str, t.Any] = bucket.endpoint()
    wrong: list[tuple[dict[str, t.Any], tuple[str, ...]]] = [
        ({"cdn": True}, ("cdn", "S3")),
        ({"policy": "{not json"}, ("policy", "JSON")),
        ({"policy": policy("another", "s3:GetObject")}, ("another", bucket.name)),
        (
            {"lifecycle_rules": [{"prefix": "a/", **days}, {"prefix": "a/b", **days}]},
            ("overlap", "'a/'", "'a/b'"),
        ),
        ({"lifecycle_rules": [{"prefix": "a/"}]}, ("does nothing",)),
        (
            {"lifecycle_rules": [{"expiration_date": "soon"}]},
            ("'soon'", "2030-12-31"),
        ),
        ({"website": {"error": "e.html"}}, ("index",)),
        ({"notifications": [{"arn": "arn:aws:ec2:::x"}]}, ("arn:aws:ec2:::x",)),
        ({"encryption_key_id": KEY}, ("encryption_key_id", "aws:kms")),
        ({"name": "other"}, ("other", bucket.name)),
        ({"replication": {"role": ROLE}}, ("rules",)),
        (
            {"object_lock_default_retention": {"mode": "GOVERNANCE"}},
            ("days and years",),
        ),
    ]
    with Way(moto.port) as way:
        for options, texts in wrong:
            msg = refused(provider=by_way(way, bucket), **options)
            for text in texts:
                assert text in msg, msg
        elsewhere = {"id": "S3", "key": "k", "secret": provider["secret"]}
        msg = refused(provider=elsewhere, name="www", region="eu-wset-1")
        assert "'eu-wset-1'" in msg and "eu-west-1" in msg and "sa-east-1" in msg
        spaces = {**elsewhere, "id": "DIGITALOCEAN_SPACES"}
        assert "nyc3" in refused(provider=spaces, name="www", region="mars")
        for name in ("UP", "a..b", "192.168.0.1", "-a-", "größe"):
            assert name in refused(provider=elsewhere, name=name, region="eu-west-1")
        assert not way.passed


def test_object_lock_stays(bucket: Bucket) -> None:
    provider = bucket.endpoint()
    keep(provider=provider, object_lock=True)
    assert not keep(provider=provider, object_lock_enabled=True).changed
    msg = refused(provider=provider, object_lock=False, tags={"a": "b"})
    assert "cannot be switched off" in msg
    assert not keep(provider=provider, tags={}).changed


def test_the_order_of_steps_that_stand_on_each_other(
    bucket: Bucket, front: S3Front
) -> None:
    provider = through(front, bucket)
    prepare("replication", bucket, provider)
    keep(provider=provider, **fixed(VALUES["replication"][0], bucket.name))
    keep(provider=provider, ownership="ObjectWriter", acl="public-read")
    front.requests.clear()
    keep(
        provider=provider,
        versioning=False,
        replication={},
        ownership="BucketOwnerEnforced",
        acl="private",
    )
    writes = [resource for method, resource in front.requests if method != "GET"]
    assert writes == ["replication", "versioning", "acl", "ownershipControls"]


# -- as users run it


def test_the_examples_of_the_documentation(ansible: Ansible, bucket: Bucket) -> None:
    tasks = read_yaml(libcloud_bucket.EXAMPLES)
    for task in tasks:
        task[MODULE]["provider"] = "www"
    endpoint = {**bucket.endpoint(), "container": "www"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {
            "group/longshore.storage.storage": {"providers": {"www": endpoint}}
        },
        "tasks": tasks,
    }
    run = ansible.playbook(json.dumps([play]), "--diff")
    assert run.code == 0, run.text
    names = [result.values["name"] for result in run.results]
    assert names == ["my-backups", "www", "www", "www", "www"]
    assert all(result.changed for result in run.results)
    assert bucket.server.secret not in run.text
    other = {**endpoint, "container": "my-backups"}
    assert keep(provider=other, state="absent").values["deleted"]
