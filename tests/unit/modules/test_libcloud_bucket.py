# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.longshore.storage.plugins.module_utils._bucket._names import (
    check_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._report import (
    BucketReport,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._settings import (
    SETTINGS,
)
from ansible_collections.longshore.storage.plugins.module_utils._module import Module
from ansible_collections.longshore.storage.plugins.modules import libcloud_bucket
from tests.conformance.faults import closed_port
from tests.integration.module import call
from tests.unit.documentation import agree, read_yaml

SECRET = "Hush/hush+very=secret"


def test_documentation_and_arguments_agree() -> None:
    documented = read_yaml(libcloud_bucket.DOCUMENTATION)["options"]
    agree(documented, libcloud_bucket.ARGUMENT_SPEC)


def test_every_setting_is_an_option() -> None:
    assert set(SETTINGS) <= libcloud_bucket.ARGUMENT_SPEC.keys()


def test_examples_are_tasks_of_this_module() -> None:
    spec = libcloud_bucket.ARGUMENT_SPEC
    for task in read_yaml(libcloud_bucket.EXAMPLES):
        assert task.keys() == {"name", "longshore.storage.libcloud_bucket"}
        assert task["longshore.storage.libcloud_bucket"].keys() <= spec.keys()


def test_returned_values_are_documented() -> None:
    returned = read_yaml(libcloud_bucket.RETURN)
    report = BucketReport("www", "here")
    assert report.result().keys() - {"changed"} <= returned.keys()


def run(**arguments: t.Any) -> t.Mapping[str, t.Any]:
    return call(libcloud_bucket, **arguments).values


def test_no_secret_is_shown_or_logged(logged: list[str]) -> None:
    with closed_port() as port:
        provider = {
            "id": "S3",
            "endpoint": f"http://127.0.0.1:{port}",
            "key": "AKIA",
            "secret": SECRET,
            "retries": 0,
        }
        ways: list[dict[str, t.Any]] = [
            {"provider": provider},
            {"provider": json.dumps(provider)},
            {"provider": "mine", "providers": {"mine": provider}},
            {"provider": {"type": "S3", "user": "AKIA", "key": SECRET}},
            {"provider": {**provider, "secrte": SECRET}},
            {"provider": provider, "secret": SECRET},
        ]
        for way in ways:
            result = run(**way, name="www", tags={"env": "test"})
            assert result["failed"]
            shown = json.dumps(result) + "\n".join(logged)
            assert SECRET not in shown and "Hush" not in shown


def test_what_settings_say_is_no_secret() -> None:
    with closed_port() as port:
        result = run(
            provider={
                "id": "S3",
                "endpoint": f"http://127.0.0.1:{port}",
                "key": "AKIA",
                "secret": SECRET,
                "retries": 0,
            },
            name="www",
            tags={"env": "test"},
            policy={"Statement": []},
            lifecycle_rules=[{"tags": {"env": "test"}, "expiration_days": 1}],
        )
    shown = result["invocation"]["module_args"]
    assert shown["tags"] == {"env": "test"}
    assert shown["lifecycle_rules"][0]["tags"] == {"env": "test"}
    assert shown["provider"]["secret"] != SECRET


def test_name_and_region_are_fields_of_the_endpoint() -> None:
    local = {"id": "S3", "container": "www", "region": "eu-west-1"}
    for options in ({"name": "other"}, {"region": "us-east-1"}):
        msg = run(provider=local, **options)["msg"]
        assert "contradicts" in msg


@pytest.mark.parametrize("provider", ({"id": "S3"}, {"id": "LOCAL", "key": "/srv"}))
def test_a_bucket_has_to_be_named(provider: t.Any) -> None:
    for options in ({}, {"name": ""}, {"state": "absent", "force": True}):
        msg = run(provider=provider, **options)["msg"]
        assert msg.startswith("It is not said which bucket.")


@pytest.mark.parametrize(
    ("provider", "name", "better"),
    (
        ({"id": "S3"}, "Old_Bucket", "old-bucket"),
        ({"id": "AZURE_BLOBS", "key": "a", "secret": "aHVzaA=="}, "Site", "site"),
        ({"id": "GOOGLE_STORAGE", "key": "k.json"}, "my site", "my-site"),
        ({"id": "ALIYUN_OSS", "key": "me", "secret": SECRET}, "a.b.c", "a-b-c"),
    ),
)
def test_a_name_that_is_not_allowed(provider: t.Any, name: str, better: str) -> None:
    for way in (
        {"provider": provider, "name": name},
        {"provider": {**provider, "container": name}},
    ):
        msg = run(**way)["msg"]
        assert f"allows no bucket of the name {name!r}" in msg
        assert f"{better!r} would be allowed" in msg


def test_an_old_bucket_of_amazon_can_be_removed() -> None:
    """New ones of such a name cannot be made."""
    arguments = {"provider": {"id": "S3"}, "name": "Old_Bucket", "state": "absent"}
    with patch_module_args(arguments):
        options = libcloud_bucket.options_of(Module(libcloud_bucket.ARGUMENT_SPEC))
    assert options.endpoint.container == "Old_Bucket"
    check_name(options.endpoint, new=False)


def test_settings_of_a_task() -> None:
    named: dict[str, t.Any] = dict.fromkeys(libcloud_bucket.ARGUMENT_SPEC)
    assert libcloud_bucket.settings_of(named) == {}
    named |= {"bucket_key_enabled": False, "tags": {}, "versioning": False}
    named["website"] = {"index": "i.html", "suffix": "i.html"}
    assert libcloud_bucket.settings_of(named) == {
        "encryption": {"algorithm": None, "key_id": None, "bucket_key": False},
        "tags": {},
        "versioning": False,
        "website": {"index": "i.html"},
    }
