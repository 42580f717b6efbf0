# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The MD5 of an object's content, as servers tell it: as its ETag, or in base64."""

from __future__ import annotations

import base64
import re

from ._base import ObjectInfo

_MD5 = re.compile("[0-9a-f]{32}")


def md5_of(etag: str | None) -> str | None:
    """The MD5 that an unquoted ETag may be."""
    # a length is looked at sooner than a pattern
    return etag if etag and len(etag) == 32 and _MD5.fullmatch(etag) else None


def info_of(key: str, size: int, etag: str | None) -> ObjectInfo:
    """An object of which the server tells this ETag, in quotes or not."""
    etag = (etag or "").strip('"') or None
    return ObjectInfo(key, size, etag, md5_of(etag))


def hex_md5(text: str | None) -> str | None:
    """The one that a header or listing has in base64; None where there is none."""
    return base64.b64decode(text).hex() if text else None
