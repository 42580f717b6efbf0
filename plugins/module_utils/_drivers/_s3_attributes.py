# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""An object's attributes, and a write's conditions, as the SDK's parameters."""

from __future__ import annotations

import re
import typing as t

from ._base import HEADERS, Attributes, Condition, IfAbsent

#: Our attributes, but for metadata -> the SDK's parameters.
_NAMES: t.Final = {field: name.replace("-", "") for field, name in HEADERS.items()}
_SETTINGS: t.Final = {
    "acl": "ACL",
    "storage_class": "StorageClass",
    "redirect": "WebsiteRedirectLocation",
}
#: What a header can carry.
_SENDABLE: t.Final = re.compile("[\x20-\x7e]*")


def read_attributes(answer: t.Mapping[str, t.Any]) -> Attributes:
    """The attributes in the SDK's answer."""
    return Attributes(
        **{field: answer.get(name) for field, name in _NAMES.items()},
        metadata={
            name.lower(): value for name, value in answer.get("Metadata", {}).items()
        },
    )


def attribute_parameters(attributes: Attributes) -> dict[str, t.Any]:
    """The attributes as the SDK's parameters."""
    found: dict[str, t.Any] = {
        name: value
        for field, name in (*_NAMES.items(), *_SETTINGS.items())
        if (value := getattr(attributes, field)) is not None
    }
    if attributes.metadata:
        found["Metadata"] = dict(attributes.metadata)
    return found


def metadata_fault(attributes: Attributes) -> str | None:
    """Why the metadata would not come back as it is; None when it would."""
    for name, value in attributes.metadata.items():
        if not value or value != value.strip():
            return f"the value of metadata {name!r} is empty or has spaces at its ends, which HTTP headers lose"
    return None


def setting_fault(attributes: Attributes) -> str | None:
    """Why a setting cannot be sent; None when all can. Servers blame the signature instead."""
    for name in sorted(attributes.settings):
        if not _SENDABLE.fullmatch(getattr(attributes, name)):
            return f"{name} has characters other than printable ASCII, which must be percent-encoded in an address"
    return None


def condition_parameters(condition: Condition | None) -> dict[str, str]:
    if condition is None:
        return {}
    if isinstance(condition, IfAbsent):
        return {"IfNoneMatch": "*"}
    return {"IfMatch": f'"{condition.etag}"'}
