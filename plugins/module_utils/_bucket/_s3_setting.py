# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a setting is for S3: two or three of the SDK's operations, and the way to and from the normal form."""

from __future__ import annotations

import hashlib
import itertools
import json
import typing as t
from dataclasses import dataclass

from .._errors import ConfigurationError
from .._fields import listed
from ._service import Value

#: An answer of the SDK, or parameters for it.
Fields = t.Mapping[str, t.Any]

#: Codes of errors that say that a setting is not set.
NOT_SET: t.Final = frozenset(
    {
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NoSuchTagSetError",
        "NoSuchWebsiteConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "OwnershipControlsNotFoundError",
        "ReplicationConfigurationNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)


@dataclass(frozen=True, slots=True)
class S3Setting:
    """``normalise`` takes what a user wrote, ``read`` the answer of ``get`` (empty where not set).

    ``params`` makes what ``put`` takes besides the bucket. A value that is None is ``delete``d,
    where that is an operation of its own.
    """

    normalise: t.Callable[[t.Any], Value]
    get: str
    read: t.Callable[[Fields], Value]
    put: str
    params: t.Callable[[t.Any], Fields]
    delete: str = ""


def switch(written: object) -> bool:
    """``normalise`` of what is on or off."""
    return bool(written)


def filled(written: Fields | None) -> dict[str, t.Any]:
    """The fields that somebody wrote something in."""
    return {k: v for k, v in (written or {}).items() if v not in (None, "", [], {})}


def exactly_one(setting: str, fields: Fields, names: t.Sequence[str]) -> None:
    """Raises ``ConfigurationError`` unless one of ``names``, and one only, is among the fields."""
    if sum(name in fields for name in names) != 1:
        raise ConfigurationError(
            f"{setting} needs exactly one of {listed(names, 'and')}."
        )


def required(setting: str, fields: Fields, *names: str) -> None:
    """Raises ``ConfigurationError`` that names the first of ``names`` that is missing."""
    for name in names:
        if name not in fields:
            raise ConfigurationError(f"{setting} needs {name}.")


def with_id(rule: dict[str, t.Any], name: str) -> dict[str, t.Any]:
    """The rule with an id made from its contents, where it has none: servers make one up otherwise."""
    text = json.dumps(rule, sort_keys=True)
    made = f"longshore-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return {name: made, **rule}


def by_id(
    setting: str, rules: t.Iterable[dict[str, t.Any]], name: str
) -> list[dict[str, t.Any]]:
    """The rules in the order of their ids. Raises ``ConfigurationError`` for an id used twice."""
    ordered = sorted(rules, key=lambda rule: str(rule[name]))
    for one, other in itertools.pairwise(ordered):
        if one[name] == other[name]:
            raise ConfigurationError(
                f"{setting}: two rules have the {name} {one[name]!r}."
            )
    return ordered


def tags_of(tag_set: t.Iterable[Fields]) -> dict[str, str]:
    """S3's list of tags as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in tag_set}


def tag_set(tags: t.Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as S3 has them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
