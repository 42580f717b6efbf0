# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The hashes of bytes that go by."""

from __future__ import annotations

import hashlib

from ._drivers._base import Digests


class Hashes:
    """SHA-256, and where that is of use MD5, of ``size`` bytes so far."""

    def __init__(self, *, md5: bool = True) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None
        self._sha256 = hashlib.sha256()
        self.size = 0

    def update(self, data: bytes | memoryview) -> None:
        if self._md5 is not None:
            self._md5.update(data)
        self._sha256.update(data)
        self.size += len(data)

    def mark(self) -> bytes:
        """32 bytes that tell all that has gone by from anything else."""
        return self._sha256.digest()

    def accept(self, data: bytes, mark: bytes) -> bool:
        """Whether ``mark`` is what it would be after ``data``, which then has gone by."""
        ahead = self._sha256.copy()
        ahead.update(data)
        if ahead.digest() != mark:
            return False
        self._sha256 = ahead
        if self._md5 is not None:
            self._md5.update(data)
        self.size += len(data)
        return True

    def digests(self) -> Digests:
        md5 = self._md5.hexdigest() if self._md5 is not None else None
        return Digests(md5, self._sha256.hexdigest())
