# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures: those that the SDK makes of the same requests."""

from __future__ import annotations

import datetime
import typing as t
from unittest import mock
from urllib.parse import quote, urlencode

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._sigv4 import (
    PAYLOAD,
    Signer,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)

MOMENT = datetime.datetime(2026, 11, 21, 5, 37, 4, tzinfo=datetime.UTC)
HOST = "bucket.s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize("token", [None, "a+token/=="])
@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("HEAD", "/feed/0123", {}),
        ("GET", "/a%20name%2Bmore~/x", {}),
        ("GET", "/", {"list-type": "2", "prefix": "a b/ü", "encoding-type": "url"}),
        ("PUT", "/status/1", {}),
    ],
)
def test_as_the_sdk_does(
    method: str, path: str, query: dict[str, str], token: str | None
) -> None:
    endpoint = Endpoint("S3", "bucket", key="AKID", secret="S3CR3T", token=token)
    signer = Signer(endpoint, "s3", "eu-west-1", HOST, MOMENT.timestamp)
    ours: dict[str, str] = {"Range": "bytes=0-9"}
    signer(method, path, dict(query), ours)

    sdk: t.Any = botocore
    url = f"https://{HOST}{path}"
    if query:
        url += "?" + urlencode(query, quote_via=quote)
    request = sdk.awsrequest.AWSRequest(method=method, url=url)
    credentials = sdk.credentials.Credentials("AKID", "S3CR3T", token)
    with mock.patch(
        "botocore.auth.get_current_datetime", return_value=MOMENT.replace(tzinfo=None)
    ):
        sdk.auth.S3SigV4Auth(credentials, "s3", "eu-west-1").add_auth(request)
    theirs = request.headers
    assert ours["Authorization"] == theirs["Authorization"]
    assert ours[PAYLOAD] == theirs["X-Amz-Content-SHA256"]
    assert ours.get("x-amz-security-token") == token
