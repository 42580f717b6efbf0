# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    MissingLibraryError,
)
from ansible_collections.longshore.storage.plugins.module_utils._providers import (
    PROVIDERS,
)

#: A base64 text serves as a secret of every provider.
SECRET = "c2VjcmV0LW9mLW5vYm9keQ=="

BY_FAMILY = {
    "azure": "AzureStore",
    "google": "GcsStore",
    "local": "LocalStore",
    "memory": "MemoryStore",
    "oss": "LibcloudStore",
    "s3": "S3Store",
    "swift": "LibcloudStore",
}


def endpoint(provider: str, **fields: t.Any) -> Endpoint:
    container = "/no/such/folder" if provider == "LOCAL" else "site-of-nobody"
    if PROVIDERS[provider].needs_host:
        fields = {"host": "127.0.0.1", "port": 9, "secure": False} | fields
    keys = {} if provider == "GOOGLE_STORAGE" else {"key": "A", "secret": SECRET}
    return Endpoint(provider, container, **(keys | fields))


def opened(one: Endpoint) -> str:
    with open_store(one) as store:
        assert store.endpoint == one
        return type(store).__name__


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str], None]:
    """Make a library impossible to import."""

    def hide(library: str) -> None:
        monkeypatch.setitem(sys.modules, library, None)

    return hide


@pytest.mark.parametrize("provider", sorted({*PROVIDERS} - {"BACKBLAZE_B2"}))
def test_every_provider_has_its_driver(provider: str) -> None:
    assert opened(endpoint(provider)) == BY_FAMILY[PROVIDERS[provider].family]


def test_backblaze_is_refused_by_libclouds_driver_with_a_way_out() -> None:
    with pytest.raises(ConfigurationError, match="use S3 with endpoint"):
        open_store(endpoint("BACKBLAZE_B2"))


def test_google_with_hmac_keys_goes_through_libcloud() -> None:
    hmac = endpoint("GOOGLE_STORAGE", key="GOOG1EXAMPLE", secret=SECRET)
    assert opened(hmac) == "LibcloudStore"


def test_libcloud_stands_in(without: t.Callable[[str], None]) -> None:
    without("boto3")
    without("obstore")
    assert opened(endpoint("S3")) == "LibcloudStore"
    assert opened(endpoint("AZURE_BLOBS")) == "LibcloudStore"


@pytest.mark.parametrize(
    ("provider", "library"),
    [("S3", "boto3"), ("AZURE_BLOBS", "obstore"), ("GOOGLE_STORAGE", "obstore")],
)
def test_libcloud_cannot_stand_in_without_credentials(
    without: t.Callable[[str], None], provider: str, library: str
) -> None:
    without(library)
    with pytest.raises(MissingLibraryError) as caught:
        open_store(endpoint(provider, secret=None))
    assert caught.value.libraries == (library,)
    assert provider in str(caught.value)


@pytest.mark.parametrize(
    ("provider", "library"),
    [("S3", "boto3"), ("AZURE_BLOBS", "obstore"), ("CLOUDFILES", "apache-libcloud")],
)
def test_no_library_at_all(
    without: t.Callable[[str], None], provider: str, library: str
) -> None:
    for name in ("boto3", "obstore", "libcloud"):
        without(name)
    with pytest.raises(MissingLibraryError) as caught:
        open_store(endpoint(provider))
    assert f"pip install {library}" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_local_and_memory_need_no_library(
    without: t.Callable[[str], None], tmp_path: Path
) -> None:
    for name in ("boto3", "obstore", "libcloud"):
        without(name)
    assert opened(Endpoint("LOCAL", str(tmp_path))) == "LocalStore"
    assert opened(Endpoint("MEMORY", "x")) == "MemoryStore"
