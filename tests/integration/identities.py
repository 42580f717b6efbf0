# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of servers of S3, and users of SeaweedFS, who may do less than everything."""

from __future__ import annotations

import json
import os
import typing as t

import boto3
import botocore.config

from tests.servers.moto import Moto
from tests.servers.seaweedfs import SeaweedFS

Server = Moto | SeaweedFS

#: A policy of IAM that allows whatever is done with objects and buckets.
EVERYTHING: t.Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}
        ],
    }
)


class Key(t.Protocol):
    """An access key."""

    @property
    def id(self) -> str: ...

    @property
    def secret(self) -> str: ...


def client_of(server: Server, service: str, key: Key | None = None) -> t.Any:
    """As the administrator, or with an access key."""
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name=server.region,
        aws_access_key_id=key.id if key else server.key,
        aws_secret_access_key=key.secret if key else server.secret,
        config=botocore.config.Config(
            s3={"addressing_style": "path"}, retries={"max_attempts": 1}
        ),
    )


def user_of(server: Server, statements: list[dict[str, t.Any]]) -> tuple[str, str]:
    """A user of SeaweedFS who may do this; the key and the secret."""
    iam = client_of(server, "iam")
    name = f"user-{os.urandom(6).hex()}"
    iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_user_policy(
        UserName=name, PolicyName="some", PolicyDocument=json.dumps(policy)
    )
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def appender_of(server: Server, bucket: str) -> tuple[str, str]:
    """One who may put, get and list in one bucket, and delete nothing."""
    place = f"arn:aws:s3:::{bucket}"
    statement = {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:GetObject", "s3:ListBucket"],
        "Resource": [place, f"{place}/*"],
    }
    return user_of(server, [statement])


def forbid(server: Server, key: str) -> None:
    """The user with this key may do nothing any more."""
    iam = client_of(server, "iam")
    for user in iam.list_users()["Users"]:
        keys = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        if key in [one["AccessKeyId"] for one in keys]:
            iam.delete_user_policy(UserName=user["UserName"], PolicyName="some")
