# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Bytes that are kept under their own digest, and one object that is replaced only as it was read.

What is committed in one step is built of these two: everything else is written first and never changed.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
import zlib

from .._drivers._base import Attributes, IfAbsent, IfMatch, Store
from .._errors import ConditionFailedError, LongshoreError, ObjectMissingError

#: What ``pack`` makes.
PACKED = Attributes("application/zlib")


def pack(data: bytes) -> tuple[str, bytes]:
    """The name of ``data``, its SHA-256 in hex, and its compressed form: equal data has one name whatever zlib made of it."""
    return hashlib.sha256(data).hexdigest(), zlib.compress(data, 6)


def unpack(name: str, packed: bytes) -> bytes:
    """The data of that name. Raises ``ValueError``, which says what it is instead."""
    try:
        data = zlib.decompress(packed)
    except zlib.error as exc:
        raise ValueError(f"cannot be decompressed ({exc})") from None
    if hashlib.sha256(data).hexdigest() != name:
        raise ValueError("has another content than its name says")
    return data


def is_digest(name: object) -> bool:
    """Whether something of ours may be called so."""
    return (
        isinstance(name, str)
        and len(name) == 64
        and set(name) <= set("0123456789abcdef")
    )


def read_document(
    data: bytes, version: int, what: str, failure: type[LongshoreError]
) -> dict[str, t.Any]:
    """A JSON document of ``version`` or an older one; ``what`` it is goes into errors.

    Raises ``ValueError`` for what is none, and ``failure`` for a newer one.
    """
    try:
        document = json.loads(data)
        found = int(document["version"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise ValueError("is not readable") from None
    if found > version:
        raise failure(
            f"The destination's {what} has version {found}, and this one understands {version}.",
            hint="Update the collection on this host.",
        )
    return t.cast("dict[str, t.Any]", document)


def replace_object(store: Store, key: str, data: bytes, etag: str | None) -> str | None:
    """Replace a JSON document that still has ``etag`` (None: that is not there); its etag from now on.

    Where the store has no conditional writes it is compared just before. Raises
    ``ConditionFailedError``.
    """
    conditional = store.features.conditional_write
    condition = IfAbsent() if etag is None else IfMatch(etag)
    if not conditional and _etag_of(store, key) != etag:
        raise ConditionFailedError(
            f"replace {key!r}", store.endpoint.place, "it is another one now"
        )
    info = store.write(
        key,
        data,
        Attributes("application/json"),
        condition=condition if conditional else None,
    )
    return info.etag


def _etag_of(store: Store, key: str) -> str | None:
    try:
        return store.stat(key).info.etag
    except ObjectMissingError:
        return None
