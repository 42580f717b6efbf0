# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Keys and attributes as obstore has them, and which of them it cannot hold."""

from __future__ import annotations

import re
import typing as t

from ._base import HEADERS, Attributes

#: The names, in lower case, that obstore does not take for metadata.
_NOT_METADATA: t.Final = {
    *(name.lower() for name in HEADERS.values()),
    "storage-class",
}


def to_obstore_attributes(attributes: Attributes) -> dict[str, str]:
    """Our attributes as obstore's ``put`` takes them."""
    result = {
        name: value
        for field, name in HEADERS.items()
        if (value := getattr(attributes, field)) is not None
    }
    result.update(attributes.metadata)
    return result


def from_obstore_attributes(attributes: t.Mapping[str, str]) -> Attributes:
    """What obstore's ``get`` tells of an object, as our attributes."""
    return Attributes(
        **{field: attributes.get(name) for field, name in HEADERS.items()},
        metadata={
            name.lower(): value
            for name, value in attributes.items()
            if name.lower() not in _NOT_METADATA
        },
    )


def attribute_fault(attributes: Attributes) -> str | None:
    """Why the attributes cannot travel as HTTP headers (obstore would panic); None when they can."""
    for field in HEADERS:
        if not _fits_header(getattr(attributes, field) or ""):
            return f"its {field} has a character that no HTTP header can hold"
    for name, value in attributes.metadata.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            return f"its metadata name {name!r} can be no HTTP header"
        if name.lower() in _NOT_METADATA:
            return f"its metadata name {name!r} is that of an attribute"
        if not _fits_header(value):
            return (
                f"its metadata {name!r} has a value that no HTTP header can hold: "
                "only printable ASCII, without spaces at the ends"
            )
    return None


def _fits_header(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip(" ")


def key_fault(key: str) -> str | None:
    """Why obstore cannot hold an object of exactly this key; None when it can."""
    if any(ord(character) < 0x20 or character == "\x7f" for character in key):
        return "the key has a control character"
    for segment in key.split("/"):
        if not segment:
            return "the key has an empty part: a / at an end, or //"
        if segment in (".", ".."):
            return f"the key has the part {segment!r}"
    return None if is_unicode(key) else "the key is not valid Unicode"


def is_unicode(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
