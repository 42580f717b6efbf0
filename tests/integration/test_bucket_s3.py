# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every setting of an S3 bucket: absent, set, set again, changed, removed; with a check before each."""

from __future__ import annotations

import json
import typing as t
import uuid

import boto3
import pytest

from ansible_collections.longshore.storage.plugins.modules import libcloud_bucket
from tests.integration.buckets import Answer, S3Front, attempt, keep, refused
from tests.integration.command import Ansible
from tests.integration.networks import Way, by_way
from tests.servers.moto import Moto
from tests.servers.seaweedfs import SeaweedFS
from tests.unit.documentation import read_yaml

Server = Moto | SeaweedFS

MODULE = "longshore.storage.libcloud_bucket"

ROLE = "arn:aws:iam::123456789012:role/copy"
KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678"


def policy(name: str, *actions: str) -> dict[str, t.Any]:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions) if len(actions) > 1 else actions[0],
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


#: Setting -> what is set, what it is changed to, and what takes it away. NAME stands for the bucket.
VALUES: dict[str, list[dict[str, t.Any]]] = {
    "versioning": [{"versioning": True}, {"versioning": False}],
    "encryption": [
        {"encryption": "AES256"},
        {
            "encryption": "aws:kms",
            "encryption_key_id": KEY,
            "bucket_key_enabled": True,
        },
        {"encryption": "none"},
    ],
    "tags": [{"tags": {"a": "b", "n": 3}}, {"tags": {"a": "c"}}, {"tags": {}}],
    "ownership": [
        {"ownership": "ObjectWriter"},
        {"ownership": "BucketOwnerPreferred"},
        {"ownership": "none"},
    ],
    "public_access_block": [
        {"public_access_block": {"block_public_acls": True}},
        {
            "public_access": {
                "block_public_acls": False,
                "block_public_policy": True,
            }
        },
        {"public_access_block": {}},
    ],
    "acl": [{"acl": "public-read"}, {"acl": "private"}],
    "policy": [
        {"policy": policy("NAME", "s3:GetObject")},
        {"policy": policy("NAME", "s3:GetObject", "s3:GetObjectVersion")},
        {"policy": {}},
    ],
    "cors_rules": [
        {"cors_rules": [{"allowed_origins": ["*"], "allowed_methods": ["GET"]}]},
        {
            "cors_rules": [
                {
                    "id": "two",
                    "allowed_origins": [
                        "https://b.example.com",
                        "https://a.example.com",
                    ],
                    "allowed_methods": ["PUT", "get"],
                    "allowed_headers": ["*"],
                    "expose_headers": ["ETag"],
                    "max_age_seconds": 10,
                },
                {"allowed_origins": ["*"], "allowed_methods": ["GET"]},
            ]
        },
        {"cors_rules": []},
    ],
    "lifecycle_rules": [
        {
            "lifecycle_rules": [
                {"prefix": "tmp/", "expiration_days": 3},
                {"abort_incomplete_multipart_upload_days": 2},
            ]
        },
        {
            "lifecycle_rules": [
                {
                    "rule_id": "all of it",
                    "status": "disabled",
                    "prefix": "x",
                    "tags": {"a": "b", "c": "d"},
                    "transitions": [
                        {"transition_days": 30, "storage_class": "GLACIER"}
                    ],
                    "noncurrent_version_expiration_days": 4,
                    "noncurrent_version_transitions": [
                        {"transition_days": 30, "storage_class": "GLACIER"}
                    ],
                },
                {"prefix": "d/", "expiration_date": "2030-01-01"},
                {"prefix": "e/", "expire_object_delete_marker": True},
            ]
        },
        {"lifecycle_rules": []},
    ],
    "lifecycle_rules, of sizes and numbers": [
        {
            "lifecycle_rules": [
                {
                    "prefix": "x",
                    "object_size_greater_than": 5,
                    "object_size_less_than": 500,
                    "transitions": [
                        {"transition_days": 30, "storage_class": "GLACIER"}
                    ],
                    "noncurrent_version_expiration_days": 4,
                    "noncurrent_version_keep_newer": 2,
                    "noncurrent_version_transitions": [
                        {
                            "transition_days": 30,
                            "keep_newer": 3,
                            "storage_class": "GLACIER",
                        }
                    ],
                }
            ]
        },
        {
            "lifecycle_rules": [
                {"object_size_less_than": 7, "expiration_days": 1},
                {
                    "object_size_greater_than": 6,
                    "transitions": [
                        {"transition_date": "2030-01-01", "storage_class": "GLACIER"},
                        {"transition_days": 0, "storage_class": "DEEP_ARCHIVE"},
                    ],
                },
            ]
        },
        {"lifecycle_rules": []},
    ],
    "website": [
        {"website": {"index": "index.html"}},
        {
            "website": {
                "suffix": "start.html",
                "error": "error.html",
                "redirects": [
                    {
                        "key_prefix": "old/",
                        "replace_key_prefix": "new/",
                        "status": "301",
                    },
                    {
                        "error_code": "404",
                        "protocol": "https",
                        "host": "www.example.com",
                        "replace_key": "missing.html",
                    },
                ],
            }
        },
        {"website": {"redirect_all_requests": "https://www.example.com"}},
        {"website": {}},
    ],
    "logging": [
        {"logging": {"target_bucket": "NAME", "target_prefix": "log/"}},
        {"logging": {"target_bucket": "NAME"}},
        {"logging": {}},
    ],
    "notifications": [
        {
            "notifications": [
                {
                    "arn": "arn:aws:sqs:us-east-1:123456789012:queue",
                    "events": ["s3:ObjectCreated:*"],
                }
            ]
        },
        {
            "notifications": [
                {
                    "arn": "arn:aws:sns:us-east-1:123456789012:topic",
                    "events": ["s3:ObjectRemoved:*", "s3:ObjectCreated:*"],
                    "prefix": "a",
                    "suffix": ".b",
                },
                {
                    "id": "mine",
                    "arn": "arn:aws:lambda:us-east-1:123456789012:function:work",
                    "events": ["s3:ObjectCreated:*"],
                },
            ]
        },
        {"notifications": []},
    ],
    "notifications, to the bridge": [
        {"notifications": [{"arn": "eventbridge"}]},
        {
            "notifications": [
                {"arn": "eventbridge"},
                {
                    "arn": "arn:aws:sqs:us-east-1:123456789012:queue",
                    "events": ["s3:ObjectCreated:*"],
                },
            ]
        },
        {"notifications": []},
    ],
    "requester_pays": [{"requester_pays": True}, {"requester_pays": False}],
    "accelerate": [{"accelerate": True}, {"accelerate_enabled": False}],
    "replication": [
        {
            "replication": {
                "role": ROLE,
                "rules": [{"destination_bucket": "NAME-there"}],
            }
        },
        {"replication": {}},
    ],
    "replication, of a part": [
        {
            "replication": {
                "role": ROLE,
                "rules": [
                    {
                        "id": "one",
                        "priority": 3,
                        "prefix": "a/",
                        "destination_bucket": "arn:aws:s3:::NAME-there",
                        "destination_account": "123456789012",
                        "storage_class": "STANDARD_IA",
                        "replica_kms_key_id": KEY,
                        "delete_markers": True,
                    }
                ],
            }
        },
        {
            "replication": {
                "role": ROLE,
                "rules": [
                    {
                        "status": "disabled",
                        "tags": {"a": "b", "c": "d"},
                        "destination_bucket": "NAME-there",
                    },
                    {"priority": 1, "destination_bucket": "NAME-there"},
                ],
            }
        },
        {"replication": {}},
    ],
    "object_lock_default_retention": [
        {"object_lock_default_retention": {"mode": "GOVERNANCE", "days": 1}},
        {"object_lock_default_retention": {"mode": "COMPLIANCE", "years": 1}},
        {"object_lock_default_retention": {}},
    ],
}

#: What moto takes and forgets, or does not have; each with its answer where there is none.
FORGOTTEN: dict[str, tuple[str, Answer | bytes]] = {
    "requester_pays": (
        "requestPayment",
        b"<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
    ),
    "lifecycle_rules, of sizes and numbers": (
        "lifecycle",
        Answer(404, "NoSuchLifecycleConfiguration"),
    ),
    "notifications, to the bridge": ("notification", b"<NotificationConfiguration/>"),
    "replication, of a part": (
        "replication",
        Answer(404, "ReplicationConfigurationNotFoundError"),
    ),
}

#: Settings that SeaweedFS has. Its ownership cannot be taken away.
WEED = (
    "versioning",
    "encryption",
    "tags",
    "acl",
    "policy",
    "cors_rules",
    "lifecycle_rules",
    "object_lock_default_retention",
)


class Bucket:
    """A bucket of the test's own, which is not there yet, and means to look at it and by the server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"longshore-{uuid.uuid4().hex[:16]}"
        self.s3 = self.client("s3")

    def client(self, service: str) -> t.Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.server.port}",
            region_name=self.server.region,
            aws_access_key_id=self.server.key,
            aws_secret_access_key=self.server.secret,
        )

    def endpoint(self) -> dict[str, t.Any]:
        return {
            "id": "S3",
            "endpoint": f"http://127.0.0.1:{self.server.port}",
            "key": self.server.key,
            "secret": self.server.secret,
            "container": self.name,
        }

    def exists(self) -> bool:
        return self.name in [b["Name"] for b in self.s3.list_buckets()["Buckets"]]

    def discard(self) -> None:
        if self.exists():
            keep(provider=self.endpoint(), state="absent", force=True)


def fixed(value: t.Any, name: str) -> t.Any:
    """A value for the bucket of that name."""
    return json.loads(json.dumps(value).replace("NAME", name))


@pytest.fixture()
def bucket(moto: Moto) -> t.Iterator[Bucket]:
    made = Bucket(moto)
    yield made
    made.discard()


@pytest.fixture()
def weed(seaweedfs: SeaweedFS) -> t.Iterator[Bucket]:
    made = Bucket(seaweedfs)
    yield made
    made.discard()


@pytest.fixture()
def front(moto: Moto) -> t.Iterator[S3Front]:
    with S3Front(moto.port) as made:
        yield made


def through(front: t.Any, bucket: Bucket) -> t.Any:
    return by_way(front, bucket)


def prepare(case: str, bucket: Bucket, provider: t.Any) -> None:
    """What a setting stands on."""
    before: dict[str, t.Any] = {}
    if case.startswith("object_lock"):
        before = {"object_lock": True}
    if case.startswith("replication"):
        before = {"versioning": True}
        there = f"{bucket.name}-there"
        bucket.s3.create_bucket(Bucket=there)
        bucket.s3.put_bucket_versioning(
            Bucket=there, VersioningConfiguration={"Status": "Enabled"}
        )
    if case.startswith("notifications"):
        bucket.client("sqs").create_queue(QueueName="queue")
        bucket.client("sns").create_topic(Name="topic")
    keep(provider=provider, **before)
    if case == "logging":
        # by other means: moto understands this policy only as it is written here
        bucket.s3.put_bucket_policy(
            Bucket=bucket.name, Policy=json.dumps(log_delivery(bucket.name))
        )


def log_delivery(name: str) -> dict[str, t.Any]:
    written = policy(name, "s3:PutObject")
    written["Statement"][0]["Principal"] = {"Service": "logging.s3.amazonaws.com"}
    return written


def goes_all_the_way(case: str, bucket: Bucket, provider: t.Any) -> None:
    setting = case.partition(",")[0]
    prepare(case, bucket, provider)
    previous: t.Any = None
    for number, value in enumerate(fixed(VALUES[case], bucket.name)):
        check = keep(provider=provider, check=True, diff=True, **value)
        run = keep(provider=provider, diff=True, **value)
        again = keep(provider=provider, diff=True, **value)
        for result in (check, run):
            change = result.values["settings"][setting]
            assert result.changed and set(result.values["settings"]) == {setting}
            shown = result.values["diff"]
            assert shown["before"] == {"state": "present", setting: change["before"]}
            assert shown["after"] == {"state": "present", setting: change["after"]}
        assert check.values["settings"] == run.values["settings"]
        if number:
            assert without_zeros(change["before"]) == previous
        previous = change["after"]
        assert not again.changed and not again.values["settings"]
        assert again.values["requests"] == 2
        nothing = again.values["diff"]
        assert nothing["before"] == nothing["after"] == {"state": "present"}
    assert previous in (None, False, "private")


def without_zeros(value: t.Any) -> t.Any:
    """A server may say of a time that was not set that it is 0."""
    if isinstance(value, list):
        return [
            {k: v for k, v in item.items() if (k, v) != ("max_age_seconds", 0)}
            for item in value
        ]
    return value


@pytest.mark.parametrize("case", VALUES)
def test_a_setting_on_moto(case: str, bucket: Bucket, front: S3Front) -> None:
    if case in FORGOTTEN:
        resource, absent = FORGOTTEN[case]
        front.kept[resource] = absent
    goes_all_the_way(case, bucket, through(front, bucket))


@pytest.mark.parametrize("case", WEED)
def test_a_setting_on_seaweedfs(case: str, weed: Bucket) -> None:
    goes_all_the_way(case, weed, weed.endpoint())


def test_all_settings_at_once_for_a_new_bucket(bucket: Bucket, front: S3Front) -> None:
    provider = through(front, bucket)
    all_of_them: dict[str, t.Any] = {"object_lock": True}
    for case, values in VALUES.items():
        if case not in FORGOTTEN and case not in ("acl", "logging", "replication"):
            all_of_them |= fixed(values[0], bucket.name)
    bucket.client("sqs").create_queue(QueueName="queue")
    check = keep(provider=provider, check=True, diff=True, **all_of_them)
    assert check.values["created"] and not bucket.exists()
    run = keep(provider=provider, diff=True, **all_of_them)
    for name in ("changed", "created", "settings", "diff"):
        assert check.values[name] == run.values[name]
    assert run.values["diff"]["before"] == {"state": "absent"}
    again = keep(provider=provider, **all_of_them)
    assert not again.changed and not again.values["created"]


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
