# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every setting of an S3 bucket, and values for it."""

from __future__ import annotations

import json
import typing as t

from tests.integration.bucket_s3.conftest import Bucket
from tests.integration.buckets import Answer, keep

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


def fixed(value: t.Any, name: str) -> t.Any:
    """A value for the bucket of that name."""
    return json.loads(json.dumps(value).replace("NAME", name))


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
