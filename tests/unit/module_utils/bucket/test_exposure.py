# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._exposure import (
    Verdict,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._exposure import (
    judge as judge_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._gcs_policy import (
    granted,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._policy import (
    normalise_policy,
)

OBJECTS = "arn:aws:s3:::www/*"
BUCKET = "arn:aws:s3:::www"
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
CUSTOMERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def judge(settings: t.Mapping[str, t.Any], family: str = "s3") -> Verdict:
    return judge_of(family, settings)


def policy(*statements: t.Mapping[str, t.Any]) -> t.Any:
    return normalise_policy({"Statement": list(statements)}, "www")


def allow(
    action: t.Any = "s3:GetObject",
    resource: t.Any = OBJECTS,
    principal: t.Any = "*",
    condition: t.Any = None,
    **more: t.Any,
) -> dict[str, t.Any]:
    made = {
        "Sid": "It",
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource,
        "Condition": condition or {},
    } | more
    return {name: value for name, value in made.items() if value is not None}


def public(*statements: t.Mapping[str, t.Any]) -> t.Sequence[str]:
    return judge({"policy": policy(*statements)}).public


def test_nothing_is_private() -> None:
    assert judge({}) == Verdict()
    assert judge({"policy": None, "acl": "private"}) == Verdict()
    assert judge({"website": {"index": "index.html"}}) == Verdict()


# -- what everybody may do

ALL = ("list", "read", "write", "manage", "inspect")
ACTIONS: t.Mapping[str, tuple[dict[str, t.Any], t.Sequence[str]]] = {
    "read": (allow(), ("read",)),
    "read versions": (allow("s3:GetObjectVersion"), ("read",)),
    "list": (allow("s3:ListBucket", BUCKET), ("list",)),
    "list versions": (allow("s3:ListBucketVersions", BUCKET), ("list",)),
    "write": (allow("s3:PutObject"), ("write",)),
    "delete": (allow("s3:DeleteObjectVersion"), ("write",)),
    "rights of objects": (allow("s3:PutObjectAcl"), ("manage",)),
    "settings": (allow("s3:PutBucketPolicy", BUCKET), ("manage",)),
    "delete the bucket": (allow("s3:DeleteBucket", BUCKET), ("manage",)),
    "see settings": (allow("s3:GetBucketPolicy", BUCKET), ("inspect",)),
    "see rights": (allow("s3:GetObjectAcl"), ("inspect",)),
    "see tags": (allow("s3:GetObjectTagging"), ("inspect",)),
    "see parts": (allow("s3:ListMultipartUploadParts"), ("inspect",)),
    "get": (allow("s3:Get*"), ("read", "inspect")),
    "all of objects": (allow("s3:*"), ("read", "write", "manage", "inspect")),
    "all of the bucket": (allow("s3:*", BUCKET), ("list", "manage", "inspect")),
    "all": (allow("s3:*", [BUCKET, OBJECTS]), ALL),
    "all by a pattern": (allow("*", f"{BUCKET}*"), ALL),
    "any resource": (allow("*", "*"), ALL),
    "all but some": (
        allow(None, "*", NotAction=["s3:Put*", "s3:Delete*", "s3:*Bucket*"]),
        ("read", "write", "manage", "inspect"),
    ),
    "all but one resource": (
        allow("s3:GetObject", None, NotResource=f"{BUCKET}/private/*"),
        ("read",),
    ),
    "object action on the bucket": (allow("s3:GetObject", BUCKET), ()),
    "bucket action on objects": (allow("s3:ListBucket", OBJECTS), ()),
    "an unknown action": (allow("s3:PutSomethingNew"), ("manage",)),
    "an unknown pattern": (allow("s3:GetSomethingNew*"), ("inspect",)),
}


@pytest.mark.parametrize(("statement", "kinds"), ACTIONS.values(), ids=ACTIONS)
def test_what_everybody_may_do(
    statement: dict[str, t.Any], kinds: t.Sequence[str]
) -> None:
    assert public(statement) == tuple(kinds)


# -- who is everybody

PRINCIPALS: t.Mapping[str, tuple[dict[str, t.Any], bool]] = {
    "all": (allow(principal="*"), True),
    "all of AWS": (allow(principal={"AWS": "*"}), True),
    "among others": (allow(principal={"AWS": ["*", "123456789012"]}), True),
    "all but one": (allow(principal=None, NotPrincipal={"AWS": "123456789012"}), True),
    "an account": (allow(principal={"AWS": "123456789012"}), False),
    "a service": (allow(principal={"Service": "cloudfront.amazonaws.com"}), False),
    "all services": (allow(principal={"Service": "*"}), True),
    "a canonical user": (allow(principal={"CanonicalUser": "79a59df9"}), False),
    "nobody": (allow(Effect="Deny"), False),
}


@pytest.mark.parametrize(
    ("statement", "is_public"), PRINCIPALS.values(), ids=PRINCIPALS
)
def test_who_is_everybody(statement: dict[str, t.Any], is_public: bool) -> None:
    assert bool(public(statement)) is is_public


# -- what narrows it

NARROWS: t.Mapping[str, t.Any] = {
    "addresses": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}},
    "an address": {"IpAddress": {"aws:sourceip": "192.0.2.7"}},
    "the widest": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
    "a network": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
    "like, but fixed": {"StringLike": {"aws:SourceVpce": "vpce-1"}},
    "an organisation": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    "an account": {"StringEquals": {"aws:SourceAccount": 123456789012}},
    "a role": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/a"}},
    "a source": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:1:topic"}},
    "a user": {"StringEquals": {"aws:userid": "AIDAEXAMPLE"}},
    "any of them": {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-1/r-1/"}},
    "access points": {
        "ArnLike": {
            "s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:123456789012:accesspoint/*"
        }
    },
    "one of two": {
        "StringEquals": {"aws:SourceVpc": "vpc-1"},
        "Bool": {"aws:SecureTransport": True},
    },
}
NARROWS_NOTHING: t.Mapping[str, t.Any] = {
    "all addresses": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    "half of them": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1"]}},
    "wide": {"IpAddress": {"aws:SourceIp": "16.0.0.0/7"}},
    "wide IPv6": {"IpAddress": {"aws:SourceIp": "2001::/31"}},
    "one of them wide": {"IpAddress": {"aws:SourceIp": ["192.0.2.7", "::/0"]}},
    "no address": {"IpAddress": {"aws:SourceIp": "everywhere"}},
    "all but": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
    "all other networks": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
    "a wildcard": {"StringLike": {"aws:SourceVpc": "vpc-*"}},
    "one of them a wildcard": {"StringLike": {"aws:SourceVpc": ["vpc-1", "*"]}},
    "a variable": {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}},
    "if there is one": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}},
    "all of none": {"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-1"}},
    "encryption on the way": {"Bool": {"aws:SecureTransport": "true"}},
    "the browser": {"StringEquals": {"aws:UserAgent": "secret"}},
    "the page before": {"StringLike": {"aws:Referer": "https://example.com/*"}},
    "the prefix": {"StringEquals": {"s3:prefix": "public/"}},
    "access points of anybody": {
        "ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}
    },
    "a pattern of roles": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}},
}


@pytest.mark.parametrize("condition", NARROWS.values(), ids=NARROWS)
def test_fixed_values_narrow(condition: t.Any) -> None:
    assert public(allow(condition=condition)) == ()


@pytest.mark.parametrize("condition", NARROWS_NOTHING.values(), ids=NARROWS_NOTHING)
def test_all_else_is_public(condition: t.Any) -> None:
    assert public(allow(condition=condition)) == ("read",)


def test_one_public_statement_is_enough_and_denials_do_not_count() -> None:
    narrow = allow(condition=NARROWS["a network"], Sid="Narrow")
    wide = allow("s3:ListBucket", BUCKET, Sid="Wide")
    deny = allow("s3:*", "*", Effect="Deny", Sid="No")
    verdict = judge({"policy": policy(narrow, wide, deny)})
    assert verdict.public == ("list",)
    assert verdict.reasons == ("policy: statement 'Wide' lets everybody list",)


# -- ACLs

ACLS: t.Mapping[str, tuple[t.Any, t.Sequence[str]]] = {
    "private": ("private", ()),
    "public-read": ("public-read", ("list",)),
    "public-read-write": ("public-read-write", ("list", "write")),
    "authenticated-read": ("authenticated-read", ("list",)),
    "log-delivery-write": ("log-delivery-write", ()),
    "grants": (
        [
            {"grantee": EVERYBODY, "permission": "READ_ACP"},
            {"grantee": CUSTOMERS, "permission": "WRITE_ACP"},
            {"grantee": LOGS, "permission": "WRITE"},
        ],
        ("manage", "inspect"),
    ),
    "everything": (
        [{"grantee": EVERYBODY, "permission": "FULL_CONTROL"}],
        ("list", "write", "manage", "inspect"),
    ),
    "others": ([{"grantee": "79a59df9", "permission": "FULL_CONTROL"}], ()),
}


@pytest.mark.parametrize(("acl", "kinds"), ACLS.values(), ids=ACLS)
def test_acls(acl: t.Any, kinds: t.Sequence[str]) -> None:
    assert judge({"acl": acl}).public == tuple(kinds)


# -- what holds it back

BLOCKS = (
    *("block_public_acls", "ignore_public_acls"),
    *("block_public_policy", "restrict_public_buckets"),
)


def block(*names: str) -> dict[str, bool]:
    return {name: name in names for name in BLOCKS}


@pytest.mark.parametrize(
    ("settings", "kinds", "prevented"),
    [
        ({}, ("list", "read"), ()),
        (
            {"public_access_block": block("restrict_public_buckets")},
            ("list",),
            ("restrict_public_buckets",),
        ),
        (
            {"public_access_block": block("ignore_public_acls")},
            ("read",),
            ("ignore_public_acls",),
        ),
        (
            {"public_access_block": block("block_public_acls", "block_public_policy")},
            ("list", "read"),
            (),
        ),
        ({"ownership": "BucketOwnerEnforced"}, ("read",), ("BucketOwnerEnforced",)),
        ({"ownership": "ObjectWriter"}, ("list", "read"), ()),
        (
            {"public_access_block": block(*BLOCKS)},
            (),
            ("restrict_public_buckets", "ignore_public_acls"),
        ),
    ],
)
def test_what_holds_it_back(
    settings: dict[str, t.Any], kinds: t.Sequence[str], prevented: t.Sequence[str]
) -> None:
    verdict = judge({"policy": policy(allow()), "acl": "public-read", **settings})
    assert verdict.public == kinds
    assert len(verdict.reasons) == len(kinds)
    assert len(verdict.prevented) == len(prevented)
    for text, what in zip(verdict.prevented, prevented, strict=True):
        assert what in text


def test_a_website_shows_what_may_be_read() -> None:
    website = {"website": {"index": "index.html"}}
    shown = judge({"policy": policy(allow()), **website})
    assert shown.public == ("read",) and shown.reasons[1].startswith("website: ")
    hidden = judge({"acl": "public-read", **website})
    assert hidden.public == ("list",) and len(hidden.reasons) == 1
    redirect = {"website": {"redirect_all_requests": "https://example.com"}}
    assert len(judge({"policy": policy(allow()), **redirect}).reasons) == 1


# -- other providers

GRANTS: t.Mapping[str, tuple[str, t.Any, t.Sequence[str]]] = {
    "Azure, container": ("azure", "public-read", ("list", "read")),
    "Azure, blobs": ("azure", "public-read-objects", ("read",)),
    "Azure, private": ("azure", "private", ()),
    "Swift": ("swift", "public-read", ("list", "read")),
    "Swift, objects": ("swift", "public-read-objects", ("read",)),
    "Swift, referrers": (
        "swift",
        [{"grantee": ".r:*.example.com", "permission": "READ"}],
        ("read",),
    ),
    "Swift, all but a referrer": (
        "swift",
        [
            {"grantee": ".r:-.example.com", "permission": "READ"},
            {"grantee": ".rlistings", "permission": "READ"},
        ],
        ("list",),
    ),
    "Swift, all users": (
        "swift",
        [
            {"grantee": "*:*", "permission": "READ"},
            {"grantee": "*:*", "permission": "WRITE"},
        ],
        ("list", "read", "write"),
    ),
    "Swift, a project": ("swift", [{"grantee": "p:*", "permission": "WRITE"}], ()),
    "Google": ("google", "public-read", ("list",)),
    "Google, writing": ("google", "public-read-write", ("list", "write")),
    "Google, all who log in": (
        "google",
        [{"grantee": "allAuthenticatedUsers", "permission": "OWNER"}],
        ("list", "write", "manage", "inspect"),
    ),
    "Google, a user": ("google", [{"grantee": "user-a", "permission": "OWNER"}], ()),
}


@pytest.mark.parametrize(("family", "acl", "kinds"), GRANTS.values(), ids=GRANTS)
def test_acls_elsewhere(family: str, acl: t.Any, kinds: t.Sequence[str]) -> None:
    assert judge({"acl": acl}, family).public == tuple(kinds)


@pytest.mark.parametrize(
    ("role", "member", "kinds"),
    [
        ("roles/storage.objectViewer", "allUsers", ("list", "read")),
        ("roles/storage.objectCreator", "allAuthenticatedUsers", ("write",)),
        ("projects/p/roles/own", "allUsers", ALL),
        ("roles/storage.admin", "user:me@example.com", ()),
        ("roles/storage.admin", "domain:example.com", ()),
    ],
)
def test_bindings_of_google(role: str, member: str, kinds: t.Sequence[str]) -> None:
    settings: dict[str, t.Any] = {
        "policy": {"bindings": [{"role": role, "members": [member]}]}
    }
    assert judge(settings, "google").public == tuple(kinds)
    held_back = settings | {"public_access_block": dict.fromkeys(BLOCKS, True)}
    assert judge(held_back, "google").public == ()
    assert len(judge(held_back, "google").prevented) == bool(kinds)


@pytest.mark.parametrize("member", ("allUsers", "allAuthenticatedUsers"))
def test_what_an_acl_would_mirror_is_seen_where_there_is_none(member: str) -> None:
    """Of a bucket with uniform access, whose policy alone grants anything."""
    role = "roles/storage.legacyBucketReader"
    answered = {"bindings": [{"role": role, "members": [member, "projectViewer:p"]}]}
    settings = {
        "policy": granted(answered, uniform=True),
        "ownership": "BucketOwnerEnforced",
    }
    verdict = judge(settings, "google")
    assert verdict.public == ("list", "inspect")
    assert verdict.reasons[0].startswith(f"policy: {role} lets everybody")


def test_what_is_shown_whatever_the_acl_says() -> None:
    website: dict[str, t.Any] = {"acl": "private", "website": {"index": "i.html"}}
    assert judge(website, "azure").public == ("read",)
    assert judge(website, "swift").public == ()
    assert judge({"acl": "private", "cdn": True}, "swift").public == ("read",)
    assert judge({"acl": "private", "cdn": False}, "swift").public == ()
