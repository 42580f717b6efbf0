# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Settings of S3 that say who may do what with a bucket."""

from __future__ import annotations

import json
import typing as t

from ._policy import canonical_policy, normalise_policy
from ._s3_setting import Fields, S3Setting
from ._service import Value

_BLOCKS: t.Final[t.Mapping[str, str]] = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}

_GROUPS: t.Final = "http://acs.amazonaws.com/groups/"
_EVERYBODY: t.Final = f"{_GROUPS}global/AllUsers"
_CUSTOMERS: t.Final = f"{_GROUPS}global/AuthenticatedUsers"
_LOGS: t.Final = f"{_GROUPS}s3/LogDelivery"

#: What a canned ACL grants, besides everything to the owner.
_CANNED: t.Final[t.Mapping[frozenset[tuple[str, str]], str]] = {
    frozenset(): "private",
    frozenset({(_EVERYBODY, "READ")}): "public-read",
    frozenset({(_EVERYBODY, "READ"), (_EVERYBODY, "WRITE")}): "public-read-write",
    frozenset({(_CUSTOMERS, "READ")}): "authenticated-read",
    frozenset({(_LOGS, "READ_ACP"), (_LOGS, "WRITE")}): "log-delivery-write",
}


def _read_policy(answer: Fields) -> Value:
    # the server's own document: whatever is in it, it is there
    text = answer.get("Policy")
    return canonical_policy(json.loads(text)) if text else None


def _block(written: t.Mapping[str, bool | None] | None) -> Value:
    # nothing blocked is as good as no configuration
    blocks = {name: bool((written or {}).get(name)) for name in _BLOCKS}
    return blocks if any(blocks.values()) else None


def _read_block(answer: Fields) -> Value:
    found = answer.get("PublicAccessBlockConfiguration", {})
    return _block({name: found.get(theirs) for name, theirs in _BLOCKS.items()})


def _block_params(value: Fields) -> Fields:
    blocks = {theirs: value[name] for name, theirs in _BLOCKS.items()}
    return {"PublicAccessBlockConfiguration": blocks}


def _ownership(written: str) -> Value:
    return None if written in ("none", "") else written


def _read_ownership(answer: Fields) -> Value:
    rules = answer.get("OwnershipControls", {}).get("Rules", ())
    return rules[0]["ObjectOwnership"] if rules else None


def _read_acl(answer: Fields) -> Value:
    """The canned ACL that grants the same, else all grants."""
    owner = answer.get("Owner", {}).get("ID")
    grants = set()
    for grant in answer.get("Grants", ()):
        grantee = grant["Grantee"]
        who = next(
            (grantee[n] for n in ("URI", "ID", "EmailAddress") if n in grantee), ""
        )
        if (who, grant["Permission"]) != (owner, "FULL_CONTROL"):
            grants.add((who, grant["Permission"]))
    canned = _CANNED.get(frozenset(grants))
    if canned is not None:
        return canned
    return [{"grantee": who, "permission": what} for who, what in sorted(grants)]


def access_settings(bucket: str) -> t.Mapping[str, S3Setting]:
    """The settings of the bucket of that name."""

    return {
        "policy": S3Setting(
            lambda written: normalise_policy(written, bucket),
            "get_bucket_policy",
            _read_policy,
            "put_bucket_policy",
            lambda value: {"Policy": json.dumps(value)},
            "delete_bucket_policy",
        ),
        **_SETTINGS,
    }


_SETTINGS: t.Final[t.Mapping[str, S3Setting]] = {
    "public_access_block": S3Setting(
        _block,
        "get_public_access_block",
        _read_block,
        "put_public_access_block",
        _block_params,
        "delete_public_access_block",
    ),
    "ownership": S3Setting(
        _ownership,
        "get_bucket_ownership_controls",
        _read_ownership,
        "put_bucket_ownership_controls",
        lambda value: {"OwnershipControls": {"Rules": [{"ObjectOwnership": value}]}},
        "delete_bucket_ownership_controls",
    ),
    "acl": S3Setting(
        str, "get_bucket_acl", _read_acl, "put_bucket_acl", lambda value: {"ACL": value}
    ),
}
