# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Settings of a bucket of Google's that say who gets in."""

from __future__ import annotations

import typing as t

from .._errors import ConfigurationError
from ._described import Description, Setting, nested, one_of
from ._s3_setting import Fields
from ._service import Value

_PROVIDER: t.Final = "GOOGLE_STORAGE"

_BLOCKS: t.Final = (
    "block_public_acls",
    "ignore_public_acls",
    "block_public_policy",
    "restrict_public_buckets",
)

#: Canned ACL -> Google's predefined one, and what it grants beyond the project.
_CANNED: t.Final[t.Mapping[str, tuple[str, frozenset[tuple[str, str]]]]] = {
    "private": ("projectPrivate", frozenset()),
    "public-read": ("publicRead", frozenset({("allUsers", "READER")})),
    "public-read-write": ("publicReadWrite", frozenset({("allUsers", "WRITER")})),
    "authenticated-read": (
        "authenticatedRead",
        frozenset({("allAuthenticatedUsers", "READER")}),
    ),
}


def _block(written: Fields | None) -> Value:
    blocks = {name: bool((written or {}).get(name)) for name in _BLOCKS}
    if not any(blocks.values()):
        return None
    if not all(blocks.values()):
        raise ConfigurationError(
            f"public_access_block: {_PROVIDER} prevents all public access or none.",
            hint="Switch on all four, or none.",
        )
    return blocks


def _read_block(description: Description) -> Value:
    state = nested(description, "iamConfiguration", "publicAccessPrevention")
    return dict.fromkeys(_BLOCKS, True) if state == "enforced" else None


def _change_block(value: Value, _current: Value) -> dict[str, t.Any]:
    state = "inherited" if value is None else "enforced"
    return {"iamConfiguration": {"publicAccessPrevention": state}}


def _ownership(written: object) -> Value:
    if written in (None, "", "none"):
        return None
    # ACLs that count are what a bucket has that nobody said anything of.
    owner = one_of(
        _PROVIDER, "ownership", written, "BucketOwnerEnforced", "ObjectWriter"
    )
    return owner if owner == "BucketOwnerEnforced" else None


def _is_uniform(description: Description) -> bool:
    return bool(
        nested(description, "iamConfiguration", "uniformBucketLevelAccess", "enabled")
    )


def _change_ownership(value: Value, _current: Value) -> dict[str, t.Any]:
    uniform = {"enabled": value is not None}
    return {"iamConfiguration": {"uniformBucketLevelAccess": uniform}}


def _read_acl(description: Description) -> Value:
    """The canned ACL that grants the same, else all grants beyond the project."""
    owner = nested(description, "owner", "entity")
    grants = {
        (entry["entity"], entry["role"])
        for entry in description.get("acl") or ()
        if entry["entity"] != owner and not entry["entity"].startswith("project-")
    }
    for name, (_unused, granted) in _CANNED.items():
        if grants == granted:
            return name
    return [{"grantee": who, "permission": what} for who, what in sorted(grants)]


ACCESS: t.Final[t.Mapping[str, Setting]] = {
    "public_access_block": Setting(_block, _read_block, _change_block),
    "ownership": Setting(
        _ownership,
        lambda found: "BucketOwnerEnforced" if _is_uniform(found) else None,
        _change_ownership,
    ),
    "acl": Setting(
        lambda written: one_of(_PROVIDER, "acl", written, *_CANNED),
        _read_acl,
        lambda value, _current: {"predefinedAcl": _CANNED[value][0]},
    ),
}
