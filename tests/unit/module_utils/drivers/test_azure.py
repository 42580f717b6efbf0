# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the Azure driver: where, who, and which keys."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers import (
    _azure,
    _azure_account,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

ENVIRONMENT = (
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_TOKEN",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCOUNT",
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("host", "port", "secure", "url"),
    (
        (None, None, True, "https://acct.blob.core.windows.net"),
        ("127.0.0.1", 10000, False, "http://127.0.0.1:10000/acct"),
        ("azurite", None, True, "https://azurite/acct"),
        (
            "acct.blob.core.windows.net",
            None,
            True,
            "https://acct.blob.core.windows.net",
        ),
        (
            "blob.core.usgovcloudapi.net",
            None,
            True,
            "https://acct.blob.core.usgovcloudapi.net",
        ),
    ),
)
def test_account_url(
    host: str | None, port: int | None, secure: bool, url: str
) -> None:
    endpoint = Endpoint("AZURE_BLOBS", "c", host=host, port=port, secure=secure)
    assert _azure_account.account_url(endpoint, "acct") == url


def test_credentials_of_the_endpoint_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "ZW52aXJvbm1lbnQ=")
    given: dict[tuple[str, str], tuple[str, str]] = {
        ("token", "?sv=1&sig=a%2Bb"): ("sas_token", "sv=1&sig=a%2Bb"),
        ("token", "sv=1&sig=a%2Bb"): ("sas_token", "sv=1&sig=a%2Bb"),
        ("token", "eyJ0.e30.x"): ("bearer_token", "eyJ0.e30.x"),
        ("secret", "c2VjcmV0"): ("access_key", "c2VjcmV0"),
    }
    for (field, value), expected in given.items():
        fields: dict[str, t.Any] = {field: value}
        endpoint = Endpoint("AZURE_BLOBS", "c", key="acct", **fields)
        assert _azure_account.find_credentials(endpoint) == expected


@pytest.mark.parametrize("name", ("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"))
def test_key_of_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "c2VjcmV0")
    endpoint = Endpoint("AZURE_BLOBS", "c", key="acct")
    assert _azure_account.find_credentials(endpoint) == ("access_key", "c2VjcmV0")


def test_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=x")
    endpoint = Endpoint("AZURE_BLOBS", "c", key="acct")
    assert _azure_account.find_credentials(endpoint) == ("sas_token", "sv=1&sig=x")


@pytest.mark.parametrize(
    ("token", "may"),
    (
        ("sv=1&sp=rwl&sig=r", True),
        ("sv=1&sp=wdlc&sig=r", False),
        ("sv=1&si=a-policy&sig=r", True),
        ("eyJ0.e30.x", True),
    ),
)
def test_who_may_read_may_copy(token: str, may: bool) -> None:
    endpoint = Endpoint("AZURE_BLOBS", "c", key="acct", token=token)
    store = _azure.AzureStore(endpoint)
    assert store.features.server_side_copy is may
    assert store.reaches(_azure.AzureStore(endpoint)) is may


def test_a_source_is_named_with_the_accounts_own_credentials() -> None:
    url = "https://acct.blob.core.windows.net/c/a%20b/%C3%BC%3F"
    account = _azure_account.find_account(
        Endpoint("AZURE_BLOBS", "c", key="acct", token="eyJ0.e30.x")
    )
    assert account.authorize_source("c", "a b/ü?") == {
        "x-ms-copy-source": url,
        "x-ms-copy-source-authorization": "Bearer eyJ0.e30.x",
    }
    account = _azure_account.find_account(
        Endpoint("AZURE_BLOBS", "c", key="acct", token="sv=1&sp=r&sig=a%2Bb")
    )
    source = account.authorize_source("c", "a b/ü?")
    assert source == {"x-ms-copy-source": f"{url}?sv=1&sp=r&sig=a%2Bb"}


@pytest.mark.parametrize(
    ("fields", "says"),
    (
        ({"key": "acct"}, "no credentials"),
        ({"secret": "c2VjcmV0"}, "account name"),
        ({"key": "acct", "secret": "not base64!"}, "not base64"),
    ),
)
def test_what_is_missing_or_wrong(fields: dict[str, t.Any], says: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        _azure.AzureStore(Endpoint("AZURE_BLOBS", "c", **fields))
    assert says in str(raised.value)
    assert fields.get("secret", "\0") not in str(raised.value)


@pytest.mark.parametrize(
    "key",
    (
        "a\\b",
        "name.",
        "folder./name",
        "a/../b",
        "./a",
        "x" * 1025,
        "a\uffff",
        "",
        "\udc80",
    ),
)
def test_keys_that_azure_would_change(key: str) -> None:
    store = _azure.AzureStore(Endpoint("AZURE_BLOBS", "c", key="a", secret="eA=="))
    assert store.fault_of_key(key)
    assert store.delete([key]).keys() == {key}
    assert store.requests.count == 0


@pytest.mark.parametrize("key", (".hidden", "a.b/c.d", "é" * 1024, " a ", "%25+?#&"))
def test_keys_that_azure_keeps(key: str) -> None:
    store = _azure.AzureStore(Endpoint("AZURE_BLOBS", "c", key="a", secret="eA=="))
    assert store.fault_of_key(key) is None
