# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which family of stores speaks which dialect."""

from __future__ import annotations

import typing as t

from ._libcloud_dialect import Dialect
from ._libcloud_dialect_azure import AzureDialect
from ._libcloud_dialect_s3 import GoogleDialect, OssDialect, S3Dialect
from ._libcloud_dialect_swift import SwiftDialect

_DIALECTS: t.Final[t.Mapping[str, type[Dialect]]] = {
    "s3": S3Dialect,
    "azure": AzureDialect,
    "google": GoogleDialect,
    "swift": SwiftDialect,
    "oss": OssDialect,
}


def dialect_of(family: str) -> Dialect:
    """The dialect of a family of :mod:`.._providers`; ``KeyError`` for one that has none."""
    return _DIALECTS[family]()
