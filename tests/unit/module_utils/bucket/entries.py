# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bucket may have in it."""

from __future__ import annotations

from ansible_collections.longshore.storage.plugins.module_utils._bucket._emptying import (
    Entry,
)


def objects(number: int) -> list[Entry]:
    return [Entry("objects", f"key-{index}") for index in range(number)]
