# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The part of S3's rules that says which objects they are for."""

from __future__ import annotations

import typing as t

from ._s3_setting import Fields, filled, tag_set, tags_of

_SIZES: t.Final[t.Mapping[str, str]] = {
    "object_size_greater_than": "ObjectSizeGreaterThan",
    "object_size_less_than": "ObjectSizeLessThan",
}


def read_filter(rule: Fields) -> dict[str, t.Any]:
    """A rule's ``prefix``, ``tags`` and sizes, those that it has."""
    found = rule.get("Filter") or {}
    inner = found.get("And") or found
    tags = inner.get("Tags") or ([inner["Tag"]] if inner.get("Tag") else [])
    fields = {"prefix": inner.get("Prefix", rule.get("Prefix")), "tags": tags_of(tags)}
    return filled(fields | {name: inner.get(theirs) for name, theirs in _SIZES.items()})


def filter_of(rule: Fields) -> Fields:
    """The same, as S3 wants it: one condition alone, several in an ``And``."""
    conditions: dict[str, t.Any] = {}
    if "prefix" in rule:
        conditions["Prefix"] = rule["prefix"]
    conditions |= {t_: rule[name] for name, t_ in _SIZES.items() if name in rule}
    tags = tag_set(rule.get("tags", {}))
    if len(conditions) + len(tags) > 1:
        return {"And": {**conditions, **({"Tags": tags} if tags else {})}}
    if tags:
        return {"Tag": tags[0]}
    return conditions or {"Prefix": ""}
