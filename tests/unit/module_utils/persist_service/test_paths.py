# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which paths a request can mean."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._persist._mounts import (
    mounts_in,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._failures import (
    ServiceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._mounts import (
    mounted_volumes,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._paths import (
    Allowed,
    normal,
    path_of_url,
)
from tests.unit.module_utils.persist_service.test_environment import MOUNTS

NAMES = st.binary(min_size=1, max_size=20).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b"..")
)


@settings(max_examples=50)
@given(st.lists(NAMES, min_size=1, max_size=5))
def test_any_name_comes_back(names: list[bytes]) -> None:
    path = b"/" + b"/".join(names)
    assert os.fsencode(path_of_url(quote(path).encode())) == path
    assert path_of_url(quote(path).encode() + b"/") == os.fsdecode(path)


@settings(max_examples=100)
@given(st.text(st.sampled_from("/.%2eEfF5ac\0"), max_size=30))
def test_nothing_leads_up(text: str) -> None:
    try:
        path = path_of_url(text.encode())
    except ServiceError as error:
        assert error.code == "bad_request"
        return
    assert path == os.path.normpath(path) and "\0" not in path
    assert ".." not in path.split("/")
    assert normal(path) == path


def test_links_and_what_is_no_file(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "below").mkdir(parents=True)
    (root / "file").touch()
    (root / "out").symlink_to("/etc")
    (root / "in").symlink_to("below")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    allowed = Allowed([str(root)])

    def code(path: str, must_exist: bool = True) -> str:
        with pytest.raises(ServiceError) as caught:
            allowed.check(path, must_exist=must_exist)
        return caught.value.code

    for name in ("", "/below", "/file", "/in/../file"):
        path = os.path.normpath(f"{root}{name}")
        assert allowed.check(path, must_exist=True) == path
    assert allowed.check(f"{root}/in/new", must_exist=False)
    for name in ("out", "in", "loop", "pipe"):
        assert code(f"{root}/{name}", False) == "bad_request"
    assert code(f"{root}/out/hosts") == code(f"{root}/out/new", False) == "forbidden"
    assert code(f"{root}x") == code(str(tmp_path)) == code("/") == "forbidden"
    assert code(f"{root}/new") == code(f"{root}/file/new") == "not_found"
    assert code(f"{root}/loop/new") in ("not_found", "forbidden", "failed")


def test_the_system_mounts_no_volumes() -> None:
    mounts = list(mounts_in(MOUNTS.strip().splitlines()))
    private = ["/var/lib/longshore-persistence", "/secrets/token"]
    assert mounted_volumes(mounts, private) == [
        "/srv/a b",
        "/var/www",
        "/var/www/more",
    ]
