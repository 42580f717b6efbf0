# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets of providers that have no settings, and folders."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._catalogue import (
    open_service,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._libcloud import (
    LibcloudBucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._local import (
    LocalBucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._libcloud_dialects import (
    dialect_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LocalWriteError,
)
from tests.integration.module import without

BOTH: dict[str, t.Any] = {"key": "key", "secret": "hidden"}


@pytest.mark.parametrize(
    ("provider", "fields", "kind"),
    (
        ("ALIYUN_OSS", BOTH, "LibcloudBucket"),
        ("GOOGLE_STORAGE", {**BOTH, "key": "GOOG1E"}, "LibcloudBucket"),
        ("GOOGLE_STORAGE", {"token": "hidden"}, "GcsBucket"),
        ("AZURE_BLOBS", {**BOTH, "secret": "c2VjcmV0"}, "AzureBucket"),
        ("OPENSTACK_SWIFT", {**BOTH, "host": "swift.example"}, "SwiftBucket"),
        ("KTUCLOUD", BOTH, "SwiftBucket"),
        ("CLOUDFILES", BOTH, "CloudFilesBucket"),
        ("LOCAL", {}, "LocalBucket"),
    ),
)
def test_who_serves_a_provider(
    provider: str, fields: dict[str, t.Any], kind: str
) -> None:
    with open_service(Endpoint(provider, "/bucket", **fields)) as service:
        assert type(service).__name__ == kind
        assert service.requests.count == 0


def test_libcloud_has_no_settings() -> None:
    with LibcloudBucket(Endpoint("ALIYUN_OSS", "site", **BOTH)) as bucket:
        assert bucket.settings == frozenset()
        said = "ALIYUN_OSS has no versioning"
        with pytest.raises(ConfigurationError, match=said):
            bucket.normalise("versioning", True)
        with pytest.raises(ConfigurationError, match=said):
            bucket.read("versioning")
        with pytest.raises(ConfigurationError, match=said):
            bucket.write("versioning", True, False)
        assert bucket.requests.count == 0


def test_backblaze_is_refused_with_a_way_out() -> None:
    """Also where libcloud, which would be of no use, is missing."""
    with pytest.raises(ConfigurationError, match="speaks S3"):
        open_service(Endpoint("BACKBLAZE_B2", "site-1", **BOTH))
    speaks = pytest.raises(ConfigurationError, match="speaks S3")
    with without("libcloud"), speaks:
        open_service(Endpoint("BACKBLAZE_B2", "site-1", **BOTH))


def test_memory_is_refused_with_a_way_out() -> None:
    with pytest.raises(ConfigurationError, match="MEMORY has no buckets") as refused:
        open_service(Endpoint("MEMORY", "site"))
    assert "LOCAL" in refused.value.hint


@pytest.mark.parametrize(
    ("family", "path", "params"),
    (
        ("azure", "/a%20b", {"restype": "container"}),
        ("google", "/a%20b", {}),
        ("oss", "/", {}),
        ("s3", "/a%20b", {}),
        ("swift", "/a%20b", {}),
    ),
)
def test_how_a_container_is_deleted(
    family: str, path: str, params: dict[str, str]
) -> None:
    request = dialect_of(family).delete_container("a b")
    assert (request.method, request.path) == ("DELETE", path)
    assert request.params == params


def test_a_folder_that_is_not_empty_stays(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    bucket = LocalBucket(Endpoint("LOCAL", str(tmp_path)))
    with pytest.raises(LocalWriteError, match="not empty"):
        bucket.delete()
    assert tmp_path.is_dir()


def test_a_folder_that_is_gone_is_deleted(tmp_path: Path) -> None:
    LocalBucket(Endpoint("LOCAL", str(tmp_path / "gone"))).delete()


def test_a_folder_has_a_url_and_nothing_else(tmp_path: Path) -> None:
    bucket = LocalBucket(Endpoint("LOCAL", str(tmp_path / "a b")))
    assert bucket.links()["cdn_url"].endswith("/a%20b")
    assert bucket.read("cdn") is True
    assert bucket.normalise("cdn", True) is True
    said = "LOCAL has no tags"
    with pytest.raises(ConfigurationError, match=said):
        bucket.normalise("tags", {})
    with pytest.raises(ConfigurationError, match=said):
        bucket.read("tags")
    with pytest.raises(ConfigurationError, match=said):
        bucket.write("tags", None, None)
