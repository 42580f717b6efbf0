# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What providers demand of an endpoint."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from tests.unit.module_utils.endpoints import (
    AZURE,
    KEYS,
    SECRET,
    SITE,
    parse,
    refusal,
    s3,
)

# --- ids


@pytest.mark.parametrize(
    ("written", "provider", "region"),
    [
        ("s3", "S3", None),
        ("S3_eu_West", "S3_EU_WEST", None),
        ("libcloud.storage.types.Provider.GOOGLE_STORAGE", "GOOGLE_STORAGE", None),
        ("libcloud.storage.types.Provider.S3_US_STANDARD_HOST", "S3", "us-east-1"),
        ("libcloud.storage.types.Provider.S3_EU_WEST_HOST", "S3_EU_WEST", None),
        ("S3_US_WEST_HOST", "S3_US_WEST", None),
        ("S3_US_WEST_OREGON_HOST", "S3_US_WEST_OREGON", None),
        ("S3_AP_SOUTHEAST_HOST", "S3_AP_SOUTHEAST", None),
        ("S3_AP_NORTHEAST_HOST", "S3_AP_NORTHEAST", None),
        ("s3_us_west_oregon", "S3_US_WEST_OREGON", None),
        ("s3_eu_west_2", "S3_EU_WEST2", None),
        ("S3_EU_WEST3", "S3", "eu-west-3"),
        ("CLOUDFIULES_US", "CLOUDFILES", "ord"),
        ("CLOUDFIULES_UK", "CLOUDFILES", "lon"),
        ("CLOUDFILES_US", "CLOUDFILES", "ord"),
        ("cloudfiles_uk", "CLOUDFILES", "lon"),
        ("gcs", "GOOGLE_STORAGE", None),
        ("b2", "BACKBLAZE_B2", None),
        ("Google Storage", "GOOGLE_STORAGE", None),
        ("openstack-swift", "OPENSTACK_SWIFT", None),
        ("CLOUDFILES_SWIFT", "OPENSTACK_SWIFT", None),
    ],
)
def test_ids(written: str, provider: str, region: str | None) -> None:
    fields = {**KEYS, "id": written, "container": "my-site"}
    if provider == "OPENSTACK_SWIFT":
        fields["endpoint"] = "http://127.0.0.1:8080"
    endpoint = parse(fields)
    assert (endpoint.provider, endpoint.region) == (provider, region)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("S3_EU_WST", ["'S3_EU_WST'", "S3_EU_WEST", "Did you mean"]),
        ("GOOGLE_STORGE", ["GOOGLE_STORAGE"]),
        ("qqq", ["'qqq'", "Providers are", "S3", "AZURE_BLOBS", "LOCAL"]),
        ("NIMBUS", ["Nimbus.io", "gone", "Use S3"]),
        ("libcloud.storage.types.Provider.NINEFOLD", ["closed", "Use S3"]),
        ("AWS", ["Use S3"]),
        ("dummy", ["test double", "MEMORY"]),
        ("R2", ["S3", "r2.cloudflarestorage.com"]),
        ("libcloud.compute.types.Provider.S3", ["libcloud.storage.types.Provider"]),
        ("Provider.S3", ["libcloud.storage.types.Provider"]),
        ("libcloud.storage.types.Provider.", ["neither a provider"]),
        ("mysit", ["Did you mean mysite?"]),
    ],
)
def test_refused_ids(written: str, words: list[str]) -> None:
    text = refusal(s3(id=written), providers={"mysite": SITE})
    assert text.startswith("destination: ")
    assert all(word in text for word in words), text


def test_no_id() -> None:
    assert "no provider is named" in refusal({"container": "site"})
    assert "no provider is named" in refusal({"id": "", "container": "site"})


def test_a_region_that_contradicts_the_id() -> None:
    assert "'eu-west-1'" in refusal(s3(id="S3_EU_WEST", region="us-east-1"))
    assert "'us-east-1'" in refusal(s3(id="S3_US_STANDARD_HOST", region="eu-west-1"))
    assert "the id CLOUDFILES with" in refusal(s3(id="CLOUDFILES_UK", region="ord"))
    assert parse(s3(id="S3_EU_WEST", region="eu-west-1")).region == "eu-west-1"


# --- local containers


def test_local_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    for fields, path in [
        ({"container": "/srv/site/"}, "/srv/site"),
        ({"container": "~/site"}, "/home/someone/site"),
        ({"key": "/srv", "container": "site", "secret": "x\n"}, "/srv/site"),
        ({"key": "~", "container": "site"}, "/home/someone/site"),
        ({"user": "/srv", "key": "unused", "bucket": "site"}, "/srv/site"),
    ]:
        assert parse({"id": "LOCAL", **fields}) == Endpoint("LOCAL", path)
    assert parse({"id": "local", "container": "/a", "prefix": "b"}).prefix == "b/"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"container": "site"},
        {"container": "/"},
        {"container": "/srv/.."},
        {"container": "~no-such-user-here"},
        {"key": "/srv", "container": "a/b"},
        {"key": "/srv", "container": ".."},
        {"key": "/srv", "container": "."},
        {"key": "/srv", "container": "/site"},
    ],
)
def test_refused_local_containers(fields: dict[str, str]) -> None:
    text = refusal({"id": "LOCAL", **fields})
    assert "container" in text or "home folder" in text


# --- credentials, addresses, names


def test_s3_without_credentials_leaves_them_to_the_sdk() -> None:
    assert parse({"id": "S3", "container": "site"}) == Endpoint("S3", "site")


@pytest.mark.parametrize(
    ("written", "missing"),
    [
        ({"id": "S3", "key": "A"}, "secret (the secret access key)"),
        ({"id": "MINIO", "secret": SECRET, "host": "h"}, "key (the access key id)"),
        ({"id": "S3", "token": SECRET}, "key (the access key id)"),
        ({"id": "S3", "user": "A", "key": ""}, "secret (the secret access key)"),
        ({"id": "GOOGLE_STORAGE", "key": "GOOG1"}, "secret ("),
        ({"id": "BACKBLAZE_B2", "key": "A"}, "secret (the application key)"),
        ({"id": "ALIYUN_OSS"}, "key (the AccessKey id)"),
        ({"id": "CLOUDFILES", "key": "A"}, "secret (the password or API key)"),
    ],
)
def test_missing_credentials(written: dict[str, str], missing: str) -> None:
    text = refusal({**written, "container": "my-site"})
    assert f"destination: {missing}" in text and "missing" in text


def test_credentials_that_may_be_left_out() -> None:
    assert parse({"id": "GOOGLE_STORAGE", "bucket": "site"}).key is None
    key_file = '{\n  "type": "service_account"\n}\n'
    google = parse({"id": "GOOGLE_STORAGE", "bucket": "site", "secret": key_file})
    assert google.secret == key_file
    account = {"id": "GOOGLE_STORAGE", "bucket": "site", "key": "~/account.json"}
    assert parse(account).key == "~/account.json"
    for name in ("key", "secret"):
        # The environment may have them, and so may a token.
        assert getattr(parse({**AZURE, name: None}), name) is None
    assert parse({"id": "MEMORY", "container": "x"}) == Endpoint("MEMORY", "x")


@pytest.mark.parametrize("provider", ["MINIO", "S3_RGW", "OPENSTACK_SWIFT"])
def test_a_provider_that_can_be_anywhere_needs_a_host(provider: str) -> None:
    assert "host is missing" in refusal(s3(id=provider))
    assert parse(s3(id=provider, host="h")).host == "h"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        (s3(container="My_Site"), "lower case"),
        (s3(container="a"), "3 to 63"),
        (s3(container="a/b", host="h"), "3 to 255"),
        ({**AZURE, "container": "a_b"}, "hyphens"),
        ({**AZURE, "id": "CLOUDFILES", "container": "a/b"}, "slash"),
        ({**AZURE, "id": "CLOUDFILES", "container": "ü" * 129}, "256 bytes"),
        (s3(id="SCALEWAY", container="-a-"), "letter or digit"),
    ],
)
def test_invalid_containers(fields: dict[str, object], word: str) -> None:
    text = refusal(fields)
    assert repr(fields["container"]) in text and word in text


def test_servers_of_ones_own_are_laxer_than_amazon() -> None:
    assert parse(s3(container="My_Site", host="h")).container == "My_Site"


# --- an account, and containers that the caller checks


def account(value: t.Any, **fields: str) -> Endpoint:
    return parse_endpoint(
        value,
        option="provider",
        providers={"site": SITE},
        default_provider=None,
        fields=fields,
        any_container=True,
    )


def test_an_endpoint_without_container_is_the_account() -> None:
    written = {"id": "S3", **KEYS}
    assert account(written) == Endpoint("S3", "", key="AKIDEXAMPLE", secret=SECRET)
    assert account({"id": "site", "container": ""}) == account(written)
    assert account("site").container == "site"
    assert account(written).place == "the account of S3"
    assert "container is missing" in refusal(written)


def test_the_account_of_local_is_its_base_folder() -> None:
    base = account({"id": "LOCAL", "key": "/srv/", "prefix": "a"})
    assert base == Endpoint("LOCAL", "", "a/", key="/srv")
    assert base.place == "folder '/srv'"
    assert account({"id": "LOCAL", "key": "/srv"}, container="x").container == "/srv/x"
    with pytest.raises(ConfigurationError, match="container is missing"):
        account({"id": "LOCAL"})


def test_the_caller_checks_the_containers_name() -> None:
    assert account({"id": "S3", **KEYS}, container="Old_Bucket").container
    assert "Old_Bucket" in refusal({"id": "S3", **KEYS, "container": "Old_Bucket"})
