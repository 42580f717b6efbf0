# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""OpenStack's words."""

from __future__ import annotations

import json

from ._libcloud_dialect import (
    PAGE,
    Dialect,
    Page,
    Position,
    Request,
    md5_bytes,
    with_prefix,
)
from ._md5 import info_of


class SwiftDialect(Dialect):
    """OpenStack's, of Cloud Files and KT Cloud too."""

    metadata_prefix = "X-Object-Meta-"

    def key_fault(self, key: str) -> str | None:
        if "\0" in key:
            return "Swift takes no NUL in a key"
        return super().key_fault(key)

    def metadata_fault(self, name: str, value: str) -> str | None:
        if "_" in name:
            return "would lose its _ to a -"
        return None if value else "has no value, and Swift drops such"

    def list_page(self, container: str, prefix: str, position: Position) -> Request:
        params = {"limit": PAGE, **position}
        return Request(
            "GET", self.container_path(container), with_prefix(params, prefix)
        )

    def read_page(self, body: bytes) -> Page:
        # Swift announces nothing: only an empty part is the last one.
        objects = []
        for entry in json.loads(body or b"[]"):
            size = int(entry["bytes"])
            objects.append(info_of(entry["name"], size, entry["hash"]))
        return Page(objects, {"marker": objects[-1].key} if objects else None)

    def digest_headers(self, body: bytes) -> dict[str, str]:
        return {"ETag": md5_bytes(body).hex()}
