# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._artifact import (
    permissions,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._artifact_report import (
    Lines,
    lines_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
    as_document,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Listed,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._task import (
    task_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from tests.integration.artifacts import endpoint_of


@pytest.mark.parametrize(
    ("written", "bits"), [(None, None), ("0644", 0o644), ("755", 0o755), ("000", 0)]
)
def test_permissions(written: object, bits: int | None) -> None:
    assert permissions(written) == bits


@pytest.mark.parametrize(
    "written", [0o644, 644, "", "64", "4755", "1777", "0o644", "888", "u=rw", True, []]
)
def test_what_are_no_permissions(written: object) -> None:
    with pytest.raises(ConfigurationError, match="octal digits in quotes"):
        permissions(written)


def listed(*versions: str, latest: str) -> Lines:
    releases = [
        Listed("app", one, one == latest, 3, 99, f"digest of {one}", 5, 6)
        for one in versions
    ]
    other = Listed("other", "1", True, 3, 99, "x", 5, 6)
    return lines_of([*releases, other], "app")


def test_the_one_before_the_latest() -> None:
    assert listed("1", "2", "3", latest="3").before_latest == "2"
    assert listed("1", "2", "3", latest="2").before_latest == "1"
    assert listed("1", "2", latest="1").before_latest is None
    assert Lines().before_latest is None


def test_lines_without_a_version() -> None:
    lines = listed("1", "2", "3", latest="3")
    assert lines.without("3").latest == "2"
    assert lines.without("1").latest == "3"
    assert [*lines.without("1").versions] == ["2", "3"]
    assert lines.without("4") == lines
    assert lines.without(None) == Lines() and Lines().shown() == {}


def test_lines_with_a_release() -> None:
    lines = listed("1", "2", latest="2")
    assert lines.with_release("2", "digest of 2", 3) == lines
    assert lines.with_release("1", "digest of 1", 3) == lines.with_latest("1")
    replaced = lines.with_release("1", "other", 4)
    # another content is published last
    assert [*replaced.versions] == ["2", "1"] and replaced.latest == "1"


STORES: list[dict[str, t.Any]] = [
    {
        "id": "S3",
        "container": "bucket",
        "region": "eu-west-1",
        "key": "k",
        "secret": "s",
    },
    {"id": "S3", "container": "bucket", "prefix": "deep/er"},
    {"id": "S3_EU_WEST", "container": "bucket", "key": "k", "secret": "s"},
    {
        "id": "MINIO",
        "container": "bucket",
        "endpoint": "http://h:1",
        "key": "",
        "retries": 1,
    },
    {"id": "AZURE_BLOBS", "container": "bbb", "key": "k", "secret": "cw=="},
    {
        "id": "OPENSTACK_SWIFT",
        "container": "bucket",
        "host": "h",
        "auth": "/v3",
        "key": "k",
        "secret": "s",
    },
    {"id": "LOCAL", "container": "/srv"},
]


@pytest.mark.parametrize("written", STORES, ids=lambda one: one["id"])
def test_a_task_is_as_good_as_a_file(written: dict[str, t.Any]) -> None:
    endpoint, secret = endpoint_of(written), SharedSecret.generate()
    key = SigningKey.generate()
    params = {"secret": secret.encode(), "signing_key": key.encode(), "delta": True}
    parsed = task_configuration(params, endpoint, "/never/read")
    assert parsed.warnings == ()
    found = parsed.configuration
    if written["id"] == "S3" and "region" not in written:
        endpoint = endpoint_of({**written, "region": "us-east-1"})
    assert found == Configuration(secret, endpoint, signing_key=key, delta=True)
    assert as_document(found)["Format"] == Format.LONGSHORE.value
