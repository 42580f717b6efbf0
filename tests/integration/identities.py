# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of SeaweedFS, who may do less than everything."""

from __future__ import annotations

import json
import os
import typing as t

import boto3


def iam_of(server: t.Any) -> t.Any:
    return boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=server.key,
        aws_secret_access_key=server.secret,
    )


def user_of(server: t.Any, statements: list[dict[str, t.Any]]) -> tuple[str, str]:
    """A user of SeaweedFS who may do this; the key and the secret."""
    iam = iam_of(server)
    name = f"user-{os.urandom(6).hex()}"
    iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_user_policy(
        UserName=name, PolicyName="some", PolicyDocument=json.dumps(policy)
    )
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def forbid(server: t.Any, key: str) -> None:
    """The user with this key may do nothing any more."""
    iam = iam_of(server)
    for user in iam.list_users()["Users"]:
        keys = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        if key in [one["AccessKeyId"] for one in keys]:
            iam.delete_user_policy(UserName=user["UserName"], PolicyName="some")
