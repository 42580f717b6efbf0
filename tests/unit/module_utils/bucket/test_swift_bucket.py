# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of containers of Swift: settings as headers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._swift import (
    CloudFilesBucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._swift_settings import (
    SETTINGS,
    settings_of,
    to_headers,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

TABLE = settings_of("OPENSTACK_SWIFT")
ALL = {"allowed_methods": ["GET", "HEAD", "PUT", "POST", "DELETE"]}


def test_cloud_files_has_a_network_besides() -> None:
    assert CloudFilesBucket.settings ^ SETTINGS == {"cdn", "versioning"}


@pytest.mark.parametrize(
    ("setting", "written", "normal"),
    (
        ("versioning", True, True),
        ("versioning", False, False),
        ("tags", {}, None),
        ("tags", {"A-B": 1, "c": True}, {"a-b": "1", "c": "true"}),
        ("acl", "private", "private"),
        ("acl", "public-read", "public-read"),
        ("acl", "public-read-objects", "public-read-objects"),
        ("website", {}, None),
        ("website", {"index": "i.html"}, {"index": "i.html"}),
        (
            "website",
            {"index": "i.html", "error": "404.html", "redirects": []},
            {"index": "i.html", "error": "404.html"},
        ),
        ("cors_rules", [], None),
        (
            "cors_rules",
            [
                {
                    "allowed_origins": ["https://b", "https://a"],
                    "allowed_methods": ["*"],
                    "expose_headers": ["X-B", "x-a"],
                    "max_age_seconds": 0,
                }
            ],
            [
                {
                    "allowed_origins": ["https://a", "https://b"],
                    "expose_headers": ["x-a", "x-b"],
                    "max_age_seconds": 0,
                }
            ],
        ),
    ),
)
def test_normal_forms(setting: str, written: t.Any, normal: t.Any) -> None:
    assert TABLE[setting].normalise(written) == normal
    change = TABLE[setting].change(normal, None)
    kept = {name: value for name, value in change.items() if value is not None}
    assert TABLE[setting].read(kept) == normal


@pytest.mark.parametrize("setting", sorted(SETTINGS - {"versioning", "acl"}))
def test_what_is_not_set_is_none(setting: str) -> None:
    assert TABLE[setting].read({"x-container-object-count": "0"}) is None


def test_what_has_a_meaning_or_is_a_secret_is_no_tag() -> None:
    found = {
        "x-container-meta-team": "web",
        "x-container-meta-temp-url-key-2": "hidden",
        "x-container-meta-quota-bytes": "5",
        "x-container-meta-web-index": "i.html",
        "x-container-meta-access-control-max-age": "5",
    }
    assert TABLE["tags"].read(found) == {"team": "web"}


@pytest.mark.parametrize(
    "header", ("x-versions-location", "x-history-location", "x-versions-enabled")
)
def test_all_ways_of_versions_count(header: str) -> None:
    assert TABLE["versioning"].read({header: "True"}) is True


def test_grants_that_are_no_canned_acl() -> None:
    found = {"x-container-read": "a:b, .r:*", "x-container-write": "c:d"}
    assert TABLE["acl"].read(found) == [
        {"grantee": ".r:*", "permission": "READ"},
        {"grantee": "a:b", "permission": "READ"},
        {"grantee": "c:d", "permission": "WRITE"},
    ]


def test_headers_are_taken_away_by_others() -> None:
    change = TABLE["tags"].change({"a": "1"}, {"a": "0", "b": "0"})
    assert to_headers(change) == {
        "x-container-meta-a": "1",
        "x-remove-container-meta-b": "x",
    }


@pytest.mark.parametrize(
    ("setting", "written", "said"),
    (
        ("tags", {"a_b": "c"}, "'a_b'"),
        ("tags", {"a": "", "b": "c"}, "printable ASCII"),
        ("tags", {"a": "b", "A": "c"}, "upper and lower case"),
        ("tags", {"temp-url-key": "c"}, "means something else"),
        ("tags", {"a": "b\r\nX-Container-Read: .r:*"}, "printable ASCII"),
        ("acl", "public-read-write", "public-read-write"),
        ("website", {"error": "404.html"}, "index"),
        ("website", {"index": "i", "error": "404"}, "404.html"),
        ("website", {"index": "i", "error": "oops.html"}, "oops.html"),
        ("website", {"index": "é.html"}, "ASCII"),
        ("website", {"index": "i", "redirects": [{}]}, "redirects"),
        ("cors_rules", [{**ALL}], "allowed_origins"),
        (
            "cors_rules",
            [{"allowed_origins": ["*"], "allowed_methods": ["GET"]}],
            "allows all",
        ),
        (
            "cors_rules",
            [{"allowed_origins": ["*"], "allowed_headers": ["x-a"]}],
            "allowed_headers",
        ),
        ("cors_rules", [{"allowed_origins": ["a b"]}], "'a b'"),
        (
            "cors_rules",
            [{"allowed_origins": ["*"], "max_age_seconds": -1}],
            "max_age_seconds",
        ),
    ),
)
def test_bad_input(setting: str, written: t.Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=setting) as caught:
        TABLE[setting].normalise(written)
    assert said in str(caught.value)
