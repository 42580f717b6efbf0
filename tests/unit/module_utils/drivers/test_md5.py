# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What servers tell of an object's MD5."""

from __future__ import annotations

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._md5 import (
    hex_md5,
    info_of,
    md5_of,
)

MD5 = "0123456789abcdef" * 2


def test_md5_of() -> None:
    assert md5_of(MD5) == MD5
    for etag in (None, "", MD5 + "-1", MD5.upper(), MD5[1:], MD5 + "\n"):
        assert md5_of(etag) is None


def test_info_of() -> None:
    assert info_of("a", 1, f'"{MD5}"') == ObjectInfo("a", 1, MD5, MD5)
    assert info_of("a", 1, f"{MD5}-2") == ObjectInfo("a", 1, f"{MD5}-2")
    assert info_of("a", 1, None) == info_of("a", 1, '""') == ObjectInfo("a", 1)


def test_hex_md5() -> None:
    assert hex_md5("1B2M2Y8AsgTpgAmY7PhCfg==") == "d41d8cd98f00b204e9800998ecf8427e"
    assert hex_md5("") is hex_md5(None) is None
