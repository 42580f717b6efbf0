# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""What goes wrong with lists of chunks, and with files that are put together from them."""

from __future__ import annotations

from .._errors import LongshoreError


class IndexFormatError(LongshoreError):
    """It is not a list of chunks that can be read here: another format, cut, or altered."""


class AssemblyError(LongshoreError):
    """What was fetched does not make the file that the index describes."""

    def __init__(self, fault: str) -> None:
        super().__init__(
            f"The new version cannot be put together from the old one and what was fetched: {fault}.",
            hint="Nothing of it is in use. Fetch the whole file; if that fails too, publish it again.",
        )
