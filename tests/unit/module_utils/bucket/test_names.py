# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._bucket._names import (
    check_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)


def endpoint(kind: str, name: str) -> Endpoint:
    """``S3@host``: a provider at an address of its own."""
    provider, _unused, host = kind.partition("@")
    return Endpoint(provider, name, host=host or None)


GOOD: t.Mapping[str, t.Sequence[str]] = {
    "S3": ["abc", "a.b.c", "my-bucket", "1.2.3", "a" * 63, "1.2.3.4.5", "0-0"],
    "S3_EU_WEST": ["www.example.com"],
    "S3@127.0.0.1": ["Old_Bucket", "A" * 255, "abc-", "xn--a", "a.-b"],
    "S3_RGW@ceph.example.com": ["Upper_and_under"],
    "MINIO@127.0.0.1": ["xn--site", "abc"],
    "SCALEWAY": ["a.b.c"],
    "AZURE_BLOBS": ["abc", "a-b-c", "$root", "$web", "a" * 63],
    "GOOGLE_STORAGE": ["a_b", "abc", f"{'a' * 63}.{'b' * 63}.com", "my.goog"],
    "OPENSTACK_SWIFT": ["Ümläut & space", "a", ".", "é" * 128],
    "CLOUDFILES": ["My Files"],
    "BACKBLAZE_B2": ["Six666", "a" * 63],
    "ALIYUN_OSS": ["abc", "a--b"],
    "LOCAL": ["/srv/Anything at all/ü..ü"],
    "MEMORY": ["m"],
}

#: What is wrong -> what the error says, and the name that it proposes.
BAD: t.Mapping[tuple[str, str], tuple[str, str | None]] = {
    ("S3", "ab"): ("2 characters and must have 3 to 63", None),
    ("S3", "a" * 64): ("64 characters", "a" * 63),
    ("S3", "MyBucket"): ("'M' is none of lower case letters", "mybucket"),
    ("S3", "my_bucket"): ("'_' is none of", "my-bucket"),
    ("S3", "Bücher"): ("'B' is none of", "bucher"),
    ("S3", "東京東京"): ("'東' is none of", None),
    ("S3", "WWW.Example.com"): ("'W'", "www.example.com"),
    ("S3", "a..b"): ("'..' must not be in it", "a-b"),
    ("S3", "a.-b"): ("'.-'", "a-b"),
    ("S3", "a-.b"): ("'-.'", "a-b"),
    ("S3", "-abc"): ("begin with a letter or digit, not with '-'", "abc"),
    ("S3", "abc-"): ("end with a letter or digit, not with '-'", "abc"),
    ("S3", "abc."): ("not with '.'", "abc"),
    ("S3", "192.168.5.4"): ("looks like an IP address", "192-168-5-4"),
    ("S3", "300.168.5.4"): ("looks like an IP address", "300-168-5-4"),
    ("S3", "xn--abc"): ("begin with 'xn--' are reserved", "xn-abc"),
    ("S3", "sthree-abc"): ("begin with 'sthree-'", None),
    ("S3", "abc-s3alias"): ("end with '-s3alias'", None),
    ("S3", "abc--ol-s3"): ("end with '--ol-s3'", "abc-ol-s3"),
    ("S3", "abc--use1-az4--x-s3"): ("end with '--x-s3'", "abc-use1-az4-x-s3"),
    ("S3", "abc.mrap"): ("end with '.mrap'", "abc-mrap"),
    ("S3", "a b"): ("' ' is none of", "a-b"),
    ("S3", "abc\n"): ("'\\n' is none of", "abc"),
    ("S3@s3.eu-west-1.amazonaws.com", "a_b"): ("'_'", "a-b"),
    ("S3_EU_WEST", "Abc"): ("'A'", "abc"),
    ("S3@127.0.0.1", "ab"): ("2 characters", None),
    ("S3@127.0.0.1", "a..b"): ("'..'", "a-b"),
    ("S3@127.0.0.1", "_ab"): ("begin", None),
    ("S3@127.0.0.1", "10.0.0.1"): ("IP address", "10-0-0-1"),
    ("MINIO@127.0.0.1", "A_b"): ("'A'", "a-b"),
    ("SCALEWAY", "Abc"): ("'A'", "abc"),
    ("AZURE_BLOBS", "a--b"): ("'--'", "a-b"),
    ("AZURE_BLOBS", "a.b.c"): ("'.' is none of", "a-b-c"),
    ("AZURE_BLOBS", "$logs"): ("makes that container itself", "logs"),
    ("AZURE_BLOBS", "$other"): ("'$'", "other"),
    ("AZURE_BLOBS", "Abc-"): ("'A'", "abc"),
    ("GOOGLE_STORAGE", "goog-files"): ("begin with 'goog'", None),
    ("GOOGLE_STORAGE", "my-google-files"): ("'google'", None),
    ("GOOGLE_STORAGE", "my-g00gle"): ("'google'", None),
    ("GOOGLE_STORAGE", "a" * 64): ("64 characters", "a" * 63),
    ("GOOGLE_STORAGE", f"{'a' * 64}.com"): ("63 characters", "a" * 63),
    ("GOOGLE_STORAGE", "a..b"): ("between two dots", "a-b"),
    ("GOOGLE_STORAGE", "1.1.1.1"): ("IP address", "1-1-1-1"),
    ("OPENSTACK_SWIFT", "a/b"): ("'/'", "a-b"),
    ("OPENSTACK_SWIFT", "é" * 129): ("258 bytes", "e" * 63),
    ("CLOUDFILES", ""): ("0 bytes", None),
    ("BACKBLAZE_B2", "short"): ("5 characters", None),
    ("BACKBLAZE_B2", "b2-files"): ("begin with 'b2-'", None),
    ("ALIYUN_OSS", "a.b"): ("'.'", "a-b"),
    ("LOCAL", "relative"): ("absolute path", None),
    ("LOCAL", "/"): ("not the root", None),
    ("LOCAL", "/srv/../etc"): ("'..'", None),
    ("LOCAL", f"/srv/{'ü' * 128}"): ("255 bytes", None),
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in GOOD.items() for name in names]
)
def test_allowed(kind: str, name: str) -> None:
    check_name(endpoint(kind, name))
    check_name(endpoint(kind, name), new=False)


@pytest.mark.parametrize(("written", "says"), BAD.items(), ids=map(str, BAD))
def test_refused_by_the_rule_that_is_broken(
    written: tuple[str, str], says: tuple[str, str | None]
) -> None:
    kind, name = written
    fault, better = says
    with pytest.raises(ConfigurationError) as refused:
        check_name(endpoint(kind, name))
    assert fault in refused.value.message and repr(name) in refused.value.message
    assert refused.value.hint == (f"{better!r} would be allowed." if better else "")
    if better:
        check_name(endpoint(kind, better))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("S3", "Old_Bucket"),
        ("S3", "A" * 255),
        ("S3", "abc--use1-az4--x-s3"),
        ("AZURE_BLOBS", "$logs"),
        ("GOOGLE_STORAGE", "goog-old"),
    ],
)
def test_old_buckets_keep_their_names(kind: str, name: str) -> None:
    with pytest.raises(ConfigurationError):
        check_name(endpoint(kind, name))
    check_name(endpoint(kind, name), new=False)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("S3", "a b"),
        ("S3", "../etc"),
        ("S3", ""),
        ("AZURE_BLOBS", "A"),
        ("OPENSTACK_SWIFT", "a/b"),
        ("OPENSTACK_SWIFT", "a" * 257),
        ("LOCAL", "/srv/../etc"),
    ],
)
def test_no_bucket_was_ever_called_so(kind: str, name: str) -> None:
    with pytest.raises(ConfigurationError):
        check_name(endpoint(kind, name), new=False)


@given(
    kind=st.sampled_from(sorted(GOOD)),
    name=st.one_of(st.text(max_size=70), st.from_regex(r"[a-zA-Z0-9._-]{1,70}")),
)
def test_any_text_is_allowed_or_refused_with_a_name_that_is(
    kind: str, name: str
) -> None:
    try:
        check_name(endpoint(kind, name))
    except ConfigurationError as refused:
        if refused.hint:
            better = refused.hint.split("'")[1]
            check_name(endpoint(kind, better))
