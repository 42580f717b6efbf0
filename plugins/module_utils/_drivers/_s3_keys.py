# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which keys no S3 server can hold, and which do not pass through XML."""

from __future__ import annotations

import re
import typing as t

#: Characters that XML 1.0 cannot carry or may change on the way, and that servers may change too.
FRAGILE: t.Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_MAX_BYTES: t.Final = 1024


def key_fault(key: str) -> str | None:
    """Why no S3 server can hold this key; None when one can."""
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        return "the key is not valid Unicode, and S3 keys are UTF-8"
    if not 1 <= length <= _MAX_BYTES:
        return f"the key has {length:,} bytes of UTF-8, and S3 keys have 1 to {_MAX_BYTES:,}"
    return None


def is_fragile(key: str) -> bool:
    """Whether the key has characters that do not pass through XML, or through some servers."""
    return FRAGILE.search(key) is not None
