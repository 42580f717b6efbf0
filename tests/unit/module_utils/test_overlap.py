# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._overlap import (
    overlaps,
    same_place,
)


def s3(container: str = "site", provider: str = "S3", **fields: object) -> Endpoint:
    return Endpoint(provider, container, **fields)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (s3(), s3(key="A", secret="B", prefix="x/")),
        (s3(), s3(provider="S3_EU_WEST")),
        (s3(), s3(host="s3.eu-west-1.amazonaws.com")),
        (s3(host="h", port=9000), s3(provider="MINIO", host="h", port=9000)),
        (s3(host="h", port=443), s3(host="h", port=80, secure=False)),
        (s3(host="h"), s3(host="h", secure=False)),
        (s3(host="localhost", port=1), s3(host="127.0.0.1", port=1)),
        (s3(host="::1", port=1), s3(host="127.0.0.1", port=1)),
        (
            s3(provider="DIGITALOCEAN_SPACES"),
            s3(host="nyc3.digitaloceanspaces.com", region="us-east-1"),
        ),
        (s3(provider="GOOGLE_STORAGE"), s3(host="storage.googleapis.com")),
        (
            s3(provider="AZURE_BLOBS", key="acct"),
            s3(provider="AZURE_BLOBS", key="acct", host="acct.blob.core.windows.net"),
        ),
        (
            s3(provider="CLOUDFILES", key="A"),
            s3(provider="CLOUDFILES", key="A", region="ord"),
        ),
        (
            s3(provider="OPENSTACK_SWIFT", host="h", key="A", project="P"),
            s3(provider="OPENSTACK_SWIFT", host="h", key="B", project="P"),
        ),
        (Endpoint("MEMORY", "x"), Endpoint("MEMORY", "x")),
    ],
)
def test_one_place_written_in_two_ways(a: Endpoint, b: Endpoint) -> None:
    for pair in ((a, b), (b, a)):
        assert same_place(*pair)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (s3(), s3("other")),
        (s3(), s3(host="h")),
        (s3(), s3(provider="S3_CN_NORTH")),
        (s3(host="h", port=1), s3(host="h", port=2)),
        (s3(provider="SCALEWAY"), s3(provider="SCALEWAY", region="nl-ams")),
        (
            s3(provider="AZURE_BLOBS", key="acct"),
            s3(provider="AZURE_BLOBS", key="other"),
        ),
        (
            s3(provider="CLOUDFILES", key="A", region="lon"),
            s3(provider="CLOUDFILES", key="A", region="ord"),
        ),
        (s3(), Endpoint("LOCAL", "/site")),
        (Endpoint("MEMORY", "x"), Endpoint("MEMORY", "y")),
        (s3(provider="BACKBLAZE_B2"), s3(provider="ALIYUN_OSS")),
    ],
)
def test_two_places(a: Endpoint, b: Endpoint) -> None:
    for pair in ((a, b), (b, a)):
        assert not same_place(*pair)
    assert not overlaps(a, b)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", True),
        ("", "web/", True),
        ("web/", "web/", True),
        ("web/", "web/old/", True),
        ("web/", "web2/", False),
        ("a/", "b/", False),
    ],
)
def test_prefixes(a: str, b: str, expected: bool) -> None:
    assert overlaps(s3(prefix=a), s3(prefix=b)) is expected
    assert overlaps(s3(prefix=b), s3(prefix=a)) is expected


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "site/old").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "site")

    def folder(name: str, prefix: str = "") -> Endpoint:
        return Endpoint("LOCAL", str(tmp_path / name), prefix=prefix)

    assert same_place(folder("site"), folder("link"))
    assert not same_place(folder("site"), folder("site2"))
    assert overlaps(folder("site"), folder("link/old"))
    assert overlaps(folder("link/old"), folder("site"))
    assert overlaps(folder("site"), folder(".", "site/old/"))
    assert not overlaps(folder("site"), folder("site2"))
    assert not overlaps(folder("site", "a/"), folder("site", "b/"))
    assert overlaps(Endpoint("LOCAL", "/"), folder("site"))


@given(
    st.lists(st.sampled_from(["a", "b"]), max_size=4),
    st.lists(st.sampled_from(["a", "b"]), max_size=4),
)
def test_a_store_and_a_file_system_agree(one: list[str], two: list[str]) -> None:
    prefixes = ["".join(f"{name}/" for name in names) for names in (one, two)]
    a, b = (s3(prefix=prefix) for prefix in prefixes)
    c, d = (Endpoint("LOCAL", "/no/such", prefix=prefix) for prefix in prefixes)
    assert overlaps(a, b) == overlaps(c, d)
