# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys no S3 server holds, and which do not pass through XML."""

from __future__ import annotations

from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_keys import (
    is_fragile,
    key_fault,
)


def test_key_fault() -> None:
    assert key_fault("é" * 512) is None
    for key in ("", "é" * 512 + "x", "\udcff"):
        assert key_fault(key)


def test_is_fragile() -> None:
    assert not is_fragile("größe & <b> +%25 \N{GRINNING FACE}")
    for character in "\0\n\r\t\x1b\x7f\x85\u2028\uffff":
        assert is_fragile(f"a{character}b")
