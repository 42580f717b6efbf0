# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every setting of an S3 bucket: absent, set, set again, changed, removed; with a check before each."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.bucket_s3.conftest import Bucket, through
from tests.integration.bucket_s3.settings import (
    FORGOTTEN,
    VALUES,
    WEED,
    fixed,
    prepare,
)
from tests.integration.buckets import S3Front, keep


def goes_all_the_way(case: str, bucket: Bucket, provider: t.Any) -> None:
    setting = case.partition(",")[0]
    prepare(case, bucket, provider)
    previous: t.Any = None
    for number, value in enumerate(fixed(VALUES[case], bucket.name)):
        check = keep(provider=provider, check=True, diff=True, **value)
        run = keep(provider=provider, diff=True, **value)
        again = keep(provider=provider, diff=True, **value)
        for result in (check, run):
            change = result.values["settings"][setting]
            assert result.changed and set(result.values["settings"]) == {setting}
            shown = result.values["diff"]
            assert shown["before"] == {"state": "present", setting: change["before"]}
            assert shown["after"] == {"state": "present", setting: change["after"]}
        assert check.values["settings"] == run.values["settings"]
        if number:
            assert without_zeros(change["before"]) == previous
        previous = change["after"]
        assert not again.changed and not again.values["settings"]
        assert again.values["requests"] == 2
        nothing = again.values["diff"]
        assert nothing["before"] == nothing["after"] == {"state": "present"}
    assert previous in (None, False, "private")


def without_zeros(value: t.Any) -> t.Any:
    """A server may say of a time that was not set that it is 0."""
    if isinstance(value, list):
        return [
            {k: v for k, v in item.items() if (k, v) != ("max_age_seconds", 0)}
            for item in value
        ]
    return value


@pytest.mark.parametrize("case", VALUES)
def test_a_setting_on_moto(case: str, bucket: Bucket, front: S3Front) -> None:
    if case in FORGOTTEN:
        resource, absent = FORGOTTEN[case]
        front.kept[resource] = absent
    goes_all_the_way(case, bucket, through(front, bucket))


@pytest.mark.parametrize("case", WEED)
def test_a_setting_on_seaweedfs(case: str, weed: Bucket) -> None:
    goes_all_the_way(case, weed, weed.endpoint())


def test_all_settings_at_once_for_a_new_bucket(bucket: Bucket, front: S3Front) -> None:
    provider = through(front, bucket)
    all_of_them: dict[str, t.Any] = {"object_lock": True}
    for case, values in VALUES.items():
        if case not in FORGOTTEN and case not in ("acl", "logging", "replication"):
            all_of_them |= fixed(values[0], bucket.name)
    bucket.client("sqs").create_queue(QueueName="queue")
    check = keep(provider=provider, check=True, diff=True, **all_of_them)
    assert check.values["created"] and not bucket.exists()
    run = keep(provider=provider, diff=True, **all_of_them)
    for name in ("changed", "created", "settings", "diff"):
        assert check.values[name] == run.values[name]
    assert run.values["diff"]["before"] == {"state": "absent"}
    again = keep(provider=provider, **all_of_them)
    assert not again.changed and not again.values["created"]
