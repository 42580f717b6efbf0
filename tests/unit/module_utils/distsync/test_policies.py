# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents say, and that nothing else is in them."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._actions import (
    BUCKET_ACTIONS,
    OBJECT_ACTIONS,
    matches,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._policy import (
    normalise_policy,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identities import (
    user_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identity import (
    AccessKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._layout import (
    ARTIFACTS,
    FEED,
    PREFIXES,
    RELEASES,
    STATUS,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._policies import (
    Policy,
    host_policy,
    reader_policy,
    same_policy,
    uploader_policy,
)

BUCKET = "distsync-503aa718-89cc-488c-ae82-0d8f6d08ed1c"
DOCUMENTS: dict[str, Policy] = {
    "uploader": uploader_policy(BUCKET),
    "reader": reader_policy(BUCKET),
    "reporting reader": reader_policy(BUCKET, reports=True),
    "host": host_policy(BUCKET, "0a1b" * 10),
}


def allowed(policy: Policy, key: str | None, bucket: str = BUCKET) -> set[str]:
    """Every known action on an object, or on the bucket itself, that the document allows."""
    arn = f"arn:aws:s3:::{bucket}" + ("" if key is None else f"/{key}")
    return {
        action
        for action in (BUCKET_ACTIONS if key is None else OBJECT_ACTIONS)
        for statement in policy["Statement"]
        if any(matches(one, arn) for one in statement["Resource"])
        and any(matches(one, action) for one in statement["Action"])
    }


PARTS = {"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
LIST = {"s3:ListBucket"}
GET, PUT, DELETE = {"s3:GetObject"}, {"s3:PutObject"}, {"s3:DeleteObject"}
NOTHING: set[str] = set()

#: Key (None: the bucket) -> what the uploader, the reader and the reporting reader may do.
TABLE: list[tuple[str | None, set[str], set[str], set[str]]] = [
    (None, LIST, LIST, LIST),
    (ARTIFACTS + "0a1b", PUT | DELETE | PARTS, GET, GET),
    (RELEASES + "0a1b", GET | PUT | DELETE, GET, GET),
    (FEED + "stable", GET | PUT, GET, GET),
    (STATUS + "0a1b", GET, NOTHING, PUT),
    (".longshore/manifest", NOTHING, NOTHING, NOTHING),
    ("artifacts", NOTHING, NOTHING, NOTHING),
    ("other/artifacts/0a1b", NOTHING, NOTHING, NOTHING),
]


@pytest.mark.parametrize("key, uploader, reader, reporting", TABLE)
def test_what_is_allowed(
    key: str | None, uploader: set[str], reader: set[str], reporting: set[str]
) -> None:
    assert allowed(DOCUMENTS["uploader"], key) == uploader
    assert allowed(DOCUMENTS["reader"], key) == reader
    assert allowed(DOCUMENTS["reporting reader"], key) == reporting


def test_a_host_may_do_what_a_reader_may_and_write_its_own_status() -> None:
    host, own = DOCUMENTS["host"], STATUS + "0a1b" * 10
    for key, _uploader, reader, _reporting in TABLE:
        assert allowed(host, key) == reader
    assert allowed(host, own) == PUT
    for other in (own + "0", own + "/x", own[:-1], STATUS, STATUS + "0a1c" * 10):
        assert not allowed(host, other)


def test_the_table_has_every_prefix() -> None:
    keys = [key for key, *_rest in TABLE if key]
    assert all(any(key.startswith(prefix) for key in keys) for prefix in PREFIXES)


@pytest.mark.parametrize("policy", DOCUMENTS.values(), ids=DOCUMENTS.keys())
class TestDocument:
    def test_has_no_action_beyond_the_table(self, policy: Policy) -> None:
        actions = {one for s in policy["Statement"] for one in s["Action"]}
        known = LIST | GET | PUT | DELETE | PARTS
        assert actions <= known | {"s3:List*"}

    def test_of_no_other_bucket(self, policy: Policy) -> None:
        # also not of one whose name begins with, or goes on after, this one's
        for other in ("other", BUCKET + "-2", BUCKET[:-1]):
            assert not allowed(policy, None, other)
            assert not any(allowed(policy, p + "x", other) for p in PREFIXES)

    def test_fits_into_an_inline_policy(self, policy: Policy) -> None:
        # of a user Amazon takes 2,048 characters, blanks aside
        longest = json.loads(json.dumps(policy).replace(BUCKET, "b" * 63))
        assert len(re.sub(r"\s", "", json.dumps(longest))) <= 2048

    def test_is_equal_however_it_is_written(self, policy: Policy) -> None:
        rewritten = {
            "Statement": [
                {
                    name: (
                        value[0] if isinstance(value, list) and not value[1:] else value
                    )
                    for name, value in reversed(statement.items())
                }
                for statement in reversed(policy["Statement"])
            ],
            "Version": "2012-10-17",
        }
        assert same_policy(policy, rewritten)

    def test_differs_with_one_action_more(self, policy: Policy) -> None:
        wider: dict[str, t.Any] = json.loads(json.dumps(policy))
        wider["Statement"][0]["Action"].append("s3:DeleteBucket")
        assert not same_policy(policy, wider)

    def test_is_valid(self, policy: Policy) -> None:
        # a bucket's policy is one with principals
        statements = [{**s, "Principal": "*"} for s in policy["Statement"]]
        assert normalise_policy({**policy, "Statement": statements}, BUCKET)


def test_arns_are_of_the_partition() -> None:
    for policy in (
        uploader_policy(BUCKET, partition="aws-cn"),
        reader_policy(BUCKET, partition="aws-cn"),
        host_policy(BUCKET, "0a1b" * 10, partition="aws-cn"),
    ):
        arns = [arn for s in policy["Statement"] for arn in s["Resource"]]
        assert all(arn.startswith(f"arn:aws-cn:s3:::{BUCKET}") for arn in arns)


@pytest.mark.parametrize("role", ["uploader", "reader"])
def test_user_names(role: str) -> None:
    assert user_name(BUCKET, role) == f"{BUCKET}-{role}"
    long = "b" * 62
    names = {user_name(long + end, role) for end in "xyz"}
    assert len(names) == 3
    assert all(len(name) == 64 and name.endswith(f"-{role}") for name in names)


def test_a_key_does_not_show_itself() -> None:
    key = AccessKey("AKIAEXAMPLE", "a-secret")
    assert "AKIA" not in f"{key} {key!r}" and "secret" not in f"{key} {key!r}"
