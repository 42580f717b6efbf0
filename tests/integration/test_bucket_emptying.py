# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets of real servers are emptied: of what is seen, and of what is not."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import typing as t
from datetime import UTC, datetime, timedelta

import obstore
import obstore.store
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket._emptying import (
    Counted,
    Emptied,
    count_store,
    empty_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._s3_emptying import (
    count_s3,
    empty_s3,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._requests import (
    RequestCounter,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_client import (
    open_client,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ContainerMissingError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.integration.places import Places, S3Place
from tests.servers._process import REPOSITORY

on_s3 = pytest.mark.parametrize("kind", ["seaweedfs", "moto"])

_CHILD = """
import os
from tests.integration.test_bucket_emptying import empty
from tests.servers.seaweedfs import SeaweedFS
from pathlib import Path

server = SeaweedFS(Path())
server.ports = [int(os.environ["PORT"])]
print("ready", flush=True)
empty(server.endpoint("S3", os.environ["BUCKET"]))
"""


def empty(endpoint: Endpoint, *, bypass_governance: bool = False) -> Emptied:
    counter = RequestCounter()
    client = open_client(endpoint, counter.add).client
    try:
        return empty_s3(client, endpoint, counter, bypass_governance=bypass_governance)
    finally:
        client.close()


def count(endpoint: Endpoint) -> Counted:
    client = open_client(endpoint, lambda: None).client
    try:
        return count_s3(client, endpoint)
    finally:
        client.close()


class Bucket:
    """A bucket of the test's own, filled by boto3."""

    def __init__(self, place: S3Place, **settings: t.Any) -> None:
        self.place = place
        self.name = {"Bucket": place.name}
        self.client = place.client
        self.endpoint: Endpoint = place.server.endpoint("S3", place.name)
        self.client.create_bucket(**self.name, **settings)

    def keep_versions(self, status: str = "Enabled") -> None:
        self.client.put_bucket_versioning(
            **self.name, VersioningConfiguration={"Status": status}
        )

    def fill(self, number: int) -> None:
        """Objects in folders of a hundred."""
        # thousands of them are much work for the SDK
        server = self.place.server
        store = obstore.store.S3Store(
            self.place.name,
            endpoint=self.place.url,
            region=server.region,
            access_key_id=server.key,
            secret_access_key=server.secret,
            client_options={"allow_http": True},
        )

        def put(key: str) -> None:
            obstore.put(store, key, b"x", use_multipart=False)

        with Workers(8) as workers:
            keys = (f"{n // 100:03d}/{n:06d}.bin" for n in range(number))
            for _unused in workers.run(put, keys):
                pass

    def put(self, key: str, **settings: t.Any) -> None:
        self.client.put_object(**self.name, Key=key, Body=b"x", **settings)

    def hide(self, key: str) -> None:
        self.client.delete_object(**self.name, Key=key)

    def begin(self, key: str) -> None:
        """An upload that is never completed."""
        answer = self.client.create_multipart_upload(**self.name, Key=key)
        self.client.upload_part(
            **self.name,
            Key=key,
            UploadId=answer["UploadId"],
            PartNumber=1,
            Body=b"x" * 1024,
        )

    def check_deletable(self) -> None:
        """The server has nothing left in it."""
        answer = self.client.list_multipart_uploads(**self.name)
        assert not answer.get("Uploads")
        self.client.delete_bucket(**self.name)


@on_s3
def test_objects_and_unfinished_uploads(places: Places, kind: str) -> None:
    bucket = Bucket(places(kind))
    bucket.fill(1100)
    for key in ("folder/", "a b+c&<d>é%41", "folder/x", "deep/er/and/deep/er"):
        bucket.put(key)
    for number in range(3):
        bucket.begin(f"unfinished/{number}")
    assert str(count(bucket.endpoint)) == "at least 1,000 objects"
    emptied = empty(bucket.endpoint)
    assert (emptied.objects, emptied.uploads) == (1104, 3)
    assert emptied.requests < 30
    assert not count(bucket.endpoint)
    bucket.check_deletable()


@on_s3
def test_versions_and_delete_markers(places: Places, kind: str) -> None:
    bucket = Bucket(places(kind))
    bucket.put("before")
    bucket.keep_versions()
    bucket.fill(700)
    bucket.fill(700)
    for number in range(300):
        bucket.hide(f"{number // 100:03d}/{number:06d}.bin")
    for key in ("before", "folder/", "folder/x"):
        bucket.put(key)
    if kind == "seaweedfs":
        # moto breaks down over a delete marker of a bucket whose versioning is suspended
        bucket.keep_versions("Suspended")
    bucket.put("after")
    assert count(bucket.endpoint).more
    emptied = empty(bucket.endpoint)
    assert (emptied.objects, emptied.versions, emptied.delete_markers) == (
        404,
        1001,
        300,
    )
    assert not count(bucket.endpoint)
    bucket.check_deletable()


@on_s3
def test_delete_markers_alone(places: Places, kind: str) -> None:
    bucket = Bucket(places(kind))
    bucket.keep_versions()
    bucket.fill(120)
    for found in bucket.client.list_object_versions(**bucket.name)["Versions"]:
        bucket.hide(found["Key"])
        bucket.client.delete_object(
            **bucket.name, Key=found["Key"], VersionId=found["VersionId"]
        )
    assert str(count(bucket.endpoint)) == "120 delete markers"
    assert empty(bucket.endpoint).delete_markers == 120
    bucket.check_deletable()


def _locked(until: datetime, mode: str = "GOVERNANCE") -> dict[str, t.Any]:
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}


@on_s3
def test_governance_locks_are_named_and_bypassed(places: Places, kind: str) -> None:
    bucket = Bucket(places(kind), ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    for key in ("locked-1", "locked-2"):
        bucket.put(key, **_locked(until))
    bucket.put("held", ObjectLockLegalHoldStatus="ON", **_locked(until))
    bucket.put("free")
    with pytest.raises(StoreError) as caught:
        empty(bucket.endpoint)
    error = caught.value
    assert "1 object deleted, 3 not." in error.message
    when = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"2 are locked in GOVERNANCE mode until {when}: bypass_gov" in error.hint
    assert "1 is under a legal hold: lift it first." in error.hint

    with pytest.raises(StoreError) as caught:
        empty(bucket.endpoint, bypass_governance=True)
    assert "2 objects deleted, 1 not. 'held' (version " in caught.value.message
    assert "under a legal hold" in caught.value.message
    assert "GOVERNANCE" not in str(caught.value)

    hold = {"Status": "OFF"}
    bucket.client.put_object_legal_hold(**bucket.name, Key="held", LegalHold=hold)
    assert empty(bucket.endpoint, bypass_governance=True).objects == 1
    bucket.check_deletable()


def test_compliance_locks_are_named(moto: t.Any) -> None:
    bucket = Bucket(S3Place(moto), ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC) + timedelta(days=2)
    for key in ("a", "b"):
        bucket.put(key, **_locked(until, "COMPLIANCE"))
    with pytest.raises(StoreError, match="nothing deleted, 2 not.") as caught:
        empty(bucket.endpoint, bypass_governance=True)
    assert "2 are locked in COMPLIANCE mode until" in caught.value.hint
    assert "nobody can delete" in caught.value.hint
    assert "bypass_governance" not in caught.value.hint


def test_what_a_policy_keeps_is_named_and_the_rest_is_gone(places: Places) -> None:
    bucket = Bucket(places("moto"))
    bucket.fill(1020)
    for number in range(12):
        bucket.put(f"kept/{number:02d}")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{bucket.place.name}/kept/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    bucket.client.put_bucket_policy(**bucket.name, Policy=policy)
    with pytest.raises(StoreError) as caught:
        empty(bucket.endpoint)
    assert "1,020 objects deleted, 12 not. 'kept/" in caught.value.message
    assert caught.value.message.count("Access Denied (AccessDenied)") == 10
    assert bucket.place.keys() == {f"kept/{number:02d}" for number in range(12)}
    assert str(bucket.endpoint.secret) not in str(caught.value)
    bucket.client.delete_bucket_policy(**bucket.name)
    assert empty(bucket.endpoint).objects == 12


def test_a_bucket_that_is_not_there(places: Places) -> None:
    place = places("seaweedfs")
    with pytest.raises(ContainerMissingError):
        empty(place.server.endpoint("S3", place.name))


def test_a_killed_run_is_gone_on_with(places: Places) -> None:
    bucket = Bucket(places("seaweedfs"))
    bucket.fill(4000)
    bucket.begin("unfinished")
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        text=True,
        env={
            **os.environ,
            "BUCKET": bucket.place.name,
            "PORT": str(bucket.endpoint.port),
        },
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        # as soon as it has begun to delete
        while (
            bucket.client.list_objects_v2(**bucket.name, MaxKeys=1).get(
                "Contents", [{"Key": ""}]
            )[0]["Key"]
            == "000/000000.bin"
        ):
            assert child.poll() is None
        child.kill()
    left = len(bucket.place.keys())
    emptied = empty(bucket.endpoint)
    assert emptied.objects <= left < 4000
    assert not bucket.place.keys()
    bucket.check_deletable()


def test_what_is_written_meanwhile_goes_too(places: Places) -> None:
    bucket = Bucket(places("moto"))
    bucket.fill(1100)
    counter = RequestCounter()
    client = open_client(bucket.endpoint, counter.add).client
    late = iter(("late/1", "late/2"))

    def write(**_unused: object) -> None:
        for key in itertools.islice(late, 1):
            bucket.put(key)

    client.meta.events.register("after-call.s3.DeleteObjects", write)
    with contextlib.closing(client):
        emptied = empty_s3(client, bucket.endpoint, counter, bypass_governance=False)
    assert emptied.objects == 1102
    assert not bucket.place.keys()


@pytest.mark.parametrize("kind", ["azurite", "gcs", "swift", "local", "minio"])
def test_any_other_store(places: Places, kind: str) -> None:
    place = places(kind)
    place.make()
    for number in range(25):
        place.write(f"{number // 5}/{number}.bin", b"x")
    endpoint = parse_endpoint(
        place.endpoint(), option="provider", providers=None, default_provider=None
    )
    with open_store(endpoint) as store:
        assert count_store(store) == Counted(25)
        emptied = empty_store(store)
        assert (emptied.objects, place.keys()) == (25, set())
        assert not count_store(store)
        assert empty_store(store).objects == 0
