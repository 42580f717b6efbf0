# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The libcloud driver's parts that need no server: arguments, words of each family, bodies."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

import pytest
import requests

from ansible_collections.longshore.storage.plugins.module_utils._drivers import (
    _libcloud,
    _libcloud_client,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
    IfAbsent,
    IfMatch,
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._libcloud import (
    LibcloudStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._libcloud_dialect import (
    Dialect,
    Refusal,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._libcloud_dialects import (
    dialect_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._libcloud_open import (
    auth_service,
    driver_arguments,
    open_driver,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._requests import (
    RequestCounter,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

FAMILIES = ("s3", "azure", "google", "swift", "oss")


def _endpoint(provider: str, **fields: t.Any) -> Endpoint:
    return Endpoint(provider, "box", key="someone", secret="c2VjcmV0", **fields)


# Endpoint -> driver.


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("/auth", "1.0")),
        ({"project": "demo"}, ("", "3.x_password")),
        ({"auth": "/v1.0"}, ("", "1.0")),
        ({"auth": "/v3", "project": "demo"}, ("", "3.x_password")),
        ({"auth": "/identity/v3/"}, ("/identity", "3.x_password")),
        ({"auth": "keystone/main/v2.0"}, ("/keystone/main", "2.0_password")),
    ],
)
def test_auth_service(fields: dict[str, str], expected: tuple[str, str]) -> None:
    assert auth_service(_endpoint("OPENSTACK_SWIFT", **fields)) == expected


def test_auth_service_without_a_version() -> None:
    with pytest.raises(ConfigurationError, match="/identity'.*v3"):
        auth_service(_endpoint("OPENSTACK_SWIFT", auth="/identity"))


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (
            _endpoint("S3_EU_WEST"),
            ("s3", {"token": None, "region": "eu-west-1"}),
        ),
        (
            _endpoint("MINIO", host="::1", port=9000, secure=False),
            ("s3", {"token": None, "host": "[::1]", "port": 9000, "secure": False}),
        ),
        (
            _endpoint("SCALEWAY", region="nl-ams", token="t"),
            ("s3", {"token": "t", "host": "s3.nl-ams.scw.cloud", "port": None}),
        ),
        (
            _endpoint("AZURE_BLOBS", host="someone.blob.core.windows.net"),
            ("azure_blobs", {}),
        ),
        (
            _endpoint("AZURE_BLOBS", host="127.0.0.1", port=10000),
            ("azure_blobs", {"host": "127.0.0.1", "port": 10000}),
        ),
        (
            _endpoint("GOOGLE_STORAGE", project="demo"),
            ("google_storage", {"project": "demo"}),
        ),
        (
            _endpoint(
                "OPENSTACK_SWIFT", host="cloud", port=5000, project="p", region="r"
            ),
            (
                "openstack_swift",
                {
                    "ex_force_auth_url": "https://cloud:5000",
                    "ex_force_auth_version": "3.x_password",
                    "ex_tenant_name": "p",
                    "region": "r",
                },
            ),
        ),
        (
            _endpoint("KTUCLOUD"),
            (
                "openstack_swift",
                {
                    "ex_force_auth_url": "https://ssproxy.ucloudbiz.olleh.com/auth",
                    "ex_force_auth_version": "1.0",
                },
            ),
        ),
        (_endpoint("CLOUDFILES"), ("cloudfiles", {"region": "ord"})),
    ],
    ids=lambda value: value.provider if isinstance(value, Endpoint) else "",
)
def test_driver_arguments(
    endpoint: Endpoint, expected: tuple[str, dict[str, object]]
) -> None:
    constant, own = expected
    common = {"key": "someone", "secret": "c2VjcmV0", "secure": True}
    assert driver_arguments(endpoint) == (constant, common | own)


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        (Endpoint("S3", "box"), "needs key and secret"),
        (_endpoint("BACKBLAZE_B2"), "first objects.*use S3 with endpoint"),
        (_endpoint("S3", region="moon-1"), "libcloud cannot open .*moon-1"),
        (Endpoint("AZURE_BLOBS", "box", key="k", secret="x"), "libcloud cannot open"),
    ],
    ids=("no credentials", "listing", "region", "secret"),
)
def test_what_cannot_be_opened(endpoint: Endpoint, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text) as raised:
        LibcloudStore(endpoint)
    assert "c2VjcmV0" not in str(raised.value)


@pytest.mark.parametrize("action", ("/box//a/../b", "/box/a%20b//", "/box/./x"))
def test_paths_stay_as_they_are(action: str) -> None:
    """What is signed is what is sent: see also the emulators' account in front of the path."""
    endpoint = _endpoint("AZURE_BLOBS", host="127.0.0.1", port=1, secure=False)
    connection = open_driver(endpoint, RequestCounter()).connection
    assert connection.morph_action_hook(action) == f"/someone{action}"
    endpoint = _endpoint("S3", host="127.0.0.1", port=1, secure=False)
    connection = open_driver(endpoint, RequestCounter()).connection
    assert connection.morph_action_hook(action) == action


def test_any_region_is_signed_for() -> None:
    endpoint = _endpoint("S3", host="127.0.0.1", region="garage")
    assert open_driver(endpoint, RequestCounter()).region_name == "garage"


def test_transport_is_of_the_endpoint() -> None:
    endpoint = _endpoint("MINIO", host="127.0.0.1", port=443, secure=False)
    driver = open_driver(endpoint, RequestCounter())
    assert driver.connection.connection.host == "http://127.0.0.1:443"


# Words of the families.


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "key", ("", "x" * 1025, "a\udcff"), ids=("empty", "long", "undecodable")
)
def test_keys_that_no_family_holds(family: str, key: str) -> None:
    assert dialect_of(family).key_fault(key)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("key", ("x" * 1024, " ", "a//b", "ü+%25?#"))
def test_keys_that_every_family_may_hold(family: str, key: str) -> None:
    assert dialect_of(family).key_fault(key) is None


def test_azure_counts_characters() -> None:
    assert dialect_of("azure").key_fault("é" * 1024) is None
    assert dialect_of("swift").key_fault("é" * 1024)


@pytest.mark.parametrize(
    ("family", "key"),
    [("azure", "a\x01"), ("azure", "a./b"), ("azure", ".."), ("swift", "a\0")],
)
def test_keys_that_one_family_does_not_hold(family: str, key: str) -> None:
    assert dialect_of(family).key_fault(key)
    assert dialect_of("s3").key_fault(key) is None


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "attributes",
    [
        Attributes(metadata={"a": "ü"}),
        Attributes(metadata={"a": " x"}),
        Attributes(metadata={"a": "x\ny"}),
        Attributes(metadata={"a": ""}),
        Attributes(metadata={"a b": "x"}),
        Attributes(cache_control="\x7f"),
    ],
)
def test_attributes_that_are_refused(family: str, attributes: Attributes) -> None:
    assert dialect_of(family).attribute_fault(attributes)


@pytest.mark.parametrize("family", FAMILIES)
def test_attributes_round_trip_through_headers(family: str) -> None:
    dialect = dialect_of(family)
    attributes = Attributes(
        "text/css", "no-cache", "gzip", "inline", "de", {"a-b": "x y"}
    )
    assert dialect.attribute_fault(attributes) is None
    sent = dialect.attribute_headers(attributes)
    received = {name.lower().removeprefix("x-ms-blob-"): sent[name] for name in sent}
    assert dialect.read_attributes(received) == attributes


@pytest.mark.parametrize("family", FAMILIES)
def test_put_lets_the_server_check_the_body(family: str) -> None:
    digest = hashlib.md5(b"body").digest()
    forms = {digest.hex(), base64.b64encode(digest).decode()}
    request = dialect_of(family).put("/box/a", b"body", Attributes(), None)
    values = {value.removeprefix("md5=") for value in request.headers.values()}
    assert values & forms


def test_conditions() -> None:
    dialect = dialect_of("s3")
    assert dialect.condition_headers(None) == {}
    assert dialect.condition_headers(IfAbsent()) == {"If-None-Match": "*"}
    assert dialect.condition_headers(IfMatch("e")) == {"If-Match": '"e"'}


def test_an_empty_azure_body_signs_no_length() -> None:
    dialect = dialect_of("azure")
    full = dialect.put("/box/a", b"body", Attributes(), None).headers
    empty = dialect.put("/box/a", b"", Attributes(), None).headers
    assert full["Content-Length"] == "4"
    assert "Content-Length" not in empty


S3_PAGE = b"""<?xml version="1.0"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>
<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>
<Contents><Key>a+b%2B%01</Key><Size>3</Size><ETag>"0123456789abcdef0123456789abcdef"</ETag></Contents>
<Contents><Key>c</Key><Size>4</Size><ETag>"0123456789abcdef0123456789abcdef-2"</ETag></Contents>
</ListBucketResult>"""

AZURE_PAGE = b"""\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>
<Blob><Name>a  b </Name><Properties><Etag>0x1</Etag><Content-Length>3</Content-Length>
<Content-MD5>1B2M2Y8AsgTpgAmY7PhCfg==</Content-MD5></Properties></Blob>
<Blob><Name Encoded="true">a%EF%BF%BE</Name><Properties><Etag>"0x2"</Etag>
<Content-Length>4</Content-Length></Properties></Blob>
</Blobs><NextMarker>more</NextMarker></EnumerationResults>"""

SWIFT_PAGE = json.dumps(
    [
        {"name": "a/ü", "bytes": 3, "hash": "d41d8cd98f00b204e9800998ecf8427e"},
        {"name": "b", "bytes": 4, "hash": "x"},
    ]
).encode()


@pytest.mark.parametrize(
    ("family", "body", "objects", "following"),
    [
        (
            "s3",
            S3_PAGE,
            [
                ObjectInfo(
                    "a b+\x01",
                    3,
                    "0123456789abcdef0123456789abcdef",
                    "0123456789abcdef0123456789abcdef",
                ),
                ObjectInfo("c", 4, "0123456789abcdef0123456789abcdef-2"),
            ],
            {"continuation-token": "t&1"},
        ),
        (
            "azure",
            AZURE_PAGE,
            [
                ObjectInfo("a  b ", 3, "0x1", "d41d8cd98f00b204e9800998ecf8427e"),
                ObjectInfo("a\ufffe", 4, "0x2"),
            ],
            {"marker": "more"},
        ),
        (
            "swift",
            SWIFT_PAGE,
            [
                ObjectInfo("a/ü", 3, *["d41d8cd98f00b204e9800998ecf8427e"] * 2),
                ObjectInfo("b", 4, "x"),
            ],
            {"marker": "b"},
        ),
        ("swift", b"[]", [], None),
        ("swift", b"", [], None),
    ],
)
def test_pages(
    family: str,
    body: bytes,
    objects: list[ObjectInfo],
    following: dict[str, str] | None,
) -> None:
    dialect = dialect_of(family)
    page = dialect.read_page(body)
    assert (list(page.objects), page.following) == (objects, following)
    if following:
        params = dialect.list_page("box", "a", following).params
        assert {name: params[name] for name in following} == following
        assert params["prefix"] == "a"


@pytest.mark.parametrize(
    ("family", "body"),
    [
        ("s3", b"<html/>"),
        ("s3", S3_PAGE[:-40]),
        ("azure", b"<html/>"),
        ("azure", AZURE_PAGE[:-40]),
        ("swift", SWIFT_PAGE[:-2]),
    ],
)
def test_what_is_no_whole_page_raises(family: str, body: bytes) -> None:
    with pytest.raises(ValueError):
        dialect_of(family).read_page(body)


@pytest.mark.parametrize("prefix", (" a", "a ", " ", "a\t"))
def test_azure_prefixes_that_libcloud_cannot_sign(prefix: str) -> None:
    sent = dialect_of("azure").list_page("box", prefix, {}).params.get("prefix", "")
    assert prefix.startswith(sent)
    assert sent == sent.strip()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b"<Error><Code>NoSuchBucket</Code><Message>It is not.\nTime:1</Message></Error>",
            Refusal("NoSuchBucket", "It is not."),
        ),
        (b"<html><h1>Not here</h1><p>gone</p>", Refusal("", "Not here gone")),
        (b"<html><h1>Not\n here</h1></html>", Refusal("", "Not here")),
        (b"", Refusal("", "")),
    ],
)
def test_refusals(body: bytes, expected: Refusal) -> None:
    assert Dialect().refusal({}, body) == expected


def test_a_failure_within_a_good_answer() -> None:
    dialect = dialect_of("s3")
    body = b"<Error><Code>InternalError</Code><Message>Again.</Message></Error>"
    assert dialect.read_completion({}, body)[1] == Refusal("InternalError", "Again.")
    body = b'<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>'
    assert dialect.read_completion({}, body) == ('"e-2"', Refusal("", ""))
    with pytest.raises(ValueError):
        dialect.read_completion({}, b"<CompleteMultipartUpl")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-length": "5"}, (5, 5)),
        ({"content-length": "5", "content-range": "bytes 0-4/100"}, (100, 5)),
        ({"content-length": "5", "content-range": "bytes 0-4/*"}, (5, 5)),
        ({}, (0, None)),
    ],
)
def test_sizes(headers: dict[str, str], expected: tuple[int, int | None]) -> None:
    assert _libcloud._sizes(headers) == expected


# Errors.


def test_a_fault_of_the_connection_has_no_url() -> None:
    """requests' own text has all of it, signature included."""
    bottom = ConnectionRefusedError(111, "Connection refused")
    middle = Exception("Max retries exceeded with url: /box?Signature=abc")
    middle.__cause__ = bottom
    assert (
        _libcloud_client._fault(requests.ConnectionError(middle))
        == "Connection refused"
    )
    bare = requests.ConnectionError("with url: /box?Signature=abc")
    assert _libcloud_client._fault(bare) == "the connection failed"
